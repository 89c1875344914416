/* Writing down how far each stream is cut and sent, so that the next publisher need not guess: it
 * starts from the first page that is not known to be in Kafka. */
#include <string.h>

#include "db/sql.h"
#include "producer/sender.h"
#include "runtime/clock.h"

static void save_call(struct gb_sender *sender, const struct gb_stream *stream,
                      struct gb_call *ret_call)
{
    struct gb_arena *arena = sender->source.arena;
    size_t count = stream->source.partitions_count;
    const char **topics = gb_arena_array(arena, count, sizeof(*topics));
    int32_t *partitions = gb_arena_array(arena, count, sizeof(*partitions));
    int64_t *cut = gb_arena_array(arena, count, sizeof(*cut));
    int64_t *sent = gb_arena_array(arena, count, sizeof(*sent));
    GB_CHECK(topics != NULL && partitions != NULL && cut != NULL && sent != NULL);
    int64_t complete = gb_flights_complete(sender->flights, &stream->source);
    for (size_t i = 0; i < count; i++) {
        const struct gb_stream_partition *partition = &stream->source.partitions[i];
        topics[i] = stream->targets[i].topic;
        partitions[i] = stream->targets[i].partition;
        cut[i] = partition->cut;
        sent[i] = gb_stream_partition_sent(partition, complete);
    }
    gb_call_init(ret_call, &gb_sql_stream_sent_save, arena);
    gb_params_text(&ret_call->params, stream->name);
    gb_params_text_array(&ret_call->params, topics, count);
    gb_params_int4_array(&ret_call->params, partitions, NULL, count);
    gb_params_int8_array(&ret_call->params, cut, NULL, count);
    gb_params_int8_array(&ret_call->params, sent, NULL, count);
    gb_params_int8(&ret_call->params, stream->source.last);
    gb_params_int8(&ret_call->params, gb_clock_wall_us());
    gb_params_text(&ret_call->params, sender->source.holder);
}

/* What would be written, as one number: the same number, nothing to write. */
static int64_t sum(const struct gb_sender *sender, const struct gb_stream *stream)
{
    int64_t total = stream->source.last + gb_flights_complete(sender->flights, &stream->source);
    for (size_t i = 0; i < stream->source.partitions_count; i++)
        total += stream->source.partitions[i].cut + stream->source.partitions[i].sent;
    return total;
}

enum gb_result gb_sender_save_sent(struct gb_sender *sender, struct gb_err *err)
{
    struct gb_call calls[GB_SENDER_STREAMS_MAX];
    struct gb_stream *saved[GB_SENDER_STREAMS_MAX];
    size_t count = 0;
    gb_arena_reset(sender->source.arena);
    for (size_t i = 0; i < sender->streams_count; i++) {
        struct gb_stream *stream = &sender->streams[i];
        if (!stream->loaded || stream->source.partitions_count == 0 ||
            sum(sender, stream) == stream->saved)
            continue;
        save_call(sender, stream, &calls[count]);
        saved[count++] = stream;
    }
    if (count == 0)
        return GB_OK;
    enum gb_result result = gb_pg_run(sender->source.pg, calls, count, NULL, err);
    for (size_t i = 0; i < count && result == GB_OK; i++) {
        if (calls[i].affected == 0)
            result = gb_err_set(err, GB_RETRY, "LEASE_LOST", "another publisher holds the lease");
        else
            saved[i]->saved = sum(sender, saved[i]);
    }
    gb_calls_release(calls, count);
    return result;
}
