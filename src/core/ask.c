#include "core/ask.h"

#include "core/spend.h"

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void grant(struct gb_books *books, size_t index, size_t at, int64_t amount)
{
    struct gb_link *link = &books->accounts[index].links[at];
    link->out_total += amount;
    link->changed = true;
    link->owes_reply = true;
    struct gb_move move = {GB_ENTRY_SHARE_OUT, amount, GB_NO_OPERATION, at};
    bool moved = gb_books_move(books, index, &move);
    GB_CORE_CHECK(moved);
}

/* What may leave: neither held, nor for older operations of our own, nor above the total's cap. */
static int64_t grantable(const struct gb_books *books, size_t index, const struct gb_link *link)
{
    const struct gb_share *share = &books->accounts[index].share;
    int64_t left =
        gb_share_available(share) - gb_spend_waiting(books, index, &link->peer_ask_priority);
    left = smaller(left, GB_TOTAL_MAX - share->out_total);
    return left > 0 ? left : 0;
}

/* Grants to the link's ask; returns whether that filled it. */
static bool serve(struct gb_books *books, size_t index, size_t at)
{
    struct gb_link *link = &books->accounts[index].links[at];
    int64_t want = link->peer_ask_target - link->out_total;
    if (want <= 0)
        return false;
    int64_t amount = smaller(want, grantable(books, index, link));
    if (amount == 0)
        return false;
    grant(books, index, at, amount);
    return amount == want;
}

/* On a filled ask: half of what remains, so that the next one need not be made. On one that was
 * filled before it would drain the granter by repetition. */
static void prefetch(struct gb_books *books, size_t index, size_t at)
{
    const struct gb_account *account = &books->accounts[index];
    const struct gb_link *link = &account->links[at];
    if (account->waiters_count > 0)
        return;
    int64_t amount = smaller(grantable(books, index, link) / 2, books->settings->prefetch_max);
    if (amount > 0)
        grant(books, index, at, amount);
}

/* What every message tells, however old. */
static void take_totals(struct gb_books *books, struct gb_link *link, const struct gb_ask *ask)
{
    link->changed = true;
    link->clock_us = gb_clock_merge(link->clock_us, ask->clock_us, books->now_us,
                                    books->settings->skew_us_max, &books->skew_alarm);
    if (ask->asker_in_total > link->peer_in_total)
        link->peer_in_total = ask->asker_in_total;
}

enum gb_heard gb_ask_hear(struct gb_books *books, size_t index, size_t at, const struct gb_ask *ask,
                          int64_t received_us)
{
    struct gb_link *link = &books->accounts[index].links[at];
    if (!gb_ask_possible(link, ask) || !gb_dc_equal(ask->priority.dc, link->peer))
        return GB_HEARD_IMPOSSIBLE;
    take_totals(books, link, ask);
    if (ask->ask_seq < link->peer_ask_seq)
        return GB_HEARD_OLD;
    link->peer_ask_seq = ask->ask_seq;
    link->peer_ask_target = ask->ask_target;
    link->peer_ask_priority = ask->priority;
    link->peer_ask_round = ask->round;
    link->peer_ask_until_us = received_us + ask->ttl_us;
    if (link->peer_ask_until_us < books->now_us)
        return GB_HEARD_STALE;
    link->owes_reply = link->reply_asked = true;
    if (serve(books, index, at))
        prefetch(books, index, at);
    return GB_HEARD_APPLIED;
}

/* The oldest ask that may still get something, after the one of `last`. */
static size_t next_open(const struct gb_books *books, size_t index, const struct gb_priority *last)
{
    const struct gb_account *account = &books->accounts[index];
    size_t best = GB_NO_LINK;
    for (size_t i = 0; i < account->links_count; i++) {
        const struct gb_link *link = &account->links[i];
        if (link->peer_ask_target <= link->out_total || link->peer_ask_until_us < books->now_us)
            continue;
        if (last != NULL && !gb_priority_older(*last, link->peer_ask_priority))
            continue;
        if (best == GB_NO_LINK ||
            gb_priority_older(link->peer_ask_priority, account->links[best].peer_ask_priority))
            best = i;
    }
    return best;
}

void gb_ask_serve_open(struct gb_books *books, size_t index)
{
    const struct gb_account *account = &books->accounts[index];
    size_t at = next_open(books, index, NULL);
    while (at != GB_NO_LINK) {
        (void)serve(books, index, at);
        at = next_open(books, index, &account->links[at].peer_ask_priority);
    }
}

bool gb_ask_split_opening(struct gb_books *books, size_t index, const struct gb_opening *opening)
{
    const struct gb_account *account = &books->accounts[index];
    struct gb_move move = {GB_ENTRY_OPENING, opening->balance, opening->operation, GB_NO_LINK};
    if (account->share.credits_total != 0)
        return false;
    if (opening->balance == 0)
        return true;
    if (!gb_books_move(books, index, &move))
        return false;
    int64_t part = opening->balance / (int64_t)(account->links_count + 1);
    for (size_t i = 0; opening->even && part > 0 && i < account->links_count; i++)
        grant(books, index, i, part);
    if (!opening->even && opening->home != GB_NO_LINK)
        grant(books, index, opening->home, opening->balance);
    gb_books_settle(books);
    return true;
}
