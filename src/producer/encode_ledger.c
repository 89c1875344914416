/* Entries of the ledger as messages. */
#include <string.h>

#include "db/sql.h"
#include "producer/source.h"
#include "producer/stream_kind.h"
#include "wire/messages.h"

enum {
    CURRENCY = GB_COLUMN_REST,
    ACCOUNT_NO,
    VERSION,
    KIND,
    STATUS,
    AMOUNT,
    BALANCE_AFTER,
    HELD_AFTER,
    CREDITS_TOTAL,
    DEBITS_TOTAL,
    OUT_TOTAL,
    IN_TOTAL,
    ACCOUNT_VERSION,
    CLIENT_NO,
    KEY,
    REFERENCE,
    PEER,
    LINK_OUT_TOTAL,
    LINK_IN_TOTAL,
};

static int64_t number_or_zero(const struct gb_rows *rows, size_t row, int column)
{
    return gb_rows_null(rows, row, column) ? 0 : gb_rows_int(rows, row, column);
}

static enum gb_result encode(const struct gb_source *source, const char *stream,
                             const struct gb_rows *rows, size_t row, struct gb_message *ret,
                             struct gb_err *err)
{
    struct gb_message_ledger_entry entry = {
        .account = {.dc = source->dc,
                    .incarnation = source->incarnation,
                    .account_id = gb_rows_text(rows, row, GB_COLUMN_KEY),
                    .account_no = {gb_rows_int(rows, row, ACCOUNT_NO)}},
        .version = gb_rows_int(rows, row, VERSION),
        .kind = (enum gb_entry_kind)gb_rows_int(rows, row, KIND),
        .status = (enum gb_account_status)gb_rows_int(rows, row, STATUS),
        .amount = gb_rows_int(rows, row, AMOUNT),
        .balance_after = gb_rows_int(rows, row, BALANCE_AFTER),
        .held_after = gb_rows_int(rows, row, HELD_AFTER),
        .credits_total = gb_rows_int(rows, row, CREDITS_TOTAL),
        .debits_total = gb_rows_int(rows, row, DEBITS_TOTAL),
        .out_total = gb_rows_int(rows, row, OUT_TOTAL),
        .in_total = gb_rows_int(rows, row, IN_TOTAL),
        .account_version = gb_rows_int(rows, row, ACCOUNT_VERSION),
        .created_at_us = gb_rows_int(rows, row, GB_COLUMN_CREATED_AT_US),
        .client_no = {(int32_t)number_or_zero(rows, row, CLIENT_NO)},
        .key = gb_rows_text(rows, row, KEY),
        .reference = gb_rows_text(rows, row, REFERENCE),
        .peer = gb_rows_text(rows, row, PEER),
        .link_out_total = number_or_zero(rows, row, LINK_OUT_TOTAL),
        .link_in_total = number_or_zero(rows, row, LINK_IN_TOTAL),
    };
    if (!gb_currency_parse(gb_rows_text(rows, row, CURRENCY), &entry.account.currency))
        return gb_err_set(err, GB_FATAL, "CURRENCY", "the share of entry %lld has no currency",
                          (long long)gb_rows_int(rows, row, GB_COLUMN_SEQ));
    ret->envelope.kind = GB_MESSAGE_LEDGER_ENTRY;
    ret->envelope.id = gb_message_id(source->dc, stream, gb_rows_int(rows, row, GB_COLUMN_SEQ));
    return gb_wire_ledger_entry_encode(&entry, source->record_arena, &ret->value, err);
}

const struct gb_stream_kind gb_stream_kind_ledger = {
    .wake = GB_WAKE_ENTRIES,
    .window = &gb_sql_ledger_window,
    .page = &gb_sql_ledger_page,
    .backlog = &gb_sql_cursor_ledger_backlog,
    .by_stream = false,
    .payload = -1,
    .encode = encode,
};
