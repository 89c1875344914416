/* record.h: what travels on a topic: key, value, headers. Pointers are the owner's; a record owns
 * nothing. */
#ifndef GB_BUS_RECORD_H
#define GB_BUS_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/arena.h"
#include "runtime/header.h"

struct gb_record {
    const char *topic;
    int32_t partition;
    int64_t offset;       /* of a received record */
    int64_t timestamp_ms; /* of a received record; 0 when sending: now */
    struct gb_bytes key;
    struct gb_bytes value;
    const struct gb_header *headers;
    size_t headers_count;
};

/* The header's value (the first of that name), data NULL when there is none. */
struct gb_bytes gb_record_header(const struct gb_record *record, const char *name);

/* murmur2 as in Java's client, modulo `partitions`: the partition of a key. */
int32_t gb_partition_of(struct gb_bytes key, int32_t partitions);

/* Topic names: geobill.<dc>.<family>.v1 with family payin, ledger, reserve, reserve-reply, dlq; and
 * the catalogue. */
#define GB_TOPIC_SIZE 64
#define GB_TOPIC_CATALOGUE "geobill.catalogue.v1"
void gb_topic_name(char ret_topic[GB_TOPIC_SIZE], const char *dc, const char *family);

#endif
