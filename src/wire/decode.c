/* Reads one message, in one pass that trusts nothing: every length is held against what is left,
 * every number against its width, before anything is taken from the arena. */
#include <string.h>

#include "core/money.h"
#include "wire/plan.h"
#include "wire/registry.h"

enum { VARINT_BYTES_MAX = 10 };

struct reader {
    const uint8_t *at, *end;
    size_t items_left; /* of all arrays together */
    struct gb_arena *arena;
    struct gb_err *err;
};

static enum gb_result read_value(struct reader *reader, const struct gb_plan *plan, void *base);

static size_t left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static enum gb_result broken(struct reader *reader, const struct gb_plan *plan, const char *why)
{
    const char *name = plan->field == NULL ? "a field" : plan->field->name;
    return gb_err_set(reader->err, GB_POISON, "AVRO_INVALID", "%s: %s", name, why);
}

static enum gb_result read_varint(struct reader *reader, const struct gb_plan *plan, int64_t *ret)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        if (reader->at == reader->end)
            return broken(reader, plan, "ends within a number");
        uint8_t byte = *reader->at++;
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            break;
        bits |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            *ret = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
            return GB_OK;
        }
    }
    return broken(reader, plan, "a number of more than 64 bits");
}

/* `size` bytes, still in the input. */
static enum gb_result read_bytes(struct reader *reader, const struct gb_plan *plan, size_t size,
                                 const char **ret)
{
    if (size > left(reader))
        return broken(reader, plan, "longer than the message");
    *ret = (const char *)reader->at;
    reader->at += size;
    return GB_OK;
}

static enum gb_result read_length(struct reader *reader, const struct gb_plan *plan, size_t *ret)
{
    int64_t length = 0;
    enum gb_result result = read_varint(reader, plan, &length);
    if (result != GB_OK)
        return result;
    if (length < 0)
        return broken(reader, plan, "a negative length");
    if ((uint64_t)length > left(reader))
        return broken(reader, plan, "longer than the message");
    *ret = (size_t)length;
    return GB_OK;
}

/* Is the value kept? Not when the member is unknown here, nor while items are only counted. */
static bool kept(const struct gb_plan *plan, const void *base)
{
    return plan->field != NULL && base != NULL;
}

static enum gb_result arena_full(struct reader *reader)
{
    return gb_err_set(reader->err, GB_RETRY, "ARENA_FULL", "no room left for decoded messages");
}

static enum gb_result store_text(struct reader *reader, const struct gb_field *field,
                                 const char *bytes, size_t size, void *base)
{
    char *member = (char *)base + field->offset;
    if (memchr(bytes, '\0', size) != NULL)
        return gb_field_refuse(field->name, "holds a zero byte", reader->err);
    if (field->type != GB_FIELD_TEXT) {
        size_t room = field->type == GB_FIELD_DC ? GB_DC_SIZE : sizeof(struct gb_currency);
        if (size >= room)
            return gb_field_refuse(field->name, "is too long", reader->err);
        memcpy(member, bytes, size); /* the message was zeroed */
    } else {
        if (size > field->size)
            return gb_field_refuse(field->name, "is too long", reader->err);
        char *text = gb_arena_strndup(reader->arena, bytes, size);
        if (text == NULL)
            return arena_full(reader);
        memcpy(member, &text, sizeof(text));
    }
    return gb_field_check(field, base, reader->err);
}

static enum gb_result read_text(struct reader *reader, const struct gb_plan *plan, void *base)
{
    size_t size = 0;
    const char *bytes = NULL;
    enum gb_result result = read_length(reader, plan, &size);
    if (result == GB_OK)
        result = read_bytes(reader, plan, size, &bytes);
    if (result != GB_OK || !kept(plan, base))
        return result;
    return store_text(reader, plan->field, bytes, size, base);
}

