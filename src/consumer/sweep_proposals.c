/* Proposals at work: dead letters are replayed (into the outbox, from where the publisher takes
 * them to the topic they came from), parked, unparked. One transaction for some hundreds; where it
 * stopped it goes on, after a crash, too. */
#include <string.h>

#include "consumer/sweep_round.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/wake.h"

enum {
    BATCH = 1000,
    BATCHES = 8,        /* of one proposal, until something else is looked at */
    OUTBOX_MAX = 50000, /* replayed messages that Kafka does not have yet */
    DAY_MINUTES = 1440,
    KIND_REPLAY = 1,
    STATE_RUNNING = 2,
    STATE_DONE = 4,
};
#define CREDIT_OF_ONE INT64_C(1000000)

bool gb_window_open(int from, int to, int minute)
{
    return from <= to ? from <= minute && minute < to : from <= minute || minute < to;
}

int32_t gb_replay_pace_take(struct gb_replay_pace *pace, struct gb_uuid proposal_id,
                            int64_t rate_per_s, int32_t max, int64_t mono_us)
{
    const int64_t second_us = 1000000;
    if (memcmp(&pace->proposal_id, &proposal_id, sizeof(proposal_id)) != 0)
        *pace = (struct gb_replay_pace){.proposal_id = proposal_id, .at_us = mono_us};
    /* What was not used for a while is lost: no burst after a pause. */
    int64_t elapsed_us = mono_us - pace->at_us < second_us ? mono_us - pace->at_us : second_us;
    pace->at_us = mono_us;
    pace->credit += elapsed_us * rate_per_s;
    if (pace->credit > second_us * rate_per_s)
        pace->credit = second_us * rate_per_s;
    int64_t count = pace->credit / CREDIT_OF_ONE < max ? pace->credit / CREDIT_OF_ONE : max;
    pace->credit -= count * CREDIT_OF_ONE;
    return (int32_t)count;
}

void gb_replay_pace_give_back(struct gb_replay_pace *pace, int32_t count)
{
    pace->credit += count * CREDIT_OF_ONE;
}

struct due {
    struct gb_uuid id;
    bool replays;
    int64_t rate_per_s;
    bool open; /* it is within its window */
};

static struct due due_of(const struct gb_rows *rows, size_t row, int64_t now_us)
{
    int minute = (int)(now_us / 60000000 % DAY_MINUTES);
    return (struct due){
        .id = gb_rows_uuid(rows, row, 0),
        .replays = gb_rows_int(rows, row, 1) == KIND_REPLAY,
        .rate_per_s = gb_rows_int(rows, row, 2),
        .open =
            gb_rows_null(rows, row, 3) ||
            gb_window_open((int)gb_rows_int(rows, row, 3), (int)gb_rows_int(rows, row, 4), minute),
    };
}

/* The streams that replay, one to each datacenter's cluster. */
static void streams_param(struct gb_sweeper *sweeper, struct gb_params *params)
{
    const char *streams[GB_SWEEP_PEERS_MAX + 1];
    for (size_t i = 0; i <= sweeper->peers_count; i++) {
        const char *code = i == 0 ? sweeper->dc.code : sweeper->peers[i - 1];
        streams[i] = gb_arena_printf(sweeper->arena, "replay-%s", code);
        GB_CHECK(streams[i] != NULL);
    }
    gb_params_text_array(params, streams, sweeper->peers_count + 1);
}

/* *ret: how many more may be on their way. */
static enum gb_result read_room(struct gb_sweeper *sweeper, struct gb_pg *pg, int32_t *ret,
                                struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_replay_backlog, sweeper->arena);
    streams_param(sweeper, &call.params);
    gb_params_int4(&call.params, OUTBOX_MAX);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    *ret = OUTBOX_MAX - (int32_t)gb_rows_int(call.rows, 0, 0);
    gb_calls_release(&call, 1);
    return GB_OK;
}

static void tell_done(const struct due *due)
{
    char id[GB_UUID_TEXT_SIZE];
    gb_uuid_format(due->id, id);
    gb_log(GB_LOG_INFO, "proposal done", GB_F_TEXT("proposal_id", id));
}

/* What a step of a proposal did. */
struct moved {
    int32_t count;
    bool more; /* there may be others */
};

/* Moves of those that come next at most `count`. */
static enum gb_result move(struct gb_sweeper *sweeper, struct gb_pg *pg, const struct due *due,
                           int32_t count, struct moved *ret, struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_proposal_move, sweeper->arena);
    gb_params_uuid(&call.params, &due->id);
    gb_params_int4(&call.params, count);
    streams_param(sweeper, &call.params);
    gb_params_int8(&call.params, gb_clock_wall_us());
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    bool known = gb_rows_count(call.rows) == 1;
    ret->count = known ? (int32_t)gb_rows_int(call.rows, 0, 0) : 0;
    ret->more = known && gb_rows_int(call.rows, 0, 1) == STATE_RUNNING;
    if (known && gb_rows_int(call.rows, 0, 1) == STATE_DONE)
        tell_done(due);
    gb_calls_release(&call, 1);
    if (due->replays && sweeper->wake != NULL)
        gb_wake_send(sweeper->wake, GB_WAKE_OUTBOX);
    return GB_OK;
}

static enum gb_result run(struct gb_sweeper *sweeper, struct gb_pg *pg, const struct due *due,
                          struct gb_err *err)
{
    int32_t room = BATCH * BATCHES;
    enum gb_result result = due->replays ? read_room(sweeper, pg, &room, err) : GB_OK;
    struct moved moved = {.more = true};
    for (int i = 0; i < BATCHES && moved.more && result == GB_OK; i++) {
        int32_t count = room < BATCH ? room : BATCH;
        if (due->replays && count > 0)
            count = gb_replay_pace_take(&sweeper->pace, due->id, due->rate_per_s, count,
                                        gb_clock_mono_us());
        if (count <= 0)
            break;
        moved.count = 0;
        result = move(sweeper, pg, due, count, &moved, err);
        room -= moved.count;
        if (due->replays)
            gb_replay_pace_give_back(&sweeper->pace, count - moved.count);
    }
    return result;
}

enum gb_result gb_sweep_proposals(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                                  size_t *ret_running, struct gb_err *err)
{
    struct gb_call call;
    gb_arena_reset(sweeper->arena);
    gb_call_init(&call, &gb_sql_proposal_due, sweeper->arena);
    *ret_running = 0;
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    *ret_running = gb_rows_count(call.rows);
    for (size_t i = 0; i < *ret_running && result == GB_OK; i++) {
        struct due due = due_of(call.rows, i, now_us);
        if (due.open)
            result = run(sweeper, pg, &due, err);
    }
    gb_calls_release(&call, 1);
    return result;
}

enum gb_result gb_sweep_letters(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                                size_t *ret_count, struct gb_err *err)
{
    struct gb_call call;
    *ret_count = 0;
    if (sweeper->letters_keep_us == 0)
        return GB_OK;
    gb_arena_reset(sweeper->arena);
    gb_call_init(&call, &gb_sql_dead_letter_forget, sweeper->arena);
    gb_params_int8(&call.params, now_us - sweeper->letters_keep_us);
    gb_params_int4(&call.params, GB_SWEEP_ITEMS_MAX);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    *ret_count = (size_t)call.affected;
    gb_calls_release(&call, 1);
    return GB_OK;
}
