/* Writing down how far each stream is cut and sent, so that the next publisher need not guess: it
 * starts from the first page that is not known to be in Kafka. And, for people, what is being sent
 * again, and how often we went back for whom. */
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
    int64_t *again = gb_arena_array(arena, count, sizeof(*again));
    GB_CHECK(topics != NULL && partitions != NULL && cut != NULL && sent != NULL && again != NULL);
    int64_t complete = gb_flights_complete(sender->flights, &stream->source);
    for (size_t i = 0; i < count; i++) {
        const struct gb_stream_partition *partition = &stream->source.partitions[i];
        topics[i] = stream->targets[i].topic;
        partitions[i] = stream->targets[i].partition;
        cut[i] = partition->cut;
        sent[i] = gb_stream_partition_sent(partition, complete);
        again[i] = partition->again;
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
    gb_params_int8_array(&ret_call->params, again, NULL, count);
}

/* Readers and partitions with goings back that are not written down yet. */
static size_t count_resends(const struct gb_stream *stream)
{
    size_t count = 0;
    for (size_t i = 0; i < stream->source.partitions_count; i++)
        for (size_t r = 0; r < stream->source.readers_count; r++)
            count += stream->targets[i].resends[r].times > 0;
    return count;
}

static void resends_call(struct gb_sender *sender, const struct gb_stream *stream, size_t count,
                         struct gb_call *ret_call)
{
    struct gb_arena *arena = sender->source.arena;
    const char **readers = gb_arena_array(arena, count, sizeof(*readers));
    const char **topics = gb_arena_array(arena, count, sizeof(*topics));
    int32_t *partitions = gb_arena_array(arena, count, sizeof(*partitions));
    int64_t *numbers = gb_arena_array(arena, count, 3 * sizeof(*numbers));
    GB_CHECK(readers != NULL && topics != NULL && partitions != NULL && numbers != NULL);
    size_t n = 0;
    for (size_t i = 0; i < stream->source.partitions_count; i++)
        for (size_t r = 0; r < stream->source.readers_count; r++) {
            const struct gb_resend *resend = &stream->targets[i].resends[r];
            if (resend->times == 0)
                continue;
            readers[n] = stream->readers[r].code;
            topics[n] = stream->targets[i].topic;
            partitions[n] = stream->targets[i].partition;
            numbers[n] = resend->times;
            numbers[count + n] = resend->from_page;
            numbers[2 * count + n++] = resend->at_us;
        }
    gb_call_init(ret_call, &gb_sql_reader_resend_count, arena);
    gb_params_text(&ret_call->params, stream->name);
    gb_params_text_array(&ret_call->params, readers, count);
    gb_params_text_array(&ret_call->params, topics, count);
    gb_params_int4_array(&ret_call->params, partitions, NULL, count);
    for (size_t i = 0; i < 3; i++)
        gb_params_int8_array(&ret_call->params, numbers + i * count, NULL, count);
    gb_params_text(&ret_call->params, sender->source.holder);
}

static void resends_saved(struct gb_stream *stream)
{
    for (size_t i = 0; i < stream->source.partitions_count; i++)
        for (size_t r = 0; r < stream->source.readers_count; r++)
            stream->targets[i].resends[r].times = 0;
}

/* What would be written: the same digest, nothing to write. (A sum would not do: `again` goes down
 * while `sent` goes up.) */
static uint64_t digest_of(const struct gb_sender *sender, const struct gb_stream *stream)
{
    int64_t complete = gb_flights_complete(sender->flights, &stream->source);
    uint64_t digest = gb_digest_add(GB_DIGEST_EMPTY, stream->source.last);
    for (size_t i = 0; i < stream->source.partitions_count; i++) {
        const struct gb_stream_partition *partition = &stream->source.partitions[i];
        digest = gb_digest_add(digest, partition->cut);
        digest = gb_digest_add(digest, gb_stream_partition_sent(partition, complete));
        digest = gb_digest_add(digest, partition->again);
    }
    return digest;
}

enum gb_result gb_sender_save_sent(struct gb_sender *sender, struct gb_err *err)
{
    struct gb_call calls[2 * GB_SENDER_STREAMS_MAX];
    struct gb_stream *saved[GB_SENDER_STREAMS_MAX];
    size_t count = 0, calls_count = 0;
    gb_arena_reset(sender->source.arena);
    for (size_t i = 0; i < sender->streams_count; i++) {
        struct gb_stream *stream = &sender->streams[i];
        size_t resends = count_resends(stream);
        if (!stream->loaded || stream->source.partitions_count == 0 ||
            (resends == 0 && digest_of(sender, stream) == stream->saved))
            continue;
        save_call(sender, stream, &calls[calls_count++]);
        if (resends > 0)
            resends_call(sender, stream, resends, &calls[calls_count++]);
        saved[count++] = stream;
    }
    if (count == 0)
        return GB_OK;
    enum gb_result result = gb_pg_run(sender->source.pg, calls, calls_count, NULL, err);
    for (size_t i = 0; i < calls_count && result == GB_OK; i++)
        if (calls[i].affected == 0)
            result = gb_err_set(err, GB_RETRY, "LEASE_LOST", "another publisher holds the lease");
    for (size_t i = 0; i < count && result == GB_OK; i++) {
        saved[i]->saved = digest_of(sender, saved[i]);
        resends_saved(saved[i]);
    }
    gb_calls_release(calls, calls_count);
    return result;
}
