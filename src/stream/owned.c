#include "stream/owned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "runtime/clock.h"

void gb_owned_clear(struct gb_owned_set *set)
{
    free(set->list);
    *set = (struct gb_owned_set){.list = NULL};
}

struct gb_owned *gb_owned_find(struct gb_owned_set *set, const char *topic, int32_t partition)
{
    for (size_t step = 0; step < set->count; step++) {
        size_t i = (set->last + step) % set->count;
        struct gb_owned *owned = &set->list[i];
        if (owned->partition == partition && strcmp(owned->topic, topic) == 0) {
            set->last = i;
            return owned;
        }
    }
    return NULL;
}

/* The topics and partitions of the set as the next two parameters. */
static void add_partitions(const struct gb_owned_set *set, struct gb_params *params,
                           struct gb_arena *arena)
{
    const char **topics = gb_arena_array(arena, set->count, sizeof(*topics));
    int32_t *partitions = gb_arena_array(arena, set->count, sizeof(*partitions));
    GB_CHECK(topics != NULL && partitions != NULL);
    for (size_t i = 0; i < set->count; i++) {
        topics[i] = set->list[i].topic;
        partitions[i] = set->list[i].partition;
    }
    gb_params_text_array(params, topics, set->count);
    gb_params_int4_array(params, partitions, NULL, set->count);
}

static void fill(struct gb_owned_set *set, const struct gb_assignment *assignments, size_t count)
{
    gb_owned_clear(set);
    set->list = calloc(count + 1, sizeof(*set->list));
    GB_CHECK(set->list != NULL);
    set->count = count;
    for (size_t i = 0; i < count; i++) {
        struct gb_owned *owned = &set->list[i];
        int size = snprintf(owned->topic, sizeof(owned->topic), "%s", assignments[i].topic);
        GB_CHECK(size > 0 && (size_t)size < sizeof(owned->topic));
        owned->partition = assignments[i].partition;
        owned->moves_to = -1;
    }
}

enum gb_result gb_owned_take(struct gb_owned_set *set, struct gb_pg *pg, struct gb_arena *arena,
                             struct gb_assignment *assignments, size_t count, struct gb_err *err)
{
    fill(set, assignments, count);
    struct gb_call call;
    gb_call_init(&call, &gb_sql_position_take, arena);
    add_partitions(set, &call.params, arena);
    gb_params_int8(&call.params, gb_clock_wall_us());
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK) {
        gb_owned_clear(set);
        return result;
    }
    GB_CHECK(gb_rows_count(call.rows) == count);
    for (size_t row = 0; row < count; row++) {
        struct gb_owned *owned = gb_owned_find(set, gb_rows_text(call.rows, row, 0),
                                               (int32_t)gb_rows_int(call.rows, row, 1));
        GB_CHECK(owned != NULL);
        owned->next_offset = gb_rows_int(call.rows, row, 2);
        owned->fence = gb_rows_int(call.rows, row, 3);
    }
    gb_calls_release(&call, 1);
    for (size_t i = 0; i < count; i++)
        assignments[i].next_offset = set->list[i].next_offset;
    return GB_OK;
}

static enum gb_result read_row(struct gb_owned_set *set, const struct gb_rows *rows, size_t row,
                               struct gb_err *err)
{
    struct gb_owned *owned =
        gb_owned_find(set, gb_rows_text(rows, row, 0), (int32_t)gb_rows_int(rows, row, 1));
    GB_CHECK(owned != NULL);
    if (gb_rows_int(rows, row, 3) != owned->fence)
        return gb_err_set(err, GB_FATAL, "FENCED", "%s/%d has another owner", owned->topic,
                          owned->partition);
    owned->next_offset = gb_rows_int(rows, row, 2);
    return GB_OK;
}

enum gb_result gb_owned_read(struct gb_owned_set *set, struct gb_pg *pg, struct gb_arena *arena,
                             struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_position_read, arena);
    add_partitions(set, &call.params, arena);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    size_t count = gb_rows_count(call.rows);
    if (count != set->count)
        result = gb_err_set(err, GB_FATAL, "FENCED", "%zu of %zu positions are gone",
                            set->count - count, set->count);
    for (size_t row = 0; row < count && result == GB_OK; row++)
        result = read_row(set, call.rows, row, err);
    gb_calls_release(&call, 1);
    return result;
}

void gb_owned_begin(struct gb_owned_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        set->list[i].moves_to = -1;
}

void gb_owned_committed(struct gb_owned_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->list[i].moves_to >= 0)
            set->list[i].next_offset = set->list[i].moves_to;
        set->list[i].moves_to = -1;
    }
}

bool gb_owned_move(const struct gb_owned_set *set, struct gb_call *call, struct gb_arena *arena,
                   int64_t now_us)
{
    const char **topics = gb_arena_array(arena, set->count, sizeof(*topics));
    int32_t *partitions = gb_arena_array(arena, set->count, sizeof(*partitions));
    int64_t *offsets = gb_arena_array(arena, set->count, sizeof(*offsets));
    int64_t *fences = gb_arena_array(arena, set->count, sizeof(*fences));
    GB_CHECK(topics != NULL && partitions != NULL && offsets != NULL && fences != NULL);
    size_t moving = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct gb_owned *owned = &set->list[i];
        if (owned->moves_to < 0)
            continue;
        topics[moving] = owned->topic;
        partitions[moving] = owned->partition;
        offsets[moving] = owned->moves_to;
        fences[moving] = owned->fence;
        moving++;
    }
    if (moving == 0)
        return false;
    gb_call_init(call, &gb_sql_position_move, arena);
    gb_params_text_array(&call->params, topics, moving);
    gb_params_int4_array(&call->params, partitions, NULL, moving);
    gb_params_int8_array(&call->params, offsets, NULL, moving);
    gb_params_int8_array(&call->params, fences, NULL, moving);
    gb_params_int8(&call->params, now_us);
    return true;
}
