/* letter_dialect.h: what headers of a dead letter say of where it was and why it failed, in the
 * dialects of those who write such: ours, Kafka Connect's (text), Spring Kafka's (big-endian
 * numbers). Any thread. */
#ifndef GB_WIRE_LETTER_DIALECT_H
#define GB_WIRE_LETTER_DIALECT_H

#include <stdbool.h>

#include "runtime/header.h"

enum gb_dialect {
    GB_DIALECT_NONE = 0, /* no header of any, or none that says the topic */
    GB_DIALECT_OWN,      /* __geobill.errors.* */
    GB_DIALECT_CONNECT,  /* __connect.errors.* */
    GB_DIALECT_SPRING,   /* kafka_dlt-* */
};

/* Text is plain ASCII ('?' for all else), in the arena. */
struct gb_foreign_letter {
    enum gb_dialect dialect;
    const char *topic;    /* where the message was; "" for NONE and OWN, as all that follows */
    int32_t partition;    /* -1: not said */
    int64_t offset;       /* -1: not said */
    int64_t timestamp_ms; /* -1: not said */
    const char *who;      /* "connect my-sink", "spring my-group" */
    const char *why;      /* "java.lang.IllegalStateException: it said so" */
    /* The message's own headers, without those of the dialect. */
    struct gb_header *headers;
    size_t headers_count;
};

void gb_foreign_letter_read(const struct gb_header *headers, size_t count, struct gb_arena *arena,
                            struct gb_foreign_letter *ret);

#endif
