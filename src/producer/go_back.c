/* Sending again: page by page from where a reader stopped, for the partitions that need it only.
 *
 * Live traffic goes first: while it is busy one page in eleven is an old one, and old ones never
 * take more than half of what may be in flight. And no more than so many records are sent again
 * before some reader has moved: what does not help is not repeated at full speed. */
#include <string.h>

#include "db/sql.h"
#include "producer/sender.h"

enum { LIVE_PER_AGAIN = 10, AGAIN_RECORDS_MAX = 50000 };

static size_t count_wanted(const struct gb_stream *stream)
{
    size_t wanted = 0;
    for (size_t i = 0; i < stream->targets_count; i++)
        wanted += stream->targets[i].again != 0;
    return wanted;
}

/* The first page with anything that is wanted again; 0: none. */
static enum gb_result find_page(struct gb_sender *sender, const struct gb_stream *stream,
                                int64_t *ret_number, struct gb_err *err)
{
    struct gb_arena *arena = sender->source.arena;
    size_t wanted = 0;
    const char **topics = gb_arena_array(arena, stream->targets_count, sizeof(*topics));
    int32_t *partitions = gb_arena_array(arena, stream->targets_count, sizeof(*partitions));
    int64_t *from = gb_arena_array(arena, stream->targets_count, sizeof(*from));
    GB_CHECK(topics != NULL && partitions != NULL && from != NULL);
    for (size_t i = 0; i < stream->targets_count; i++) {
        const struct gb_target *target = &stream->targets[i];
        if (target->again == 0)
            continue;
        topics[wanted] = target->topic;
        partitions[wanted] = target->partition;
        from[wanted++] = target->again;
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

/* All that was wanted up to a page has been sent again (0: there is no more of it). */
static void move_on(struct gb_stream *stream, int64_t number)
{
    for (size_t i = 0; i < stream->targets_count; i++) {
        struct gb_target *target = &stream->targets[i];
        if (target->again != 0 && target->again <= number)
            target->again = number + 1;
        if (number == 0 || target->again > target->sent)
            target->again = 0; /* the rest is under way anyway */
    }
}

static enum gb_result send_again(struct gb_sender *sender, struct gb_stream *stream,
                                 struct gb_err *err)
{
    int64_t number = 0;
    gb_arena_reset(sender->source.arena);
    enum gb_result result = find_page(sender, stream, &number, err);
    if (result != GB_OK)
        return result;
    if (number == 0) {
        move_on(stream, 0);
        return GB_OK;
    }
    struct gb_window window;
    result = gb_page_read(&sender->source, stream, number, &window, err);
    if (result != GB_OK)
        return result;
    bool *only = gb_arena_array(sender->source.arena, stream->targets_count, sizeof(*only));
    GB_CHECK(only != NULL);
    for (size_t i = 0; i < stream->targets_count; i++)
        only[i] = stream->targets[i].again != 0 && stream->targets[i].again <= number &&
                  stream->targets[i].sent >= number;
    result = gb_page_send(sender, stream, &window, only, err);
    stream->again_records += window.page.records;
    sender->again_page = window.page.records;
    sender->live_records = 0;
    gb_window_release(&window);
    move_on(stream, number);
    return result;
}

static bool has_room(const struct gb_sender *sender, bool busy)
{
    if (busy && sender->live_records < LIVE_PER_AGAIN * sender->again_page)
        return false;
    return gb_producer_connected(sender->producer) && !gb_flights_full(sender->flights) &&
           gb_producer_in_flight(sender->producer) + sender->settings->page_records_max <=
               (sender->settings->in_flight_max + sender->settings->page_records_max) / 2;
}

enum gb_result gb_sender_send_again(struct gb_sender *sender, bool busy, bool *ret_more,
                                    struct gb_err *err)
{
    *ret_more = false;
    for (size_t i = 0; i < sender->streams_count; i++) {
        struct gb_stream *stream = &sender->streams[i];
        if (count_wanted(stream) == 0 || stream->again_records >= AGAIN_RECORDS_MAX ||
            !has_room(sender, busy))
            continue;
        enum gb_result result = send_again(sender, stream, err);
        if (result != GB_OK)
            return result;
        *ret_more = *ret_more || count_wanted(stream) > 0;
    }
    *ret_more = *ret_more && has_room(sender, busy);
    return GB_OK;
}
