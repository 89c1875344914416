#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/spend.h"
#include "db/sql.h"
#include "engine/work.h"
#include "runtime/clock.h"
#include "runtime/fault.h"
#include "runtime/metrics.h"

/* A chain of waiting transfers, each paid by the one before it, is locked link by link; what is
 * longer goes on with the next credit or at its deadline. */
enum { TRIES_MAX = 10, PAYEE_ROUNDS_MAX = 16, WORK_BYTES_MAX = 48 * 1024 * 1024 };
enum { KEPT_BYTES = 16 * 1024 };

enum { KINDS = GB_OPERATION_REFUND + 1 };

struct gb_engine {
    struct gb_engine_options options;
    struct gb_arena *arena;
    struct gb_arena *kept; /* what an atomic batch has to know the second time */
    struct gb_work work;
    int64_t payees[GB_ENGINE_PAYEES_MAX]; /* to be locked, too */
    int64_t begun_us;                     /* of the batch in work, monotonic */
    struct gb_metric *batches, *batch_size, *booked, *repeated, *refused, *poisoned, *entries;
    struct gb_metric *done[KINDS], *refused_kind[KINDS], *waited[KINDS]; /* by operation kind */
    struct gb_metric *asks, *replies, *impossible, *skewed;
    struct gb_metric *duration;
};

/* How a kind that the engine decides ends when it is not refused; 0: it does not decide that. */
static const enum gb_operation_state DONE[KINDS] = {
    [GB_OPERATION_PAYIN] = GB_STATE_BOOKED,  [GB_OPERATION_PAYOUT] = GB_STATE_PAID,
    [GB_OPERATION_HOLD] = GB_STATE_HELD,     [GB_OPERATION_CAPTURE] = GB_STATE_PAID,
    [GB_OPERATION_VOID] = GB_STATE_RELEASED, [GB_OPERATION_TRANSFER] = GB_STATE_PAID,
    [GB_OPERATION_CHARGE] = GB_STATE_PAID,   [GB_OPERATION_REFUND] = GB_STATE_BOOKED,
};

static struct gb_metric *decided_metric(int kind, enum gb_operation_state state)
{
    char labels[64];
    (void)snprintf(labels, sizeof(labels), "kind=\"%s\",state=\"%s\"", gb_operation_kind_name(kind),
                   gb_operation_state_name((int)state));
    return gb_metric_counter("geobill_operations_decided_total", labels,
                             "Operations by what was decided.");
}

static void register_operations(struct gb_engine *engine)
{
    for (int kind = 1; kind < KINDS; kind++) {
        char labels[64];
        if (DONE[kind] == 0)
            continue;
        engine->done[kind] = decided_metric(kind, DONE[kind]);
        engine->refused_kind[kind] = decided_metric(kind, GB_STATE_REFUSED);
        (void)snprintf(labels, sizeof(labels), "kind=\"%s\"", gb_operation_kind_name(kind));
        if (gb_spend_can_be((enum gb_operation_kind)kind))
            engine->waited[kind] =
                gb_metric_counter("geobill_operations_waited_total", labels,
                                  "Operations that the own share could not pay at once.");
    }
}

static void register_metrics(struct gb_engine *engine)
{
    engine->batches = gb_metric_counter("geobill_engine_batches_total", NULL,
                                        "Batches of commands that the engine has committed.");
    engine->batch_size =
        gb_metric_size("geobill_engine_batch_commands", NULL, "Commands in a committed batch.");
    engine->booked = gb_metric_counter("geobill_engine_commands_total", "outcome=\"applied\"",
                                       "Commands by what became of them.");
    engine->repeated = gb_metric_counter("geobill_engine_commands_total", "outcome=\"repeated\"",
                                         "Commands by what became of them.");
    engine->refused = gb_metric_counter("geobill_engine_commands_total", "outcome=\"refused\"",
                                        "Commands by what became of them.");
    engine->poisoned = gb_metric_counter("geobill_engine_commands_total", "outcome=\"poison\"",
                                         "Commands by what became of them.");
    register_operations(engine);
    engine->asks = gb_metric_counter("geobill_asks_sent_total", NULL, "Asks sent to peers.");
    engine->replies =
        gb_metric_counter("geobill_replies_sent_total", NULL, "Replies sent to peers.");
    engine->impossible = gb_metric_counter(
        "geobill_impossible_messages_total", NULL,
        "Asks and replies that contradict what is known: somebody has lost what was committed.");
    engine->skewed = gb_metric_counter("geobill_clock_skew_total", NULL,
                                       "Batches with a peer's clock too far ahead of ours.");
    engine->entries =
        gb_metric_counter("geobill_engine_entries_total", NULL, "Entries written to the ledger.");
    engine->duration =
        gb_metric_duration("geobill_engine_batch_seconds", NULL,
                           "Time from the start of a batch to its commit, all round trips in it.");
}

