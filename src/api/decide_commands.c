/* The commands lane: what queued up while the last batch was being committed is the next batch,
 * without a timer. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/commands.h"
#include "api/link.h"
#include "api/steps.h"
#include "runtime/clock.h"
#include "runtime/log.h"

enum { TRIES_MAX = 3, IDLE_MS = 500, BYTES_PER_COMMAND = 2048 };

struct gb_api_commands {
    struct gb_api_link link;
    struct gb_engine *engine;
    size_t batch_max;
    struct gb_api_command_batch batch;
    struct gb_command *commands; /* of batch.part */
    int64_t next_us;             /* the earliest created_at of the next command */
    struct gb_metric *batch_size;
    pthread_t thread;
};

/* Nobody is paid for a hold that is over by then. */
static int64_t deadline_of(const struct gb_api_command *command)
{
    int64_t deadline_us = command->created_at_us + command->deadline_ms * 1000;
    bool sooner = command->expires_at_us != 0 && command->expires_at_us < deadline_us;
    return sooner ? command->expires_at_us : deadline_us;
}

static struct gb_command command_of(const struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    return (struct gb_command){
        .kind = GB_COMMAND_OPERATION,
        .operation = command->kind,
        .account_no = command->known.account_no,
        .account_id = command->account_id,
        .currency = command->known.currency,
        .accepted_by = request->api->settings.dc,
        .owner = command->owner,
        .client_no = request->client.client_no,
        .key = request->key,
        .amount = command->amount,
        .reference = command->reference,
        .metadata = command->metadata,
        .accepted_at_us = command->created_at_us,
        .awaited = command->until_us > 0,
        .deadline_us = gb_api_command_has_hold(command) ? 0 : deadline_of(command),
        .impatient = !command->patient,
        .payee_no = command->payee.account_no,
        .payee_id = command->payee_account_id,
        .service_id = command->service_id,
        .hold_id = command->hold_id,
        .expires_at_us = command->expires_at_us,
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
    command->currency = command->known.currency;
    command->amount = answer->amount;
    command->price_version = answer->price_version;
    command->hold_id = answer->hold_id;
    command->expires_at_us = answer->expires_at_us;
    command->reason = command->facts = NULL;
    if (answer->reason != NULL)
        command->reason = gb_arena_strdup(request->arena, answer->reason);
    if (answer->facts != NULL)
        command->facts = gb_arena_strdup(request->arena, answer->facts);
}

/* A service that is not known here may be on its way from the catalogue. */
static void turn_away(struct gb_api_request *request, enum gb_api_error error)
{
    if (error == GB_API_SERVICE_NOT_FOUND)
        gb_api_to_lane(request, gb_api_miss_service);
    else
        gb_api_refuse(request, error, "service_id",
                      gb_arena_printf(request->arena, "the account is in %s",
                                      request->command.known.currency.code));
}

static void answer(struct gb_api_request *request, const struct gb_command *command)
{
    switch (command->outcome) {
    case GB_OUTCOME_APPLIED:
    case GB_OUTCOME_REPEATED:
        take_answer(request, &command->answer);
        gb_api_settle_command(request);
        return;
    case GB_OUTCOME_MISMATCH:
        gb_api_refuse_mismatch(request, command->mismatch);
        return;
    case GB_OUTCOME_TURNED_AWAY:
        turn_away(request, gb_api_error_of(command->turned_away));
        return;
    case GB_OUTCOME_NONE:
    case GB_OUTCOME_OVERDUE:
    case GB_OUTCOME_REFUSED:
    case GB_OUTCOME_UNCHANGED:
    case GB_OUTCOME_POISON:
        break;
    }
    gb_log(GB_LOG_ERROR, "a command contradicts what is known", GB_F_TRACE(&request->trace),
           GB_F_TEXT("code", command->poison_code), GB_F_TEXT("why", command->poison_message));
    gb_api_refuse(request, GB_API_INTERNAL, NULL, command->poison_code);
}

/* Decides what is identified, together. */
static enum gb_result decide(struct gb_api_commands *commands, struct gb_err *err)
{
    struct gb_api_command_batch *batch = &commands->batch;
    size_t n = gb_api_commands_part(batch, true);
    if (n == 0)
        return GB_OK;
    for (size_t i = 0; i < n; i++)
        commands->commands[i] = command_of(batch->part[i]);
    const struct gb_engine_batch decided = {.commands = commands->commands, .count = n};
    enum gb_result result = gb_engine_run(commands->engine, batch->pg, &decided, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        gb_api_commands_forget(batch, batch->part[i]);
        answer(batch->part[i], &commands->commands[i]);
    }
    return GB_OK;
}

static enum gb_result try_batch(struct gb_api_commands *commands, struct gb_err *err)
{
    enum gb_result result = GB_RETRY;
    for (int tries = 0; result == GB_RETRY && tries < TRIES_MAX; tries++) {
        gb_arena_reset(commands->batch.arena);
        result = gb_api_link_ensure(&commands->link, err);
        commands->batch.pg = commands->link.pg;
        if (result == GB_OK)
            result = gb_api_identify_commands(&commands->batch, err);
        if (result == GB_OK)
            result = decide(commands, err);
    }
    return result;
}

static void give_up(struct gb_api_commands *commands, enum gb_result result,
                    const struct gb_err *err)
{
    const struct gb_api_command_batch *batch = &commands->batch;
    gb_log(GB_LOG_WARNING, "commands not decided", GB_F_ERR(err));
    enum gb_api_error error = result == GB_RETRY ? GB_API_DATABASE_UNAVAILABLE : GB_API_INTERNAL;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->taken[i] != NULL)
            gb_api_refuse(batch->taken[i], error, NULL, NULL);
    }
}

