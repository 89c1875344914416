#include "member.h"

#include <stdio.h>
#include <stdlib.h>

#include "db/sql.h"
#include "runtime/log.h"
#include "runtime/stop.h"
#include "stream/beat.h"
#include "stream/lane.h"
#include "wire/messages.h"

/* One row a record. The lock is the test's gate: it can hold a member in the middle of a
 * transaction. */
static const struct gb_statement gate = {"test_gate", "SELECT pg_advisory_xact_lock_shared(1)"};
static const struct gb_statement insert_row = {
    "test_applied_insert",
    "INSERT INTO applied AS a (partition, record_offset, by)"
    " SELECT partition, record_offset, $3 FROM unnest($1::integer[], $2::bigint[]) AS n(partition, "
    "record_offset)"
    " ON CONFLICT (partition, record_offset) DO UPDATE SET times = a.times + 1",
};

static enum gb_result apply(void *context, struct gb_batch *batch, struct gb_err *err)
{
    struct gb_call calls[2];
    gb_call_init(&calls[0], &gb_sql_tx_begin, batch->arena);
    gb_call_init(&calls[1], &gate, batch->arena);
    enum gb_result result = gb_pg_run(batch->pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    gb_calls_release(calls, 2);
    batch->begun = true;
    int32_t *partitions = gb_arena_array(batch->arena, batch->count, sizeof(*partitions));
    int64_t *offsets = gb_arena_array(batch->arena, batch->count, sizeof(*offsets));
    for (size_t i = 0; i < batch->count; i++) {
        partitions[i] = batch->items[i].record->partition;
        offsets[i] = batch->items[i].record->offset;
    }
    struct gb_call *call = gb_batch_call(batch, &insert_row);
    gb_params_int4_array(&call->params, partitions, NULL, batch->count);
    gb_params_int8_array(&call->params, offsets, NULL, batch->count);
    gb_params_text(&call->params, context);
    return GB_OK;
}

static void detail(void *context, char *ret_text, size_t size)
{
    (void)gb_lane_ready(context, ret_text, size);
}

static enum gb_result work(const struct gb_config *config, struct gb_err *err)
{
    static const struct gb_lane_stream streams[] = {{MEMBER_TOPIC, "ledger", "dc2"}};
    static char instance[16];
    (void)snprintf(instance, sizeof(instance), "%s",
                   gb_config_text(config, "projector", "instance"));
    const struct gb_lane_options options = {
        .config = config,
        .role = "projector",
        .name = "dc2",
        .dc = "dc1",
        .cluster = "dc2",
        .group = getenv("MEMBER_GROUP"),
        .streams = streams,
        .streams_count = 1,
        .reader = {.apply = apply, .context = instance},
    };
    struct gb_lane *lane;
    enum gb_result result = gb_lane_open(&options, &lane, err);
    if (result != GB_OK)
        return result;
    const struct gb_beat_options beat = {
        .config = config, .role = "projector", .detail = detail, .context = lane};
    result = gb_beat_until_stop(&beat, err);
    gb_stop_ask();
    enum gb_result ended = gb_lane_close(lane, err);
    return result != GB_OK ? result : ended;
}

int member_main(const char *settings)
{
    struct gb_config *config;
    struct gb_err err = {.message = ""};
    gb_log_init("member", "dc1", GB_LOG_DEBUG);
    gb_stop_init();
    enum gb_result result = gb_config_load(settings, NULL, 0, &config, &err);
    if (result == GB_OK)
        result = gb_wire_init(&err);
    if (result == GB_OK)
        result = work(config, &err);
    if (result != GB_OK)
        gb_log(GB_LOG_ERROR, "member ended", GB_F_ERR(&err));
    gb_wire_done();
    gb_config_free(config);
    return result == GB_OK ? 0 : 1;
}