struct gb_engine *gb_engine_new(const struct gb_engine_options *options)
{
    struct gb_engine *engine = calloc(1, sizeof(*engine));
    GB_CHECK(engine != NULL);
    engine->arena = gb_arena_new(WORK_BYTES_MAX);
    engine->kept = gb_arena_new(KEPT_BYTES);
    engine->options = *options;
    engine->work.dc = options->dc;
    engine->work.options = &engine->options;
    engine->work.payees = engine->payees;
    register_metrics(engine);
    return engine;
}

void gb_engine_free(struct gb_engine *engine)
{
    if (engine == NULL)
        return;
    gb_arena_free(engine->arena);
    gb_arena_free(engine->kept);
    free(engine);
}

/* Once: whose database this is. Booking into another datacenter's would be a disaster. */
static enum gb_result identify(struct gb_engine *engine, struct gb_pg *pg, struct gb_err *err)
{
    if (engine->work.incarnation != 0)
        return GB_OK;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_local_datacenter_get, engine->arena);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    struct gb_dc dc;
    bool ours = gb_rows_count(call.rows) == 1 && gb_dc_parse(gb_rows_text(call.rows, 0, 0), &dc) &&
                gb_dc_equal(dc, engine->work.dc);
    if (ours) {
        engine->work.incarnation = (int32_t)gb_rows_int(call.rows, 0, 2);
        engine->work.epoch = (int32_t)gb_rows_int(call.rows, 0, 3);
    }
    gb_calls_release(&call, 1);
    if (!ours)
        return gb_err_set(err, GB_FATAL, "WRONG_DATABASE", "the database is not that of %s",
                          engine->work.dc.code);
    return GB_OK;
}

static enum gb_result decide_once(struct gb_engine *engine, struct gb_pg *pg, struct gb_err *err)
{
    enum gb_result result = gb_work_read(&engine->work, pg, err);
    if (result != GB_OK)
        return result;
    result = gb_work_decide(&engine->work, err);
    if (result != GB_OK)
        gb_pg_rollback(pg);
    return result;
}

/* A waiting transfer that could be paid wants its payee's lock, and all locks are taken in order:
 * then everything is done again with that one, too. */
static bool wants_more(struct gb_engine *engine)
{
    size_t before = engine->work.payees_count;
    if (!engine->work.last_round)
        gb_work_missing_payees(&engine->work, engine->payees, &engine->work.payees_count);
    return engine->work.payees_count > before;
}

enum gb_result gb_engine_decide(struct gb_engine *engine, struct gb_pg *pg,
                                struct gb_command *commands, size_t count, int64_t now_us,
                                struct gb_err *err)
{
    GB_CHECK(count >= 1 && count <= GB_ENGINE_COMMANDS_MAX);
    engine->begun_us = gb_clock_mono_us();
    gb_arena_reset(engine->arena);
    enum gb_result result = identify(engine, pg, err);
    if (result != GB_OK)
        return result;
    engine->work.payees_count = 0;
    bool joins = gb_pg_begun(pg); /* there is no start to go back to */
    for (int round = 1;; round++) {
        engine->work.last_round =
            joins || round == PAYEE_ROUNDS_MAX || engine->work.payees_count == GB_ENGINE_PAYEES_MAX;
        gb_work_init(&engine->work, engine->arena, commands, count, now_us);
        result = decide_once(engine, pg, err);
        if (result != GB_OK || !wants_more(engine))
            return result;
        gb_pg_rollback(pg);
        gb_arena_reset(engine->arena);
    }
}

size_t gb_engine_write(struct gb_engine *engine, struct gb_call calls[GB_ENGINE_CALLS_MAX])
{
    gb_fault_point("engine.before_commit");
    return gb_work_write(&engine->work, calls);
}

static void count_outcomes(struct gb_engine *engine)
{
    int64_t applied = 0, repeated = 0, refused = 0, poisoned = 0;
    for (size_t i = 0; i < engine->work.count; i++) {
        enum gb_outcome outcome = engine->work.commands[i].outcome;
        applied += outcome == GB_OUTCOME_APPLIED;
        repeated += outcome == GB_OUTCOME_REPEATED;
        refused += outcome == GB_OUTCOME_REFUSED;
        poisoned += outcome == GB_OUTCOME_POISON;
    }
    gb_metric_add(engine->booked, applied);
    gb_metric_add(engine->repeated, repeated);
    gb_metric_add(engine->refused, refused);
    gb_metric_add(engine->poisoned, poisoned);
}

/* Where an operation ends counts once: at the command, or when it has waited. */
static void count_state(struct gb_engine *engine, enum gb_operation_kind kind,
                        enum gb_operation_state state)
{
    if (state == GB_STATE_WAITING)
        gb_metric_add(engine->waited[kind], 1);
    else if (state == GB_STATE_REFUSED)
        gb_metric_add(engine->refused_kind[kind], 1);
    else
        gb_metric_add(engine->done[kind], 1);
}

