#include "core/wish.h"

#include "core/deadline.h"
#include "core/spend.h"
#include "core/topup.h"

/* From this round on hints are not believed: everybody is asked for everything. */
enum { DESPERATE_ROUND = 3 };

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t reask_wait_us(const struct gb_books *books, int32_t round)
{
    const struct gb_reserve_settings *settings = books->settings;
    int64_t wait_us = settings->reask_after_us;
    for (int32_t i = 1; i < round && wait_us < settings->reask_backoff_us_max; i++)
        wait_us = smaller(wait_us * 2, settings->reask_backoff_us_max);
    return wait_us + wait_us / 2048 * books->jitter;
}

static void ask_again(struct gb_account *account)
{
    for (size_t i = 0; i < account->links_count; i++) {
        struct gb_link *link = &account->links[i];
        if (link->ask_state == GB_ASK_IDLE || link->reask_due)
            continue;
        link->reask_due = true;
        link->ask_round++;
    }
}

void gb_wish_reask(struct gb_books *books, size_t index)
{
    struct gb_account *account = &books->accounts[index];
    for (size_t i = 0; i < account->links_count; i++) {
        const struct gb_link *link = &account->links[i];
        if (link->ask_state != GB_ASK_IDLE && link->reask_at_us <= books->now_us) {
            /* All at once: only rounds that everybody was asked in count for a refusal. */
            ask_again(account);
            return;
        }
    }
}

int64_t gb_wish_due_us(const struct gb_account *account)
{
    int64_t due_us = INT64_MAX;
    for (size_t i = 0; i < account->waiters_count; i++)
        due_us = smaller(due_us, account->waiters[i].deadline_us);
    for (size_t i = 0; i < account->links_count; i++) {
        if (account->links[i].ask_state != GB_ASK_IDLE)
            due_us = smaller(due_us, account->links[i].reask_at_us);
    }
    return due_us;
}

void gb_wish_finish(struct gb_books *books, size_t index)
{
    struct gb_account *account = &books->accounts[index];
    gb_deadline_hurry(books, index);
    if (account->hurry)
        ask_again(account);
    account->hurry = false;
}

/* What a peer is believed to be able to give. One that was asked twice and is silent: nothing. */
static int64_t believed(const struct gb_link *link)
{
    return link->ask_state == GB_ASK_OPEN && link->ask_round > 1 ? 0 : link->hint;
}

static bool is_desperate(const struct gb_account *account)
{
    for (size_t i = 0; i < account->links_count; i++) {
        if (account->links[i].ask_state != GB_ASK_IDLE &&
            account->links[i].ask_round >= DESPERATE_ROUND)
            return true;
    }
    return false;
}

/* Largest first, as few as suffice; what the hints do not promise, everybody is asked for. */
static void choose(const struct gb_account *account, int64_t missing, int64_t wishes[GB_PEERS_MAX])
{
    int64_t remaining = missing;
    for (size_t i = 0; i < account->links_count; i++)
        wishes[i] = 0;
    while (remaining > 0) {
        size_t best = GB_NO_LINK;
        for (size_t i = 0; i < account->links_count; i++) {
            int64_t hint = wishes[i] > 0 ? 0 : believed(&account->links[i]);
            if (hint > 0 && (best == GB_NO_LINK || hint > believed(&account->links[best])))
                best = i;
        }
        if (best == GB_NO_LINK)
            break;
        wishes[best] = smaller(believed(&account->links[best]), remaining);
        remaining -= wishes[best];
    }
    bool desperate = is_desperate(account);
    for (size_t i = 0; i < account->links_count; i++)
        wishes[i] = desperate ? missing : wishes[i] + remaining;
}

static struct gb_effect_message *add_message(struct gb_books *books, size_t index, size_t at)
{
    struct gb_effects *effects = &books->effects;
    GB_CORE_CHECK(effects->messages_count < effects->messages_max);
    struct gb_effect_message *message = &effects->messages[effects->messages_count++];
    *message = (struct gb_effect_message){.account = index, .link = at};
    return message;
}

/* The clock that a message carries: all that this account has seen here. */
static int64_t clock_of(const struct gb_account *account)
{
    int64_t clock_us = 0;
    for (size_t i = 0; i < account->links_count; i++) {
        if (account->links[i].clock_us > clock_us)
            clock_us = account->links[i].clock_us;
    }
    for (size_t i = 0; i < account->waiters_count; i++) {
        if (account->waiters[i].clock_us > clock_us)
            clock_us = account->waiters[i].clock_us;
    }
    return clock_us;
}

