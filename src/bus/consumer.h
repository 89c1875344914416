/* consumer.h: a member of a Kafka group that reads batches. Positions come from the caller
 * (PostgreSQL is the truth) at each assignment; offsets are committed to Kafka only so that the
 * usual lag tools work. One thread owns a consumer; callbacks run on it, inside gb_consumer_poll.
 */
#ifndef GB_BUS_CONSUMER_H
#define GB_BUS_CONSUMER_H

#include "bus/record.h"
#include "runtime/config.h"
#include "runtime/result.h"

struct gb_consumer;

struct gb_assignment {
    const char *topic;
    int32_t partition;
    int64_t next_offset; /* filled in by `assigned`: where to start; negative: the beginning */
};

struct gb_consumer_options {
    const struct gb_config *config;
    const char *cluster;     /* the datacenter whose [kafka.<dc>] section is used */
    const char *group;       /* geobill.<dc>.consumer */
    const char *client_id;   /* geobill/<version>/<dc>/consumer */
    const char *instance_id; /* static membership: <group>.<instance> */
    int64_t session_timeout_ms;
    const char *const *topics;
    size_t topics_count;
    /* Partitions came to us: fill in next_offset of each (from `position`, raising its fence). A
     * failure leaves the group and the next poll joins again. */
    enum gb_result (*assigned)(void *context, struct gb_assignment *assignments, size_t count,
                               struct gb_err *err);
    /* Partitions go away; `lost` true when another member may have them already (write nothing for
     * them). */
    void (*revoked)(void *context, const struct gb_assignment *assignments, size_t count,
                    bool lost);
    void *context;
};

enum gb_result gb_consumer_open(const struct gb_consumer_options *options, struct gb_consumer **ret,
                                struct gb_err *err) GB_MUST_USE;
/* Leaves the group within a few seconds. NULL is fine. A client that does not end by then is
 * abandoned. */
void gb_consumer_close(struct gb_consumer *consumer);
/* How many clients of this process were. */
int gb_consumers_abandoned(void);

/* Reads up to `max` records, waiting at most timeout_ms for the first and not at all for more than
 * are there. *ret_records and what they point to are valid until gb_consumer_release. An offset out
 * of range starts at the beginning of what there is. GB_RETRY for what librdkafka mends itself
 * (broker away), GB_FATAL when the consumer must be opened anew. */
enum gb_result gb_consumer_poll(struct gb_consumer *consumer, size_t max, int64_t timeout_ms,
                                const struct gb_record **ret_records, size_t *ret_count,
                                struct gb_err *err) GB_MUST_USE;
void gb_consumer_release(struct gb_consumer *consumer);

/* Reads on from `offset` (after a batch that was not applied, or going back on purpose). GB_RETRY
 * when librdkafka could not do it in time: the consumer then joins its group anew and asks
 * `assigned` for all positions. */
enum gb_result gb_consumer_seek(struct gb_consumer *consumer, const char *topic, int32_t partition,
                                int64_t offset, struct gb_err *err) GB_MUST_USE;
/* Tells Kafka how far we are, asynchronously; failures do not matter. */
void gb_consumer_commit(struct gb_consumer *consumer, const char *topic, int32_t partition,
                        int64_t next_offset);
/* Leaves the group and joins anew at the next poll: after being fenced. */
void gb_consumer_rejoin(struct gb_consumer *consumer);
bool gb_consumer_connected(const struct gb_consumer *consumer);
/* Partitions assigned now. */
size_t gb_consumer_assigned(const struct gb_consumer *consumer);

/* One partition of a topic to be read without a group. */
struct gb_topic_range {
    const char *cluster;
    const char *topic;
    int32_t partition;
    int64_t offset;     /* negative: the beginning */
    int64_t timeout_ms; /* bounds the whole */
};

/* Reads the range up to its present end, calling `each`; stops early when it returns false. For
 * `geobill topic cat` and tests. */
enum gb_result gb_topic_read(const struct gb_config *config, const struct gb_topic_range *range,
                             bool (*each)(void *context, const struct gb_record *record),
                             void *context, struct gb_err *err) GB_MUST_USE;

#endif