static void count_reservations(struct gb_engine *engine)
{
    const struct gb_work *work = &engine->work;
    for (size_t i = 0; i < work->count; i++) {
        const struct gb_command *command = &work->commands[i];
        if (command->kind == GB_COMMAND_OPERATION && command->outcome == GB_OUTCOME_APPLIED)
            count_state(engine, command->operation, command->answer.state);
    }
    for (size_t i = 0; i < work->operations_all; i++) {
        if (work->operations[i].decided)
            count_state(engine, work->operations[i].request.kind, work->operations[i].state);
    }
    for (size_t i = 0; i < work->messages_count; i++) {
        gb_metric_add(engine->asks, work->messages[i].kind == GB_MESSAGE_ASK);
        gb_metric_add(engine->replies, work->messages[i].kind == GB_MESSAGE_REPLY);
    }
    gb_metric_add(engine->impossible, work->impossible);
    gb_metric_add(engine->skewed, work->books.skew_alarm);
}

void gb_engine_committed(struct gb_engine *engine)
{
    gb_fault_point("engine.after_commit");
    const struct gb_work *work = &engine->work;
    const struct gb_effects *effects = &work->books.effects;
    unsigned what = (effects->entries_count > 0 ? GB_WAKE_ENTRIES : 0) |
                    (work->messages_count > 0 ? GB_WAKE_OUTBOX : 0);
    if (engine->options.wake != NULL && what != 0)
        gb_wake_send(engine->options.wake, what);
    gb_metric_add(engine->batches, 1);
    gb_metric_observe(engine->batch_size, (int64_t)work->count);
    gb_metric_add(engine->entries, (int64_t)effects->entries_count);
    gb_metric_observe(engine->duration, gb_clock_mono_us() - engine->begun_us);
    count_outcomes(engine);
    count_reservations(engine);
}

struct run {
    struct gb_engine *engine;
    const struct gb_engine_batch *batch;
};

/* Decides an atomic batch. One that is refused is decided once more, as that. */
static enum gb_result decide_atomic(struct gb_engine *engine, struct gb_pg *pg,
                                    const struct gb_engine_batch *batch, struct gb_err *err)
{
    struct gb_engine_atomic *atomic = batch->atomic;
    engine->work.batch_id = atomic->batch_id;
    enum gb_result result =
        gb_engine_decide(engine, pg, batch->commands, batch->count, gb_clock_wall_us(), err);
    if (result != GB_OK)
        return result;
    gb_work_judge(&engine->work, atomic);
    if (atomic->outcome != GB_ATOMIC_ABORTED)
        return GB_OK;
    size_t at = atomic->at;
    engine->work.aborted = gb_work_abort_facts(&engine->work, at, engine->kept);
    gb_pg_rollback(pg);
    result = gb_engine_decide(engine, pg, batch->commands, batch->count, gb_clock_wall_us(), err);
    if (result != GB_OK)
        return result;
    gb_work_judge(&engine->work, atomic);
    if (atomic->outcome == GB_ATOMIC_ABORTED)
        atomic->at = at;
    return GB_OK;
}

static enum gb_result decide_batch(struct gb_engine *engine, struct gb_pg *pg,
                                   const struct gb_engine_batch *batch, struct gb_err *err)
{
    engine->work.batch_id = (struct gb_uuid){{0}};
    engine->work.aborted = NULL;
    gb_arena_reset(engine->kept);
    if (batch->atomic != NULL)
        return decide_atomic(engine, pg, batch, err);
    return gb_engine_decide(engine, pg, batch->commands, batch->count, gb_clock_wall_us(), err);
}

/* Is there anything to write? */
static bool is_to_be_written(const struct gb_engine_batch *batch)
{
    const struct gb_engine_atomic *atomic = batch->atomic;
    return !batch->dry_run && (atomic == NULL || atomic->outcome == GB_ATOMIC_DONE ||
                               atomic->outcome == GB_ATOMIC_ABORTED);
}

static enum gb_result run_once(struct gb_pg *pg, void *context, struct gb_err *err)
{
    const struct run *run = context;
    struct gb_engine *engine = run->engine;
    const struct gb_engine_batch *batch = run->batch;
    enum gb_result result = decide_batch(engine, pg, batch, err);
    if (result != GB_OK)
        return result;
    if (!is_to_be_written(batch)) {
        gb_pg_rollback(pg);
        return GB_OK;
    }
    struct gb_call calls[GB_ENGINE_CALLS_MAX + GB_ENGINE_EXTRA_MAX + 1];
    size_t count = gb_engine_write(engine, calls);
    if (batch->extra != NULL)
        count +=
            batch->extra(batch->context, batch, engine->arena, calls + count, GB_ENGINE_EXTRA_MAX);
    gb_call_init(&calls[count++], &gb_sql_tx_commit, engine->arena);
    result = gb_pg_run(pg, calls, count, NULL, err);
    gb_calls_release(calls, count);
    if (result == GB_OK)
        gb_engine_committed(engine);
    return result;
}

enum gb_result gb_engine_run(struct gb_engine *engine, struct gb_pg *pg,
                             const struct gb_engine_batch *batch, struct gb_err *err)
{
    struct run run = {.engine = engine, .batch = batch};
    return gb_pg_transact(pg, TRIES_MAX, run_once, &run, err);
}
