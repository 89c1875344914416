/* One history: a while of work with faults, one random step after the other, then no more of them:
 * it must come to rest in a bounded number of rounds. */
#include <stddef.h>
#include <string.h>

#include "world.h"

enum { STEPS = 600, ROUNDS_MAX = 4000 };

const struct gb_stream_limits LIMITS = {.silent_after_us = 150 * STEP_US,
                                        .resend_after_us = 30 * STEP_US,
                                        .resend_backoff_us_max = 240 * STEP_US};

/* xorshift64*: the same everywhere. */
uint64_t draw(struct world *w, uint64_t below)
{
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return (w->random * UINT64_C(2685821657736338717) >> 33) % below;
}

bool chance(struct world *w, uint64_t in)
{
    return w->faults && draw(w, in) == 0;
}

void found(struct world *w, const char *what)
{
    if (w->finding->what == NULL)
        w->finding->what = what;
}

static void begin(struct world *w, uint64_t seed, struct totals *totals, struct finding *finding)
{
    static const struct kind kinds[] = {
        {.readers = 2}, /* as the ledger */
        {.readers = 2},
        {.readers = 1},
        {.readers = 1, .own = true, .forgets = true}, /* as the pay-ins */
        {.readers = 1, .forgets = true},              /* as the outbox to a peer */
        {.readers = 0, .forgets = true},              /* as dead letters */
    };
    memset(w, 0, sizeof(*w));
    w->finding = finding;
    w->totals = totals;
    w->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    w->now_us = 1000 * STEP_US;
    w->faults = true;
    w->kind = kinds[draw(w, sizeof(kinds) / sizeof(kinds[0]))];
    w->feeds = w->kind.own;
    w->slow = draw(w, 2) == 0;
    w->sparse = draw(w, 4) == 0;
    for (int i = 0; i < PUBLISHERS; i++)
        for (int f = 0; f < GB_FLIGHTS_MAX; f++) {
            w->flights[i].ring[f].parts = w->parts[i][f];
            w->flights[i].ring[f].parts_size = PARTITIONS;
        }
}

static void step_reader(struct world *w)
{
    if (w->kind.readers == 0)
        return;
    int reader = (int)draw(w, (uint64_t)w->kind.readers);
    switch (draw(w, 8)) {
    case 0:
        tell(w, reader);
        break;
    case 1:
        hear_word(w, reader);
        break;
    case 2:
        harm_reader(w, reader);
        break;
    default:
        step_member(w, reader, (int)draw(w, MEMBERS), (int)draw(w, PARTITIONS));
    }
}

static void step(struct world *w)
{
    switch (draw(w, 8)) {
    case 0:
        commit_rows(w);
        harm_log(w, (int)draw(w, PARTITIONS));
        break;
    case 1:
    case 2:
        deliver(w, (int)draw(w, PUBLISHERS));
        break;
    case 3:
    case 4:
        step_reader(w);
        break;
    default:
        step_publisher(w, (int)draw(w, PUBLISHERS));
    }
    w->now_us += STEP_US;
}

static void heal(struct world *w)
{
    commit_rows(w);
    for (int i = 0; i < PUBLISHERS; i++) {
        step_publisher(w, i);
        while (w->publishers[i].queued > 0)
            deliver(w, i);
    }
    for (int r = 0; r < w->kind.readers; r++) {
        for (int p = 0; p < PARTITIONS; p++)
            for (int m = 0; m < MEMBERS; m++)
                step_member(w, r, m, p);
        tell(w, r);
        hear_word(w, r);
    }
    w->now_us += STEP_US;
}

static void come_to_rest(struct world *w)
{
    int64_t rounds = 0;
    for (; rounds < ROUNDS_MAX && w->finding->what == NULL && !at_rest(w); rounds++)
        heal(w);
    if (w->finding->what == NULL && !at_rest(w))
        w->finding->what = "did not come to rest";
    if (rounds > w->totals->healing_steps_max)
        w->totals->healing_steps_max = rounds;
}

void run_history(uint64_t seed, struct totals *totals, struct finding *ret)
{
    static struct world world; /* large; one thread */
    struct world *w = &world;
    begin(w, seed, totals, ret);
    for (int i = 0; i < STEPS && ret->what == NULL; i++)
        step(w);
    w->faults = false;
    w->feeds = w->feeds && draw(w, 2) == 0;
    come_to_rest(w);
    if (w->kind.forgets || draw(w, 4) != 0)
        return;
    rebuild(w, 0); /* gets all of it again, from merged pages */
    come_to_rest(w);
}
