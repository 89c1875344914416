/* lane.h: a lane reads topics of one Kafka cluster into one database: a thread with its own
 * consumer group membership and its own PostgreSQL connection. The program says what a batch means
 * (batch.h); the lane does the rest:
 *
 *   assigned    the fence of each partition goes up by one; reading starts at `position`;
 * `progress` is loaded batch       headers are read and checked; `apply`; then, in the same
 * transaction, dead letters (table and outbox), progress of streams, positions under their fences,
 * COMMIT fenced      rolled back, left the group, joined again GB_RETRY    rolled back, read again
 * from where the batch began, after a wait with backoff and jitter; the position has not moved; no
 * dead letter GB_POISON   see gb_reader.apply GB_FATAL    the lane ends and asks the process to
 * stop stop        (gb_stop_ask) the batch in work is committed, the group is closed
 *
 * Redelivery, replay from offset 0, a rebalance in the middle and zombies repeat records at worst:
 * `apply` must not care. */
#ifndef GB_STREAM_LANE_H
#define GB_STREAM_LANE_H

#include "runtime/config.h"
#include "stream/batch.h"

struct gb_lane;

/* What may come in on a topic. A record that fits none of them is a dead letter and moves nothing.
 * On a topic whose `stream` is NULL anybody may write anything: headers are not read as ours, and
 * `apply` sees every record. */
struct gb_lane_stream {
    const char *topic;
    const char *stream; /* "ledger", "payin", "dc1", "catalogue"; "": messages outside of streams
                           (Status); NULL: of others, see above */
    const char *source; /* the only datacenter it may come from; NULL: any but our own */
};

struct gb_lane_options {
    const struct gb_config *config;
    const char *role;    /* "consumer", "projector": section of the settings batch_records_max,
                            poll_ms, session_timeout_ms,    instance; and [postgres] user_<role> */
    const char *name;    /* in logs, metrics and readiness: "payin", "dc2" */
    const char *dc;      /* our own */
    const char *cluster; /* [kafka.<cluster>] */
    const char *group;   /* geobill.<dc>.consumer */
    const struct gb_lane_stream *streams;
    size_t streams_count;
    struct gb_reader reader;
    /* Called on the lane's thread between two batches, whether it has partitions or not, never
     * inside a transaction: for other duties on the same connection. *ret_wait_ms, poll_ms before
     * the call: how long the lane may wait for Kafka until the next call. NULL: none. A failure is
     * treated like one of a batch. */
    enum gb_result (*tick)(void *context, struct gb_lane *lane, struct gb_pg *pg,
                           int64_t *ret_wait_ms, struct gb_err *err);
    void *context; /* of tick */
};

/* Starts the thread. Waits for nobody: database and broker may be away. Everything in *options, the
 * context included, must outlive the lane. GB_FATAL for settings that cannot work. */
enum gb_result gb_lane_open(const struct gb_lane_options *options, struct gb_lane **ret,
                            struct gb_err *err) GB_MUST_USE;
/* After gb_stop_ask: waits for the thread's end and frees. GB_OK, or GB_FATAL with what ended the
 * lane. NULL is fine. */
enum gb_result gb_lane_close(struct gb_lane *lane, struct gb_err *err) GB_MUST_USE;

/* Any thread. False with a reason while the lane cannot do its work for a cause on our side: no
 * database yet, not yet in its group. A broker that does not answer is said in *ret_why of a lane
 * that is ready: who is cut off is not broken. */
bool gb_lane_ready(const struct gb_lane *lane, char *ret_why, size_t size);

/* Any thread. A broker is connected, and the lane has its partitions. */
bool gb_lane_delivers(const struct gb_lane *lane);

/* From `tick`: applies records that came another way than by Kafka (e.g. read from the source's own
 * table) exactly as if they had been read, but without a position. The streams' progress moves. */
enum gb_result gb_lane_feed(struct gb_lane *lane, const struct gb_record *records, size_t count,
                            struct gb_err *err) GB_MUST_USE;

#endif
