#include "core/share.h"

#include <stddef.h>

#include "core/money.h"

struct gb_share gb_share_new(void)
{
    return (struct gb_share){.status = GB_STATUS_OPEN};
}

static bool total_sound(int64_t total)
{
    return total >= 0 && total <= GB_TOTAL_MAX;
}

static bool totals_sound(const struct gb_share *share)
{
    return total_sound(share->credits_total) && total_sound(share->debits_total) &&
           total_sound(share->out_total) && total_sound(share->in_total);
}

bool gb_share_sound(const struct gb_share *share)
{
    if (share->balance < 0 || share->balance > GB_BALANCE_MAX)
        return false;
    if (share->held < 0 || share->held > share->balance)
        return false;
    if (share->version < 0 || share->account_version < 0 || !totals_sound(share))
        return false;
    if (gb_account_status_name((int)share->status) == NULL)
        return false;
    /* Totals are at most 2^62 each: neither difference leaves int64, nor does their sum's
     * comparison with the balance. */
    return share->credits_total - share->debits_total - share->balance ==
           share->out_total - share->in_total;
}

int64_t gb_share_available(const struct gb_share *share)
{
    return share->balance - share->held;
}

void gb_share_enter(struct gb_share *share, enum gb_entry_kind kind, int64_t amount, int64_t now_us,
                    struct gb_entry *ret_entry)
{
    share->version++;
    if (now_us > share->updated_at_us)
        share->updated_at_us = now_us;
    *ret_entry = (struct gb_entry){.kind = kind, .amount = amount, .after = *share};
}
