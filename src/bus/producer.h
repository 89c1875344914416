/* producer.h: sends records to one Kafka cluster, idempotent, bounded; says of each when Kafka has
 * it. One thread owns a producer: send, poll and the callback all happen on it. */
#ifndef GB_BUS_PRODUCER_H
#define GB_BUS_PRODUCER_H

#include "bus/record.h"
#include "runtime/config.h"
#include "runtime/result.h"

struct gb_producer;

struct gb_producer_options {
    const struct gb_config *config;
    const char *cluster;   /* the datacenter whose [kafka.<dc>] section is used */
    const char *client_id; /* geobill/<version>/<dc>/publisher */
    int64_t linger_ms;
    int64_t message_timeout_ms; /* below the publisher's takeover time */
    int32_t in_flight_max;      /* records handed over and not yet reported */
    /* Called from gb_producer_poll for every record sent: `tag` as given; ok false with the reason
     * when Kafka does not have it (or may not). */
    void (*delivered)(void *context, uint64_t tag, bool ok, const struct gb_err *err);
    void *context;
};

/* Never waits for a broker: a cluster that is away shows in deliveries that fail. GB_FATAL for
 * settings librdkafka refuses. */
enum gb_result gb_producer_open(const struct gb_producer_options *options, struct gb_producer **ret,
                                struct gb_err *err) GB_MUST_USE;
/* Drops what is in flight (their callbacks are not called). NULL is fine. */
void gb_producer_close(struct gb_producer *producer);

/* Hands over one record for record->topic / record->partition (copied). GB_RETRY when in_flight_max
 * is reached (poll, then again), GB_POISON when the record can never be sent (too large), GB_FATAL
 * when the producer is broken: close, open anew. */
enum gb_result gb_producer_send(struct gb_producer *producer, const struct gb_record *record,
                                uint64_t tag, struct gb_err *err) GB_MUST_USE;

/* Serves delivery reports, waiting at most timeout_ms for the first. Returns how many. */
int gb_producer_poll(struct gb_producer *producer, int64_t timeout_ms);
int32_t gb_producer_in_flight(const struct gb_producer *producer);

/* From now on adds 1 to the eventfd whenever there is something for gb_producer_poll to serve, so
 * that the owner can wait for this and other things at once. Keep it open until the producer is
 * closed. */
void gb_producer_notify(struct gb_producer *producer, int event_fd);

/* Learns now where the topic's partitions are, so that the first record need not wait for it. */
void gb_producer_warm(struct gb_producer *producer, const char *topic);

/* True while at least one broker connection is up (as last reported by librdkafka). For /readyz,
 * metrics and pacing. */
bool gb_producer_connected(const struct gb_producer *producer);
/* True after an error that only closing and opening anew mends. */
bool gb_producer_broken(const struct gb_producer *producer, struct gb_err *ret_err);

#endif
