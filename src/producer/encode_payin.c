/* Accepted pay-ins as messages. */
#include <string.h>

#include "db/sql.h"
#include "producer/source.h"
#include "producer/stream_kind.h"
#include "wire/messages.h"

enum {
    CURRENCY = GB_COLUMN_REST,
    ACCOUNT_NO,
    CLIENT_NO,
    KEY,
    AMOUNT,
    REFERENCE,
    METADATA,
    AWAITED,
};

static enum gb_result encode(const struct gb_source *source, const char *stream,
                             const struct gb_rows *rows, size_t row, struct gb_message *ret,
                             struct gb_err *err)
{
    struct gb_message_payin payin = {
        .account = {.dc = source->dc,
                    .incarnation = source->incarnation,
                    .account_id = gb_rows_text(rows, row, GB_COLUMN_KEY),
                    .account_no = {gb_rows_int(rows, row, ACCOUNT_NO)}},
        .owner = source->dc, /* only what we own has a place in this stream */
        .client_no = {(int32_t)gb_rows_int(rows, row, CLIENT_NO)},
        .key = gb_rows_text(rows, row, KEY),
        .amount = gb_rows_int(rows, row, AMOUNT),
        .reference = gb_rows_text(rows, row, REFERENCE),
        .metadata = gb_rows_text(rows, row, METADATA),
        .accepted_at_us = gb_rows_int(rows, row, GB_COLUMN_CREATED_AT_US),
        .awaited = gb_rows_bool(rows, row, AWAITED),
    };
    if (!gb_currency_parse(gb_rows_text(rows, row, CURRENCY), &payin.account.currency))
        return gb_err_set(err, GB_FATAL, "CURRENCY", "the account of pay-in %lld has no currency",
                          (long long)gb_rows_int(rows, row, GB_COLUMN_SEQ));
    ret->envelope.kind = GB_MESSAGE_PAYIN;
    ret->envelope.id = gb_message_id(source->dc, stream, gb_rows_int(rows, row, GB_COLUMN_SEQ));
    return gb_wire_payin_encode(&payin, source->record_arena, &ret->value, err);
}

const struct gb_stream_kind gb_stream_kind_payin = {
    .window = &gb_sql_operation_window,
    .page = &gb_sql_operation_page,
    .backlog = &gb_sql_cursor_operation_backlog,
    .by_stream = false,
    .payload = -1,
    .encode = encode,
};
