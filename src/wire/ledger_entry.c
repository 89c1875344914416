/* geobill.ledger_entry.v1 */
#include <string.h>

#include "wire/fields.h"

static const struct gb_field OPERATION_FIELDS[] = {
    WIRE_INT(gb_message_ledger_entry, client_no, "client_no", 1),
    WIRE_TEXT(gb_message_ledger_entry, key, "key", GB_KEY_SIZE - 1, gb_form_key),
};
static const struct gb_field LINK_FIELDS[] = {
    WIRE_TEXT(gb_message_ledger_entry, peer, "peer", GB_DC_SIZE - 1, gb_form_dc),
    WIRE_LONG(gb_message_ledger_entry, link_out_total, "out_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_ledger_entry, link_in_total, "in_total", 0, GB_TOTAL_MAX),
};
static const struct gb_field_table OPERATION = GB_FIELD_TABLE(OPERATION_FIELDS);
static const struct gb_field_table LINK = GB_FIELD_TABLE(LINK_FIELDS);

static const struct gb_field FIELDS[] = {
    WIRE_ACCOUNT(gb_message_ledger_entry),
    WIRE_LONG(gb_message_ledger_entry, version, "version", 1, INT64_MAX),
    WIRE_ENUM(gb_message_ledger_entry, kind, "kind", gb_entry_kind_name),
    WIRE_ENUM(gb_message_ledger_entry, status, "status", gb_account_status_name),
    WIRE_LONG(gb_message_ledger_entry, amount, "amount", 0, GB_BALANCE_MAX),
    WIRE_LONG(gb_message_ledger_entry, balance_after, "balance_after", 0, GB_BALANCE_MAX),
    WIRE_LONG(gb_message_ledger_entry, held_after, "held_after", 0, GB_BALANCE_MAX),
    WIRE_LONG(gb_message_ledger_entry, credits_total, "credits_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_ledger_entry, debits_total, "debits_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_ledger_entry, out_total, "out_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_ledger_entry, in_total, "in_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_ledger_entry, account_version, "account_version", 0, INT64_MAX),
    WIRE_TIME(gb_message_ledger_entry, created_at_us, "created_at_us"),
    {.name = "operation",
     .type = GB_FIELD_RECORD,
     .optional = true,
     .offset = offsetof(struct gb_message_ledger_entry, key),
     .table = &OPERATION},
    WIRE_OPTIONAL_TEXT(gb_message_ledger_entry, reference, "reference", GB_REFERENCE_SIZE - 1,
                       gb_form_words),
    {.name = "link",
     .type = GB_FIELD_RECORD,
     .optional = true,
     .offset = offsetof(struct gb_message_ledger_entry, peer),
     .table = &LINK},
};

/* balance = credits - debits - out + in. The totals are within 0 .. 2^62, so nothing overflows. */
static bool identity_holds(const struct gb_message_ledger_entry *entry)
{
    int64_t credits_less_debits = entry->credits_total - entry->debits_total;
    int64_t in_less_out = entry->in_total - entry->out_total;
    int64_t balance;
    return gb_money_add(credits_less_debits, in_less_out, &balance) &&
           balance == entry->balance_after;
}

static bool moves_share(enum gb_entry_kind kind)
{
    return kind == GB_ENTRY_SHARE_OUT || kind == GB_ENTRY_SHARE_IN;
}

static enum gb_result check(const void *message, struct gb_err *err)
{
    const struct gb_message_ledger_entry *entry = message;
    if (!identity_holds(entry))
        return gb_field_refuse("balance_after", "is not credits - debits - out + in", err);
    if (entry->held_after > entry->balance_after)
        return gb_field_refuse("held_after", "is more than the balance", err);
    if ((entry->amount == 0) != (entry->kind == GB_ENTRY_STATUS))
        return gb_field_refuse("amount", "is 0 for STATUS and for nothing else", err);
    if (!moves_share(entry->kind) && !(entry->amount <= GB_AMOUNT_MAX))
        return gb_field_refuse("amount", "is out of range", err);
    if (moves_share(entry->kind) && entry->peer == NULL)
        return gb_field_refuse("link", "is missing", err);
    if (entry->peer != NULL && strcmp(entry->peer, entry->account.dc.code) == 0)
        return gb_field_refuse("link.peer", "is the datacenter itself", err);
    return GB_OK;
}

const struct gb_codec gb_codec_ledger_entry = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_ledger_entry),
    .check = check,
};

GB_CODEC_DOORS(ledger_entry, GB_MESSAGE_LEDGER_ENTRY, gb_message_ledger_entry)
