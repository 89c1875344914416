/* received.h: records as librdkafka hands them out, held until the batch is done. Inside src/bus
 * only. */
#ifndef GB_BUS_RECEIVED_H
#define GB_BUS_RECEIVED_H

#include <librdkafka/rdkafka.h>

#include "bus/record.h"
#include "runtime/arena.h"

/* Of one record at most so many headers are shown; more than that nobody of ours writes. */
#define GB_RECEIVED_HEADERS_MAX 128

struct gb_received {
    rd_kafka_message_t **messages;
    size_t count;
    size_t room;
    size_t bytes;
    struct gb_arena *arena; /* of the records made from them */
};

void gb_received_init(struct gb_received *received);
void gb_received_done(struct gb_received *received);
/* Takes the message over. */
void gb_received_add(struct gb_received *received, rd_kafka_message_t *message);
/* Gives all of them back; records made from them are dead. */
void gb_received_drop(struct gb_received *received);
size_t gb_received_count(const struct gb_received *received);
/* `max` messages are there, or as many bytes as one batch may have. */
bool gb_received_full(const struct gb_received *received, size_t max);
/* The messages as records, in order; valid until they are dropped. */
const struct gb_record *gb_received_records(struct gb_received *received);
/* One message as a record; its headers in the arena. */
struct gb_record gb_received_record(const rd_kafka_message_t *message, struct gb_arena *arena);

#endif
