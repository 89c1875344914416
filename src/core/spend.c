#include "core/spend.h"

#include <string.h>

#include "core/deadline.h"
#include "core/operation.h"

/* What a spend of each kind enters, and what happens to its operation. */
struct way {
    enum gb_entry_kind entry;
    enum gb_operation_event event;
};
static const struct way WAYS[GB_OPERATION_REFUND + 1] = {
    [GB_OPERATION_PAYOUT] = {GB_ENTRY_PAYOUT, GB_EVENT_PAY},
    [GB_OPERATION_HOLD] = {GB_ENTRY_HOLD, GB_EVENT_HOLD},
    [GB_OPERATION_TRANSFER] = {GB_ENTRY_TRANSFER_OUT, GB_EVENT_PAY},
    [GB_OPERATION_CHARGE] = {GB_ENTRY_CHARGE, GB_EVENT_PAY},
};

bool gb_spend_can_be(enum gb_operation_kind kind)
{
    return WAYS[kind].entry != 0;
}

static enum gb_operation_state next_of(enum gb_operation_state state, enum gb_operation_event event)
{
    enum gb_operation_state next = state;
    bool possible = gb_operation_next(state, event, &next);
    GB_CORE_CHECK(possible);
    return next;
}

/* Moves the money: NONE; or nothing changed and why it cannot be although enough is here. */
static enum gb_reason take(struct gb_books *books, size_t account, const struct gb_spend *spend)
{
    struct gb_move out = {WAYS[spend->kind].entry, spend->amount, spend->operation, GB_NO_LINK};
    struct gb_move in = {GB_ENTRY_TRANSFER_IN, spend->amount, spend->operation, GB_NO_LINK};
    if (spend->payee != GB_NO_ACCOUNT) { /* does it fit there? */
        struct gb_share payee = books->accounts[spend->payee].share;
        struct gb_entry entry;
        if (!gb_share_move(&payee, in.kind, in.amount, books->now_us, &entry))
            return GB_REASON_LIMIT_REACHED;
    }
    if (!gb_books_move(books, account, &out))
        return GB_REASON_LIMIT_REACHED;
    if (spend->payee != GB_NO_ACCOUNT) {
        bool moved = gb_books_move(books, spend->payee, &in);
        GB_CORE_CHECK(moved);
    }
    return GB_REASON_NONE;
}

static enum gb_reason reason_against(const struct gb_books *books, size_t index,
                                     const struct gb_spend *spend)
{
    const struct gb_account *account = &books->accounts[index];
    enum gb_reason reason = gb_reason_of_status(account->share.status, spend->kind);
    if (reason != GB_REASON_NONE || spend->payee == GB_NO_ACCOUNT)
        return reason;
    const struct gb_account *payee = &books->accounts[spend->payee];
    if (spend->payee == index)
        return GB_REASON_PAYEE_IS_PAYER;
    if (!gb_currency_equal(account->currency, payee->currency))
        return GB_REASON_CURRENCY_MISMATCH;
    return gb_reason_of_payee(payee->share.status);
}

static int64_t latest_seq(const struct gb_account *account)
{
    int64_t seq = 0;
    for (size_t i = 0; i < account->links_count; i++) {
        if (account->links[i].ask_seq > seq)
            seq = account->links[i].ask_seq;
    }
    return seq;
}

/* Later than all that this account has seen here: a hybrid logical clock that lives in its rows. */
static int64_t next_clock(struct gb_books *books, struct gb_account *account)
{
    int64_t seen_us = 0;
    if (account->waiters_count > 0)
        seen_us = account->waiters[account->waiters_count - 1].clock_us;
    for (size_t i = 0; i < account->links_count; i++) {
        if (account->links[i].clock_us > seen_us)
            seen_us = account->links[i].clock_us;
    }
    return gb_clock_next(seen_us, books->now_us);
}

static struct gb_waiter waiter_of(struct gb_books *books, size_t index,
                                  const struct gb_spend *spend)
{
    struct gb_account *account = &books->accounts[index];
    struct gb_waiter waiter = {
        .kind = spend->kind,
        .operation = spend->operation,
        .amount = spend->amount,
        .clock_us = next_clock(books, account),
        .after_seq = latest_seq(account),
        .deadline_us = spend->deadline_us,
        .impatient = spend->impatient,
    };
    if (spend->payee != GB_NO_ACCOUNT)
        waiter.payee = books->accounts[spend->payee].no;
    return waiter;
}

