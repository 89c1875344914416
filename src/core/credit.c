#include "core/credit.h"

#include "core/operation.h"

enum gb_payin_decision gb_credit_payin(struct gb_books *books, size_t account,
                                       enum gb_operation_state state, int64_t amount,
                                       size_t operation)
{
    struct gb_move move = {GB_ENTRY_PAYIN, amount, operation, GB_NO_LINK};
    if (state != GB_STATE_ACCEPTED)
        return GB_PAYIN_DECIDED;
    if (!gb_books_move(books, account, &move))
        return GB_PAYIN_OVERDUE;
    gb_books_settle(books);
    return GB_PAYIN_BOOKED;
}

static bool is_refundable(enum gb_operation_kind kind)
{
    return kind == GB_OPERATION_PAYOUT || kind == GB_OPERATION_CHARGE ||
           kind == GB_OPERATION_CAPTURE;
}

enum gb_reason gb_credit_refund(struct gb_books *books, size_t account,
                                struct gb_original *original, int64_t amount, size_t operation)
{
    struct gb_move move = {GB_ENTRY_REFUND, amount, operation, GB_NO_LINK};
    if (!is_refundable(original->kind) || original->state != GB_STATE_PAID)
        return GB_REASON_ORIGINAL_NOT_PAID;
    if (amount > original->paid - original->refunded)
        return GB_REASON_REFUND_EXCEEDS_PAID;
    if (!gb_books_move(books, account, &move))
        return GB_REASON_LIMIT_REACHED;
    original->refunded += amount;
    gb_books_settle(books);
    return GB_REASON_NONE;
}

bool gb_credit_status(struct gb_books *books, size_t index, struct gb_account_says says, bool quiet)
{
    struct gb_account *account = &books->accounts[index];
    struct gb_effects *effects = &books->effects;
    struct gb_entry entry;
    bool settled = quiet && account->waiters_count == 0;
    if (!gb_decide_status(&account->share, says, settled, books->now_us, &entry))
        return false;
    GB_CORE_CHECK(effects->entries_count < effects->entries_max);
    effects->entries[effects->entries_count++] =
        (struct gb_effect_entry){.entry = entry, .account = index, .operation = GB_NO_OPERATION};
    account->changed = true;
    gb_books_retry(books, index);
    return true;
}
