/* Hearing: what each reader has complete, and who needs something again.
 *
 * A reader that says nothing is sent nothing twice. One that speaks but has no word on a partition
 * has nothing of it. One that stands still below what Kafka has confirmed, for longer than its
 * patience, is sent again what follows its last complete page: whatever it was that was lost, and
 * wherever. */
#include <string.h>

#include "db/sql.h"
#include "producer/sender.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"

static struct gb_stream *find_stream(struct gb_sender *sender, const char *name)
{
    for (size_t i = 0; i < sender->streams_count; i++)
        if (strcmp(sender->streams[i].name, name) == 0)
            return &sender->streams[i];
    return NULL;
}

static struct gb_target *find_target(struct gb_stream *stream, const char *topic, int64_t partition)
{
    for (size_t i = 0; i < stream->targets_count; i++)
        if (stream->targets[i].partition == partition &&
            strcmp(stream->targets[i].topic, topic) == 0)
            return &stream->targets[i];
    return NULL;
}

/* The reader's place in the stream's list; negative: not one of its readers. */
static ptrdiff_t find_reader(const struct gb_stream *stream, const char *code)
{
    for (size_t i = 0; i < stream->readers_count; i++)
        if (strcmp(stream->readers[i].code, code) == 0)
            return (ptrdiff_t)i;
    return -1;
}

static void hear(struct gb_stream *stream, const char *reader, const char *topic, int64_t partition,
                 int64_t page, int64_t heard_at_us)
{
    ptrdiff_t index = find_reader(stream, reader);
    if (index < 0)
        return;
    if (stream->heard_at_us[index] < heard_at_us)
        stream->heard_at_us[index] = heard_at_us;
    struct gb_target *target = find_target(stream, topic, partition);
    if (target == NULL)
        return; /* we have never sent anything there */
    target->readers[index].told = true;
    target->readers[index].said = page;
}

static void hear_peers(struct gb_sender *sender, const struct gb_rows *rows)
{
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        struct gb_stream *stream = find_stream(sender, gb_rows_text(rows, i, 0));
        GB_CHECK(stream != NULL);
        hear(stream, gb_rows_text(rows, i, 1), gb_rows_text(rows, i, 2), gb_rows_int(rows, i, 3),
             gb_rows_int(rows, i, 4), gb_rows_int(rows, i, 5));
    }
}

/* Our own consumer speaks through its tables; its sign of life is its heartbeat. */
static void hear_consumer(struct gb_sender *sender, const struct gb_rows *rows)
{
    struct gb_stream *stream = find_stream(sender, "payin");
    for (size_t i = 0; i < gb_rows_count(rows); i++)
        hear(stream, sender->settings->dc.code, gb_rows_text(rows, i, 0), gb_rows_int(rows, i, 1),
             gb_rows_int(rows, i, 2), gb_rows_int(rows, i, 3));
}

/* Takes over what was said. True when the reader moved. One that was silent for long is given the
 * time to read what is waiting for it. */
static bool take(struct gb_target_reader *reader, int64_t sent, int64_t heard_at_us,
                 int64_t silent_after_us, int64_t now_us)
{
    int64_t page = reader->told ? reader->said : 0;
    bool moved = page != reader->state.acknowledged;
    if (heard_at_us - reader->state.heard_at_us > silent_after_us)
        reader->state.moved_at_us = now_us;
    reader->told = false;
    reader->said = 0;
    reader->state.sent = sent;
    reader->state.heard_at_us = heard_at_us;
    if (moved || page >= sent || reader->state.moved_at_us == 0) {
        reader->state.moved_at_us = now_us;
        reader->state.resends = 0;
    }
    reader->state.acknowledged = page;
    gb_metric_set(reader->acknowledged, page);
    return moved;
}

