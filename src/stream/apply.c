#include "stream/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/fault.h"
#include "stream/dead_letter.h"
#include "stream/owned.h"
#include "stream/progress.h"

/* What a batch may take: its records are a few MiB at most (bus/consumer.h), decoded and copied
 * once as parameters. */
#define ARENA_BYTES_MAX ((size_t)64 << 20)

struct gb_applier {
    struct gb_applier_options options;
    char dead_letter_topic[GB_TOPIC_SIZE];
    const char **topics; /* of the streams, each as often as it stands there */
    struct gb_owned_set owned;
    struct gb_progress *progress;
    struct gb_arena *arena;
    struct gb_batch batch;
};

struct gb_applier *gb_applier_new(const struct gb_applier_options *options)
{
    GB_CHECK(options->records_max > 0 && options->reader.apply != NULL);
    struct gb_applier *applier = calloc(1, sizeof(*applier));
    GB_CHECK(applier != NULL);
    applier->options = *options;
    gb_topic_name(applier->dead_letter_topic, options->dc, "dlq");
    applier->progress = gb_progress_new();
    applier->arena = gb_arena_new(ARENA_BYTES_MAX);
    applier->batch.items = calloc(options->records_max, sizeof(*applier->batch.items));
    applier->topics = calloc(options->streams_count + 1, sizeof(*applier->topics));
    GB_CHECK(applier->batch.items != NULL && applier->topics != NULL);
    for (size_t i = 0; i < options->streams_count; i++)
        applier->topics[i] = options->streams[i].topic;
    return applier;
}

void gb_applier_free(struct gb_applier *applier)
{
    if (applier == NULL)
        return;
    gb_applier_give(applier);
    gb_progress_free(applier->progress);
    gb_arena_free(applier->arena);
    free(applier->batch.items);
    free(applier->topics);
    free(applier);
}

/* --- partitions --- */

void gb_applier_give(struct gb_applier *applier)
{
    gb_owned_clear(&applier->owned);
    gb_progress_clear(applier->progress);
}

static enum gb_result read_progress(struct gb_applier *applier, struct gb_pg *pg,
                                    struct gb_err *err)
{
    return gb_progress_read(applier->progress, applier->topics, applier->options.streams_count, pg,
                            applier->arena, err);
}

enum gb_result gb_applier_take(struct gb_applier *applier, struct gb_pg *pg,
                               struct gb_assignment *assignments, size_t count, struct gb_err *err)
{
    gb_arena_reset(applier->arena);
    gb_progress_clear(applier->progress);
    enum gb_result result =
        gb_owned_take(&applier->owned, pg, applier->arena, assignments, count, err);
    if (result == GB_OK)
        result = read_progress(applier, pg, err);
    if (result != GB_OK)
        gb_applier_give(applier);
    return result;
}

enum gb_result gb_applier_recover(struct gb_applier *applier, struct gb_pg *pg, struct gb_err *err)
{
    gb_progress_clear(applier->progress); /* what is in it may not have been committed */
    if (applier->owned.count == 0)
        return GB_OK;
    gb_arena_reset(applier->arena);
    enum gb_result result = gb_owned_read(&applier->owned, pg, applier->arena, err);
    return result == GB_OK ? read_progress(applier, pg, err) : result;
}

enum gb_result gb_applier_confirm(struct gb_applier *applier, struct gb_pg *pg, struct gb_err *err)
{
    if (applier->owned.count == 0)
        return GB_OK;
    gb_arena_reset(applier->arena);
    return gb_owned_read(&applier->owned, pg, applier->arena, err);
}

size_t gb_applier_partitions(const struct gb_applier *applier)
{
    return applier->owned.count;
}

struct gb_assignment gb_applier_partition(const struct gb_applier *applier, size_t i)
{
    GB_CHECK(i < applier->owned.count);
    const struct gb_owned *owned = &applier->owned.list[i];
    return (struct gb_assignment){
        .topic = owned->topic, .partition = owned->partition, .next_offset = owned->next_offset};
}

