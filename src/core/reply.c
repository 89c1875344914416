#include "core/reply.h"

/* Keeps what the peer said of itself, for the reason of a refusal: two different rounds, the later
 * word of each. */
static void take_answer(struct gb_link *link, const struct gb_reply *reply)
{
    const struct gb_share *share = &reply->share;
    struct gb_peer_answer answer = {
        .ask_seq = reply->ask_seq,
        .total = share->credits_total - share->debits_total,
        .balance = share->balance,
        .available = gb_share_available(share),
        .reserved = reply->reserved,
    };
    /* An echo of what we have not sent: from before our database went back. */
    if (reply->round == 0 || reply->ask_seq > link->ask_seq ||
        reply->ask_seq < link->answers[0].ask_seq)
        return;
    if (reply->ask_seq > link->answers[0].ask_seq)
        link->answers[1] = link->answers[0];
    link->answers[0] = answer;
    enum gb_ask_action nothing;
    if (reply->ask_seq == link->ask_seq)
        link->ask_state = gb_ask_next(link->ask_state, GB_ASK_ANSWER, &nothing);
}

static void take_hint(struct gb_books *books, struct gb_link *link, const struct gb_reply *reply)
{
    if (reply->share.version < link->hint_version)
        return;
    link->hint_version = reply->share.version;
    link->copied = false;
    link->hint = gb_share_available(&reply->share) - reply->reserved;
    link->hint_at_us = books->now_us;
}

enum gb_heard gb_reply_hear(struct gb_books *books, size_t index, size_t at,
                            const struct gb_reply *reply)
{
    struct gb_link *link = &books->accounts[index].links[at];
    if (!gb_reply_possible(link, reply))
        return GB_HEARD_IMPOSSIBLE;
    link->changed = true;
    link->clock_us = gb_clock_merge(link->clock_us, reply->clock_us, books->now_us,
                                    books->settings->skew_us_max, &books->skew_alarm);
    if (reply->link_in_total > link->peer_in_total)
        link->peer_in_total = reply->link_in_total;
    take_hint(books, link, reply);
    take_answer(link, reply);
    if (reply->link_out_total > link->granted_total) {
        link->granted_total = reply->link_out_total;
        gb_books_retry(books, index);
    }
    return GB_HEARD_APPLIED;
}