static enum gb_result read_number(struct reader *reader, const struct gb_plan *plan, void *base)
{
    int64_t number = 0;
    enum gb_result result = read_varint(reader, plan, &number);
    if (result != GB_OK)
        return result;
    if (plan->narrow && (number < INT32_MIN || number > INT32_MAX))
        return broken(reader, plan, "an int of more than 32 bits");
    if (!kept(plan, base))
        return GB_OK;
    const struct gb_field *field = plan->field;
    char *member = (char *)base + field->offset;
    if (field->type == GB_FIELD_INT) {
        if (number < INT32_MIN || number > INT32_MAX)
            return gb_field_refuse(field->name, "is out of range", reader->err);
        int32_t narrow = (int32_t)number;
        memcpy(member, &narrow, sizeof(narrow));
    } else {
        memcpy(member, &number, sizeof(number));
    }
    return gb_field_check(field, base, reader->err);
}

static enum gb_result read_boolean(struct reader *reader, const struct gb_plan *plan, void *base)
{
    const char *byte = "";
    enum gb_result result = read_bytes(reader, plan, 1, &byte);
    if (result != GB_OK)
        return result;
    if (*byte != 0 && *byte != 1)
        return broken(reader, plan, "neither true nor false");
    if (kept(plan, base)) {
        bool value = *byte == 1;
        memcpy((char *)base + plan->field->offset, &value, sizeof(value));
    }
    return GB_OK;
}

static enum gb_result read_fixed(struct reader *reader, const struct gb_plan *plan, void *base)
{
    const char *bytes = NULL;
    enum gb_result result = read_bytes(reader, plan, plan->count, &bytes);
    if (result == GB_OK && kept(plan, base))
        memcpy((char *)base + plan->field->offset, bytes, plan->count);
    return result;
}

static enum gb_result read_choice(struct reader *reader, const struct gb_plan *plan, size_t *ret)
{
    int64_t choice = 0;
    enum gb_result result = read_varint(reader, plan, &choice);
    if (result != GB_OK)
        return result;
    if (choice < 0 || (uint64_t)choice >= plan->count)
        return broken(reader, plan, "no such symbol or branch");
    *ret = (size_t)choice;
    return GB_OK;
}

static enum gb_result read_enum(struct reader *reader, const struct gb_plan *plan, void *base)
{
    size_t choice = 0;
    enum gb_result result = read_choice(reader, plan, &choice);
    if (result != GB_OK || !kept(plan, base))
        return result;
    memcpy((char *)base + plan->field->offset, &plan->numbers[choice], sizeof(int));
    return gb_field_check(plan->field, base, reader->err);
}

static enum gb_result read_union(struct reader *reader, const struct gb_plan *plan, void *base)
{
    size_t choice = 0;
    enum gb_result result = read_choice(reader, plan, &choice);
    if (result != GB_OK)
        return result;
    return read_value(reader, &plan->children[choice], base);
}

static enum gb_result read_null(struct reader *reader, const struct gb_plan *plan)
{
    if (plan->field != NULL && !plan->field->optional)
        return gb_field_refuse(plan->field->name, "is missing", reader->err);
    return GB_OK;
}

static enum gb_result read_record(struct reader *reader, const struct gb_plan *plan, void *base)
{
    for (size_t i = 0; i < plan->count; i++) {
        enum gb_result result = read_value(reader, &plan->children[i], base);
        if (result != GB_OK)
            return result;
    }
    return GB_OK;
}

/* The head of a block: how many items; 0 ends the array. *ret_end: where the block must end, NULL
 * when it does not say. */
static enum gb_result read_block(struct reader *reader, const struct gb_plan *plan,
                                 size_t *ret_items, const uint8_t **ret_end)
{
    int64_t items;
    enum gb_result result = read_varint(reader, plan, &items);
    if (result != GB_OK)
        return result;
    *ret_end = NULL;
    if (items < -GB_WIRE_ITEMS_MAX || items > (int64_t)reader->items_left ||
        -items > (int64_t)reader->items_left)
        return broken(reader, plan, "too many items");
    if (items < 0) {
        size_t size;
        result = read_length(reader, plan, &size);
        if (result != GB_OK)
            return result;
        *ret_end = reader->at + size;
        items = -items;
    }
    reader->items_left -= (size_t)items;
    *ret_items = (size_t)items;
    return GB_OK;
}

/* All items of an array, into `items` (item_size apart) or, when that is NULL, nowhere: only
 * counted and walked over. */