int64_t gb_applier_cut_at_us(const struct gb_applier *applier)
{
    return gb_progress_cut_at_us(applier->progress);
}

bool gb_applier_is_fenced(const struct gb_err *err)
{
    return strcmp(err->code, "FENCED") == 0;
}

/* --- one record --- */

static bool source_fits(const struct gb_applier *applier, const struct gb_lane_stream *stream,
                        const char *source)
{
    if (stream->source != NULL)
        return strcmp(stream->source, source) == 0;
    return strcmp(applier->options.dc, source) != 0;
}

static bool is_expected(const struct gb_applier *applier, const char *topic,
                        const struct gb_envelope *envelope)
{
    for (size_t i = 0; i < applier->options.streams_count; i++) {
        const struct gb_lane_stream *stream = &applier->options.streams[i];
        if (strcmp(stream->topic, topic) == 0 && stream->stream != NULL &&
            strcmp(stream->stream, envelope->stream) == 0 &&
            source_fits(applier, stream, envelope->source.code))
            return true;
    }
    return false;
}

static bool takes_anything(const struct gb_applier *applier, const char *topic)
{
    for (size_t i = 0; i < applier->options.streams_count; i++)
        if (applier->options.streams[i].stream == NULL &&
            strcmp(applier->options.streams[i].topic, topic) == 0)
            return true;
    return false;
}

/* Headers first: they say whose page it is even when the rest is beyond reading. */
static void read_envelope(const struct gb_applier *applier, const struct gb_record *record,
                          struct gb_item *ret_item)
{
    struct gb_err err = {.message = ""};
    *ret_item = (struct gb_item){.record = record};
    if (takes_anything(applier, record->topic))
        return;
    struct gb_envelope *envelope = &ret_item->envelope;
    enum gb_result result =
        gb_envelope_read(record->headers, record->headers_count, envelope, &err);
    bool expected = is_expected(applier, record->topic, envelope);
    ret_item->marked =
        expected && envelope->stream[0] != '\0' && gb_stream_mark_valid(&envelope->mark);
    if (result == GB_OK && !expected) {
        (void)gb_err_set(&err, GB_POISON, "STREAM_UNEXPECTED",
                         "stream '%s' of %s does not belong on this topic", envelope->stream,
                         envelope->source.code);
        result = GB_POISON;
    }
    if (result != GB_OK)
        gb_item_dead(ret_item, "envelope", &err);
}

/* --- one transaction --- */

/* A batch before its first word to the database. `culprit`: it alone was at fault when it was tried
 * before. */
static void start(struct gb_applier *applier, struct gb_pg *pg, const struct gb_arrived *arrived,
                  const struct gb_err *culprit)
{
    struct gb_batch *batch = &applier->batch;
    gb_arena_reset(applier->arena);
    gb_owned_begin(&applier->owned);
    batch->arena = applier->arena;
    batch->pg = pg;
    batch->count = arrived->count;
    batch->now_us = gb_clock_wall_us();
    batch->begun = false;
    gb_call_init(&batch->calls[0], &gb_sql_tx_begin, applier->arena);
    batch->calls_count = 1;
    for (size_t i = 0; i < arrived->count; i++) {
        read_envelope(applier, &arrived->records[i], &batch->items[i]);
        if (culprit != NULL)
            gb_item_dead(&batch->items[i], "apply", culprit);
    }
}

/* Counts the batch's records in their pages, dead ones included. False: some page before one of
 * them is missing. */
static bool count_pages(struct gb_applier *applier)
{
    bool whole = true;
    gb_progress_begin(applier->progress);
    for (size_t i = 0; i < applier->batch.count; i++) {
        struct gb_item *item = &applier->batch.items[i];
        const struct gb_record *record = item->record;
        if (item->marked && !gb_progress_count(applier->progress, &item->envelope, record->topic,
                                               record->partition, &item->known))
            whole = false;
    }
    return whole;
}

/* What was applied before costs nothing but its way here: whoever lacks nothing pays little for
 * what another reader is sent again. */
