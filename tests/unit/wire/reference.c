#include "unit/wire/reference.h"

#include <avro.h>
#include <string.h>

#include "runtime/uuid.h"

enum { TEXT_BYTES_MAX = 1 << 20, FRAME_BYTES = 5 };

struct reference {
    avro_schema_t schema;
    avro_value_iface_t *class;
};

struct reference *reference_open(const char *schema, size_t size)
{
    struct reference *reference = calloc(1, sizeof(*reference));
    GB_CHECK(reference != NULL);
    GB_CHECK(avro_schema_from_json_length(schema, size, &reference->schema) == 0);
    reference->class = avro_generic_class_from_schema(reference->schema);
    GB_CHECK(reference->class != NULL);
    return reference;
}

void reference_close(struct reference *reference)
{
    avro_value_iface_decref(reference->class);
    avro_schema_decref(reference->schema);
    free(reference);
}

static json_t *to_json(avro_value_t *value);

static json_t *record_to_json(avro_value_t *value)
{
    json_t *object = json_object();
    size_t count;
    GB_CHECK(avro_value_get_size(value, &count) == 0);
    for (size_t i = 0; i < count; i++) {
        avro_value_t field;
        const char *name;
        GB_CHECK(avro_value_get_by_index(value, i, &field, &name) == 0);
        json_object_set_new(object, name, to_json(&field));
    }
    return object;
}

static json_t *array_to_json(avro_value_t *value)
{
    json_t *array = json_array();
    size_t count;
    GB_CHECK(avro_value_get_size(value, &count) == 0);
    for (size_t i = 0; i < count; i++) {
        avro_value_t item;
        GB_CHECK(avro_value_get_by_index(value, i, &item, NULL) == 0);
        json_array_append_new(array, to_json(&item));
    }
    return array;
}

static json_t *number_to_json(avro_value_t *value)
{
    int32_t narrow;
    int64_t number;
    if (avro_value_get_type(value) == AVRO_INT32) {
        GB_CHECK(avro_value_get_int(value, &narrow) == 0);
        return json_integer(narrow);
    }
    GB_CHECK(avro_value_get_long(value, &number) == 0);
    return json_integer(number);
}

static json_t *bytes_to_json(avro_value_t *value)
{
    const void *bytes;
    const char *text;
    size_t size;
    if (avro_value_get_type(value) == AVRO_STRING) {
        GB_CHECK(avro_value_get_string(value, &text, &size) == 0);
        return json_stringn(text, size - 1);
    }
    char hex[2 * 64 + 1];
    GB_CHECK(avro_value_get_fixed(value, &bytes, &size) == 0 && size <= 64);
    gb_hex_format(bytes, size, hex);
    return json_string(hex);
}

static json_t *to_json(avro_value_t *value)
{
    int number;
    avro_value_t branch;
    switch (avro_value_get_type(value)) {
    case AVRO_RECORD:
        return record_to_json(value);
    case AVRO_ARRAY:
        return array_to_json(value);
    case AVRO_UNION:
        GB_CHECK(avro_value_get_current_branch(value, &branch) == 0);
        return to_json(&branch);
    case AVRO_NULL:
        return json_null();
    case AVRO_BOOLEAN:
        GB_CHECK(avro_value_get_boolean(value, &number) == 0);
        return json_boolean(number);
    case AVRO_ENUM:
        GB_CHECK(avro_value_get_enum(value, &number) == 0);
        return json_string(avro_schema_enum_get(avro_value_get_schema(value), number));
    case AVRO_INT32:
    case AVRO_INT64:
        return number_to_json(value);
    case AVRO_STRING:
    case AVRO_BYTES:
    case AVRO_FIXED:
        return bytes_to_json(value);
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
    case AVRO_MAP:
    case AVRO_LINK:
        break;
    }
    return NULL;
}

/* What `class` makes of the body; `into` is where the bytes go, which resolution puts elsewhere. */
static json_t *read_as(avro_value_t *into, avro_value_t *shown, struct gb_bytes body)
{
    avro_reader_t reader = avro_reader_memory(body.data, (int64_t)body.size);
    bool read = avro_value_read(reader, into) == 0;
    char byte;
    bool over = read && avro_read(reader, &byte, 1) == 0;
    json_t *json = read && !over ? to_json(shown) : NULL;
    avro_reader_free(reader);
    return json;
}

json_t *reference_read(const struct reference *reference, struct gb_bytes body)
{
    avro_value_t value;
    GB_CHECK(avro_generic_value_new(reference->class, &value) == 0);
    json_t *json = read_as(&value, &value, body);
    avro_value_decref(&value);
    return json;
}

json_t *reference_resolve(const struct reference *writer, const struct reference *reader,
                          struct gb_bytes body)
{
    avro_value_iface_t *resolver = avro_resolved_writer_new(writer->schema, reader->schema);
    if (resolver == NULL)
        return NULL;
    avro_value_t shown, into;
    GB_CHECK(avro_generic_value_new(reader->class, &shown) == 0);
    GB_CHECK(avro_resolved_writer_new_value(resolver, &into) == 0);
    avro_resolved_writer_set_dest(&into, &shown);
    json_t *json = read_as(&into, &shown, body);
    avro_value_decref(&into);
    avro_value_decref(&shown);
    avro_value_iface_decref(resolver);
    return json;
}

