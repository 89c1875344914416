#include "core/deadline.h"

#include "core/spend.h"

/* Answers to asks that were sent since the waiter waits: 0, 1, or 2 and more. */
static int answers_of(const struct gb_link *link, const struct gb_waiter *waiter)
{
    if (link->answers[0].ask_seq <= waiter->after_seq)
        return 0;
    return link->answers[1].ask_seq <= waiter->after_seq ? 1 : 2;
}

/* Of all links: the least. */
static int rounds_answered(const struct gb_account *account, const struct gb_waiter *waiter)
{
    int rounds = 2;
    for (size_t i = 0; i < account->links_count; i++) {
        int answers = answers_of(&account->links[i], waiter);
        rounds = answers < rounds ? answers : rounds;
    }
    return rounds;
}

/* Is an answer to the last sending still to come? */
static bool is_asking(const struct gb_account *account)
{
    for (size_t i = 0; i < account->links_count; i++) {
        if (account->links[i].ask_state == GB_ASK_OPEN)
            return true;
    }
    return false;
}

static int64_t own_total(const struct gb_account *account)
{
    return account->share.credits_total - account->share.debits_total;
}

/* The account's total as that round told it. Credits minus debits: money that moves between
 * datacenters meanwhile changes nothing in it. */
static int64_t total_of_round(const struct gb_account *account, int round)
{
    int64_t total = own_total(account);
    for (size_t i = 0; i < account->links_count; i++)
        total += account->links[i].answers[round].total;
    return total;
}

/* After all have answered: what could be brought together, with what is in flight. */
static int64_t within_reach(const struct gb_account *account)
{
    int64_t in_flight = total_of_round(account, 0) - account->share.balance;
    int64_t available = gb_share_available(&account->share);
    for (size_t i = 0; i < account->links_count; i++) {
        const struct gb_peer_answer *answer = &account->links[i].answers[0];
        in_flight -= answer->balance;
        available += answer->available - answer->reserved;
    }
    return in_flight > 0 ? available + in_flight : available;
}

enum gb_reason gb_deadline_reason(const struct gb_account *account, const struct gb_waiter *waiter)
{
    if (!gb_spend_permitted(account, waiter))
        return gb_reason_of_status(account->share.status, waiter->kind);
    if (gb_share_available(&account->share) >= waiter->amount)
        return GB_REASON_LIMIT_REACHED; /* it is here, and cannot be moved */
    if (rounds_answered(account, waiter) < 2)
        return GB_REASON_FUNDS_UNREACHABLE;
    if (total_of_round(account, 0) < waiter->amount && total_of_round(account, 1) < waiter->amount)
        return GB_REASON_INSUFFICIENT_FUNDS;
    return within_reach(account) < waiter->amount ? GB_REASON_FUNDS_HELD
                                                  : GB_REASON_FUNDS_UNREACHABLE;
}

static struct gb_refusal_peer describe_peer(const struct gb_link *link,
                                            const struct gb_waiter *waiter)
{
    bool open = link->ask_state != GB_ASK_IDLE;
    bool asked = open || link->ask_seq > waiter->after_seq;
    return (struct gb_refusal_peer){
        .dc = link->peer,
        .known = link->hint,
        .known_at_us = link->hint_at_us,
        .asked = asked ? link->ask_target - link->ask_from_total : 0,
        .came = asked ? link->in_total - link->ask_from_total : 0,
        .asked_at_us = asked ? link->ask_seq : 0,
        .rounds = asked ? link->ask_round : 0,
        .silent = link->ask_state == GB_ASK_OPEN && answers_of(link, waiter) < 2,
    };
}

/* Of the peer's share: the newest that is known; of one that never answered, what its hint says. */
static int64_t known_total(const struct gb_link *link)
{
    if (link->copied)
        return link->copied_total;
    return link->answers[0].ask_seq > 0 ? link->answers[0].total : link->hint;
}

void gb_deadline_describe(const struct gb_account *account, const struct gb_waiter *waiter,
                          enum gb_reason reason, struct gb_refusal *ret)
{
    *ret = (struct gb_refusal){
        .reason = reason,
        .available = gb_share_available(&account->share),
        .held = account->share.held,
        .total = own_total(account),
        .peers_count = account->links_count,
        .most = GB_NO_LINK,
    };
    for (size_t i = 0; i < account->links_count; i++) {
        const struct gb_link *link = &account->links[i];
        ret->peers[i] = describe_peer(link, waiter);
        ret->total += known_total(link);
        if (link->hint > 0 &&
            (ret->most == GB_NO_LINK || link->hint > account->links[ret->most].hint))
            ret->most = i;
    }
}

static void refuse(struct gb_books *books, size_t index, size_t at, enum gb_reason reason)
{
    struct gb_account *account = &books->accounts[index];
    struct gb_refusal refusal;
    gb_deadline_describe(account, &account->waiters[at], reason, &refusal);
    gb_spend_decided(books, index, at, &refusal);
    /* What was reserved for it is free for others' asks. */
    gb_books_retry(books, index);
}

void gb_deadline_pass(struct gb_books *books, size_t index)
{
    struct gb_account *account = &books->accounts[index];
    size_t at = 0;
    gb_books_retry(books, index);
    while (at < account->waiters_count) {
        const struct gb_waiter *waiter = &account->waiters[at];
        if (waiter->deadline_us > books->now_us) {
            at++;
            continue;
        }
        enum gb_reason reason = gb_deadline_reason(account, waiter);
        enum gb_reason payee = gb_spend_payee_reason(books, waiter);
        bool is_the_payee = reason == GB_REASON_LIMIT_REACHED && payee != GB_REASON_NONE;
        refuse(books, index, at, is_the_payee ? payee : reason);
        at = 0; /* others may have been decided with it */
    }
}

void gb_deadline_hurry(struct gb_books *books, size_t index)
{
    struct gb_account *account = &books->accounts[index];
    size_t at = 0;
    while (at < account->waiters_count) {
        const struct gb_waiter *waiter = &account->waiters[at++];
        int rounds = waiter->impatient ? rounds_answered(account, waiter) : 0;
        if (rounds == 2 && gb_deadline_reason(account, waiter) == GB_REASON_INSUFFICIENT_FUNDS) {
            refuse(books, index, at - 1, GB_REASON_INSUFFICIENT_FUNDS);
            at = 0;
        } else if (rounds == 1 && total_of_round(account, 0) < waiter->amount) {
            account->hurry = !is_asking(account);
        }
    }
}