/* Higher than any before, on whatever link, and as good as a time. */
static int64_t next_seq(const struct gb_books *books, const struct gb_account *account)
{
    int64_t seq = books->now_us;
    for (size_t i = 0; i < account->links_count; i++) {
        if (account->links[i].ask_seq >= seq)
            seq = account->links[i].ask_seq + 1;
    }
    return seq > 0 ? seq : 1;
}

/* Nothing is kept back for whom nobody waits, and none who waits makes room for it. */
static int64_t oldest_us(const struct gb_account *account)
{
    return account->waiters_count > 0 ? account->waiters[0].clock_us : GB_CLOCK_LAST;
}

static void send_ask(struct gb_books *books, size_t index, size_t at, int64_t seq)
{
    struct gb_account *account = &books->accounts[index];
    struct gb_link *link = &account->links[at];
    int64_t clock_us = clock_of(account);
    link->ask_seq = seq;
    link->clock_us = clock_us;
    link->reask_at_us = books->now_us + reask_wait_us(books, link->ask_round);
    link->changed = true;
    add_message(books, index, at)->ask = (struct gb_ask){
        .ask_seq = seq,
        .ask_target = link->ask_target,
        .priority = {.clock_us = oldest_us(account), .dc = books->dc},
        .round = link->ask_round > 0 ? link->ask_round : 1,
        .asker_in_total = link->in_total,
        .ttl_us = books->settings->ask_ttl_us,
        .clock_us = clock_us,
    };
}

/* Brings one ask to the present wish. */
static void follow_wish(struct gb_books *books, size_t index, size_t at, int64_t wish, int64_t seq)
{
    struct gb_link *link = &books->accounts[index].links[at];
    int64_t target = link->in_total + smaller(wish, GB_TOTAL_MAX - link->in_total);
    enum gb_ask_event event = GB_ASK_WISH;
    enum gb_ask_action action;
    if (target == link->in_total)
        event = GB_ASK_NO_WISH;
    else if (target == link->ask_target && !link->reask_due)
        return;
    else if (target == link->ask_target)
        event = GB_ASK_TIMER;
    if (link->ask_state == GB_ASK_IDLE && event == GB_ASK_WISH) {
        link->ask_round = books->accounts[index].waiters_count > 0 ? 1 : 0;
        link->ask_from_total = link->in_total;
    }
    link->reask_due = false;
    link->ask_state = gb_ask_next(link->ask_state, event, &action);
    if (action == GB_ASK_NOTHING)
        return;
    link->ask_target = target;
    send_ask(books, index, at, seq);
}

/* After the whole batch: a later reply says all that an earlier one would have said. */
static void send_reply(struct gb_books *books, size_t index, size_t at)
{
    struct gb_account *account = &books->accounts[index];
    struct gb_link *link = &account->links[at];
    int64_t available = gb_share_available(&account->share);
    int64_t reserved = gb_spend_waiting(books, index, &link->peer_ask_priority);
    struct gb_effect_message *message = add_message(books, index, at);
    message->is_reply = true;
    message->reply = (struct gb_reply){
        .ask_seq = link->reply_asked ? link->peer_ask_seq : 0,
        .round = link->reply_asked ? link->peer_ask_round : 0,
        .share = account->share,
        .link_out_total = link->out_total,
        .link_in_total = link->in_total,
        .reserved = smaller(reserved, available),
        .clock_us = clock_of(account),
    };
    link->owes_reply = link->reply_asked = false;
}

void gb_wish_tell(struct gb_books *books, size_t index)
{
    struct gb_account *account = &books->accounts[index];
    int64_t wishes[GB_PEERS_MAX];
    int64_t missing = gb_spend_waiting(books, index, NULL) - gb_share_available(&account->share);
    if (account->waiters_count > 0) {
        gb_topup_end(account);
        choose(account, missing > 0 ? missing : 0, wishes);
    } else {
        gb_topup_wish(books, index, wishes);
    }
    int64_t seq = next_seq(books, account);
    for (size_t i = 0; i < account->links_count; i++)
        follow_wish(books, index, i, wishes[i], seq);
    for (size_t i = 0; i < account->links_count; i++) {
        if (account->links[i].owes_reply)
            send_reply(books, index, i);
    }
}
