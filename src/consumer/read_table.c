#include "consumer/read_table.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/table_pages.h"
#include "core/supply.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"

#define STREAM "payin"
/* While Kafka delivers; a quarter of after_us when that is less. */
#define LOOK_INTERVAL_US INT64_C(250000)
/* While we read the table and are at its end: what a look costs is less than what waits. */
#define READ_INTERVAL_MS 10
/* A look, and the pages read at once: a pay-in has at most 4 KiB of metadata and 1 KiB of headers.
 */
#define LOOK_BYTES ((size_t)4 << 20)
#define RECORD_BYTES ((size_t)8 << 10)

struct partition {
    struct gb_supply supply;
    int64_t delivered; /* the last page that came by Kafka */
    int64_t renewed;   /* what was complete when the claim was last renewed */
    bool known;        /* some page has something for it */
    bool still;        /* the rule says that it is late */
    /* Its row, as last looked at. */
    bool late;
    bool ours;
    int64_t page;
    int64_t claim_age_us;
};

struct gb_read_table {
    struct gb_read_table_options options;
    struct gb_arena *arena;
    struct partition *partitions; /* by number */
    size_t count;
    int32_t incarnation; /* 0: not read yet */
    int64_t looked;      /* pages up to this one are known */
    int64_t look_at_us;  /* when to look next */
    bool moved;          /* something became complete between the last two looks */
    bool read;           /* the last step read something */
    struct gb_metric *late_gauge, *ours_gauge, *records;
    /* For any thread. */
    atomic_size_t late, ours;
};

/* --- what is known --- */

static struct partition *partition_at(struct gb_read_table *table, int64_t number)
{
    GB_CHECK(number >= 0 && number < INT32_MAX);
    size_t need = (size_t)number + 1;
    if (need > table->count) {
        table->partitions = realloc(table->partitions, need * sizeof(*table->partitions));
        GB_CHECK(table->partitions != NULL);
        memset(table->partitions + table->count, 0,
               (need - table->count) * sizeof(*table->partitions));
        table->count = need;
    }
    return &table->partitions[number];
}

static bool is_ours(const struct gb_read_table *table, const char *topic)
{
    return strcmp(topic, table->options.topic) == 0;
}

static void take_cut(struct gb_read_table *table, const struct gb_rows *rows)
{
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        int64_t number = gb_rows_int(rows, i, 2);
        if (number > table->looked)
            table->looked = number;
        if (!is_ours(table, gb_rows_text(rows, i, 0)))
            continue;
        struct partition *partition = partition_at(table, gb_rows_int(rows, i, 1));
        partition->known = true;
        partition->supply.cut = number;
    }
}

static void take_complete(struct gb_read_table *table, const struct gb_rows *rows, int64_t now_us)
{
    struct gb_stream_reached *reached =
        gb_arena_array(table->arena, table->count + 1, sizeof(*reached));
    GB_CHECK(reached != NULL);
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        int64_t number = gb_rows_int(rows, i, 2);
        if (strcmp(gb_rows_text(rows, i, 0), STREAM) == 0 &&
            is_ours(table, gb_rows_text(rows, i, 1)) && (size_t)number < table->count)
            reached[number] = (struct gb_stream_reached){gb_rows_int(rows, i, 3),
                                                         (int32_t)gb_rows_int(rows, i, 4)};
    }
    table->moved = false;
    for (size_t i = 0; i < table->count; i++) {
        struct partition *partition = &table->partitions[i];
        table->moved = table->moved || reached[i].page != partition->supply.complete;
        partition->still =
            partition->known && gb_supply_look(&partition->supply, partition->supply.cut,
                                               reached[i], now_us, table->options.after_us);
    }
}

