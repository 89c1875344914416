/* Rows of the outbox as messages: they were encoded by whoever decided; only headers are made
 * here. */
#include <string.h>

#include "db/sql.h"
#include "producer/source.h"
#include "producer/stream_kind.h"
#include "wire/packed_headers.h"

enum {
    TOPIC = GB_COLUMN_REST,
    ID,
    TYPE,
    PAYLOAD,
    HEADERS,
};

static enum gb_result read_headers(const struct gb_rows *rows, size_t row, struct gb_arena *arena,
                                   struct gb_message *ret, struct gb_err *err)
{
    struct gb_bytes packed = gb_rows_bytes(rows, row, HEADERS);
    if (!gb_headers_unpack(packed, arena, &ret->extra, &ret->extra_count))
        return gb_err_set(err, GB_FATAL, "OUTBOX_HEADERS", "outbox row %lld: headers end too early",
                          (long long)gb_rows_int(rows, row, GB_COLUMN_SEQ));
    return GB_OK;
}

static enum gb_result encode(const struct gb_source *source, const char *stream,
                             const struct gb_rows *rows, size_t row, struct gb_message *ret,
                             struct gb_err *err)
{
    /* A dead letter, also a replayed one, carries the headers that it came with; ours would
     * contradict them. */
    ret->bare = strcmp(stream, "dlq") == 0 || strncmp(stream, "replay-", 7) == 0;
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
