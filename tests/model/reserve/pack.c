#include "pack.h"

#include <stdlib.h>
#include <string.h>

/* One walk over all that a decision depends on, to write it or to read it. Times are left out: they
 * stand still, or nothing is decided by them. */
struct walk {
    unsigned char *at;
    bool reads;
};

static void number(struct walk *walk, int64_t *value)
{
    uint64_t rest = 0;
    if (walk->reads) {
        int shift = 0;
        while (*walk->at >= 0x80) {
            rest |= (uint64_t)(*walk->at++ & 0x7f) << shift;
            shift += 7;
        }
        *value = (int64_t)(rest | (uint64_t)*walk->at++ << shift);
        return;
    }
    for (rest = (uint64_t)*value; rest >= 0x80; rest >>= 7)
        *walk->at++ = (unsigned char)(rest | 0x80);
    *walk->at++ = (unsigned char)rest;
}

/* Of any integer type. */
#define NUMBER(walk, member)                                                                       \
    do {                                                                                           \
        int64_t value = (int64_t)(member);                                                         \
        number(walk, &value);                                                                      \
        (member) = (__typeof__(member))value;                                                      \
    } while (0)

static void walk_share(struct walk *walk, struct gb_share *share)
{
    NUMBER(walk, share->balance);
    NUMBER(walk, share->held);
    NUMBER(walk, share->version);
    NUMBER(walk, share->credits_total);
    NUMBER(walk, share->debits_total);
    NUMBER(walk, share->out_total);
    NUMBER(walk, share->in_total);
}

static void walk_answer(struct walk *walk, struct gb_peer_answer *answer)
{
    NUMBER(walk, answer->ask_seq);
    if (answer->ask_seq == 0)
        return;
    NUMBER(walk, answer->total);
    NUMBER(walk, answer->balance);
    NUMBER(walk, answer->available);
    NUMBER(walk, answer->reserved);
}

static void walk_link(struct walk *walk, struct gb_link *link)
{
    NUMBER(walk, link->out_total);
    NUMBER(walk, link->in_total);
    NUMBER(walk, link->peer_in_total);
    NUMBER(walk, link->granted_total);
    NUMBER(walk, link->ask_state);
    NUMBER(walk, link->ask_seq);
    NUMBER(walk, link->ask_target);
    NUMBER(walk, link->ask_round);
    link->reask_at_us = link->ask_state != GB_ASK_IDLE;
    NUMBER(walk, link->ask_from_total);
    walk_answer(walk, &link->answers[0]);
    walk_answer(walk, &link->answers[1]);
    NUMBER(walk, link->peer_ask_seq);
    if (link->peer_ask_seq != 0) {
        NUMBER(walk, link->peer_ask_target);
        NUMBER(walk, link->peer_ask_priority.clock_us);
        NUMBER(walk, link->peer_ask_round);
        bool open = link->peer_ask_until_us >= 0;
        NUMBER(walk, open);
        link->peer_ask_until_us = open ? INT64_MAX / 2 : -1;
        link->peer_ask_priority.dc = link->peer;
    }
    NUMBER(walk, link->hint_version);
    NUMBER(walk, link->hint);
    NUMBER(walk, link->clock_us);
}

static void walk_waiter(struct walk *walk, struct gb_waiter *waiter)
{
    NUMBER(walk, waiter->kind);
    NUMBER(walk, waiter->operation);
    NUMBER(walk, waiter->amount);
    NUMBER(walk, waiter->clock_us);
    NUMBER(walk, waiter->after_seq);
    NUMBER(walk, waiter->impatient);
    waiter->deadline_us = 1;
}

static void walk_world(struct walk *walk, const struct scenario *scenario, struct world *world)
{
    for (int n = 0; n < scenario->nodes; n++) {
        struct stored_account *account = &world->nodes[n].accounts[0];
        walk_share(walk, &account->share);
        for (int i = 0; i < scenario->nodes - 1; i++)
            walk_link(walk, &account->links[i]);
        NUMBER(walk, account->waiters_count);
        for (size_t i = 0; i < account->waiters_count; i++)
            walk_waiter(walk, &account->waiters[i]);
    }
    for (int o = 0; o < scenario->planned_count; o++) {
        NUMBER(walk, world->states[o]);
        NUMBER(walk, world->holds[o].state);
        if (world->holds[o].state != 0) {
            NUMBER(walk, world->holds[o].amount);
            NUMBER(walk, world->holds[o].captured);
            world->holds[o].expires_at_us = 1;
            world->holds[o].placed_by = (size_t)o;
        }
    }
    NUMBER(walk, world->sent_count);
    for (int i = 0; i < world->sent_count; i++)
        NUMBER(walk, world->sent[i]);
}

void world_pack(const struct world *world, const struct scenario *scenario, struct packed *ret)
{
    static struct world copy;
    copy = *world;
    struct walk walk = {.at = ret->bytes, .reads = false};
    walk_world(&walk, scenario, &copy);
    ret->size = (size_t)(walk.at - ret->bytes);
    if (ret->size > PACKED_MAX)
        abort();
}

void world_unpack(const struct packed *packed, const struct scenario *scenario, struct world *ret)
{
    static struct packed copy;
    memcpy(copy.bytes, packed->bytes, packed->size);
    world_init(ret, scenario);
    struct walk walk = {.at = copy.bytes, .reads = true};
    walk_world(&walk, scenario, ret);
}

static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

struct fingerprint fingerprint_of(const struct packed *packed)
{
    struct fingerprint f = {packed->size, UINT64_C(0x9E3779B97F4A7C15)};
    for (size_t i = 0; i < packed->size; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t left = packed->size - i;
        memcpy(&word, &packed->bytes[i], left < sizeof(word) ? left : sizeof(word));
        f.a = mixed(f.a ^ word);
        f.b = (f.b ^ word) * UINT64_C(0x9FB21C651E98DF25);
        f.b ^= f.b >> 29;
    }
    f.b = mixed(f.b);
    if (f.a == 0 && f.b == 0)
        f.a = 1; /* zeroes mark a free place */
    return f;
}
