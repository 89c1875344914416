/* Accepted pay-ins as messages. */
#include "db/sql.h"
#include "producer/source.h"
#include "producer/stream_kind.h"

static enum gb_result encode(const struct gb_source *source, const char *stream,
                             const struct gb_rows *rows, size_t row, struct gb_message *ret,
                             struct gb_err *err)
{
    (void)stream;
    struct gb_message_payin payin;
    const struct gb_stream_row at = {rows, row, source->dc, source->incarnation};
    enum gb_result result = gb_stream_row_payin(&at, &ret->envelope, &payin, err);
    if (result != GB_OK)
        return result;
    return gb_wire_payin_encode(&payin, source->record_arena, &ret->value, err);
}

const struct gb_stream_kind gb_stream_kind_payin = {
    .wake = GB_WAKE_PAYINS,
    .window = &gb_sql_operation_window,
    .page = &gb_sql_operation_page,
    .backlog = &gb_sql_cursor_operation_backlog,
    .by_stream = false,
    .payload = -1,
    .encode = encode,
};