static void take_late(struct gb_read_table *table, const struct gb_rows *rows)
{
    size_t ours = 0;
    for (size_t i = 0; i < table->count; i++)
        table->partitions[i].late = table->partitions[i].ours = false;
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        struct partition *partition = partition_at(table, gb_rows_int(rows, i, 0));
        partition->late = true;
        partition->page = gb_rows_int(rows, i, 1);
        partition->ours = strcmp(gb_rows_text(rows, i, 2), table->options.instance) == 0;
        partition->claim_age_us = gb_rows_int(rows, i, 3);
        ours += partition->ours;
    }
    if (gb_rows_count(rows) != table->late)
        gb_log(GB_LOG_INFO, "partitions of pay-ins read from the table",
               GB_F_TEXT("topic", table->options.topic),
               GB_F_INT("partitions", gb_rows_count(rows)), GB_F_INT("by_us", ours));
    table->late = gb_rows_count(rows);
    table->ours = ours;
    gb_metric_set(table->late_gauge, (int64_t)table->late);
    gb_metric_set(table->ours_gauge, (int64_t)ours);
}

/* Of one moment: what is cut is looked at before what is complete. */
static enum gb_result look(struct gb_read_table *table, struct gb_pg *pg, int64_t now_us,
                           struct gb_err *err)
{
    struct gb_call calls[4];
    gb_call_init(&calls[0], &gb_sql_page_list_cut, table->arena);
    gb_params_text(&calls[0].params, STREAM);
    gb_params_int8(&calls[0].params, table->looked);
    gb_call_init(&calls[1], &gb_sql_progress_list_source, table->arena);
    gb_params_text(&calls[1].params, table->options.dc.code);
    gb_call_init(&calls[2], &gb_sql_late_partition_list, table->arena);
    gb_params_text(&calls[2].params, table->options.topic);
    gb_call_init(&calls[3], &gb_sql_local_datacenter_get, table->arena);
    size_t count = table->incarnation == 0 ? 4 : 3;
    enum gb_result result = gb_pg_run(pg, calls, count, NULL, err);
    if (result != GB_OK)
        return result;
    take_cut(table, calls[0].rows);
    take_complete(table, calls[1].rows, now_us);
    take_late(table, calls[2].rows);
    if (count == 4)
        table->incarnation = (int32_t)gb_rows_int(calls[3].rows, 0, 2);
    gb_calls_release(calls, count);
    return GB_OK;
}

/* --- who reads --- */

/* Partitions and a page of each, as parameters. */
struct chosen {
    size_t count;
    int32_t *partitions;
    int64_t *pages;
};

static struct chosen chosen_new(struct gb_read_table *table)
{
    struct chosen chosen = {
        .partitions = gb_arena_array(table->arena, table->count + 1, sizeof(*chosen.partitions)),
        .pages = gb_arena_array(table->arena, table->count + 1, sizeof(*chosen.pages)),
    };
    GB_CHECK(chosen.partitions != NULL && chosen.pages != NULL);
    return chosen;
}

static void choose(struct chosen *chosen, size_t partition, int64_t page)
{
    chosen->partitions[chosen->count] = (int32_t)partition;
    chosen->pages[chosen->count++] = page;
}

static void chosen_call(const struct gb_read_table *table, const struct chosen *chosen,
                        const struct gb_statement *statement, struct gb_call *ret_call)
{
    gb_call_init(ret_call, statement, table->arena);
    gb_params_text(&ret_call->params, table->options.topic);
    gb_params_int4_array(&ret_call->params, chosen->partitions, NULL, chosen->count);
    gb_params_int8_array(&ret_call->params, chosen->pages, NULL, chosen->count);
}

/* A page that came in time, or nothing to read and Kafka to be tried; 0: neither. */
static int64_t on_time_page(const struct gb_read_table *table, const struct partition *partition,
                            const struct gb_read_table_sink *sink, int64_t now_us)
{
    if (!partition->still && partition->delivered > partition->page)
        return partition->delivered;
    return sink->delivers && gb_supply_rests(&partition->supply, now_us, table->options.after_us)
               ? INT64_MAX
               : 0;
}

