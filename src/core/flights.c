#include "core/flights.h"

/* A tag is the flight's number and, in its lowest bits, the part. */
enum { PART_BITS = 16 };

bool gb_flights_full(const struct gb_flights *flights)
{
    return flights->tail - flights->head == GB_FLIGHTS_MAX;
}

bool gb_flights_empty(const struct gb_flights *flights)
{
    return flights->tail == flights->head;
}

bool gb_flights_again(const struct gb_flights *flights)
{
    for (uint64_t i = flights->head; i < flights->tail; i++) {
        const struct gb_flight *flight = &flights->ring[i % GB_FLIGHTS_MAX];
        if (flight->again && flight->left > 0)
            return true;
    }
    return false;
}

static struct gb_flight *at(struct gb_flights *flights, uint64_t number)
{
    return &flights->ring[number % GB_FLIGHTS_MAX];
}

struct gb_flight *gb_flights_begin(struct gb_flights *flights, struct gb_stream_source *source,
                                   int64_t page, bool again)
{
    struct gb_flight *flight = at(flights, flights->tail++);
    *flight = (struct gb_flight){
        .source = source,
        .page = page,
        .again = again,
        .parts = flight->parts,
        .parts_size = flight->parts_size,
    };
    return flight;
}

void gb_flight_add_part(struct gb_flight *flight, uint32_t partition)
{
    flight->parts[flight->parts_count++] = (struct gb_flight_part){.partition = partition};
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
    flight->parts[part].left--;
    flight->left--;
    flight->failed = flight->failed || !ok;
}

/* From `number` on nothing of the stream's own sending counts any more. */
static void drop_from(struct gb_flights *flights, uint64_t number)
{
    const struct gb_stream_source *source = at(flights, number)->source;
    for (; number < flights->tail; number++) {
        struct gb_flight *flight = at(flights, number);
        if (flight->source == source && !flight->again)
            flight->dropped = true;
    }
}

/* Sent again and failed: again from there, for the partitions that it was for. */
static void again_from(const struct gb_flight *flight)
{
    for (size_t i = 0; i < flight->parts_count; i++) {
        struct gb_stream_partition *partition =
            &flight->source->partitions[flight->parts[i].partition];
        if (partition->again == 0 || partition->again > flight->page)
            partition->again = flight->page;
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
    if (flight->source->next > flight->page)
        flight->source->next = flight->page;
    drop_from(flights, number);
}

static void take_failures(struct gb_flights *flights,
                          void (*failed)(void *context, struct gb_stream_source *source,
                                         int64_t page),
                          void *context)
{
    for (uint64_t i = flights->head; i < flights->tail; i++) {
        struct gb_flight *flight = at(flights, i);
        if (!flight->failed || flight->dropped || flight->source == NULL)
            continue;
        go_back(flights, i);
        failed(context, flight->source, flight->page);
    }
}

/* A partition is sent up to a page when that and every earlier page under way has all of it
 * confirmed. */
static void move_sent(struct gb_flights *flights)
{
    flights->round++;
    for (uint64_t i = flights->head; i < flights->tail; i++) {
        const struct gb_flight *flight = at(flights, i);
        if (flight->source == NULL || flight->again || flight->dropped)
            continue;
        for (size_t p = 0; p < flight->parts_count; p++) {
            struct gb_stream_partition *partition =
                &flight->source->partitions[flight->parts[p].partition];
            if (flight->parts[p].left > 0)
                partition->blocked = flights->round;
            if (partition->blocked != flights->round && partition->sent < flight->page)
                partition->sent = flight->page;
        }
    }
}

void gb_flights_settle(struct gb_flights *flights,
                       void (*failed)(void *context, struct gb_stream_source *source, int64_t page),
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
        if (!at(flights, i)->dropped && at(flights, i)->source != NULL)
            go_back(flights, i);
    flights->head = flights->tail;
}

int64_t gb_flights_complete(const struct gb_flights *flights, const struct gb_stream_source *source)
{
    int64_t complete = source->next - 1;
    for (uint64_t i = flights->head; i < flights->tail; i++) {
        const struct gb_flight *flight = &flights->ring[i % GB_FLIGHTS_MAX];
        if (flight->source == source && !flight->again && !flight->dropped && flight->left > 0 &&
            flight->page <= complete)
            complete = flight->page - 1;
    }
    return complete;
}
