#include "reader.h"

#include <string.h>

#include "db/sql.h"

struct gb_pg *reader_admin;

static const struct gb_statement insert_row = {
    "test_applied_insert",
    "INSERT INTO applied (partition, record_offset, value)"
    " SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[]) ON CONFLICT DO NOTHING",
};

static void kill_connection(void)
{
    gb_test_sql(
        reader_admin,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'geobill_projector'"
        " AND application_name LIKE 'test%' AND pid <> pg_backend_pid()");
}

static void fill(struct gb_call *call, struct gb_batch *batch)
{
    int32_t *partitions = gb_arena_array(batch->arena, batch->count, sizeof(*partitions));
    int64_t *offsets = gb_arena_array(batch->arena, batch->count, sizeof(*offsets));
    const char **values = gb_arena_array(batch->arena, batch->count, sizeof(*values));
    size_t n = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct gb_record *record = batch->items[i].record;
        if (batch->items[i].dead)
            continue;
        partitions[n] = record->partition;
        offsets[n] = record->offset;
        values[n++] = gb_arena_strndup(batch->arena, record->value.data, record->value.size);
    }
    gb_params_int4_array(&call->params, partitions, NULL, n);
    gb_params_int8_array(&call->params, offsets, NULL, n);
    gb_params_text_array(&call->params, values, n);
}

static enum gb_result apply(void *context, struct gb_batch *batch, struct gb_err *err)
{
    struct reader *reader = context;
    reader->applied++;
    for (size_t i = 0; i < batch->count; i++) {
        const struct gb_record *record = batch->items[i].record;
        struct gb_err why = {.message = ""};
        if (record->value.size == 4 && memcmp(record->value.data, "dead", 4) == 0) {
            (void)gb_err_set(&why, GB_POISON, "TEST_DEAD", "said so \x01\xff");
            gb_item_dead(&batch->items[i], "decode", &why);
        }
        if (batch->count > 1 && record->value.size == 5 &&
            memcmp(record->value.data, "large", 5) == 0) {
            (void)gb_err_set(&why, GB_RETRY, "ARENA_FULL", "no room");
            gb_item_dead(&batch->items[i], "decode", &why);
        }
    }
    const struct gb_bytes *value = &batch->items[0].record->value;
    if (reader->fussy && batch->count == 1 && value->size == 1 && memcmp(value->data, "c", 1) == 0)
        return gb_err_set(err, GB_RETRY, "TEST_RETRY", "on purpose");
    if (reader->to_retry > 0) {
        reader->to_retry--;
        return gb_err_set(err, GB_RETRY, "TEST_RETRY", "on purpose");
    }
    if (reader->open) {
        struct gb_call calls[2];
        gb_call_init(&calls[0], &gb_sql_tx_begin, batch->arena);
        gb_call_init(&calls[1], &insert_row, batch->arena);
        fill(&calls[1], batch);
        enum gb_result result = gb_pg_run(batch->pg, calls, 2, NULL, err);
        if (result != GB_OK)
            return result;
        gb_calls_release(calls, 2);
        batch->begun = true;
    } else {
        fill(gb_batch_call(batch, &insert_row), batch);
    }
    if (reader->lose) {
        reader->lose = false;
        kill_connection();
    }
    return GB_OK;
}

static void committed(void *context, const struct gb_batch *batch)
{
    (void)batch;
    ((struct reader *)context)->committed++;
}

struct gb_applier *applier_new(struct reader *reader, size_t records_max)
{
    static const struct gb_lane_stream streams[] = {
        {TOPIC, "ledger", "dc2"}, {"others", "dc1", NULL}, {"others", "", NULL}};
    const struct gb_applier_options options = {
        .dc = "dc1",
        .group = "geobill.dc1.test",
        .streams = streams,
        .streams_count = 3,
        .records_max = records_max,
        .reader = {.apply = apply, .committed = committed, .context = reader, .passes_known = true},
    };
    return gb_applier_new(&options);
}
