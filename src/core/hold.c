#include "core/hold.h"

static void move(struct gb_books *books, size_t account, struct gb_move move)
{
    /* An open hold's money is in `held`, and leaving can pass no cap but the debits'; that one the
     * caller has looked at. */
    bool moved = gb_books_move(books, account, &move);
    GB_CORE_CHECK(moved);
}

bool gb_hold_expire(struct gb_books *books, size_t account, struct gb_hold *hold)
{
    if (books->now_us < hold->expires_at_us ||
        !gb_hold_next(hold->state, GB_HOLD_EXPIRE, &hold->state))
        return false;
    move(books, account,
         (struct gb_move){GB_ENTRY_EXPIRE, hold->amount, hold->placed_by, GB_NO_LINK});
    gb_books_settle(books);
    return true;
}

/* Why a hold in this state can be neither captured nor voided. */
static enum gb_reason reason_of(enum gb_hold_state state)
{
    static const enum gb_reason REASONS[] = {
        [GB_HOLD_OPEN] = GB_REASON_NONE,
        [GB_HOLD_CAPTURED] = GB_REASON_HOLD_CAPTURED,
        [GB_HOLD_VOIDED] = GB_REASON_HOLD_VOIDED,
        [GB_HOLD_EXPIRED] = GB_REASON_HOLD_EXPIRED,
    };
    return REASONS[state];
}

enum gb_reason gb_hold_capture(struct gb_books *books, size_t account, struct gb_hold *hold,
                               size_t operation, int64_t amount)
{
    enum gb_hold_state next;
    (void)gb_hold_expire(books, account, hold);
    if (!gb_hold_next(hold->state, GB_HOLD_CAPTURE, &next))
        return reason_of(hold->state);
    if (amount > hold->amount)
        return GB_REASON_CAPTURE_EXCEEDS_HOLD;
    if (amount > GB_TOTAL_MAX - books->accounts[account].share.debits_total)
        return GB_REASON_LIMIT_REACHED;
    hold->state = next;
    hold->captured = amount;
    move(books, account, (struct gb_move){GB_ENTRY_CAPTURE, amount, operation, GB_NO_LINK});
    int64_t rest = hold->amount - amount;
    if (rest > 0)
        move(books, account, (struct gb_move){GB_ENTRY_RELEASE, rest, operation, GB_NO_LINK});
    gb_books_settle(books);
    return GB_REASON_NONE;
}

enum gb_reason gb_hold_void(struct gb_books *books, size_t account, struct gb_hold *hold,
                            size_t operation)
{
    (void)gb_hold_expire(books, account, hold);
    if (!gb_hold_next(hold->state, GB_HOLD_VOID, &hold->state))
        return reason_of(hold->state);
    move(books, account, (struct gb_move){GB_ENTRY_VOID, hold->amount, operation, GB_NO_LINK});
    gb_books_settle(books);
    return GB_REASON_NONE;
}
