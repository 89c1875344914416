/* The commands lane: what queued up while the last batch was being committed is the next batch,
 * without a timer. */
#include <pthread.h>
#include <stdlib.h>

#include "api/answer.h"
#include "api/commands.h"
#include "api/link.h"
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

/* Decides what is identified, together. */
static enum gb_result decide(struct gb_api_commands *commands, struct gb_err *err)
{
    struct gb_api_command_batch *batch = &commands->batch;
    size_t n = gb_api_commands_part(batch, true);
    if (n == 0)
        return GB_OK;
    for (size_t i = 0; i < n; i++)
        GB_CHECK(!batch->part[i]->command.dry_run);
    for (size_t i = 0; i < n; i++)
        commands->commands[i] = gb_api_engine_command(batch->part[i]);
    const struct gb_engine_batch decided = {.commands = commands->commands, .count = n};
    enum gb_result result = gb_engine_run(commands->engine, batch->pg, &decided, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        gb_api_commands_forget(batch, batch->part[i]);
        gb_api_take_decision(batch->part[i], &commands->commands[i]);
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

static void decide_batch(struct gb_api_commands *commands, size_t count)
{
    struct gb_err err = {.result = GB_OK};
    commands->batch.count = count;
    gb_api_stamp_commands(commands->batch.taken, count, &commands->next_us);
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
