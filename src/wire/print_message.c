#include "wire/print_message.h"

#include <string.h>

#include "runtime/uuid.h"
#include "wire/registry.h"

enum { FIXED_BYTES_MAX = 64 };

static json_t *print_table(const struct gb_field_table *table, const void *base);

static const char *text_at(const struct gb_field *field, const void *base)
{
    const char *text;
    memcpy(&text, (const char *)base + field->offset, sizeof(text));
    return text;
}

static json_t *print_fixed(const struct gb_field *field, const char *member)
{
    char hex[2 * FIXED_BYTES_MAX + 1];
    GB_CHECK(field->size <= FIXED_BYTES_MAX);
    gb_hex_format(member, field->size, hex);
    return json_string(hex);
}

static json_t *print_array(const struct gb_field *field, const void *base)
{
    size_t count;
    memcpy(&count, (const char *)base + field->count_offset, sizeof(count));
    const char *items = text_at(field, base);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, print_table(field->table, items + i * field->size));
    return array;
}

static json_t *print_value(const struct gb_field *field, const void *base)
{
    const char *member = (const char *)base + field->offset;
    int32_t narrow;
    int64_t number;
    bool truth;
    switch (field->type) {
    case GB_FIELD_TEXT:
        return text_at(field, base) ? json_string(text_at(field, base)) : json_null();
    case GB_FIELD_DC:
    case GB_FIELD_CURRENCY:
        return json_string(member);
    case GB_FIELD_INT:
        memcpy(&narrow, member, sizeof(narrow));
        return json_integer(narrow);
    case GB_FIELD_LONG:
        memcpy(&number, member, sizeof(number));
        return json_integer(number);
    case GB_FIELD_BOOL:
        memcpy(&truth, member, sizeof(truth));
        return json_boolean(truth);
    case GB_FIELD_ENUM:
        memcpy(&narrow, member, sizeof(narrow));
        return json_string(field->symbol(narrow));
    case GB_FIELD_FIXED:
        return print_fixed(field, member);
    case GB_FIELD_RECORD:
        return text_at(field, base) ? print_table(field->table, base) : json_null();
    case GB_FIELD_ARRAY:
        return print_array(field, base);
    }
    return json_null();
}

static json_t *print_table(const struct gb_field_table *table, const void *base)
{
    json_t *object = json_object();
    for (size_t i = 0; i < table->count; i++)
        json_object_set_new(object, table->fields[i].name, print_value(&table->fields[i], base));
    return object;
}

enum gb_result gb_message_print(struct gb_bytes framed, struct gb_arena *arena,
                                enum gb_message_kind *ret_kind, json_t **ret_body,
                                struct gb_err *err)
{
    int32_t id;
    struct gb_bytes body;
    if (gb_frame_open(framed, &id, &body, err) != GB_OK)
        return GB_POISON;
    const struct gb_version *version = gb_registry_version(id);
    if (version == NULL)
        return gb_err_set(err, GB_POISON, "SCHEMA_UNKNOWN", "schema id %d is not known", id);
    const struct gb_codec *codec = gb_registry_codec(version->kind);
    void *message = gb_arena_alloc(arena, codec->size);
    if (message == NULL)
        return gb_err_set(err, GB_RETRY, "ARENA_FULL", "no room left for decoded messages");
    enum gb_result result = gb_codec_decode(version->kind, framed, arena, message, err);
    if (result != GB_OK)
        return result;
    *ret_kind = version->kind;
    *ret_body = print_table(&codec->table, message);
    GB_CHECK(*ret_body != NULL);
    return GB_OK;
}
