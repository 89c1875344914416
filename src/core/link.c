#include "core/link.h"

#include <stddef.h>

#include "core/money.h"

/* 0 <= lower <= upper <= the cap. */
static bool ordered(int64_t lower, int64_t upper)
{
    return lower >= 0 && lower <= upper && upper <= GB_TOTAL_MAX;
}

bool gb_link_sound(const struct gb_link *link)
{
    bool totals = ordered(link->peer_in_total, link->out_total) &&
                  ordered(link->in_total, link->granted_total);
    bool idle = link->ask_target <= link->in_total;
    return totals && ordered(0, link->ask_target) && idle == (link->ask_state == GB_ASK_IDLE) &&
           link->answers[0].ask_seq >= link->answers[1].ask_seq &&
           link->ask_seq >= link->answers[0].ask_seq;
}

int64_t gb_link_in_flight(const struct gb_link *link)
{
    return link->out_total - link->peer_in_total;
}

void gb_link_learn(struct gb_link *link, const struct gb_share *share, int64_t in, int64_t now_us)
{
    link->copied = share->version >= link->hint_version;
    link->copied_total = share->credits_total - share->debits_total;
    if (share->version > link->hint_version) {
        link->hint_version = share->version;
        link->hint = gb_share_available(share);
        link->hint_at_us = now_us;
        link->changed = true;
    }
    if (in > link->peer_in_total && in <= link->out_total) {
        link->peer_in_total = in;
        link->changed = true;
    }
}

bool gb_ask_possible(const struct gb_link *link, const struct gb_ask *ask)
{
    return ask->ask_seq >= 1 && ask->round >= 1 && ask->ttl_us >= 0 && ask->clock_us >= 0 &&
           ask->priority.clock_us >= 0 && ordered(ask->asker_in_total, link->out_total) &&
           ordered(0, ask->ask_target);
}

bool gb_reply_possible(const struct gb_link *link, const struct gb_reply *reply)
{
    return reply->ask_seq >= 0 && reply->round >= 0 && reply->clock_us >= 0 &&
           gb_share_sound(&reply->share) &&
           ordered(reply->link_out_total, reply->share.out_total) &&
           ordered(reply->link_in_total, reply->share.in_total) &&
           ordered(reply->link_in_total, link->out_total) &&
           ordered(reply->reserved, gb_share_available(&reply->share));
}