static void choose_all(struct gb_read_table *table, const struct gb_read_table_sink *sink,
                       int64_t now_us, struct chosen *on_time, struct chosen *late,
                       struct chosen *claims)
{
    for (size_t i = 0; i < table->count; i++) {
        struct partition *partition = &table->partitions[i];
        int64_t complete = partition->supply.complete;
        int64_t page = on_time_page(table, partition, sink, now_us);
        if (!partition->late) {
            if (partition->still)
                choose(late, i, complete);
        } else if (page != 0) {
            choose(on_time, i, page);
        } else if (gb_claim_judge(partition->ours, partition->claim_age_us,
                                  table->options.after_us) == GB_CLAIM_TAKE) {
            choose(claims, i, partition->renewed);
            partition->renewed = complete;
        }
    }
}

/* Writes down which partitions are late, which are on time again, and which are ours to read. True
 * when there was anything: look again. */
static enum gb_result settle(struct gb_read_table *table, struct gb_pg *pg,
                             const struct gb_read_table_sink *sink, int64_t now_us,
                             bool *ret_changed, struct gb_err *err)
{
    struct gb_call calls[3];
    size_t count = 0;
    struct chosen on_time = chosen_new(table), late = chosen_new(table), claims = chosen_new(table);
    choose_all(table, sink, now_us, &on_time, &late, &claims);
    if (on_time.count > 0)
        chosen_call(table, &on_time, &gb_sql_late_partition_delete, &calls[count++]);
    if (late.count > 0) {
        chosen_call(table, &late, &gb_sql_late_partition_add, &calls[count]);
        gb_params_text(&calls[count++].params, table->options.instance);
    }
    if (claims.count > 0) {
        chosen_call(table, &claims, &gb_sql_late_partition_claim, &calls[count]);
        gb_params_text(&calls[count].params, table->options.instance);
        gb_params_int8(&calls[count++].params, table->options.after_us);
    }
    *ret_changed = count > 0;
    if (count == 0)
        return GB_OK;
    enum gb_result result = gb_pg_run(pg, calls, count, NULL, err);
    gb_calls_release(calls, count);
    return result;
}

/* --- reading --- */

/* What is ours and has pages to read, from which page on. */
static struct gb_table_wanted wanted(struct gb_read_table *table)
{
    struct chosen chosen = chosen_new(table);
    for (size_t i = 0; i < table->count; i++) {
        const struct partition *partition = &table->partitions[i];
        if (partition->late && partition->ours &&
            partition->claim_age_us <= table->options.after_us &&
            partition->supply.cut > partition->supply.complete)
            choose(&chosen, i, partition->supply.complete + 1);
    }
    return (struct gb_table_wanted){
        .dc = table->options.dc,
        .incarnation = table->incarnation,
        .stream = STREAM,
        .topic = table->options.topic,
        .partitions = chosen.partitions,
        .from = chosen.pages,
        .count = chosen.count,
        .records_max = table->options.records_max,
    };
}

static enum gb_result read_pages(struct gb_read_table *table, struct gb_pg *pg,
                                 const struct gb_read_table_sink *sink, bool *ret_read,
                                 struct gb_err *err)
{
    struct gb_table_wanted want = wanted(table);
    struct gb_table_pages pages = {.records = NULL};
    *ret_read = false;
    if (want.count == 0)
        return GB_OK;
    enum gb_result result = gb_table_pages_read(&want, pg, table->arena, &pages, err);
    if (result == GB_OK && pages.count > 0) {
        result = sink->feed(sink->context, pages.records, pages.count, err);
        *ret_read = result == GB_OK;
    }
    if (*ret_read)
        gb_metric_add(table->records, (int64_t)pages.count);
    gb_table_pages_release(&pages);
    return result;
}

enum gb_result gb_read_table_step(struct gb_read_table *table, struct gb_pg *pg,
                                  const struct gb_read_table_sink *sink, int64_t now_us,
                                  int64_t *ret_wait_ms, struct gb_err *err)
{
    bool changed = false, read = false;
    gb_arena_reset(table->arena);
    enum gb_result result = look(table, pg, now_us, err);
    if (result == GB_OK)
        result = settle(table, pg, sink, now_us, &changed, err);
    if (result == GB_OK)
        result = read_pages(table, pg, sink, &read, err);
    if (result != GB_OK)
        return result;
    /* At once again, unless what was read did not help. */
    bool again = changed || (read && (table->moved || !table->read));
    table->read = read;
    if (again) {
        *ret_wait_ms = 0;
        return GB_OK;
    }
    int64_t quiet_ms = table->options.after_us / 4000;
    quiet_ms = quiet_ms < LOOK_INTERVAL_US / 1000 ? quiet_ms : LOOK_INTERVAL_US / 1000;
    *ret_wait_ms = table->ours > 0 ? READ_INTERVAL_MS : quiet_ms;
    return GB_OK;
}

