/* Rows of the outbox as messages: they were encoded by whoever decided; only headers are made
 * here. */
#include <string.h>

#include "db/sql.h"
#include "producer/source.h"
#include "producer/stream_kind.h"

enum {
    TOPIC = GB_COLUMN_REST,
    ID,
    TYPE,
    PAYLOAD,
    HEADERS,
};

/* Reads a big-endian number of `size` bytes and moves on; false at the end. */
static bool read_number(struct gb_bytes *left, size_t size, size_t *ret)
{
    const uint8_t *bytes = left->data;
    if (left->size < size)
        return false;
    *ret = 0;
    for (size_t i = 0; i < size; i++)
        *ret = *ret << 8 | bytes[i];
    *left = (struct gb_bytes){bytes + size, left->size - size};
    return true;
}

static bool read_bytes(struct gb_bytes *left, size_t size, struct gb_bytes *ret)
{
    if (left->size < size)
        return false;
    *ret = (struct gb_bytes){left->data, size};
    *left = (struct gb_bytes){(const uint8_t *)left->data + size, left->size - size};
    return true;
}

/* One header: u16 name length, name, u32 value length, value. */
static bool read_header(struct gb_bytes *left, struct gb_arena *arena, struct gb_header *ret)
{
    size_t size;
    struct gb_bytes name;
    if (!read_number(left, 2, &size) || !read_bytes(left, size, &name))
        return false;
    if (!read_number(left, 4, &size) || !read_bytes(left, size, &ret->value))
        return false;
    ret->name = gb_arena_strndup(arena, name.data, name.size);
    GB_CHECK(ret->name != NULL);
    return true;
}

static bool count_headers(struct gb_bytes left, size_t *ret)
{
    size_t size;
    struct gb_bytes skipped;
    for (*ret = 0; left.size > 0; ++*ret)
        if (!read_number(&left, 2, &size) || !read_bytes(&left, size, &skipped) ||
            !read_number(&left, 4, &size) || !read_bytes(&left, size, &skipped))
            return false;
    return true;
}

static enum gb_result read_headers(const struct gb_rows *rows, size_t row, struct gb_arena *arena,
                                   struct gb_message *ret, struct gb_err *err)
{
    struct gb_bytes left = gb_rows_bytes(rows, row, HEADERS);
    if (!count_headers(left, &ret->extra_count))
        return gb_err_set(err, GB_FATAL, "OUTBOX_HEADERS", "outbox row %lld: headers end too early",
                          (long long)gb_rows_int(rows, row, GB_COLUMN_SEQ));
    ret->extra = gb_arena_array(arena, ret->extra_count, sizeof(*ret->extra));
    GB_CHECK(ret->extra != NULL || ret->extra_count == 0);
    for (size_t i = 0; i < ret->extra_count; i++)
        GB_CHECK(read_header(&left, arena, &ret->extra[i]));
    return GB_OK;
}

static enum gb_result encode(const struct gb_source *source, const char *stream,
                             const struct gb_rows *rows, size_t row, struct gb_message *ret,
                             struct gb_err *err)
{
    /* A dead letter carries the headers that it came with; ours would contradict them. */
    ret->bare = strcmp(stream, "dlq") == 0;
    const char *type = gb_rows_text(rows, row, TYPE);
    if (!ret->bare && !gb_message_parse_type(type, &ret->envelope.kind))
        return gb_err_set(err, GB_FATAL, "OUTBOX_TYPE", "outbox row %lld: type %.64s is none",
                          (long long)gb_rows_int(rows, row, GB_COLUMN_SEQ), type);
    ret->envelope.id = gb_rows_uuid(rows, row, ID);
    ret->value = gb_rows_bytes(rows, row, PAYLOAD);
    return read_headers(rows, row, source->record_arena, ret, err);
}

const struct gb_stream_kind gb_stream_kind_outbox = {
    .wake = GB_WAKE_OUTBOX,
    .window = &gb_sql_outbox_window,
    .page = &gb_sql_outbox_page,
    .backlog = &gb_sql_cursor_outbox_backlog,
    .by_stream = true,
    .payload = PAYLOAD,
    .encode = encode,
};
