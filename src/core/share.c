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

/* What an entry of each kind does to balance and held (+1, 0, -1 times its amount), and to which
 * total it adds. */
enum total { NO_TOTAL, CREDITS, DEBITS, OUT, IN };
struct movement {
    int balance, held;
    enum total total;
};
static const struct movement MOVEMENTS[] = {
    [GB_ENTRY_PAYIN] = {1, 0, CREDITS},        [GB_ENTRY_PAYOUT] = {-1, 0, DEBITS},
    [GB_ENTRY_SHARE_OUT] = {-1, 0, OUT},       [GB_ENTRY_SHARE_IN] = {1, 0, IN},
    [GB_ENTRY_STATUS] = {0, 0, NO_TOTAL},      [GB_ENTRY_HOLD] = {0, 1, NO_TOTAL},
    [GB_ENTRY_CAPTURE] = {-1, -1, DEBITS},     [GB_ENTRY_VOID] = {0, -1, NO_TOTAL},
    [GB_ENTRY_EXPIRE] = {0, -1, NO_TOTAL},     [GB_ENTRY_RELEASE] = {0, -1, NO_TOTAL},
    [GB_ENTRY_TRANSFER_OUT] = {-1, 0, DEBITS}, [GB_ENTRY_TRANSFER_IN] = {1, 0, CREDITS},
    [GB_ENTRY_CHARGE] = {-1, 0, DEBITS},       [GB_ENTRY_REFUND] = {1, 0, CREDITS},
    [GB_ENTRY_OPENING] = {1, 0, CREDITS},
};

static int64_t *total_of(struct gb_share *share, enum total total)
{
    int64_t *const totals[] = {
        [NO_TOTAL] = NULL,
        [CREDITS] = &share->credits_total,
        [DEBITS] = &share->debits_total,
        [OUT] = &share->out_total,
        [IN] = &share->in_total,
    };
    return totals[total];
}

bool gb_share_move(struct gb_share *share, enum gb_entry_kind kind, int64_t amount, int64_t now_us,
                   struct gb_entry *ret_entry)
{
    struct movement movement = MOVEMENTS[kind];
    struct gb_share next = *share;
    /* Beyond this no range can hold, and below it no balance leaves int64. */
    if (amount < 1 || amount > GB_BALANCE_MAX)
        return false;
    next.balance += movement.balance * amount;
    next.held += movement.held * amount;
    int64_t *total = total_of(&next, movement.total);
    if (total != NULL && !gb_money_add(*total, amount, total))
        return false;
    if (!gb_share_sound(&next))
        return false;
    if (next.status == GB_STATUS_CLOSED)
        next.status = GB_STATUS_CLOSING;
    gb_share_enter(&next, kind, amount, now_us, ret_entry);
    *share = next;
    return true;
}