static void from_json(avro_value_t *value, json_t *json);

static void record_from_json(avro_value_t *value, json_t *json)
{
    size_t count;
    GB_CHECK(avro_value_get_size(value, &count) == 0);
    for (size_t i = 0; i < count; i++) {
        avro_value_t field;
        const char *name;
        GB_CHECK(avro_value_get_by_index(value, i, &field, &name) == 0);
        from_json(&field, json_object_get(json, name));
    }
}

static void array_from_json(avro_value_t *value, json_t *json)
{
    size_t i;
    json_t *item;
    json_array_foreach(json, i, item)
    {
        avro_value_t slot;
        GB_CHECK(avro_value_append(value, &slot, NULL) == 0);
        from_json(&slot, item);
    }
}

static void enum_from_json(avro_value_t *value, json_t *json)
{
    int symbol =
        avro_schema_enum_get_by_name(avro_value_get_schema(value), json_string_value(json));
    GB_CHECK(avro_value_set_enum(value, symbol) == 0);
}

static void fixed_from_json(avro_value_t *value, json_t *json)
{
    uint8_t bytes[64];
    size_t size = json_string_length(json) / 2;
    GB_CHECK(size <= sizeof(bytes) && gb_hex_parse(json_string_value(json), bytes, size));
    GB_CHECK(avro_value_set_fixed(value, bytes, size) == 0);
}

/* null, text, number is the order of the schemas that have all three. */
static int last_branch(const avro_value_t *value)
{
    return (int)avro_schema_union_size(avro_value_get_schema(value)) - 1;
}

static void bytes_from_json(avro_value_t *value, json_t *json)
{
    uint8_t bytes[64];
    size_t size = json_string_length(json);
    GB_CHECK(size <= sizeof(bytes));
    memcpy(bytes, json_string_value(json), size);
    GB_CHECK(avro_value_set_bytes(value, bytes, size) == 0);
}

static void union_from_json(avro_value_t *value, json_t *json)
{
    avro_value_t branch;
    int number = json_is_null(json) ? 0 : json_is_integer(json) ? last_branch(value) : 1;
    GB_CHECK(avro_value_set_branch(value, number, &branch) == 0);
    from_json(&branch, json);
}

static void from_json(avro_value_t *value, json_t *json)
{
    GB_CHECK(json != NULL);
    switch (avro_value_get_type(value)) {
    case AVRO_RECORD:
        record_from_json(value, json);
        break;
    case AVRO_ARRAY:
        array_from_json(value, json);
        break;
    case AVRO_UNION:
        union_from_json(value, json);
        break;
    case AVRO_ENUM:
        enum_from_json(value, json);
        break;
    case AVRO_FIXED:
        fixed_from_json(value, json);
        break;
    case AVRO_BOOLEAN:
        GB_CHECK(avro_value_set_boolean(value, json_is_true(json)) == 0);
        break;
    case AVRO_INT32:
        GB_CHECK(avro_value_set_int(value, (int32_t)json_integer_value(json)) == 0);
        break;
    case AVRO_INT64:
        GB_CHECK(avro_value_set_long(value, json_integer_value(json)) == 0);
        break;
    case AVRO_STRING:
        GB_CHECK(avro_value_set_string_len(value, json_string_value(json),
                                           json_string_length(json) + 1) == 0);
        break;
    case AVRO_BYTES:
        bytes_from_json(value, json);
        break;
    case AVRO_NULL:
        GB_CHECK(json_is_null(json));
        break;
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
    case AVRO_MAP:
    case AVRO_LINK:
        GB_CHECK(false);
    }
}

struct gb_bytes reference_write(const struct reference *reference, int32_t id, json_t *message,
                                struct gb_arena *arena)
{
    uint8_t *bytes = gb_arena_alloc(arena, TEXT_BYTES_MAX);
    GB_CHECK(bytes != NULL);
    const uint8_t frame[FRAME_BYTES] = {0, (uint8_t)(id >> 24), (uint8_t)(id >> 16),
                                        (uint8_t)(id >> 8), (uint8_t)id};
    memcpy(bytes, frame, sizeof(frame));
    avro_writer_t writer =
        avro_writer_memory((char *)bytes + FRAME_BYTES, TEXT_BYTES_MAX - FRAME_BYTES);
    avro_value_t value;
    GB_CHECK(avro_generic_value_new(reference->class, &value) == 0);
    from_json(&value, message);
    GB_CHECK(avro_value_write(writer, &value) == 0);
    size_t size = FRAME_BYTES + (size_t)avro_writer_tell(writer);
    avro_value_decref(&value);
    avro_writer_free(writer);
    return (struct gb_bytes){bytes, size};
}
