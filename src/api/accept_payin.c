/* The intake lane: what queued up while the last batch was being committed is the next batch,
 * without a timer. */
#include <pthread.h>
#include <stdlib.h>

#include "api/batch.h"
#include "api/intake.h"
#include "api/link.h"
#include "runtime/log.h"

enum { TRIES_MAX = 3, IDLE_MS = 500 };

struct gb_api_intake {
    struct gb_api *api;
    struct gb_api_link link;
    struct gb_api_batch batch;
    void **taken;
    struct gb_metric *batch_size;
    pthread_t thread;
};

static enum gb_result try_batch(struct gb_api_intake *intake, struct gb_err *err)
{
    enum gb_result result = GB_RETRY;
    for (int tries = 0; result == GB_RETRY && tries < TRIES_MAX; tries++) {
        result = gb_api_link_ensure(&intake->link, err);
        if (result != GB_OK)
            return result;
        result = gb_api_batch_accept(&intake->batch, intake->link.pg, err);
    }
    return result;
}

static void give_up(struct gb_api_intake *intake, enum gb_result result, const struct gb_err *err)
{
    gb_log(GB_LOG_WARNING, "pay-ins not accepted", GB_F_ERR(err));
    gb_api_batch_refuse(&intake->batch,
                        result == GB_RETRY ? GB_API_DATABASE_UNAVAILABLE : GB_API_INTERNAL);
}

static void load(struct gb_api_intake *intake, void **requests, size_t count)
{
    intake->batch.count = count;
    for (size_t i = 0; i < count; i++)
        intake->batch.requests[i] = requests[i];
    gb_api_batch_begin(&intake->batch);
}

/* One that the database takes for nonsense must not spoil the others: each goes alone. */
static void accept_one_by_one(struct gb_api_intake *intake, struct gb_err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < intake->batch.count; i++)
        if (intake->batch.requests[i] != NULL)
            intake->taken[count++] = intake->batch.requests[i];
    for (size_t i = 0; i < count; i++) {
        load(intake, &intake->taken[i], 1);
        enum gb_result result = try_batch(intake, err);
        if (result != GB_OK)
            give_up(intake, result, err);
    }
}

static void accept_batch(struct gb_api_intake *intake, size_t count)
{
    struct gb_err err = {.result = GB_OK};
    load(intake, intake->taken, count);
    gb_metric_observe(intake->batch_size, (int64_t)count);
    enum gb_result result = try_batch(intake, &err);
    if (result == GB_POISON && count > 1)
        accept_one_by_one(intake, &err);
    else if (result != GB_OK)
        give_up(intake, result, &err);
}

static void *run(void *context)
{
    struct gb_api_intake *intake = context;
    struct gb_api *api = intake->api;
    for (;;) {
        struct gb_err err;
        (void)!gb_api_link_ensure(&intake->link,
                                  &err); /* while idle, too: ready before somebody asks */
        size_t count = gb_queue_take(api->intake_queue, intake->taken,
                                     api->settings.intake_batch_max, IDLE_MS);
        if (count > 0)
            accept_batch(intake, count);
        else if (atomic_load(&api->closed))
            return NULL;
    }
}

struct gb_api_intake *gb_api_intake_open(struct gb_api *api)
{
    struct gb_api_intake *intake = calloc(1, sizeof(*intake));
    GB_CHECK(intake != NULL);
    intake->api = api;
    intake->taken = calloc(api->settings.intake_batch_max, sizeof(void *));
    GB_CHECK(intake->taken != NULL);
    intake->batch_size =
        gb_metric_size("geobill_intake_batch_requests", NULL, "Pay-ins taken into one batch.");
    gb_api_batch_init(&intake->batch, api, api->settings.intake_batch_max);
    gb_api_link_init(&intake->link, api, "intake");
    GB_CHECK(pthread_create(&intake->thread, NULL, run, intake) == 0);
    return intake;
}

void gb_api_intake_close(struct gb_api_intake *intake)
{
    if (intake == NULL)
        return;
    (void)pthread_join(intake->thread, NULL);
    gb_api_link_done(&intake->link);
    gb_api_batch_done(&intake->batch);
    free(intake->taken);
    free(intake);
}

bool gb_api_intake_ready(const struct gb_api_intake *intake)
{
    return atomic_load(&intake->link.connected);
}
