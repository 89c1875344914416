/* The apart lane: one thread, connection and engine, one transaction after the other. */
#include <pthread.h>
#include <stdlib.h>

#include "api/answer.h"
#include "api/apart.h"
#include "api/client_batch.h"
#include "api/commands.h"
#include "api/link.h"
#include "api/refusal_detail.h"
#include "api/steps.h"
#include "api/try_commands.h"
#include "runtime/log.h"

enum { TRIES_MAX = 3, IDLE_MS = 500, BYTES_PER_COMMAND = 4096 };

struct gb_api_apart {
    struct gb_api_link link;
    struct gb_engine *engine;
    struct gb_api_command_batch batch;
    struct gb_command *commands; /* of batch.part */
    int64_t next_us;             /* the earliest created_at of the next command */
    pthread_t thread;
};

/* Each its stored answer, all from one decision. */
static void answer_each(struct gb_api_apart *apart, struct gb_api_client_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        gb_api_take_decision(apart->batch.part[i], &apart->commands[i]);
    gb_api_batch_answered(batch);
}

/* All of them have the same answer, which names the one that was refused. */
static void answer_aborted(struct gb_api_apart *apart, struct gb_api_client_batch *batch)
{
    struct gb_api_command *command = &batch->commands[0].request.command;
    const struct gb_command_answer *answer = &apart->commands[0].answer;
    command->reason = answer->reason;
    command->facts = answer->facts;
    const struct gb_api_refusal refusal = {
        .error = gb_api_error_of(command->reason),
        .detail = gb_api_refusal_detail(command, batch->arena),
        .facts = command->facts,
        .replayed = answer->created_at_us != command->created_at_us,
    };
    gb_api_refuse_stored(batch->request, &refusal);
    gb_api_batch_free(batch);
}

static void refuse(struct gb_api_apart *apart, struct gb_api_client_batch *batch, size_t at,
                   enum gb_atomic_outcome outcome)
{
    struct gb_api_request *request = &batch->commands[at].request;
    const struct gb_command *command = &apart->commands[at];
    if (outcome == GB_ATOMIC_MISMATCH)
        gb_api_refuse_mismatch(request, command->mismatch);
    else if (outcome == GB_ATOMIC_KEY_USED)
        gb_api_refuse(request, GB_API_BATCH_KEY_USED, "key", NULL);
    else if (command->outcome == GB_OUTCOME_TURNED_AWAY)
        gb_api_refuse(request, gb_api_error_of(command->turned_away), "service_id", NULL);
    else
        gb_api_take_decision(request, command); /* which says that it is impossible */
    GB_CHECK(gb_api_refuse_batch(batch));
}

static void answer(struct gb_api_apart *apart, struct gb_api_client_batch *batch,
                   const struct gb_engine_atomic *atomic)
{
    switch (atomic->outcome) {
    case GB_ATOMIC_DONE:
        answer_each(apart, batch);
        return;
    case GB_ATOMIC_ABORTED:
        answer_aborted(apart, batch);
        return;
    case GB_ATOMIC_REPEATED:
        if (apart->commands[0].answer.state == GB_STATE_REFUSED)
            answer_aborted(apart, batch);
        else
            answer_each(apart, batch);
        return;
    case GB_ATOMIC_KEY_USED:
    case GB_ATOMIC_MISMATCH:
    case GB_ATOMIC_POISON:
        refuse(apart, batch, atomic->at, atomic->outcome);
        return;
    }
}

/* All commands of the batch, in its order: with one that cannot be decided it is refused. */
static enum gb_result decide(struct gb_api_apart *apart, struct gb_api_client_batch *batch,
                             struct gb_uuid batch_id, struct gb_err *err)
{
    size_t n = gb_api_commands_part(&apart->batch, true);
    if (n < batch->count) {
        GB_CHECK(gb_api_refuse_batch(batch));
        return GB_OK;
    }
    for (size_t i = 0; i < n; i++)
        apart->commands[i] = gb_api_engine_command(apart->batch.part[i]);
    struct gb_engine_atomic atomic = {.batch_id = batch_id};
    const struct gb_engine_batch decided = {
        .commands = apart->commands, .count = n, .atomic = &atomic, .dry_run = batch->dry_run};
    enum gb_result result = gb_engine_run(apart->engine, apart->batch.pg, &decided, err);
    if (result == GB_OK)
        answer(apart, batch, &atomic);
    return result;
}

static enum gb_result try_once(struct gb_api_apart *apart, struct gb_api_client_batch *batch,
                               struct gb_uuid batch_id, struct gb_err *err)
{
    enum gb_result result = gb_api_link_ensure(&apart->link, err);
    apart->batch.pg = apart->link.pg;
    if (result == GB_OK)
        result = gb_api_identify_commands(&apart->batch, err);
    if (result != GB_OK)
        return result;
    return batch != NULL && batch->atomic ? decide(apart, batch, batch_id, err)
                                          : gb_api_try_commands(&apart->batch, apart->engine, err);
}