static enum gb_result read_items(struct reader *reader, const struct gb_plan *plan, char *items,
                                 size_t item_size, size_t *ret_count)
{
    size_t count = 0, block = 0;
    const uint8_t *block_end = NULL;
    enum gb_result result;
    while ((result = read_block(reader, plan, &block, &block_end)) == GB_OK && block > 0) {
        for (size_t i = 0; i < block && result == GB_OK; i++, count++)
            result = read_value(reader, plan->children,
                                items == NULL ? NULL : items + count * item_size);
        if (result != GB_OK)
            return gb_field_within(plan->field, result, reader->err);
        if (block_end != NULL && reader->at != block_end)
            return broken(reader, plan, "a block of another size than it says");
    }
    *ret_count = count;
    return result;
}

/* Counts first, so that exactly what is needed is taken from the arena. */
static enum gb_result read_array(struct reader *reader, const struct gb_plan *plan, void *base)
{
    size_t count = 0;
    struct reader ahead = *reader;
    enum gb_result result = read_items(&ahead, plan, NULL, 0, &count);
    if (result != GB_OK)
        return result;
    if (!kept(plan, base)) {
        *reader = ahead;
        return GB_OK;
    }
    const struct gb_field *field = plan->field;
    void *items = gb_arena_array(reader->arena, count, field->size);
    if (items == NULL)
        return arena_full(reader);
    memcpy((char *)base + field->offset, &items, sizeof(items));
    memcpy((char *)base + field->count_offset, &count, sizeof(count));
    return read_items(reader, plan, items, field->size, &count);
}

static enum gb_result read_value(struct reader *reader, const struct gb_plan *plan, void *base)
{
    switch (plan->type) {
    case GB_PLAN_NULL:
        return read_null(reader, plan);
    case GB_PLAN_BOOLEAN:
        return read_boolean(reader, plan, base);
    case GB_PLAN_NUMBER:
        return read_number(reader, plan, base);
    case GB_PLAN_TEXT:
    case GB_PLAN_BYTES:
        return read_text(reader, plan, base);
    case GB_PLAN_FIXED:
        return read_fixed(reader, plan, base);
    case GB_PLAN_ENUM:
        return read_enum(reader, plan, base);
    case GB_PLAN_UNION:
        return read_union(reader, plan, base);
    case GB_PLAN_ARRAY:
        return read_array(reader, plan, base);
    case GB_PLAN_RECORD:
        return gb_field_within(plan->field, read_record(reader, plan, base), reader->err);
    }
    return GB_POISON;
}

static enum gb_result read_message(const struct gb_version *version, struct gb_bytes body,
                                   struct gb_arena *arena, void *ret, struct gb_err *err)
{
    const uint8_t *start = body.data;
    struct reader reader = {.at = start,
                            .end = start + body.size,
                            .items_left = GB_WIRE_ITEMS_MAX,
                            .arena = arena,
                            .err = err};
    enum gb_result result = read_record(&reader, &version->plan, ret);
    if (result != GB_OK)
        return result;
    if (reader.at != reader.end)
        return gb_err_set(err, GB_POISON, "AVRO_INVALID", "%zu bytes after the message",
                          left(&reader));
    return GB_OK;
}

enum gb_result gb_codec_decode(enum gb_message_kind kind, struct gb_bytes framed,
                               struct gb_arena *arena, void *ret, struct gb_err *err)
{
    int32_t id;
    struct gb_bytes body;
    enum gb_result result = gb_frame_open(framed, &id, &body, err);
    if (result != GB_OK)
        return result;
    const struct gb_version *version = gb_registry_version(id);
    if (version == NULL || version->kind != kind)
        return gb_err_set(err, GB_POISON, "SCHEMA_UNKNOWN", "schema %d is not one of %s", id,
                          gb_message_type(kind));
    const struct gb_codec *codec = gb_registry_codec(kind);
    memset(ret, 0, codec->size);
    result = read_message(version, body, arena, ret, err);
    if (result == GB_OK && codec->check != NULL)
        result = codec->check(ret, err);
    return result;
}