/* One that the database takes for nonsense must not spoil the others: each goes alone. */
static void decide_one_by_one(struct gb_api_commands *commands, struct gb_err *err)
{
    struct gb_api_command_batch *batch = &commands->batch;
    size_t count = batch->count;
    batch->count = 1;
    for (size_t i = 0; i < count; i++) {
        batch->taken[0] = batch->taken[i];
        enum gb_result result = try_batch(commands, err);
        if (result != GB_OK)
            give_up(commands, result, err);
    }
}

/* Each its own time, so that a row tells whose it is. One that was looked at before keeps its. */
static void stamp(struct gb_api_commands *commands)
{
    int64_t now_us = gb_clock_wall_us();
    if (commands->next_us < now_us)
        commands->next_us = now_us;
    for (size_t i = 0; i < commands->batch.count; i++) {
        struct gb_api_command *command = &commands->batch.taken[i]->command;
        if (command->created_at_us != 0)
            continue;
        command->created_at_us = commands->next_us++;
        if (command->kind == GB_OPERATION_HOLD)
            command->expires_at_us = command->created_at_us + command->expires_in_s * 1000000;
    }
}

static void decide_batch(struct gb_api_commands *commands, size_t count)
{
    struct gb_err err = {.result = GB_OK};
    commands->batch.count = count;
    stamp(commands);
    gb_metric_observe(commands->batch_size, (int64_t)count);
    enum gb_result result = try_batch(commands, &err);
    if (result == GB_POISON && count > 1)
        decide_one_by_one(commands, &err);
    else if (result != GB_OK)
        give_up(commands, result, &err);
}

static void *run(void *context)
{
    struct gb_api_commands *commands = context;
    struct gb_api *api = commands->batch.api;
    for (;;) {
        struct gb_err err;
        (void)!gb_api_link_ensure(&commands->link,
                                  &err); /* while idle, too: ready before somebody asks */
        size_t count = gb_queue_take(api->command_queue, (void **)commands->batch.taken,
                                     commands->batch_max, IDLE_MS);
        if (count > 0)
            decide_batch(commands, count);
        else if (atomic_load(&api->closed))
            return NULL;
    }
}

struct gb_api_commands *gb_api_commands_open(struct gb_api *api,
                                             const struct gb_engine_options *options)
{
    struct gb_api_commands *commands = calloc(1, sizeof(*commands));
    GB_CHECK(commands != NULL);
    size_t max = commands->batch_max = api->settings.command_batch_max;
    commands->engine = gb_engine_new(options);
    commands->batch = (struct gb_api_command_batch){
        .api = api,
        .arena = gb_arena_new(max * BYTES_PER_COMMAND + 65536),
        .known = gb_api_known_accounts_new(),
        .taken = calloc(max, sizeof(struct gb_api_request *)),
        .part = calloc(max, sizeof(struct gb_api_request *)),
    };
    commands->commands = calloc(max, sizeof(*commands->commands));
    GB_CHECK(commands->batch.taken != NULL && commands->batch.part != NULL &&
             commands->commands != NULL);
    commands->batch_size =
        gb_metric_size("geobill_commands_batch_requests", NULL, "Commands taken into one batch.");
    gb_api_link_init(&commands->link, api, "commands");
    GB_CHECK(pthread_create(&commands->thread, NULL, run, commands) == 0);
    return commands;
}

void gb_api_commands_close(struct gb_api_commands *commands)
{
    if (commands == NULL)
        return;
    (void)pthread_join(commands->thread, NULL);
    gb_api_link_done(&commands->link);
    gb_engine_free(commands->engine);
    gb_arena_free(commands->batch.arena);
    gb_api_known_accounts_free(commands->batch.known);
    free(commands->batch.taken);
    free(commands->batch.part);
    free(commands->commands);
    free(commands);
}

bool gb_api_commands_ready(const struct gb_api_commands *commands)
{
    return atomic_load(&commands->link.connected);
}