static enum gb_result try_all(struct gb_api_apart *apart, struct gb_api_client_batch *batch,
                              struct gb_err *err)
{
    enum gb_result result = GB_RETRY;
    struct gb_uuid batch_id = gb_uuid_v7();
    for (int tries = 0; result == GB_RETRY && tries < TRIES_MAX; tries++) {
        gb_arena_reset(apart->batch.arena);
        result = try_once(apart, batch, batch_id, err);
    }
    return result;
}

/* Who is not answered yet: of an atomic batch the batch, else each for itself. */
static void give_up(struct gb_api_apart *apart, struct gb_api_client_batch *batch,
                    enum gb_result result, const struct gb_err *err)
{
    enum gb_api_error error = result == GB_RETRY ? GB_API_DATABASE_UNAVAILABLE : GB_API_INTERNAL;
    gb_log(GB_LOG_WARNING, "commands not decided", GB_F_ERR(err));
    if (batch != NULL && batch->atomic) {
        gb_api_refuse(batch->request, error, NULL, NULL);
        gb_api_batch_free(batch);
        return;
    }
    for (size_t i = 0; i < apart->batch.count; i++) {
        if (apart->batch.taken[i] != NULL)
            gb_api_refuse(apart->batch.taken[i], error, NULL, NULL);
    }
}

static void load(struct gb_api_apart *apart, struct gb_api_request *request,
                 struct gb_api_client_batch *batch)
{
    struct gb_api_command_batch *to = &apart->batch;
    to->count = 0;
    if (batch == NULL)
        to->taken[to->count++] = request;
    for (size_t i = 0; batch != NULL && i < batch->count; i++) {
        if (batch->commands[i].queue != NULL)
            to->taken[to->count++] = &batch->commands[i].request;
    }
    gb_api_stamp_commands(to->taken, to->count, &apart->next_us);
}

static void serve(struct gb_api_apart *apart, struct gb_api_request *request)
{
    bool many = request->route->work == gb_api_take_batch;
    struct gb_api_client_batch *batch = many ? request->body : NULL;
    bool each = many && !batch->atomic; /* then they answer the batch, and this was its reader */
    struct gb_err err = {.result = GB_OK};
    load(apart, request, batch);
    enum gb_result result = try_all(apart, batch, &err);
    if (result != GB_OK)
        give_up(apart, batch, result, &err);
    if (each)
        gb_api_batch_answered(batch);
}

static void *run(void *context)
{
    struct gb_api_apart *apart = context;
    struct gb_api *api = apart->batch.api;
    for (;;) {
        struct gb_err err;
        (void)!gb_api_link_ensure(&apart->link,
                                  &err); /* while idle, too: ready before somebody asks */
        void *request;
        if (gb_queue_take(api->apart_queue, &request, 1, IDLE_MS) > 0)
            serve(apart, request);
        else if (atomic_load(&api->closed))
            return NULL;
    }
}

struct gb_api_apart *gb_api_apart_open(struct gb_api *api, const struct gb_engine_options *options)
{
    struct gb_api_apart *apart = calloc(1, sizeof(*apart));
    GB_CHECK(apart != NULL);
    apart->engine = gb_engine_new(options);
    apart->batch = (struct gb_api_command_batch){
        .api = api,
        .arena = gb_arena_new(GB_API_BATCH_MAX * BYTES_PER_COMMAND),
        .taken = calloc(GB_API_BATCH_MAX, sizeof(struct gb_api_request *)),
        .part = calloc(GB_API_BATCH_MAX, sizeof(struct gb_api_request *)),
        .known = gb_api_known_accounts_new(),
    };
    apart->commands = calloc(GB_API_BATCH_MAX, sizeof(*apart->commands));
    GB_CHECK(apart->batch.taken != NULL && apart->batch.part != NULL && apart->commands != NULL);
    gb_api_link_init(&apart->link, api, "apart");
    GB_CHECK(pthread_create(&apart->thread, NULL, run, apart) == 0);
    return apart;
}

void gb_api_apart_close(struct gb_api_apart *apart)
{
    if (apart == NULL)
        return;
    (void)pthread_join(apart->thread, NULL);
    gb_api_link_done(&apart->link);
    gb_engine_free(apart->engine);
    gb_api_known_accounts_free(apart->batch.known);
    gb_arena_free(apart->batch.arena);
    free(apart->batch.taken);
    free(apart->batch.part);
    free(apart->commands);
    free(apart);
}

bool gb_api_apart_ready(const struct gb_api_apart *apart)
{
    return atomic_load(&apart->link.connected);
}