static void drop_known(struct gb_batch *batch)
{
    size_t left = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (!batch->items[i].known)
            batch->items[left++] = batch->items[i];
    batch->count = left;
}

/* What seems to be missing may have been applied by another reader, or from the source's table. */
static enum gb_result follow_pages(struct gb_applier *applier, struct gb_err *err)
{
    if (gb_progress_known(applier->progress) && count_pages(applier))
        return GB_OK;
    enum gb_result result = read_progress(applier, applier->batch.pg, err);
    if (result == GB_OK)
        (void)count_pages(applier);
    return result;
}

/* Sends what has been gathered, from `from` on; BEGIN only when the transaction is not open yet. */
static enum gb_result send_calls(struct gb_batch *batch, size_t from, struct gb_err *err)
{
    size_t first = from == 0 && batch->begun ? 1 : from;
    if (first == batch->calls_count)
        return GB_OK;
    enum gb_result result =
        gb_pg_run(batch->pg, batch->calls + first, batch->calls_count - first, NULL, err);
    batch->begun = true;
    return result;
}

/* Moves the positions past all that arrived, dead letters and what was known included. */
static enum gb_result move_positions(struct gb_applier *applier, const struct gb_arrived *arrived,
                                     struct gb_err *err)
{
    for (size_t i = 0; i < arrived->count; i++) {
        const struct gb_record *record = &arrived->records[i];
        struct gb_owned *owned = gb_owned_find(&applier->owned, record->topic, record->partition);
        if (owned == NULL)
            return gb_err_set(err, GB_FATAL, "FENCED", "%s/%d is not ours", record->topic,
                              record->partition);
        owned->moves_to = record->offset + 1;
    }
    return GB_OK;
}

static enum gb_result close_batch(struct gb_applier *applier, const struct gb_arrived *arrived,
                                  size_t from, struct gb_err *err)
{
    struct gb_batch *batch = &applier->batch;
    const struct gb_dead_letter_origin origin = {applier->dead_letter_topic,
                                                 applier->options.group};
    GB_CHECK(batch->calls_count <= GB_BATCH_CALLS_MAX + 1);
    enum gb_result result = arrived->positioned ? move_positions(applier, arrived, err) : GB_OK;
    if (result != GB_OK)
        return result;
    batch->calls_count += gb_dead_letter_keep(batch, &origin, &batch->calls[batch->calls_count]);
    batch->calls_count += gb_progress_save(applier->progress, &batch->calls[batch->calls_count],
                                           applier->arena, batch->now_us);
    batch->calls_count += gb_owned_move(&applier->owned, &batch->calls[batch->calls_count],
                                        applier->arena, batch->now_us);
    gb_call_init(&batch->calls[batch->calls_count++], &gb_sql_tx_commit, applier->arena);
    gb_fault_point("stream.before_commit");
    result = send_calls(batch, from, err);
    gb_fault_point("stream.after_commit");
    return result;
}

/* An item that the batch's arena had no room for is not at fault: it comes again alone. */
static enum gb_result find_room(const struct gb_batch *batch, struct gb_err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct gb_item *item = &batch->items[i];
        if (item->dead && strcmp(item->err.code, "ARENA_FULL") == 0)
            return gb_err_set(err, GB_RETRY, item->err.code, "%s", item->err.message);
    }
    return GB_OK;
}

/* What the program does, and the look at what came of it. *ret_from: the first call that has not
 * been sent. */
static enum gb_result apply(struct gb_applier *applier, size_t *ret_from, struct gb_err *err)
{
    struct gb_batch *batch = &applier->batch;
    const struct gb_reader *reader = &applier->options.reader;
    *ret_from = 0;
    if (batch->count == 0)
        return GB_OK;
    enum gb_result result = reader->apply(reader->context, batch, err);
    if (result == GB_OK)
        result = find_room(batch, err);
    if (result != GB_OK || reader->check == NULL)
        return result;
    result = send_calls(batch, 0, err);
    *ret_from = batch->calls_count;
    if (result == GB_OK)
        result = reader->check(reader->context, batch, err);
    return result;
}

