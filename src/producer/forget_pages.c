/* Forgetting: pages of pay-ins and of the outbox, and the outbox rows, once all readers have them.
 * The last page of each partition stays: what comes next names it as its predecessor. Ledger and
 * catalogue are never forgotten: a reader that starts anew gets them from the beginning. */
#include <string.h>

#include "db/sql.h"
#include "producer/sender.h"
#include "runtime/clock.h"

enum { KEPT_FOR_S = 60, PAGES_AT_ONCE = 2000 };

static void forget_call(struct gb_sender *sender, const struct gb_stream *stream,
                        struct gb_call *ret_call)
{
    struct gb_arena *arena = sender->source.arena;
    int64_t *kept = gb_arena_array(arena, stream->source.partitions_count, sizeof(*kept));
    GB_CHECK(kept != NULL);
    for (size_t i = 0; i < stream->source.partitions_count; i++)
        kept[i] = stream->source.partitions[i].cut;
    gb_call_init(ret_call, &gb_sql_page_forget, arena);
    gb_params_text(&ret_call->params, stream->name);
    gb_params_int8(&ret_call->params, gb_stream_source_acknowledged(&stream->source));
    gb_params_int8_array(&ret_call->params, kept, NULL, stream->source.partitions_count);
    gb_params_int8(&ret_call->params, gb_clock_wall_us() - KEPT_FOR_S * INT64_C(1000000));
    gb_params_text(&ret_call->params, sender->source.holder);
    gb_params_int4(&ret_call->params, PAGES_AT_ONCE);
}

enum gb_result gb_sender_forget_pages(struct gb_sender *sender, struct gb_err *err)
{
    struct gb_call calls[GB_SENDER_STREAMS_MAX];
    size_t count = 0;
    gb_arena_reset(sender->source.arena);
    for (size_t i = 0; i < sender->streams_count; i++) {
        const struct gb_stream *stream = &sender->streams[i];
        if (stream->forgets && stream->loaded && stream->source.partitions_count > 0 &&
            gb_stream_source_acknowledged(&stream->source) > 0)
            forget_call(sender, stream, &calls[count++]);
    }
    if (count == 0)
        return GB_OK;
    enum gb_result result = gb_pg_run(sender->source.pg, calls, count, NULL, err);
    gb_calls_release(calls, count);
    return result;
}
