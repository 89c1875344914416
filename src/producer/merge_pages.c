/* Merging: old pages of the streams that are kept whole become few and large, once all readers have
 * them. At low rates each page holds a row or two; a reader that starts anew gets thousands at
 * once, and the table stays small. (docs/adr/0007) */
#include <string.h>

#include "db/sql.h"
#include "producer/sender.h"
#include "runtime/clock.h"

/* One look takes a bounded piece: so many pages are looked at, so many merges are one transaction.
 * Fewer pages than the minimum wait for more, so that no row is written again for each page. */
/* The longest row of a stream that is kept whole, an entry or an item of the catalogue (a name of
 * 200 characters may have 800 bytes). A merged page is read at once: its rows have no more bytes
 * than those of any other page may. */
enum { ROW_BYTES_MAX = 2048 };

enum { LOOK_PAGES = 500, PAGES_MIN = 64, MERGES_AT_ONCE = 8, KEPT_FOR_S = 60 };

static enum gb_result list_pages(struct gb_sender *sender, const struct gb_stream *stream,
                                 struct gb_stream_merge **ret, size_t *ret_count,
                                 struct gb_err *err)
{
    struct gb_call call;
    struct gb_arena *arena = sender->source.arena;
    gb_call_init(&call, &gb_sql_page_list_merge, arena);
    gb_params_text(&call.params, stream->name);
    gb_params_int8(&call.params, stream->merge_from);
    gb_params_int4(&call.params, LOOK_PAGES);
    enum gb_result result = gb_pg_call(sender->source.pg, &call, err);
    if (result != GB_OK)
        return result;
    size_t count = gb_rows_count(call.rows);
    int64_t until_us = gb_clock_wall_us() - KEPT_FOR_S * INT64_C(1000000);
    struct gb_stream_merge *pages = gb_arena_array(arena, count, sizeof(*pages));
    GB_CHECK(pages != NULL);
    *ret_count = 0;
    for (size_t i = 0; i < count && gb_rows_int(call.rows, i, 5) < until_us; i++)
        pages[(*ret_count)++] = (struct gb_stream_merge){
            .number = gb_rows_int(call.rows, i, 0),
            .records = (int32_t)gb_rows_int(call.rows, i, 1),
            .partitions = (int32_t)gb_rows_int(call.rows, i, 2),
            .begins = gb_rows_bool(call.rows, i, 3),
            .ends = gb_rows_bool(call.rows, i, 4),
        };
    gb_calls_release(&call, 1);
    *ret = pages;
    return GB_OK;
}

static void merge_call(const struct gb_sender *sender, const struct gb_stream *stream,
                       const struct gb_stream_merge *pages, size_t count, struct gb_call *ret_call)
{
    gb_call_init(ret_call, &gb_sql_page_merge, sender->source.arena);
    gb_params_text(&ret_call->params, stream->name);
    gb_params_int8(&ret_call->params, pages[0].number);
    gb_params_int8(&ret_call->params, pages[count - 1].number);
    gb_params_text(&ret_call->params, sender->source.holder);
}

static int32_t records_max(const struct gb_source *source,
                           const struct gb_publisher_settings *settings)
{
    int64_t fit = source->page_bytes_max / ROW_BYTES_MAX;
    return fit < settings->page_records_max ? (int32_t)fit : settings->page_records_max;
}

/* *ret_from: where the next look begins. */
static size_t choose(const struct gb_sender *sender, const struct gb_stream *stream,
                     const struct gb_stream_merge *pages, size_t count, struct gb_call *ret_calls,
                     int64_t *ret_from)
{
    const struct gb_stream_merge_limits limits = {
        .acknowledged = gb_stream_source_acknowledged(&stream->source),
        .records_max = records_max(&sender->source, sender->settings),
        .pages_min = PAGES_MIN,
    };
    size_t calls_count = 0;
    for (size_t at = 0; calls_count < MERGES_AT_ONCE;) {
        size_t together = gb_stream_merge_next(pages, count, &limits, &at);
        if (at < count)
            *ret_from = pages[at].number;
        if (together == 0)
            break;
        merge_call(sender, stream, pages + at, together, &ret_calls[calls_count++]);
        at += together;
        *ret_from = pages[at - 1].number; /* it may take more */
    }
    return calls_count;
}

static enum gb_result merge(struct gb_sender *sender, struct gb_stream *stream, struct gb_err *err)
{
    struct gb_stream_merge *pages;
    size_t pages_count;
    struct gb_call calls[MERGES_AT_ONCE];
    int64_t from = stream->merge_from;
    gb_arena_reset(sender->source.arena);
    enum gb_result result = list_pages(sender, stream, &pages, &pages_count, err);
    if (result != GB_OK)
        return result;
    size_t count = choose(sender, stream, pages, pages_count, calls, &from);
    if (count > 0)
        result = gb_pg_run(sender->source.pg, calls, count, NULL, err);
    for (size_t i = 0; i < count && result == GB_OK; i++)
        if (calls[i].affected != 1)
            result = gb_err_set(err, GB_RETRY, "LEASE_LOST", "another publisher holds the lease");
    gb_calls_release(calls, count);
    if (result == GB_OK)
        stream->merge_from = from;
    return result;
}

enum gb_result gb_sender_merge_pages(struct gb_sender *sender, struct gb_err *err)
{
    enum gb_result result = GB_OK;
    for (size_t i = 0; i < sender->streams_count && result == GB_OK; i++) {
        struct gb_stream *stream = &sender->streams[i];
        if (!stream->forgets && stream->loaded)
            result = merge(sender, stream, err);
    }
    return result;
}
