/* Hearing: what each reader has complete, and who needs something again, whatever it was that was
 * lost, and wherever. The rules are in core/stream_source.h. */
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

/* NULL: we have never sent anything there. */
static struct gb_stream_partition *find_partition(struct gb_stream *stream, const char *topic,
                                                  int64_t partition)
{
    for (size_t i = 0; i < stream->source.partitions_count; i++)
        if (stream->targets[i].partition == partition &&
            strcmp(stream->targets[i].topic, topic) == 0)
            return &stream->source.partitions[i];
    return NULL;
}

/* The reader's place in the stream's list; negative: not one of its readers. */
static ptrdiff_t find_reader(const struct gb_stream *stream, const char *code)
{
    for (size_t i = 0; i < stream->source.readers_count; i++)
        if (strcmp(stream->readers[i].code, code) == 0)
            return (ptrdiff_t)i;
    return -1;
}

static void hear(struct gb_stream *stream, const char *reader, const char *topic, int64_t partition,
                 struct gb_stream_reached reached, int64_t heard_at_us)
{
    ptrdiff_t index = find_reader(stream, reader);
    if (index >= 0)
        gb_stream_source_hear(&stream->source, find_partition(stream, topic, partition),
                              (size_t)index, reached, heard_at_us);
}

static struct gb_stream_reached reached_of(const struct gb_rows *rows, size_t row, int column)
{
    return (struct gb_stream_reached){gb_rows_int(rows, row, column),
                                      (int32_t)gb_rows_int(rows, row, column + 1)};
}

static void hear_peers(struct gb_sender *sender, const struct gb_rows *rows)
{
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        struct gb_stream *stream = find_stream(sender, gb_rows_text(rows, i, 0));
        GB_CHECK(stream != NULL);
        hear(stream, gb_rows_text(rows, i, 1), gb_rows_text(rows, i, 2), gb_rows_int(rows, i, 3),
             reached_of(rows, i, 4), gb_rows_int(rows, i, 6));
    }
}

/* Our own consumer speaks through its tables; its sign of life is its heartbeat. */
static void hear_consumer(struct gb_sender *sender, const struct gb_rows *rows)
{
    struct gb_stream *stream = find_stream(sender, "payin");
    for (size_t i = 0; i < gb_rows_count(rows); i++)
        hear(stream, sender->settings->dc.code, gb_rows_text(rows, i, 0), gb_rows_int(rows, i, 1),
             reached_of(rows, i, 2), gb_rows_int(rows, i, 4));
}

/* For people: what status shows. */
static void note_going_back(struct gb_stream *stream, size_t at, size_t index, int64_t now_us)
{
    struct gb_resend *resend = &stream->targets[at].resends[index];
    resend->times++;
    resend->from_page = stream->source.partitions[at].readers[index].acknowledged + 1;
    resend->at_us = now_us;
}

static void log_going_back(const struct gb_stream *stream, size_t at, size_t index)
{
    const struct gb_target *target = &stream->targets[at];
    const struct gb_stream_partition *partition = &stream->source.partitions[at];
    const struct gb_stream_reader *reader = &partition->readers[index];
    gb_log(GB_LOG_WARNING, "reader stands still, going back", GB_F_TEXT("stream", stream->name),
           GB_F_TEXT("reader", stream->readers[index].code), GB_F_TEXT("topic", target->topic),
           GB_F_INT("partition", target->partition), GB_F_INT("acknowledged", reader->acknowledged),
           GB_F_INT("sent", partition->sent), GB_F_INT("times", reader->resends));
}

static void judge_stream(struct gb_sender *sender, struct gb_stream *stream,
                         const struct gb_stream_limits *limits, int64_t now_us)
{
    size_t went_back = gb_stream_source_judge(&stream->source, limits, now_us);
    if (stream->kind == &gb_stream_kind_payin) /* its reader speaks through our own tables */
        gb_stream_source_skip(&stream->source);
    gb_stream_show(stream);
    gb_metric_add(sender->resends, (int64_t)went_back);
    for (size_t i = 0; i < stream->source.partitions_count && went_back > 0; i++)
        for (size_t r = 0; r < stream->source.readers_count; r++)
            if (stream->source.partitions[i].readers[r].went_back) {
                note_going_back(stream, i, r, now_us);
                log_going_back(stream, i, r);
            }
    if (went_back > 0)
        sender->times.save_us = 0; /* written down at once, so that it can be seen */
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
        judge_stream(sender, &sender->streams[s], &limits, now_us);
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
