#include "search.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"

/* How a state was reached first: by that event from that state. */
struct origin {
    uint32_t from;
    struct event event;
};

/* The states of one depth, packed, one after the other. */
struct layer {
    unsigned char *bytes;
    size_t size, room;
    uint64_t count;
};

struct run {
    const struct search *search;
    struct step step;
    struct fingerprint *seen;
    uint64_t seen_mask;
    struct origin *origins; /* by number of the state, in the order they were found */
    uint64_t origins_room;
    struct layer now, next;
    struct found found;
};

static void *grown(void *memory, size_t size)
{
    void *more = realloc(memory, size);
    if (more == NULL)
        abort();
    return more;
}

static void see_again(struct run *run, struct fingerprint fingerprint)
{
    uint64_t at = fingerprint.a;
    while (run->seen[at & run->seen_mask].a != 0 || run->seen[at & run->seen_mask].b != 0)
        at++;
    run->seen[at & run->seen_mask] = fingerprint;
}

static void grow_seen(struct run *run)
{
    struct fingerprint *old = run->seen;
    uint64_t old_mask = run->seen_mask;
    run->seen_mask = old_mask * 2 + 1;
    run->seen = calloc(run->seen_mask + 1, sizeof(*run->seen));
    if (run->seen == NULL)
        abort();
    for (uint64_t i = 0; i <= old_mask; i++) {
        if (old[i].a != 0 || old[i].b != 0)
            see_again(run, old[i]);
    }
    free(old);
}

/* False when it was seen before. */
static bool see(struct run *run, struct fingerprint fingerprint)
{
    uint64_t at = fingerprint.a;
    while (true) {
        const struct fingerprint *place = &run->seen[at++ & run->seen_mask];
        if (place->a == fingerprint.a && place->b == fingerprint.b)
            return false;
        if (place->a == 0 && place->b == 0)
            break;
    }
    see_again(run, fingerprint);
    if (run->found.states > run->seen_mask / 4 * 3)
        grow_seen(run);
    return true;
}

static void keep(struct layer *layer, const struct packed *packed)
{
    uint16_t size = (uint16_t)packed->size;
    if (layer->size + sizeof(size) + packed->size > layer->room) {
        layer->room = layer->room * 2 + PACKED_MAX;
        layer->bytes = grown(layer->bytes, layer->room);
    }
    if (layer->bytes == NULL)
        abort();
    memcpy(layer->bytes + layer->size, &size, sizeof(size));
    memcpy(layer->bytes + layer->size + sizeof(size), packed->bytes, packed->size);
    layer->size += sizeof(size) + packed->size;
    layer->count++;
}

static void name_origin(struct run *run, uint64_t from, struct event event)
{
    if (run->found.states == run->origins_room) {
        run->origins_room = run->origins_room * 2 + 1024;
        run->origins = grown(run->origins, sizeof(*run->origins) * run->origins_room);
    }
    run->origins[run->found.states++] = (struct origin){(uint32_t)from, event};
}

/* Goes the way to state `number` again and prints it. */
static void print_history(struct run *run, uint64_t number, const struct event *last)
{
    struct event way[256];
    int length = 0;
    for (uint64_t at = number; at != 0; at = run->origins[at].from)
        way[length++] = run->origins[at].event;
    static struct world world;
    world_init(&world, run->search->scenario);
    world_print(&world, run->search->scenario);
    while (length > 0) {
        struct event event = way[--length];
        world_print_event(&world, run->search->scenario, run->step.post, event);
        (void)world_follow(&world, event, &run->step);
        world_print(&world, run->search->scenario);
    }
    if (last == NULL)
        return;
    world_print_event(&world, run->search->scenario, run->step.post, *last);
    (void)world_follow(&world, *last, &run->step);
    world_print(&world, run->search->scenario);
}

static bool is_to_heal(const struct run *run, struct fingerprint fingerprint)
{
    uint32_t one_in = run->search->heal_one_in;
    return one_in != 0 && fingerprint.b % one_in == 0;
}

