/* owned.h: the partitions that are ours now: next offset and fence of each, as in table `position`.
 * Inside src/stream. */
#ifndef GB_STREAM_OWNED_H
#define GB_STREAM_OWNED_H

#include "bus/consumer.h"
#include "db/pg.h"

struct gb_owned {
    char topic[GB_TOPIC_SIZE * 4]; /* a topic's longest name is 249 */
    int32_t partition;
    int64_t fence;
    int64_t next_offset; /* committed */
    int64_t moves_to;    /* in the batch in work; negative: it does not move */
};

struct gb_owned_set {
    struct gb_owned *list;
    size_t count;
    size_t last; /* found last */
};

void gb_owned_clear(struct gb_owned_set *set);
/* Raises the fences in the database, fills the set and the assignments' next offsets. On failure
 * the set is empty. */
enum gb_result gb_owned_take(struct gb_owned_set *set, struct gb_pg *pg, struct gb_arena *arena,
                             struct gb_assignment *assignments, size_t count,
                             struct gb_err *err) GB_MUST_USE;
/* Reads the next offsets anew, the fences must be as they were: GB_FATAL with code "FENCED"
 * otherwise. */
enum gb_result gb_owned_read(struct gb_owned_set *set, struct gb_pg *pg, struct gb_arena *arena,
                             struct gb_err *err) GB_MUST_USE;
/* NULL when it is not ours. */
struct gb_owned *gb_owned_find(struct gb_owned_set *set, const char *topic, int32_t partition);

/* A new attempt: nothing moves. */
void gb_owned_begin(struct gb_owned_set *set);
/* The call that moves what moves; false when nothing does. */
bool gb_owned_move(const struct gb_owned_set *set, struct gb_call *call, struct gb_arena *arena,
                   int64_t now_us);
/* After COMMIT. */
void gb_owned_committed(struct gb_owned_set *set);

#endif
