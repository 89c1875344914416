#include "stream/stream_row.h"

#include <stdio.h>

struct gb_uuid gb_message_id(struct gb_dc source, const char *stream, int64_t seq)
{
    struct gb_uuid id;
    char name[64];
    int size = snprintf(name, sizeof(name), "%s/%s", source.code, stream);
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a of the stream; seq stands verbatim */
    for (int i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)name[i]) * UINT64_C(1099511628211);
    for (int i = 0; i < 8; i++) {
        id.bytes[i] = (uint8_t)(hash >> (56 - 8 * i));
        id.bytes[8 + i] = (uint8_t)((uint64_t)seq >> (56 - 8 * i));
    }
    id.bytes[6] = (uint8_t)(0x80 | (id.bytes[6] & 0x0f));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

void gb_stream_row_envelope(const struct gb_stream_row *row, struct gb_envelope *ret)
{
    *ret = (struct gb_envelope){
        .source = row->source,
        .time_us = gb_rows_int(row->rows, row->row, GB_COLUMN_CREATED_AT_US),
        .trace = {.trace_id = gb_rows_uuid(row->rows, row->row, GB_COLUMN_TRACE_ID)},
    };
    if (!gb_rows_null(row->rows, row->row, GB_COLUMN_SPAN_ID))
        ret->trace.span_id = gb_rows_int(row->rows, row->row, GB_COLUMN_SPAN_ID);
}

enum payin_column {
    CURRENCY = GB_COLUMN_REST,
    ACCOUNT_NO,
    CLIENT_NO,
    KEY,
    AMOUNT,
    REFERENCE,
    METADATA,
    AWAITED,
};

enum gb_result gb_stream_row_payin(const struct gb_stream_row *row, struct gb_envelope *envelope,
                                   struct gb_message_payin *ret, struct gb_err *err)
{
    const struct gb_rows *rows = row->rows;
    int64_t seq = gb_rows_int(rows, row->row, GB_COLUMN_SEQ);
    *ret = (struct gb_message_payin){
        .account = {.dc = row->source,
                    .incarnation = row->incarnation,
                    .account_id = gb_rows_text(rows, row->row, GB_COLUMN_KEY),
                    .account_no = {gb_rows_int(rows, row->row, ACCOUNT_NO)}},
        .owner = row->source, /* only what we own has a place in this stream */
        .client_no = {(int32_t)gb_rows_int(rows, row->row, CLIENT_NO)},
        .key = gb_rows_text(rows, row->row, KEY),
        .amount = gb_rows_int(rows, row->row, AMOUNT),
        .reference = gb_rows_text(rows, row->row, REFERENCE),
        .metadata = gb_rows_text(rows, row->row, METADATA),
        .accepted_at_us = gb_rows_int(rows, row->row, GB_COLUMN_CREATED_AT_US),
        .awaited = gb_rows_bool(rows, row->row, AWAITED),
    };
    if (!gb_currency_parse(gb_rows_text(rows, row->row, CURRENCY), &ret->account.currency))
        return gb_err_set(err, GB_FATAL, "CURRENCY", "the account of pay-in %lld has no currency",
                          (long long)seq);
    envelope->kind = GB_MESSAGE_PAYIN;
    envelope->id = gb_message_id(row->source, "payin", seq);
    return GB_OK;
}
