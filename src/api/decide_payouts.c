/* The payouts lane: what queued up while the last batch was being committed is the next batch,
 * without a timer. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/link.h"
#include "api/payouts.h"
#include "api/steps.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/log.h"

enum { TRIES_MAX = 3, IDLE_MS = 500, BYTES_PER_PAYOUT = 2048 };

struct gb_api_payouts {
    struct gb_api *api;
    struct gb_api_link link;
    struct gb_engine *engine;
    struct gb_arena *arena;
    size_t batch_max;
    struct gb_api_request **taken; /* NULL: answered or given away */
    struct gb_api_request **part;  /* those that a statement, or the engine, is about */
    struct gb_command *commands;   /* of `part` */
    int64_t next_us;               /* the earliest created_at of the next pay-out */
    struct gb_metric *batch_size;
    pthread_t thread;
};

/* Is what is known of its account enough to let the engine decide? */
static bool is_identified(const struct gb_api_command *command)
{
    return command->known.account_no.value != 0 &&
           gb_currency_equal(command->known.currency, command->currency);
}

/* Fills `part` with the requests that are (not) identified; returns how many. */
static size_t take_part(struct gb_api_payouts *payouts, size_t count, bool identified)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct gb_api_request *request = payouts->taken[i];
        if (request != NULL && is_identified(&request->command) == identified)
            payouts->part[n++] = request;
    }
    return n;
}

static void forget(struct gb_api_payouts *payouts, size_t count,
                   const struct gb_api_request *request)
{
    for (size_t i = 0; i < count; i++) {
        if (payouts->taken[i] == request)
            payouts->taken[i] = NULL;
    }
}

/* Looks up the accounts that only their names are known of. Numbers and currencies never change. */
static enum gb_result identify(struct gb_api_payouts *payouts, size_t count, struct gb_err *err)
{
    size_t n = take_part(payouts, count, false);
    if (n == 0)
        return GB_OK;
    const char **ids = gb_arena_array(payouts->arena, n, sizeof(*ids));
    GB_CHECK(ids != NULL);
    for (size_t i = 0; i < n; i++)
        ids[i] = payouts->part[i]->command.account_id;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_identify, payouts->arena);
    gb_params_text_array(&call.params, ids, n);
    enum gb_result result = gb_pg_call(payouts->link.pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        struct gb_api_command *command = &payouts->part[i]->command;
        if (gb_rows_null(call.rows, i, 0)) {
            command->learnt = gb_api_learnt_accounts_find(payouts->api->learnt, command->account_id,
                                                          gb_clock_mono_us(), &command->known);
            continue;
        }
        command->known.account_no.value = gb_rows_int(call.rows, i, 0);
        GB_CHECK(gb_currency_parse(gb_rows_text(call.rows, i, 1), &command->known.currency));
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}

static void refuse_mismatch(struct gb_api_request *request, const char *field)
{
    gb_api_refuse(request, GB_API_IDEMPOTENCY_MISMATCH, field,
                  "the key was used before with other content");
}

/* An account that is not known here, or has another currency. The columns are those of
 * operation_repeats: what is stored under the key comes first. */
static void turn_away(struct gb_api_request *request, const struct gb_rows *rows, size_t row)
{
    const struct gb_api_command *command = &request->command;
    if (!gb_rows_null(rows, row, 0)) {
        bool same = gb_rows_int(rows, row, 2) == command->known.account_no.value;
        refuse_mismatch(request, same ? "amount" : "account_id");
    } else if (command->known.account_no.value == 0) {
        gb_api_to_lane(request, gb_api_learn_account);
    } else {
        gb_api_refuse(
            request, GB_API_CURRENCY_MISMATCH, "amount.currency",
            gb_arena_printf(request->arena, "the account is in %s", command->known.currency.code));
    }
}