enum gb_operation_state gb_spend(struct gb_books *books, size_t index, const struct gb_spend *spend,
                                 struct gb_refusal *ret_refusal)
{
    struct gb_account *account = &books->accounts[index];
    enum gb_reason reason = reason_against(books, index, spend);
    bool enough = gb_share_available(&account->share) >= spend->amount;
    if (reason == GB_REASON_NONE && enough) {
        reason = take(books, index, spend);
        if (reason == GB_REASON_NONE) {
            gb_books_settle(books);
            return next_of(GB_STATE_NEW, WAYS[spend->kind].event);
        }
    }
    if (reason == GB_REASON_NONE && account->waiters_count == account->waiters_max)
        reason = GB_REASON_WAITING_LIMIT;
    struct gb_waiter waiter = waiter_of(books, index, spend);
    if (reason == GB_REASON_NONE && spend->deadline_us <= books->now_us)
        reason = gb_deadline_reason(account, &waiter);
    if (reason != GB_REASON_NONE) {
        gb_deadline_describe(account, &waiter, reason, ret_refusal);
        return next_of(GB_STATE_NEW, GB_EVENT_REFUSE);
    }
    account->waiters[account->waiters_count++] = waiter;
    return next_of(GB_STATE_NEW, GB_EVENT_WAIT);
}

enum gb_operation_state gb_spend_charge(struct gb_books *books, size_t index,
                                        const struct gb_spend *spend, const struct gb_price *price,
                                        struct gb_refusal *ret_refusal)
{
    const struct gb_account *account = &books->accounts[index];
    struct gb_spend charge = *spend;
    charge.amount = price->amount;
    enum gb_reason reason = GB_REASON_NONE;
    if (price->retired)
        reason = GB_REASON_SERVICE_RETIRED;
    else if (!gb_currency_equal(price->currency, account->currency))
        reason = GB_REASON_CURRENCY_MISMATCH;
    if (reason == GB_REASON_NONE)
        return gb_spend(books, index, &charge, ret_refusal);
    struct gb_waiter waiter = waiter_of(books, index, &charge);
    gb_deadline_describe(account, &waiter, reason, ret_refusal);
    return next_of(GB_STATE_NEW, GB_EVENT_REFUSE);
}

bool gb_spend_permitted(const struct gb_account *account, const struct gb_waiter *waiter)
{
    return gb_reason_of_status(account->share.status, waiter->kind) == GB_REASON_NONE;
}

enum gb_reason gb_spend_payee_reason(const struct gb_books *books, const struct gb_waiter *waiter)
{
    size_t payee = gb_books_find(books, waiter->payee);
    return payee == GB_NO_ACCOUNT ? GB_REASON_NONE
                                  : gb_reason_of_payee(books->accounts[payee].share.status);
}

/* True when it is paid now. */
static bool pay(struct gb_books *books, size_t index, const struct gb_waiter *waiter)
{
    struct gb_account *account = &books->accounts[index];
    struct gb_spend spend = {.kind = waiter->kind,
                             .operation = waiter->operation,
                             .amount = waiter->amount,
                             .payee = GB_NO_ACCOUNT};
    if (gb_share_available(&account->share) < waiter->amount ||
        !gb_spend_permitted(account, waiter))
        return false;
    if (waiter->kind == GB_OPERATION_TRANSFER) {
        spend.payee = gb_books_find(books, waiter->payee);
        if (spend.payee == GB_NO_ACCOUNT) {
            account->needs_payee = true;
            return false;
        }
        if (reason_against(books, index, &spend) != GB_REASON_NONE)
            return false;
    }
    return take(books, index, &spend) == GB_REASON_NONE;
}

void gb_spend_decided(struct gb_books *books, size_t index, size_t at,
                      const struct gb_refusal *refusal)
{
    struct gb_account *account = &books->accounts[index];
    struct gb_effects *effects = &books->effects;
    GB_CORE_CHECK(effects->decisions_count < effects->decisions_max);
    struct gb_effect_decision *decision = &effects->decisions[effects->decisions_count++];
    struct gb_waiter *waiter = &account->waiters[at];
    decision->account = index;
    decision->waiter = *waiter;
    gb_deadline_describe(account, waiter, GB_REASON_NONE, &decision->refusal);
    enum gb_operation_event event = refusal == NULL ? WAYS[waiter->kind].event : GB_EVENT_REFUSE;
    decision->state = next_of(GB_STATE_WAITING, event);
    if (refusal != NULL)
        decision->refusal = *refusal;
    account->waiters_count--;
    memmove(waiter, waiter + 1, sizeof(*waiter) * (account->waiters_count - at));
}

void gb_spend_pay_waiters(struct gb_books *books, size_t index)
{
    struct gb_account *account = &books->accounts[index];
    size_t at = 0;
    while (at < account->waiters_count) {
        if (pay(books, index, &account->waiters[at]))
            gb_spend_decided(books, index, at, NULL);
        else
            at++;
    }
}

int64_t gb_spend_waiting(const struct gb_books *books, size_t index, const struct gb_priority *than)
{
    const struct gb_account *account = &books->accounts[index];
    int64_t sum = 0;
    for (size_t i = 0; i < account->waiters_count; i++) {
        const struct gb_waiter *waiter = &account->waiters[i];
        struct gb_priority priority = {waiter->clock_us, books->dc};
        if (!gb_spend_permitted(account, waiter) ||
            (than != NULL && !gb_priority_older(priority, *than)))
            continue;
        if (sum > GB_TOTAL_MAX - waiter->amount)
            return GB_TOTAL_MAX;
        sum += waiter->amount;
    }
    return sum;
}
