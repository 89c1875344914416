/* topics.h: creates topics and compares them with what they should be. */
#ifndef GB_BUS_TOPICS_H
#define GB_BUS_TOPICS_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/config.h"
#include "runtime/result.h"

struct gb_topic_want {
    const char *name;
    int32_t partitions;
    int32_t replication;
    int64_t retention_ms; /* negative: for ever */
    bool compacted;
    bool append_time; /* records bear the broker's time, not their producer's */
    int32_t min_insync_replicas;
};

/* The topics of a cluster that a call is about; it takes at most timeout_ms. */
struct gb_topic_wants {
    const char *cluster;
    const struct gb_topic_want *topics;
    size_t count;
    int64_t timeout_ms;
};

/* What a topic is like. `partitions` 0: it does not exist. */
struct gb_topic_state {
    int32_t partitions;
    int32_t replication;
    int64_t retention_ms;
    bool compacted;
};

/* Creates those that are missing; existing ones are left as they are.
 * ret_created[i] tells. */
enum gb_result gb_topics_create(const struct gb_config *config, const struct gb_topic_wants *wants,
                                bool *ret_created, struct gb_err *err) GB_MUST_USE;
/* Describes them in the order of `wants`. */
enum gb_result gb_topics_describe(const struct gb_config *config,
                                  const struct gb_topic_wants *wants,
                                  struct gb_topic_state *ret_states,
                                  struct gb_err *err) GB_MUST_USE;

#endif