static enum gb_result turn_away_all(struct gb_api_payouts *payouts, size_t count,
                                    struct gb_err *err)
{
    size_t n = take_part(payouts, count, false);
    if (n == 0)
        return GB_OK;
    int32_t *clients = gb_arena_array(payouts->arena, n, sizeof(*clients));
    const char **keys = gb_arena_array(payouts->arena, n, sizeof(*keys));
    const char **ids = gb_arena_array(payouts->arena, n, sizeof(*ids));
    GB_CHECK(clients != NULL && keys != NULL && ids != NULL);
    for (size_t i = 0; i < n; i++) {
        clients[i] = payouts->part[i]->client.client_no.value;
        keys[i] = payouts->part[i]->key;
        ids[i] = payouts->part[i]->command.account_id;
    }
    struct gb_call call;
    gb_call_init(&call, &gb_sql_operation_repeats, payouts->arena);
    gb_params_int4_array(&call.params, clients, NULL, n);
    gb_params_text_array(&call.params, keys, n);
    gb_params_text_array(&call.params, ids, n);
    enum gb_result result = gb_pg_call(payouts->link.pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        forget(payouts, count, payouts->part[i]);
        turn_away(payouts->part[i], call.rows, i);
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}

static struct gb_command command_of(const struct gb_api_payouts *payouts,
                                    const struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    return (struct gb_command){
        .kind = GB_COMMAND_PAYOUT,
        .account_no = command->known.account_no,
        .account_id = command->account_id,
        .currency = command->currency,
        .accepted_by = payouts->api->settings.dc,
        .owner = command->owner,
        .client_no = request->client.client_no,
        .key = request->key,
        .amount = command->amount,
        .reference = command->reference,
        .metadata = command->metadata,
        .accepted_at_us = command->created_at_us,
        .awaited = command->until_us > 0,
        .deadline_us = command->created_at_us + command->deadline_ms * 1000,
        .impatient = !command->patient,
        .trace = request->trace,
    };
}

/* Its own row may be an earlier try's, whose commit had not been confirmed: then this is the first
 * answer all the same. */
static void take_answer(struct gb_api_request *request, const struct gb_command_answer *answer)
{
    struct gb_api_command *command = &request->command;
    command->replayed = answer->created_at_us != command->created_at_us;
    command->created_at_us = answer->created_at_us;
    command->decided_at_us = answer->decided_at_us;
    command->state = answer->state;
    command->reason = command->facts = NULL;
    if (answer->reason != NULL)
        command->reason = gb_arena_strdup(request->arena, answer->reason);
    if (answer->facts != NULL)
        command->facts = gb_arena_strdup(request->arena, answer->facts);
}

static void answer(struct gb_api_request *request, const struct gb_command *command)
{
    switch (command->outcome) {
    case GB_OUTCOME_APPLIED:
    case GB_OUTCOME_REPEATED:
        take_answer(request, &command->answer);
        gb_api_settle_payout(request);
        return;
    case GB_OUTCOME_MISMATCH:
        refuse_mismatch(request, command->mismatch);
        return;
    case GB_OUTCOME_NONE:
    case GB_OUTCOME_OVERDUE:
    case GB_OUTCOME_REFUSED:
    case GB_OUTCOME_UNCHANGED:
    case GB_OUTCOME_POISON:
        break;
    }
    gb_log(GB_LOG_ERROR, "pay-out contradicts what is known", GB_F_TRACE(&request->trace),
           GB_F_TEXT("code", command->poison_code), GB_F_TEXT("why", command->poison_message));
    gb_api_refuse(request, GB_API_INTERNAL, NULL, command->poison_code);
}

/* Decides what is identified, together. */
static enum gb_result decide(struct gb_api_payouts *payouts, size_t count, struct gb_err *err)
{
    size_t n = take_part(payouts, count, true);
    if (n == 0)
        return GB_OK;
    for (size_t i = 0; i < n; i++)
        payouts->commands[i] = command_of(payouts, payouts->part[i]);
    const struct gb_engine_batch batch = {.commands = payouts->commands, .count = n};
    enum gb_result result = gb_engine_run(payouts->engine, payouts->link.pg, &batch, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        forget(payouts, count, payouts->part[i]);
        answer(payouts->part[i], &payouts->commands[i]);
    }
    return GB_OK;
}

static enum gb_result try_batch(struct gb_api_payouts *payouts, size_t count, struct gb_err *err)
{
    enum gb_result result = GB_RETRY;
    for (int tries = 0; result == GB_RETRY && tries < TRIES_MAX; tries++) {
        gb_arena_reset(payouts->arena);
        result = gb_api_link_ensure(&payouts->link, err);
        if (result == GB_OK)
            result = identify(payouts, count, err);
        if (result == GB_OK)
            result = turn_away_all(payouts, count, err);
        if (result == GB_OK)
            result = decide(payouts, count, err);
    }
    return result;
}

static void give_up(struct gb_api_payouts *payouts, size_t count, enum gb_result result,
                    const struct gb_err *err)
{
    gb_log(GB_LOG_WARNING, "pay-outs not decided", GB_F_ERR(err));
    enum gb_api_error error = result == GB_RETRY ? GB_API_DATABASE_UNAVAILABLE : GB_API_INTERNAL;
    for (size_t i = 0; i < count; i++) {
        if (payouts->taken[i] != NULL)
            gb_api_refuse(payouts->taken[i], error, NULL, NULL);
    }
}

/* One that the database takes for nonsense must not spoil the others: each goes alone. */
static void decide_one_by_one(struct gb_api_payouts *payouts, size_t count, struct gb_err *err)
{
    for (size_t i = 0; i < count; i++) {
        payouts->taken[0] = payouts->taken[i];
        enum gb_result result = try_batch(payouts, 1, err);
        if (result != GB_OK)
            give_up(payouts, 1, result, err);
    }
}

/* Each its own time, so that a row tells whose it is. One that was looked at before keeps its. */
static void stamp(struct gb_api_payouts *payouts, size_t count)
{
    int64_t now_us = gb_clock_wall_us();
    if (payouts->next_us < now_us)
        payouts->next_us = now_us;
    for (size_t i = 0; i < count; i++) {
        struct gb_api_command *command = &payouts->taken[i]->command;
        if (command->created_at_us == 0)
            command->created_at_us = payouts->next_us++;
    }
}

static void decide_batch(struct gb_api_payouts *payouts, size_t count)
{
    struct gb_err err = {.result = GB_OK};
    stamp(payouts, count);
    gb_metric_observe(payouts->batch_size, (int64_t)count);
    enum gb_result result = try_batch(payouts, count, &err);
    if (result == GB_POISON && count > 1)
        decide_one_by_one(payouts, count, &err);
    else if (result != GB_OK)
        give_up(payouts, count, result, &err);
}

static void *run(void *context)
{
    struct gb_api_payouts *payouts = context;
    struct gb_api *api = payouts->api;
    for (;;) {
        struct gb_err err;
        (void)!gb_api_link_ensure(&payouts->link,
                                  &err); /* while idle, too: ready before somebody asks */
        size_t count =
            gb_queue_take(api->payout_queue, (void **)payouts->taken, payouts->batch_max, IDLE_MS);
        if (count > 0)
            decide_batch(payouts, count);
        else if (atomic_load(&api->closed))
            return NULL;
    }
}

struct gb_api_payouts *gb_api_payouts_open(struct gb_api *api,
                                           const struct gb_engine_options *options)
{
    struct gb_api_payouts *payouts = calloc(1, sizeof(*payouts));
    GB_CHECK(payouts != NULL);
    payouts->api = api;
    payouts->batch_max = api->settings.payout_batch_max;
    payouts->engine = gb_engine_new(options);
    payouts->arena = gb_arena_new(payouts->batch_max * BYTES_PER_PAYOUT + 65536);
    payouts->taken = calloc(payouts->batch_max, sizeof(*payouts->taken));
    payouts->part = calloc(payouts->batch_max, sizeof(*payouts->part));
    payouts->commands = calloc(payouts->batch_max, sizeof(*payouts->commands));
    GB_CHECK(payouts->taken != NULL && payouts->part != NULL && payouts->commands != NULL);
    payouts->batch_size =
        gb_metric_size("geobill_payouts_batch_requests", NULL, "Pay-outs taken into one batch.");
    gb_api_link_init(&payouts->link, api, "payouts");
    GB_CHECK(pthread_create(&payouts->thread, NULL, run, payouts) == 0);
    return payouts;
}

void gb_api_payouts_close(struct gb_api_payouts *payouts)
{
    if (payouts == NULL)
        return;
    (void)pthread_join(payouts->thread, NULL);
    gb_api_link_done(&payouts->link);
    gb_engine_free(payouts->engine);
    gb_arena_free(payouts->arena);
    free(payouts->taken);
    free(payouts->part);
    free(payouts->commands);
    free(payouts);
}

bool gb_api_payouts_ready(const struct gb_api_payouts *payouts)
{
    return atomic_load(&payouts->link.connected);
}
