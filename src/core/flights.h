/* flights.h: pages handed to Kafka and not yet settled, in the order of handing over. Pure values,
 * bounded. */
#ifndef GB_CORE_FLIGHTS_H
#define GB_CORE_FLIGHTS_H

#include "core/stream_source.h"

enum { GB_FLIGHTS_MAX = 256 };

struct gb_flight_part {
    uint32_t partition; /* index into the source's partitions */
    int32_t left;       /* records not yet reported */
};

struct gb_flight {
    struct gb_stream_source *source; /* NULL: a Status message, nobody waits for it */
    int64_t page;
    bool again;   /* sent again: says nothing about what is sent */
    bool dropped; /* an earlier page failed: reports do not count any more */
    bool failed;
    int64_t left;
    struct gb_flight_part *parts; /* the caller's memory, kept for the next use of this place */
    size_t parts_count, parts_size;
};

struct gb_flights {
    struct gb_flight ring[GB_FLIGHTS_MAX];
    uint64_t head, tail; /* head: the oldest; tail: the next to come */
    uint64_t round;      /* of settling */
};

bool gb_flights_full(const struct gb_flights *flights);
bool gb_flights_empty(const struct gb_flights *flights);
/* Is any page under way that was sent again? */
bool gb_flights_again(const struct gb_flights *flights);
/* A new one; must not be full. The caller sees to the memory of its parts and adds them. */
struct gb_flight *gb_flights_begin(struct gb_flights *flights, struct gb_stream_source *source,
                                   int64_t page, bool again);
/* There must be room: parts_count < parts_size. */
void gb_flight_add_part(struct gb_flight *flight, uint32_t partition);

/* The tag of a record of the newest flight, and its way back. A report for a flight that is gone is
 * nobody's: NULL. */
uint64_t gb_flights_tag(const struct gb_flights *flights, uint32_t part);
struct gb_flight *gb_flights_find(struct gb_flights *flights, uint64_t tag, uint32_t *ret_part);

/* Counts a record that was handed over, and one that was reported; part < parts_count. */
void gb_flight_sent(struct gb_flight *flight, uint32_t part);
void gb_flight_reported(struct gb_flight *flight, uint32_t part, bool ok);

/* Settles what was reported: partitions whose earlier pages are all confirmed move on; a stream
 * with a failed page goes back to it, `failed` being called with it; what is over is forgotten. */
void gb_flights_settle(struct gb_flights *flights,
                       void (*failed)(void *context, struct gb_stream_source *source, int64_t page),
                       void *context);
/* All are lost (the producer was opened anew): their streams go back. */
void gb_flights_lose(struct gb_flights *flights);
/* The page up to which Kafka has all of the stream. */
int64_t gb_flights_complete(const struct gb_flights *flights,
                            const struct gb_stream_source *source);

#endif
