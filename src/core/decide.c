#include "core/decide.h"

#include <stddef.h>
#include <string.h>

static bool text_same(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

const char *gb_request_difference(const struct gb_request *a, const struct gb_request *b)
{
    if (a->kind != b->kind)
        return "kind";
    if (!text_same(a->hold_id, b->hold_id))
        return "hold_id";
    if (a->account_no.value != b->account_no.value)
        return "account_id";
    if (a->payee_no.value != b->payee_no.value)
        return "payee_account_id";
    if (!text_same(a->service_id, b->service_id))
        return "service_id";
    if (!text_same(a->original_key, b->original_key))
        return "original_key";
    if (a->amount != b->amount)
        return "amount";
    if (a->lasts_us != b->lasts_us)
        return "expires_in_s";
    if (!text_same(a->reference, b->reference))
        return "reference";
    return text_same(a->metadata, b->metadata) ? NULL : "metadata";
}

enum gb_payin_decision gb_decide_payin(struct gb_share *share, enum gb_operation_state state,
                                       int64_t amount, int64_t now_us, struct gb_entry *ret_entry)
{
    if (state != GB_STATE_ACCEPTED)
        return GB_PAYIN_DECIDED;
    if (!gb_share_move(share, GB_ENTRY_PAYIN, amount, now_us, ret_entry))
        return GB_PAYIN_OVERDUE;
    return GB_PAYIN_BOOKED;
}

static bool is_closing(enum gb_account_status status)
{
    return status == GB_STATUS_CLOSING || status == GB_STATUS_CLOSED;
}

/* Has the share confirmed the very closing that the account is in? After the account is CLOSED its
 * version is a later one than the shares confirmed. */
static bool has_confirmed(const struct gb_share *share, struct gb_account_says account)
{
    return share->status == GB_STATUS_CLOSED && is_closing(account.status) &&
           (account.status == GB_STATUS_CLOSED || share->account_version == account.version);
}

static enum gb_account_status status_to_obey(const struct gb_share *share,
                                             struct gb_account_says account, bool quiet)
{
    if (!is_closing(account.status))
        return account.status;
    bool empty = share->balance == 0 && share->held == 0;
    return quiet && empty ? GB_STATUS_CLOSED : GB_STATUS_CLOSING;
}

bool gb_decide_status(struct gb_share *share, struct gb_account_says account, bool quiet,
                      int64_t now_us, struct gb_entry *ret_entry)
{
    if (account.version < share->account_version || has_confirmed(share, account))
        return false;
    enum gb_account_status status = status_to_obey(share, account, quiet);
    if (status == share->status && status != GB_STATUS_CLOSED)
        return false;
    share->status = status;
    share->account_version = account.version;
    gb_share_enter(share, GB_ENTRY_STATUS, 0, now_us, ret_entry);
    return true;
}

enum gb_account_status gb_decide_account(enum gb_account_status status, struct gb_closing closing)
{
    if (status == GB_STATUS_CLOSING && closing.confirmed == closing.datacenters &&
        closing.in_flight == 0)
        return GB_STATUS_CLOSED;
    if (status == GB_STATUS_CLOSED &&
        (closing.closed != closing.datacenters || closing.in_flight != 0))
        return GB_STATUS_CLOSING;
    return status;
}