static void follow(struct run *run, const struct world *world, uint64_t number, struct event event)
{
    static struct world next;
    static struct packed packed;
    next = *world;
    *run->search->progress = ++run->found.transitions;
    if (run->found.transitions == run->search->stop_before) {
        printf("%s: the core found a bug of its own\n", run->search->scenario->name);
        print_history(run, number, NULL);
        world_print_event(world, run->search->scenario, run->step.post, event);
        run->found.what = "the core's own check";
        return;
    }
    const char *broken = world_follow(&next, event, &run->step);
    bool beyond = run->step.beyond;
    if (broken == NULL)
        broken = world_check(&next, run->search->scenario);
    if (broken != NULL) {
        run->found.what = broken;
        printf("%s: %s\n", run->search->scenario->name, broken);
        print_history(run, number, &event);
        return;
    }
    world_pack(&next, run->search->scenario, &packed);
    struct fingerprint fingerprint = fingerprint_of(&packed);
    if (beyond) {
        run->found.beyond++;
        return;
    }
    if (!see(run, fingerprint))
        return;
    name_origin(run, number, event);
    keep(&run->next, &packed);
    if (!is_to_heal(run, fingerprint))
        return;
    run->found.healed++;
    broken = world_heal(&next, &run->step);
    if (broken == NULL)
        return;
    run->found.what = broken;
    printf("%s: when all faults end after this: %s\n", run->search->scenario->name, broken);
    print_history(run, run->found.states - 1, NULL);
    world_print(&next, run->search->scenario);
}

static void expand(struct run *run, const struct packed *packed, uint64_t number)
{
    static struct world world;
    struct event events[EVENTS_MAX];
    world_unpack(packed, run->search->scenario, &world);
    int count = world_events(&world, run->search->scenario, events);
    for (int i = 0; i < count && run->found.what == NULL; i++) {
        follow(run, &world, number, events[i]);
        if (run->search->publish_early && run->found.what == NULL)
            follow(run, &world, number, world_crashed(events[i]));
    }
}

/* All of one depth; the next one is in run->now after it. */
static void expand_layer(struct run *run, uint64_t first)
{
    static struct packed packed;
    size_t at = 0;
    for (uint64_t i = 0; i < run->now.count && run->found.what == NULL &&
                         run->found.states < run->search->states_max;
         i++) {
        uint16_t size;
        memcpy(&size, run->now.bytes + at, sizeof(size));
        packed.size = size;
        memcpy(packed.bytes, run->now.bytes + at + sizeof(size), size);
        at += sizeof(size) + size;
        expand(run, &packed, first + i);
    }
    struct layer done = run->now;
    run->now = run->next;
    run->next = (struct layer){.bytes = done.bytes, .room = done.room};
}

struct found search_all(const struct search *search)
{
    enum { SEEN_AT_FIRST = 1 << 20 };
    struct run run = {.search = search, .seen_mask = SEEN_AT_FIRST - 1};
    static struct world world;
    static struct packed packed;
    run.step = (struct step){.scenario = search->scenario, .post = post_new()};
    run.seen = calloc(SEEN_AT_FIRST, sizeof(*run.seen));
    if (run.seen == NULL)
        abort();
    world_init(&world, search->scenario);
    world_pack(&world, search->scenario, &packed);
    (void)see(&run, fingerprint_of(&packed));
    name_origin(&run, 0, (struct event){0, 0});
    keep(&run.now, &packed);
    uint64_t first = 0;
    while (run.now.count > 0 && run.found.what == NULL && run.found.states < search->states_max) {
        uint64_t count = run.now.count;
        expand_layer(&run, first);
        first += count;
        run.found.depth++;
    }
    run.found.complete = run.now.count == 0;
    post_free(run.step.post);
    free(run.seen);
    free(run.origins);
    free(run.now.bytes);
    free(run.next.bytes);
    return run.found;
}