static enum gb_result transact(struct gb_applier *applier, const struct gb_arrived *arrived,
                               struct gb_err *err)
{
    struct gb_batch *batch = &applier->batch;
    const struct gb_reader *reader = &applier->options.reader;
    size_t from = 0;
    enum gb_result result = follow_pages(applier, err);
    if (result == GB_OK) {
        if (reader->passes_known)
            drop_known(batch);
        result = apply(applier, &from, err);
    }
    if (result == GB_OK)
        result = close_batch(applier, arrived, from, err);
    gb_calls_release(batch->calls, batch->calls_count);
    if (result != GB_OK) {
        gb_pg_rollback(batch->pg);
        if (strcmp(err->code, "GB003") == 0)
            return gb_err_set(err, GB_FATAL, "FENCED", "another owner: %s", err->message);
        return result;
    }
    gb_owned_committed(&applier->owned);
    gb_progress_committed(applier->progress);
    if (reader->committed != NULL && batch->count > 0)
        reader->committed(reader->context, batch);
    return GB_OK;
}

static void count_applied(const struct gb_batch *batch, const struct gb_arrived *arrived,
                          struct gb_applied *applied)
{
    applied->records += arrived->count;
    applied->known += arrived->count - batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        const struct gb_item *item = &batch->items[i];
        if (item->dead && applied->dead++ == 0)
            (void)gb_err_set(&applied->first_dead, GB_POISON, item->err.code,
                             "%s/%d offset %lld, %s: %s", item->record->topic,
                             item->record->partition, (long long)item->record->offset, item->stage,
                             item->err.message);
    }
}

static enum gb_result run_batch(struct gb_applier *applier, struct gb_pg *pg,
                                const struct gb_arrived *arrived, struct gb_applied *applied,
                                struct gb_err *err)
{
    start(applier, pg, arrived, NULL);
    enum gb_result result = transact(applier, arrived, err);
    if (result == GB_OK)
        count_applied(&applier->batch, arrived, applied);
    return result;
}

/* Who is alone at fault becomes a dead letter. */
static enum gb_result run_alone(struct gb_applier *applier, struct gb_pg *pg,
                                const struct gb_arrived *one, struct gb_applied *applied,
                                struct gb_err *err)
{
    enum gb_result result = run_batch(applier, pg, one, applied, err);
    if (result != GB_POISON)
        return result;
    struct gb_err culprit = *err;
    start(applier, pg, one, &culprit);
    result = transact(applier, one, err);
    if (result == GB_POISON) /* not even as a dead letter */
        return gb_err_set(err, GB_FATAL, err->code, "%s", err->message);
    if (result == GB_OK)
        count_applied(&applier->batch, one, applied);
    return result;
}

static enum gb_result run_each(struct gb_applier *applier, struct gb_pg *pg,
                               const struct gb_arrived *some, struct gb_applied *applied,
                               struct gb_err *err)
{
    enum gb_result result = GB_OK;
    for (size_t i = 0; i < some->count && result == GB_OK; i++) {
        const struct gb_arrived one = {&some->records[i], 1, some->positioned};
        result = run_alone(applier, pg, &one, applied, err);
    }
    return result;
}

enum gb_result gb_applier_run(struct gb_applier *applier, struct gb_pg *pg,
                              const struct gb_arrived *arrived, struct gb_applied *ret_applied,
                              struct gb_err *err)
{
    enum gb_result result = GB_OK;
    *ret_applied = (struct gb_applied){.records = 0};
    for (size_t done = 0; done < arrived->count && result == GB_OK;) {
        size_t left = arrived->count - done;
        size_t max = applier->options.records_max;
        const struct gb_arrived some = {arrived->records + done, left < max ? left : max,
                                        arrived->positioned};
        result = run_batch(applier, pg, &some, ret_applied, err);
        bool full = result == GB_RETRY && strcmp(err->code, "ARENA_FULL") == 0;
        if (result == GB_POISON || (full && some.count > 1))
            result = run_each(applier, pg, &some, ret_applied, err);
        done += some.count;
    }
    return result;
}