static enum gb_result feed_lane(void *context, const struct gb_record *records, size_t count,
                                struct gb_err *err)
{
    return gb_lane_feed(context, records, count, err);
}

enum gb_result gb_read_table_tick(void *context, struct gb_lane *lane, struct gb_pg *pg,
                                  int64_t *ret_wait_ms, struct gb_err *err)
{
    struct gb_read_table *table = context;
    const struct gb_read_table_sink sink = {feed_lane, lane, gb_lane_delivers(lane)};
    int64_t now_us = gb_clock_mono_us();
    if (now_us >= table->look_at_us) {
        int64_t wait_ms = 0;
        enum gb_result result = gb_read_table_step(table, pg, &sink, now_us, &wait_ms, err);
        if (result != GB_OK)
            return result;
        now_us = gb_clock_mono_us();
        table->look_at_us = now_us + wait_ms * 1000;
    }
    int64_t left_ms = (table->look_at_us - now_us) / 1000;
    if (left_ms < *ret_wait_ms)
        *ret_wait_ms = left_ms;
    return GB_OK;
}

/* --- what came by Kafka --- */

static enum gb_result apply(void *context, struct gb_batch *batch, struct gb_err *err)
{
    const struct gb_read_table *table = context;
    return table->options.inner.apply(table->options.inner.context, batch, err);
}

static void committed(void *context, const struct gb_batch *batch)
{
    struct gb_read_table *table = context;
    const struct gb_reader *inner = &table->options.inner;
    for (size_t i = 0; i < batch->count; i++) {
        const struct gb_item *item = &batch->items[i];
        if (!item->marked || item->record->offset < 0 || strcmp(item->envelope.stream, STREAM) != 0)
            continue;
        struct partition *partition = partition_at(table, item->record->partition);
        if (partition->delivered < item->envelope.mark.page)
            partition->delivered = item->envelope.mark.page;
    }
    if (inner->committed != NULL)
        inner->committed(inner->context, batch);
}

struct gb_reader gb_read_table_reader(struct gb_read_table *table)
{
    GB_CHECK(table->options.inner.check == NULL);
    return (struct gb_reader){.apply = apply, .committed = committed, .context = table};
}

void gb_read_table_tell(const struct gb_read_table *table, char *ret_text, size_t size)
{
    size_t late = table->late;
    ret_text[0] = '\0';
    if (late > 0)
        (void)snprintf(ret_text, size, "pay-ins of %zu partition%s read from the table%s", late,
                       late == 1 ? "" : "s", table->ours > 0 ? "" : " by another consumer");
}

struct gb_read_table *gb_read_table_new(const struct gb_read_table_options *options)
{
    struct gb_read_table *table = calloc(1, sizeof(*table));
    GB_CHECK(table != NULL && options->inner.apply != NULL);
    table->options = *options;
    size_t records = options->records_max + options->page_records_max;
    table->arena = gb_arena_new(LOOK_BYTES + records * RECORD_BYTES);
    table->late_gauge =
        gb_metric_gauge("geobill_consumer_late_partitions", NULL,
                        "Partitions of own pay-ins that are read from the table, by whichever "
                        "consumer of the datacenter.");
    table->ours_gauge = gb_metric_gauge("geobill_consumer_table_partitions", NULL,
                                        "Partitions that this consumer reads from the table.");
    table->records = gb_metric_counter("geobill_consumer_table_records_total", NULL,
                                       "Pay-ins read from the table instead of from Kafka.");
    return table;
}

void gb_read_table_free(struct gb_read_table *table)
{
    if (table == NULL)
        return;
    gb_arena_free(table->arena);
    free(table->partitions);
    free(table);
}
