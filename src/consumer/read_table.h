/* read_table.h: own pay-ins that Kafka does not deliver are read from the table, so that a
 * datacenter without a broker goes on booking. The rule stands in core/supply.h. Runs on the payin
 * lane's thread, between its batches, with its connection; what it reads is applied by the lane,
 * byte for byte the records that the publisher would have sent.
 *
 * Only what this datacenter accepted itself: what peers relay to it is in their databases, and
 * comes when Kafka is back. */
#ifndef GB_CONSUMER_READ_TABLE_H
#define GB_CONSUMER_READ_TABLE_H

#include "core/identity.h"
#include "stream/lane.h"

struct gb_read_table;

struct gb_read_table_options {
    struct gb_dc dc;         /* our own */
    const char *topic;       /* of its stream payin */
    const char *instance;    /* who claims: this consumer's name among those of the datacenter */
    int64_t after_us;        /* Kafka has so long to deliver */
    size_t records_max;      /* pages are read at once until they have so many */
    size_t page_records_max; /* of the publisher */
    struct gb_reader inner;  /* applies the records, whichever way they came */
};

/* Texts of *options outlive it. The caller frees. */
struct gb_read_table *gb_read_table_new(const struct gb_read_table_options *options);
void gb_read_table_free(struct gb_read_table *table); /* NULL is fine */

/* For the lane: the inner reader, and a look at which pages came by Kafka. */
struct gb_reader gb_read_table_reader(struct gb_read_table *table);
/* The lane's tick; `context` is the table. */
enum gb_result gb_read_table_tick(void *context, struct gb_lane *lane, struct gb_pg *pg,
                                  int64_t *ret_wait_ms, struct gb_err *err) GB_MUST_USE;

/* Where the records go: gb_lane_feed, or in tests an applier. */
struct gb_read_table_sink {
    enum gb_result (*feed)(void *context, const struct gb_record *records, size_t count,
                           struct gb_err *err);
    void *context;
    bool delivers; /* Kafka is connected and has assigned partitions to us */
};
/* One step: looks, claims, reads and applies some pages. `now_us`: monotonic. */
enum gb_result gb_read_table_step(struct gb_read_table *table, struct gb_pg *pg,
                                  const struct gb_read_table_sink *sink, int64_t now_us,
                                  int64_t *ret_wait_ms, struct gb_err *err) GB_MUST_USE;

/* Any thread. Says how many partitions are read from the table; "" when none is. */
void gb_read_table_tell(const struct gb_read_table *table, char *ret_text, size_t size);

#endif
