#include "producer/flights.h"

#include <stdlib.h>

#include "runtime/metrics.h"

/* A tag is the flight's number and, in its lowest bits, the part. */
enum { PART_BITS = 16 };

void gb_flights_done(struct gb_flights *flights)
{
    for (size_t i = 0; i < GB_FLIGHTS_MAX; i++)
        free(flights->ring[i].parts);
}

bool gb_flights_full(const struct gb_flights *flights)
{
    return flights->tail - flights->head == GB_FLIGHTS_MAX;
}

bool gb_flights_empty(const struct gb_flights *flights)
{
    return flights->tail == flights->head;
}

static struct gb_flight *at(struct gb_flights *flights, uint64_t number)
{
    return &flights->ring[number % GB_FLIGHTS_MAX];
}

struct gb_flight *gb_flights_begin(struct gb_flights *flights, struct gb_stream *stream,
                                   int64_t page, bool again)
{
    GB_CHECK(!gb_flights_full(flights));
    struct gb_flight *flight = at(flights, flights->tail++);
    *flight = (struct gb_flight){
        .stream = stream,
        .page = page,
        .again = again,
        .parts = flight->parts,
        .parts_size = flight->parts_size,
    };
    return flight;
}

void gb_flight_add_part(struct gb_flight *flight, uint32_t target)
{
    if (flight->parts_count == flight->parts_size) {
        flight->parts_size = flight->parts_size == 0 ? 8 : 2 * flight->parts_size;
        flight->parts = realloc(flight->parts, flight->parts_size * sizeof(*flight->parts));
        GB_CHECK(flight->parts != NULL);
    }
    GB_CHECK(flight->parts_count < 1U << PART_BITS);
    flight->parts[flight->parts_count++] = (struct gb_flight_part){.target = target};
}

uint64_t gb_flights_tag(const struct gb_flights *flights, uint32_t part)
{
    return (flights->tail - 1) << PART_BITS | part;
}

struct gb_flight *gb_flights_find(struct gb_flights *flights, uint64_t tag, uint32_t *ret_part)
{
    uint64_t number = tag >> PART_BITS;
    *ret_part = (uint32_t)(tag & ((1U << PART_BITS) - 1));
    return number >= flights->head && number < flights->tail ? at(flights, number) : NULL;
}

void gb_flight_sent(struct gb_flight *flight, uint32_t part)
{
    flight->parts[part].left++;
    flight->left++;
}

void gb_flight_reported(struct gb_flight *flight, uint32_t part, bool ok)
{
    GB_CHECK(part < flight->parts_count && flight->parts[part].left > 0);
    flight->parts[part].left--;
    flight->left--;
    flight->failed = flight->failed || !ok;
}

/* From `number` on nothing of the stream's own sending counts any more. */
static void drop_from(struct gb_flights *flights, uint64_t number)
{
    const struct gb_stream *stream = at(flights, number)->stream;
    for (; number < flights->tail; number++) {
        struct gb_flight *flight = at(flights, number);
        if (flight->stream == stream && !flight->again)
            flight->dropped = true;
    }
}

/* Sent again and failed: again from there, for the partitions that it was for. */
static void again_from(const struct gb_flight *flight)
{
    for (size_t i = 0; i < flight->parts_count; i++) {
        struct gb_target *target = &flight->stream->targets[flight->parts[i].target];
        if (target->again == 0 || target->again > flight->page)
            target->again = flight->page;
    }
}

static void go_back(struct gb_flights *flights, uint64_t number)
{
    struct gb_flight *flight = at(flights, number);
    if (flight->again) {
        again_from(flight);
        flight->dropped = true;
        return;
    }
    if (flight->stream->next > flight->page)
        flight->stream->next = flight->page;
    drop_from(flights, number);
}

static void take_failures(struct gb_flights *flights,
                          void (*failed)(void *context, struct gb_stream *stream, int64_t page),
                          void *context)
{
    for (uint64_t i = flights->head; i < flights->tail; i++) {
        struct gb_flight *flight = at(flights, i);
        if (!flight->failed || flight->dropped || flight->stream == NULL)
            continue;
        go_back(flights, i);
        failed(context, flight->stream, flight->page);
    }
}

/* A partition is sent up to a page when that and every earlier page under way has all of it
 * confirmed. */
static void move_sent(struct gb_flights *flights)
{
    flights->round++;
    for (uint64_t i = flights->head; i < flights->tail; i++) {
        const struct gb_flight *flight = at(flights, i);
        if (flight->stream == NULL || flight->again || flight->dropped)
            continue;
        for (size_t p = 0; p < flight->parts_count; p++) {
            struct gb_target *target = &flight->stream->targets[flight->parts[p].target];
            if (flight->parts[p].left > 0)
                target->blocked = flights->round;
            if (target->blocked == flights->round || target->sent >= flight->page)
                continue;
            target->sent = flight->page;
            gb_metric_set(target->sent_page, target->sent);
        }
    }
}

void gb_flights_settle(struct gb_flights *flights,
                       void (*failed)(void *context, struct gb_stream *stream, int64_t page),
                       void *context)
{
    take_failures(flights, failed, context);
    move_sent(flights);
    while (flights->head < flights->tail) {
        const struct gb_flight *flight = at(flights, flights->head);
        if (flight->left > 0 && !flight->dropped)
            break;
        flights->head++;
    }
}

void gb_flights_lose(struct gb_flights *flights)
{
    for (uint64_t i = flights->head; i < flights->tail; i++)
        if (!at(flights, i)->dropped && at(flights, i)->stream != NULL)
            go_back(flights, i);
    flights->head = flights->tail;
}

int64_t gb_flights_complete(const struct gb_flights *flights, const struct gb_stream *stream)
{
    int64_t complete = stream->next - 1;
    for (uint64_t i = flights->head; i < flights->tail; i++) {
        const struct gb_flight *flight = &flights->ring[i % GB_FLIGHTS_MAX];
        if (flight->stream == stream && !flight->again && !flight->dropped && flight->left > 0 &&
            flight->page <= complete)
            complete = flight->page - 1;
    }
    return complete;
}
