/* Sending: hands a page's records to Kafka, in order. Delivery is reported later (flights.c). */
#include <stdlib.h>
#include <string.h>

#include "producer/sender.h"
#include "runtime/clock.h"
#include "runtime/fault.h"
#include "runtime/log.h"
#include "runtime/metrics.h"

enum { FULL_WAIT_MS = 20, PAGES_AT_ONCE = 8 };

bool gb_sender_can_send(const struct gb_sender *sender, const struct gb_stream *stream,
                        int64_t now_us)
{
    if (now_us < stream->retry_at_us || gb_flights_full(sender->flights))
        return false;
    /* To a cluster that is away one page at a time goes out, to find out when it is back. */
    if (!gb_producer_connected(sender->producer) && !gb_flights_empty(sender->flights))
        return false;
    return gb_producer_in_flight(sender->producer) + sender->settings->page_records_max <=
           sender->settings->in_flight_max;
}

struct sending {
    struct gb_sender *sender;
    struct gb_flight *flight;
    int64_t deadline_us;
};

/* A record that Kafka will never take (too large) leaves without its value: its place in the page
 * is kept, and its reader makes it a dead letter instead of waiting for ever. */
static enum gb_result send_empty(struct sending *sending, const struct gb_record *record,
                                 uint64_t tag, struct gb_err *err)
{
    struct gb_record empty = *record;
    gb_log(GB_LOG_ERROR, "record refused by Kafka, sent without its value",
           GB_F_TEXT("topic", record->topic), GB_F_INT("page", sending->flight->page),
           GB_F_ERR(err));
    empty.value = (struct gb_bytes){NULL, 0};
    return gb_producer_send(sending->sender->producer, &empty, tag, err);
}

/* The queue's bound in bytes can be reached before the one in records: then we wait for Kafka, no
 * longer than it may take to deliver. */
static enum gb_result send_record(void *context, const struct gb_record *record, uint32_t part,
                                  struct gb_err *err)
{
    struct sending *sending = context;
    struct gb_sender *sender = sending->sender;
    uint64_t tag = gb_flights_tag(sender->flights, part);
    for (;;) {
        enum gb_result result = gb_producer_send(sender->producer, record, tag, err);
        if (result == GB_POISON)
            result = send_empty(sending, record, tag, err);
        if (result == GB_OK)
            gb_flight_sent(sending->flight, part);
        if (result != GB_RETRY || gb_clock_mono_us() > sending->deadline_us)
            return result;
        (void)gb_producer_poll(sender->producer, FULL_WAIT_MS);
    }
}

void gb_flight_reserve(struct gb_flight *flight, size_t parts)
{
    if (flight->parts_size >= parts)
        return;
    flight->parts = realloc(flight->parts, parts * sizeof(*flight->parts));
    GB_CHECK(flight->parts != NULL);
    flight->parts_size = parts;
}

static struct gb_flight *begin_flight(struct gb_sender *sender, struct gb_stream *stream,
                                      const struct gb_page *page, bool again)
{
    GB_CHECK(!gb_flights_full(sender->flights));
    struct gb_flight *flight =
        gb_flights_begin(sender->flights, &stream->source, page->number, again);
    gb_flight_reserve(flight, page->parts_count);
    for (size_t i = 0; i < page->parts_count; i++)
        gb_flight_add_part(flight, page->parts[i].target);
    return flight;
}

enum gb_result gb_page_send(struct gb_sender *sender, struct gb_stream *stream,
                            const struct gb_window *window, const bool *only, struct gb_err *err)
{
    struct sending sending = {
        .sender = sender,
        .flight = begin_flight(sender, stream, &window->page, only != NULL),
        .deadline_us = gb_clock_mono_us() + sender->settings->message_timeout_ms * 1000,
    };
    const struct gb_record_sink sink = {only, send_record, &sending};
    enum gb_result result = gb_window_records(&sender->source, stream, window, &sink, err);
    gb_fault_point("publisher.page_sent");
    if (only == NULL)
        gb_stream_source_handed_over(&stream->source, window->page.number);
    if (result == GB_OK)
        return GB_OK;
    /* What of it is with Kafka may arrive; it does not count, and the page is sent again. */
    sending.flight->failed = true;
    sender->delivery = *err;
    return result == GB_RETRY || gb_producer_broken(sender->producer, NULL) ? GB_OK : result;
}

static enum gb_result send_next(struct gb_sender *sender, struct gb_stream *stream,
                                struct gb_err *err)
{
    struct gb_window window;
    gb_arena_reset(sender->source.arena);
    enum gb_result result =
        gb_page_read(&sender->source, stream, stream->source.next, &window, err);
    if (result != GB_OK)
        return result;
    if (window.page.number == 0) {
        /* All from here on were acknowledged and forgotten before. */
        gb_stream_source_handed_over(&stream->source, stream->source.last);
        return GB_OK;
    }
    result = gb_page_send(sender, stream, &window, NULL, err);
    gb_stream_pace_live(&sender->pace, gb_clock_mono_us());
    gb_window_release(&window);
    return result;
}

/* Has it stored pages that have not left? */
static bool waits(const struct gb_stream *stream)
{
    return stream->source.next <= stream->source.last;
}

enum gb_result gb_sender_send_stored(struct gb_sender *sender, bool *ret_more, struct gb_err *err)
{
    *ret_more = false;
    for (size_t i = 0; i < sender->streams_count; i++) {
        struct gb_stream *stream = &sender->streams[i];
        int64_t now_us = gb_clock_mono_us();
        for (int n = 0;
             n < PAGES_AT_ONCE && waits(stream) && gb_sender_can_send(sender, stream, now_us);
             n++) {
            enum gb_result result = send_next(sender, stream, err);
            if (result != GB_OK)
                return result;
        }
        *ret_more = *ret_more || (waits(stream) && gb_sender_can_send(sender, stream, now_us));
    }
    return GB_OK;
}
