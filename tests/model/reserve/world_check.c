#include <string.h>

#include "rules.h"
#include "world.h"

static const char *check_money(const struct world *world, const struct scenario *scenario)
{
    int64_t credits = 0, debits = 0, balances = 0, in_flight = 0, booked = 0, paid = 0;
    for (int n = 0; n < scenario->nodes; n++) {
        const struct gb_share *share = &world->nodes[n].accounts[0].share;
        credits += share->credits_total;
        debits += share->debits_total;
        balances += share->balance;
        in_flight += share->out_total - share->in_total;
        booked += scenario->balances[n];
    }
    for (int o = 0; o < scenario->planned_count; o++) {
        booked += world->states[o] == GB_STATE_BOOKED ? scenario->planned[o].amount : 0;
        paid += world->states[o] == GB_STATE_PAID ? scenario->planned[o].amount : 0;
    }
    if (balances + in_flight != credits - debits)
        return "I1: money is not conserved";
    if (credits != booked)
        return "I5: what was credited is not what was booked";
    if (debits != paid)
        return "I5: what was debited is not what was answered as paid";
    return NULL;
}

static const char *check_waiters(const struct world *world, const struct scenario *scenario)
{
    for (int o = 0; o < scenario->planned_count; o++) {
        const struct stored_account *account = &world->nodes[scenario->planned[o].node].accounts[0];
        int waits = 0;
        for (size_t i = 0; i < account->waiters_count; i++)
            waits += account->waiters[i].operation == (size_t)o;
        if (waits != (world->states[o] == GB_STATE_WAITING))
            return "I5: the list of waiting operations is not that of their states";
    }
    return NULL;
}

static const char *check_held(const struct world *world, const struct scenario *scenario)
{
    int64_t held[NODES_MAX] = {0};
    for (int o = 0; o < scenario->planned_count; o++) {
        if (world->holds[o].state == GB_HOLD_OPEN)
            held[scenario->planned[o].node] += world->holds[o].amount;
    }
    for (int n = 0; n < scenario->nodes; n++) {
        if (world->nodes[n].accounts[0].share.held != held[n])
            return "what is held is not the sum of the open holds";
    }
    return NULL;
}

static const char *check_links(const struct world *world, int nodes, int sender)
{
    for (size_t i = 0; i < (size_t)nodes - 1; i++) {
        int receiver = peer_of(sender, i);
        const char *broken =
            rules_of_link(&world->nodes[sender].accounts[0].links[i],
                          &world->nodes[receiver].accounts[0].links[link_to(receiver, sender)]);
        if (broken != NULL)
            return broken;
    }
    return NULL;
}

const char *world_check(const struct world *world, const struct scenario *scenario)
{
    const char *broken = check_money(world, scenario);
    for (int n = 0; n < scenario->nodes && broken == NULL; n++) {
        broken = rules_of_account(&world->nodes[n].accounts[0], scenario->nodes, n);
        if (broken == NULL)
            broken = check_links(world, scenario->nodes, n);
    }
    if (broken == NULL)
        broken = check_waiters(world, scenario);
    return broken != NULL ? broken : check_held(world, scenario);
}

/* --- healing --- */

/* Delivers what is under way, and what comes of it, once each. */
static const char *deliver_all(struct world *world, struct step *step)
{
    const char *broken = NULL;
    for (int budget = 1000; world->sent_count > 0 && broken == NULL; budget--) {
        if (budget == 0)
            return "liveness: messages without end";
        struct world before = *world;
        broken = world_follow(world, (struct event){DELIVER, 0}, step);
        /* the one delivered is gone, unless the very same was sent again by it */
        uint32_t number = before.sent[0];
        int at = 0;
        while (at < world->sent_count && world->sent[at] != number)
            at++;
        world->sent_count--;
        memmove(&world->sent[at], &world->sent[at + 1],
                sizeof(world->sent[0]) * (size_t)(world->sent_count - at));
    }
    return broken;
}

static const char *follow_everywhere(struct world *world, enum event_kind kind, struct step *step)
{
    const char *broken = NULL;
    for (int n = 0; n < step->scenario->nodes && broken == NULL; n++)
        broken = world_follow(world, (struct event){(uint8_t)kind, (uint8_t)n}, step);
    return broken == NULL ? deliver_all(world, step) : broken;
}

/* Is there money for the operation that has waited longest? */
static const char *check_oldest(const struct world *world, const struct scenario *scenario)
{
    const struct gb_waiter *oldest = NULL;
    struct gb_priority first = {0};
    int64_t available = 0;
    for (int n = 0; n < scenario->nodes; n++) {
        const struct stored_account *account = &world->nodes[n].accounts[0];
        available += account->share.balance - account->share.held;
        if (account->waiters_count == 0)
            continue;
        struct gb_priority priority = {account->waiters[0].clock_us, dc_of(n)};
        if (oldest == NULL || gb_priority_older(priority, first)) {
            oldest = &account->waiters[0];
            first = priority;
        }
    }
    if (oldest != NULL && oldest->amount <= available)
        return "liveness: the oldest waits although there is money for it";
    return NULL;
}

static const char *check_rest(const struct world *world, const struct scenario *scenario)
{
    for (int n = 0; n < scenario->nodes; n++) {
        const struct stored_account *account = &world->nodes[n].accounts[0];
        if (account->waiters_count > 0)
            return "I9: something waits past its deadline";
        for (size_t i = 0; i < (size_t)scenario->nodes - 1; i++) {
            int peer = peer_of(n, i);
            const struct gb_link *there = &world->nodes[peer].accounts[0].links[link_to(peer, n)];
            if (account->links[i].out_total != there->in_total)
                return "I9: money is in flight at rest";
        }
    }
    return NULL;
}

/* Streams send replies again until they are acknowledged; asks may be lost for ever. */
static void lose_asks(struct world *world, const struct post *post)
{
    int kept = 0;
    for (int i = 0; i < world->sent_count; i++) {
        if (post_message(post, world->sent[i])->is_reply)
            world->sent[kept++] = world->sent[i];
    }
    world->sent_count = kept;
}

const char *world_heal(struct world *world, struct step *step)
{
    enum { ROUNDS = 6 };
    lose_asks(world, step->post);
    const char *broken = deliver_all(world, step);
    for (int i = 0; i < ROUNDS && broken == NULL; i++)
        broken = follow_everywhere(world, REASK, step);
    if (broken == NULL)
        broken = check_oldest(world, step->scenario);
    if (broken == NULL)
        broken = follow_everywhere(world, PASS_DEADLINE, step);
    if (broken == NULL)
        broken = world_check(world, step->scenario);
    return broken == NULL ? check_rest(world, step->scenario) : broken;
}