static void go_back(const struct gb_stream *stream, struct gb_target *target, size_t index,
                    int64_t now_us)
{
    struct gb_stream_reader *state = &target->readers[index].state;
    if (target->again == 0 || target->again > state->acknowledged + 1)
        target->again = state->acknowledged + 1;
    state->resends++;
    state->moved_at_us = now_us;
    gb_log(GB_LOG_WARNING, "reader stands still, going back", GB_F_TEXT("stream", stream->name),
           GB_F_TEXT("reader", stream->readers[index].code), GB_F_TEXT("topic", target->topic),
           GB_F_INT("partition", target->partition), GB_F_INT("acknowledged", state->acknowledged),
           GB_F_INT("sent", target->sent), GB_F_INT("times", state->resends));
}

/* Nobody needs again what all who speak have by now. */
static void skip_acknowledged(const struct gb_stream *stream, struct gb_target *target,
                              const struct gb_stream_limits *limits, int64_t now_us)
{
    int64_t needed = 0;
    for (size_t i = 0; i < stream->readers_count; i++) {
        const struct gb_stream_reader *state = &target->readers[i].state;
        bool alive = now_us - state->heard_at_us <= limits->silent_after_us;
        if (alive && state->acknowledged < target->sent &&
            (needed == 0 || needed > state->acknowledged + 1))
            needed = state->acknowledged + 1;
    }
    if (needed == 0 || needed > target->again)
        target->again = needed;
}

static void judge_target(struct gb_sender *sender, struct gb_stream *stream,
                         struct gb_target *target, const struct gb_stream_limits *limits,
                         int64_t now_us)
{
    for (size_t i = 0; i < stream->readers_count; i++) {
        struct gb_target_reader *reader = &target->readers[i];
        if (take(reader, target->sent, stream->heard_at_us[i], limits->silent_after_us, now_us))
            stream->again_records = 0;
        /* Standing still is what it has said itself after all that time, not that it fell silent.
         */
        if (!gb_stream_reader_goes_back(&reader->state, limits, now_us) ||
            reader->state.heard_at_us - reader->state.moved_at_us < limits->resend_after_us)
            continue;
        go_back(stream, target, i, now_us);
        stream->again_records = 0;
        gb_metric_add(sender->resends, 1);
    }
    if (target->again != 0)
        skip_acknowledged(stream, target, limits, now_us);
}

static void judge(struct gb_sender *sender)
{
    const struct gb_publisher_settings *settings = sender->settings;
    int64_t silent_ms = 3 * settings->alive_interval_ms;
    const struct gb_stream_limits limits = {
        .silent_after_us = (silent_ms < 1000 ? 1000 : silent_ms) * 1000,
        /* What it says may be that old before it says so. */
        .resend_after_us = (settings->resend_after_ms + settings->alive_interval_ms) * 1000,
        .resend_backoff_us_max = settings->resend_backoff_ms_max * 1000,
    };
    int64_t now_us = gb_clock_wall_us(); /* as those who write down when they were heard */
    for (size_t s = 0; s < sender->streams_count; s++)
        for (size_t t = 0; t < sender->streams[s].targets_count; t++)
            judge_target(sender, &sender->streams[s], &sender->streams[s].targets[t], &limits,
                         now_us);
}

enum gb_result gb_sender_hear_readers(struct gb_sender *sender, struct gb_err *err)
{
    struct gb_call calls[2];
    size_t count = sender->own ? 2 : 1;
    const char *names[GB_SENDER_STREAMS_MAX];
    for (size_t i = 0; i < sender->streams_count; i++)
        names[i] = sender->streams[i].name;
    gb_arena_reset(sender->source.arena);
    gb_call_init(&calls[0], &gb_sql_reader_ack_list, sender->source.arena);
    gb_params_text_array(&calls[0].params, names, sender->streams_count);
    gb_call_init(&calls[1], &gb_sql_progress_list_payin, sender->source.arena);
    gb_params_text(&calls[1].params, sender->settings->dc.code);
    enum gb_result result = gb_pg_run(sender->source.pg, calls, count, NULL, err);
    if (result != GB_OK)
        return result;
    hear_peers(sender, calls[0].rows);
    if (sender->own)
        hear_consumer(sender, calls[1].rows);
    gb_calls_release(calls, count);
    judge(sender);
    return GB_OK;
}
