/* batch.h: records of a stream on their way into the database: what was read, what could not be
 * applied and why, and the calls of the one transaction that ends them. Shared by all readers of
 * streams (consumer, projector). A batch lives on its lane's thread. */
#ifndef GB_STREAM_BATCH_H
#define GB_STREAM_BATCH_H

#include "bus/record.h"
#include "db/pg.h"
#include "wire/envelope.h"

/* One record of a batch. */
struct gb_item {
    const struct gb_record *record;
    struct gb_envelope envelope; /* readable as a whole unless dead at stage "envelope" */
    bool dead;                   /* goes to the dead letters; its page counts it all the same */
    bool marked;       /* it belongs to a page of a stream that we read: progress counts it */
    bool known;        /* it was applied before */
    const char *stage; /* where it died: "envelope", "decode", "apply"; static */
    struct gb_err err; /* why */
    void *user;        /* the program's: e.g. the decoded message, in batch->arena */
};

#define GB_BATCH_CALLS_MAX 24    /* of the program */
#define GB_BATCH_CALLS_OF_LANE 5 /* BEGIN, dead letters, progress, positions, COMMIT */

struct gb_batch {
    struct gb_item *items;
    size_t count;
    struct gb_arena *arena; /* until the batch is over; reset before each attempt */
    struct gb_pg *pg;
    int64_t now_us; /* wall clock at the start of the attempt */
    bool begun; /* set by `apply` when it has opened the transaction itself (gb_sql_tx_begin) and
                   left it open */
    /* The last round trip: calls[0] is BEGIN, the program's follow (gb_batch_call, or filled in at
     * calls[calls_count] and counted). */
    struct gb_call calls[GB_BATCH_CALLS_MAX + GB_BATCH_CALLS_OF_LANE];
    size_t calls_count;
};

/* This record cannot be applied: it becomes a dead letter in this very transaction. `stage` is
 * static text; *err is copied. */
void gb_item_dead(struct gb_item *item, const char *stage, const struct gb_err *err);

/* One more call for the transaction's last round trip, in order, before progress, position and
 * COMMIT. The caller adds the parameters; the rows are there in `check`. */
struct gb_call *gb_batch_call(struct gb_batch *batch, const struct gb_statement *statement);

/* What a program does with a batch. All run on the lane's thread. */
struct gb_reader {
    /* Decodes and applies the items that are not dead (dead ones are to be skipped), in one of two
     * ways, or both: (a) without a word to the database: append calls by gb_batch_call. The lane
     * sends BEGIN, these, progress, position and COMMIT in one round trip (two when there is a
     * `check`); (b) open the transaction on batch->pg (gb_sql_tx_begin as the first call of its
     * first gb_pg_run), make any round trips, leave it open and set batch->begun; the last writes
     * may still be appended by gb_batch_call. Never commits or rolls back. An item that is at
     * fault: gb_item_dead and go on (ARENA_FULL is no fault: all is rolled back and the items come
     * again one by one, each with all of the arena). Outcomes: GB_OK; GB_RETRY: all is rolled back
     * and the batch comes again later, with backoff; GB_POISON (also from the database, 22xxx and
     * 23xxx): all is rolled back and the items come again one by one, and who is alone at fault
     * becomes a dead letter at stage "apply"; GB_FATAL: the process ends. May run any number of
     * times for one batch: keeps nothing outside of it. */
    enum gb_result (*apply)(void *context, struct gb_batch *batch, struct gb_err *err);
    /* After the calls have run, before COMMIT: looks at their rows; may still kill items. NULL:
     * nothing to look at, and one round trip less. Outcomes as above. */
    enum gb_result (*check)(void *context, struct gb_batch *batch, struct gb_err *err);
    /* After COMMIT (not when its outcome is unknown): wake somebody, count. NULL: nothing. */
    void (*committed)(void *context, const struct gb_batch *batch);
    void *context;
    /* It wants to see nothing twice: what was applied before does not come to it again. For one
     * that keeps copies, and does nothing else with what it sees. */
    bool passes_known;
};

#endif
