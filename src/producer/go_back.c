/* Sending again: page by page from where a reader stopped, for the partitions that need it only.
 *
 * Live traffic goes first: old pages have one part in eleven of the time at most while it flows
 * (gb_stream_pace), and never more than half of what may be in flight. And no more than so many
 * records are sent again before some reader has moved: what does not help is not repeated at full
 * speed. */
#include <string.h>

#include "db/sql.h"
#include "producer/sender.h"
#include "runtime/clock.h"

enum { AGAIN_RECORDS_MAX = 50000 };

/* The first page with anything that is wanted again; 0: none. */
static enum gb_result find_page(struct gb_sender *sender, const struct gb_stream *stream,
                                int64_t *ret_number, struct gb_err *err)
{
    struct gb_arena *arena = sender->source.arena;
    size_t wanted = 0;
    size_t most = stream->source.partitions_count;
    const char **topics = gb_arena_array(arena, most, sizeof(*topics));
    int32_t *partitions = gb_arena_array(arena, most, sizeof(*partitions));
    int64_t *from = gb_arena_array(arena, most, sizeof(*from));
    GB_CHECK(topics != NULL && partitions != NULL && from != NULL);
    for (size_t i = 0; i < most; i++) {
        if (stream->source.partitions[i].again == 0)
            continue;
        topics[wanted] = stream->targets[i].topic;
        partitions[wanted] = stream->targets[i].partition;
        from[wanted++] = stream->source.partitions[i].again;
    }
    struct gb_call call;
    gb_call_init(&call, &gb_sql_page_find, arena);
    gb_params_text(&call.params, stream->name);
    gb_params_text_array(&call.params, topics, wanted);
    gb_params_int4_array(&call.params, partitions, NULL, wanted);
    gb_params_int8_array(&call.params, from, NULL, wanted);
    enum gb_result result = gb_pg_call(sender->source.pg, &call, err);
    *ret_number = 0;
    if (result == GB_OK && gb_rows_count(call.rows) == 1)
        *ret_number = gb_rows_int(call.rows, 0, 0);
    gb_calls_release(&call, 1);
    return result;
}

static enum gb_result send_again(struct gb_sender *sender, struct gb_stream *stream,
                                 struct gb_err *err)
{
    int64_t number = 0;
    int64_t began_us = gb_clock_mono_us();
    gb_arena_reset(sender->source.arena);
    enum gb_result result = find_page(sender, stream, &number, err);
    if (result != GB_OK)
        return result;
    if (number == 0) {
        gb_stream_source_sent_again(&stream->source, 0, 0);
        return GB_OK;
    }
    struct gb_window window;
    result = gb_page_read(&sender->source, stream, number, &window, err);
    if (result != GB_OK)
        return result;
    size_t count = stream->source.partitions_count;
    bool *only = gb_arena_array(sender->source.arena, count, sizeof(*only));
    GB_CHECK(only != NULL);
    for (size_t i = 0; i < count; i++)
        only[i] = gb_stream_partition_wants(&stream->source.partitions[i], window.page.number);
    result = gb_page_send(sender, stream, &window, only, err);
    gb_stream_pace_again(&sender->pace, window.page.records, began_us, gb_clock_mono_us());
    gb_stream_source_sent_again(&stream->source, window.page.number, window.page.records);
    gb_window_release(&window);
    return result;
}

static bool has_room(const struct gb_sender *sender)
{
    return gb_stream_pace_allows(&sender->pace, gb_clock_mono_us()) &&
           gb_producer_connected(sender->producer) && !gb_flights_full(sender->flights) &&
           gb_producer_in_flight(sender->producer) + sender->settings->page_records_max <=
               (sender->settings->in_flight_max + sender->settings->page_records_max) / 2;
}

enum gb_result gb_sender_send_again(struct gb_sender *sender, bool *ret_more, struct gb_err *err)
{
    *ret_more = false;
    int64_t now_us = gb_clock_mono_us();
    for (size_t i = 0; i < sender->streams_count; i++) {
        struct gb_stream *stream = &sender->streams[i];
        if (!gb_stream_source_wants_again(&stream->source, AGAIN_RECORDS_MAX) ||
            now_us < stream->retry_at_us || !has_room(sender))
            continue;
        enum gb_result result = send_again(sender, stream, err);
        if (result != GB_OK)
            return result;
        *ret_more = *ret_more || gb_stream_source_wants_again(&stream->source, AGAIN_RECORDS_MAX);
    }
    *ret_more = *ret_more && has_room(sender);
    return GB_OK;
}
