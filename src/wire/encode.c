/* Writes one message by the plan of the version that is written. */
#include <string.h>

#include "wire/plan.h"
#include "wire/registry.h"

enum { VARINT_BYTES_MAX = 10, FRAME_BYTES = 5 };

struct writer {
    uint8_t *at;
};

/* Of a text, of an array's items, or of the text that is NULL when a record is absent. */
static const char *pointer_of(const struct gb_field *field, const void *base)
{
    const char *pointer;
    memcpy(&pointer, (const char *)base + field->offset, sizeof(pointer));
    return pointer;
}

static const char *text_of(const struct gb_field *field, const void *base)
{
    if (field->type == GB_FIELD_TEXT)
        return pointer_of(field, base);
    return (const char *)base + field->offset;
}

static size_t count_of(const struct gb_field *field, const void *base)
{
    size_t count;
    memcpy(&count, (const char *)base + field->count_offset, sizeof(count));
    return count;
}

static enum gb_result check_members(const struct gb_field_table *table, const void *base,
                                    size_t *ret_bytes, struct gb_err *err);

static enum gb_result check_items(const struct gb_field *field, const void *base, size_t *ret_bytes,
                                  struct gb_err *err)
{
    size_t count = count_of(field, base);
    const char *items = pointer_of(field, base);
    enum gb_result result = GB_OK;
    for (size_t i = 0; i < count && result == GB_OK; i++)
        result = check_members(field->table, items + i * field->size, ret_bytes, err);
    return result;
}

/* Is one member right, and how many bytes may it take? */
static enum gb_result check_member(const struct gb_field *field, const void *base,
                                   size_t *ret_bytes, struct gb_err *err)
{
    *ret_bytes += VARINT_BYTES_MAX + 1;
    switch (field->type) {
    case GB_FIELD_RECORD:
        if (pointer_of(field, base) == NULL)
            return GB_OK;
        return gb_field_within(field, check_members(field->table, base, ret_bytes, err), err);
    case GB_FIELD_ARRAY:
        return gb_field_within(field, check_items(field, base, ret_bytes, err), err);
    case GB_FIELD_FIXED:
        *ret_bytes += field->size;
        return GB_OK;
    case GB_FIELD_TEXT: {
        enum gb_result result = gb_field_check(field, base, err);
        const char *text = text_of(field, base);
        *ret_bytes += result == GB_OK && text != NULL ? strlen(text) : 0;
        return result;
    }
    case GB_FIELD_DC:
    case GB_FIELD_CURRENCY:
    case GB_FIELD_INT:
    case GB_FIELD_LONG:
    case GB_FIELD_BOOL:
    case GB_FIELD_ENUM:
        break;
    }
    return gb_field_check(field, base, err);
}

static enum gb_result check_members(const struct gb_field_table *table, const void *base,
                                    size_t *ret_bytes, struct gb_err *err)
{
    for (size_t i = 0; i < table->count; i++) {
        enum gb_result result = check_member(&table->fields[i], base, ret_bytes, err);
        if (result != GB_OK)
            return result;
    }
    return GB_OK;
}

static void write_varint(struct writer *writer, int64_t number)
{
    uint64_t bits = (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
    while (bits > 0x7f) {
        *writer->at++ = (uint8_t)(bits | 0x80);
        bits >>= 7;
    }
    *writer->at++ = (uint8_t)bits;
}

static void write_bytes(struct writer *writer, const void *bytes, size_t size)
{
    memcpy(writer->at, bytes, size);
    writer->at += size;
}

static void write_text(struct writer *writer, const char *text)
{
    size_t size = strlen(text);
    write_varint(writer, (int64_t)size);
    write_bytes(writer, text, size);
}

static void write_number(struct writer *writer, const struct gb_field *field, const void *base)
{
    const char *member = (const char *)base + field->offset;
    int32_t narrow;
    int64_t number;
    if (field->type == GB_FIELD_INT) {
        memcpy(&narrow, member, sizeof(narrow));
        number = narrow;
    } else {
        memcpy(&number, member, sizeof(number));
    }
    write_varint(writer, number);
}

static void write_symbol(struct writer *writer, const struct gb_plan *plan, const void *base)
{
    int number;
    memcpy(&number, (const char *)base + plan->field->offset, sizeof(number));
    size_t i = 0;
    while (plan->numbers[i] != number)
        i++;
    write_varint(writer, (int64_t)i);
}

static void write_value(struct writer *writer, const struct gb_plan *plan, const void *base);

static void write_record(struct writer *writer, const struct gb_plan *plan, const void *base)
{
    for (size_t i = 0; i < plan->count; i++)
        write_value(writer, &plan->children[i], base);
}

static void write_array(struct writer *writer, const struct gb_plan *plan, const void *base)
{
    size_t count = count_of(plan->field, base);
    const char *items = pointer_of(plan->field, base);
    if (count > 0)
        write_varint(writer, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        write_record(writer, plan->children, items + i * plan->field->size);
    write_varint(writer, 0);
}

static void write_union(struct writer *writer, const struct gb_plan *plan, const void *base)
{
    bool present = pointer_of(plan->field, base) != NULL;
    write_varint(writer, present);
    write_value(writer, &plan->children[present], base);
}

static void write_value(struct writer *writer, const struct gb_plan *plan, const void *base)
{
    switch (plan->type) {
    case GB_PLAN_BOOLEAN:
        write_bytes(writer, (const char *)base + plan->field->offset, 1);
        break;
    case GB_PLAN_NUMBER:
        write_number(writer, plan->field, base);
        break;
    case GB_PLAN_TEXT:
        write_text(writer, text_of(plan->field, base));
        break;
    case GB_PLAN_FIXED:
        write_bytes(writer, (const char *)base + plan->field->offset, plan->count);
        break;
    case GB_PLAN_ENUM:
        write_symbol(writer, plan, base);
        break;
    case GB_PLAN_UNION:
        write_union(writer, plan, base);
        break;
    case GB_PLAN_ARRAY:
        write_array(writer, plan, base);
        break;
    case GB_PLAN_RECORD:
        write_record(writer, plan, base);
        break;
    case GB_PLAN_NULL:
    case GB_PLAN_BYTES: /* gb_plan_complete lets none through */
        break;
    }
}

static void write_frame(struct writer *writer, int32_t id)
{
    const uint8_t frame[FRAME_BYTES] = {0, (uint8_t)(id >> 24), (uint8_t)(id >> 16),
                                        (uint8_t)(id >> 8), (uint8_t)id};
    write_bytes(writer, frame, sizeof(frame));
}

enum gb_result gb_codec_encode(enum gb_message_kind kind, const void *message,
                               struct gb_arena *arena, struct gb_bytes *ret_framed,
                               struct gb_err *err)
{
    const struct gb_codec *codec = gb_registry_codec(kind);
    const struct gb_version *version = gb_registry_written(kind);
    size_t bytes_max = FRAME_BYTES;
    enum gb_result result = check_members(&codec->table, message, &bytes_max, err);
    if (result == GB_OK && codec->check != NULL)
        result = codec->check(message, err);
    if (result != GB_OK)
        return result;
    uint8_t *start = gb_arena_alloc(arena, bytes_max);
    if (start == NULL)
        return gb_err_set(err, GB_RETRY, "ARENA_FULL", "no room left for encoded messages");
    struct writer writer = {.at = start};
    write_frame(&writer, version->id);
    write_record(&writer, &version->plan, message);
    *ret_framed = (struct gb_bytes){start, (size_t)(writer.at - start)};
    return GB_OK;
}
