/* apply.h: the inside of a lane without thread and Kafka: records in, one transaction out. Owns
 * what a reader knows of its partitions: positions with their fences, progress of streams. One
 * thread. */
#ifndef GB_STREAM_APPLY_H
#define GB_STREAM_APPLY_H

#include "bus/consumer.h"
#include "stream/batch.h"
#include "stream/lane.h"

struct gb_applier;

struct gb_applier_options {
    const char *dc;    /* our own */
    const char *group; /* in the headers of dead letters */
    const struct gb_lane_stream *streams;
    size_t streams_count;
    size_t records_max; /* of one transaction */
    struct gb_reader reader;
};

/* What an application did, for metrics and log. */
struct gb_applied {
    size_t records;
    size_t known; /* of these: applied before, nothing was done for them */
    size_t dead;
    struct gb_err first_dead; /* of the first dead letter, with where it was */
};

/* Everything in *options outlives the applier. The caller frees. */
struct gb_applier *gb_applier_new(const struct gb_applier_options *options);
void gb_applier_free(struct gb_applier *applier); /* NULL is fine */

/* Partitions are ours: raises fences, loads positions (into next_offset) and progress. On failure
 * nothing is ours. */
enum gb_result gb_applier_take(struct gb_applier *applier, struct gb_pg *pg,
                               struct gb_assignment *assignments, size_t count,
                               struct gb_err *err) GB_MUST_USE;
/* All partitions are gone. */
void gb_applier_give(struct gb_applier *applier);

/* Records to apply, those of one partition in order. */
struct gb_arrived {
    const struct gb_record *records;
    size_t count;
    bool positioned; /* read from our partitions; false: they came another way, positions stay */
};

/* Applies what arrived and moves positions, in one transaction for each records_max, or, when one
 * is at fault, for each record. *ret_applied counts what was committed, also on failure; the rest
 * is not applied. Outcomes: GB_OK; GB_RETRY; GB_FATAL, with code "FENCED" when a partition has
 * another owner. After a failure: gb_applier_recover before the next call. */
enum gb_result gb_applier_run(struct gb_applier *applier, struct gb_pg *pg,
                              const struct gb_arrived *arrived, struct gb_applied *ret_applied,
                              struct gb_err *err) GB_MUST_USE;

/* Learns from the database where our partitions stand. GB_FATAL with code "FENCED" when one has
 * another owner. */
enum gb_result gb_applier_recover(struct gb_applier *applier, struct gb_pg *pg,
                                  struct gb_err *err) GB_MUST_USE;

/* Asks the database whether our partitions are still ours. GB_FATAL with code "FENCED" when one has
 * another owner. */
enum gb_result gb_applier_confirm(struct gb_applier *applier, struct gb_pg *pg,
                                  struct gb_err *err) GB_MUST_USE;

/* What is ours: topic, partition and where to read on. The topic lives until the next take or give.
 */
size_t gb_applier_partitions(const struct gb_applier *applier);
struct gb_assignment gb_applier_partition(const struct gb_applier *applier, size_t i);
/* When the newest complete page was cut (us); 0: none. */
int64_t gb_applier_cut_at_us(const struct gb_applier *applier);
bool gb_applier_is_fenced(const struct gb_err *err);

#endif
