/* POST /v1/batches, in a reader lane: reading a thousand commands takes longer than a server's
 * thread has. */
#include "api/client_batch.h"
#include "api/steps.h"

/* False: too many are in work, answered 503. */
static bool enter(struct gb_api_request *request)
{
    struct gb_api *api = request->api;
    if (atomic_fetch_add(&api->batches, 1) < api->settings.batches_max)
        return true;
    atomic_fetch_sub(&api->batches, 1);
    gb_api_refuse(request, GB_API_OVERLOADED, NULL, "too many batches are in work");
    return false;
}

/* Into one queue, in order; all of them or none, so that none overtakes one that was refused. */
static void send(struct gb_api_client_batch *batch, struct gb_queue *queue, struct gb_arena *arena)
{
    void **requests = gb_arena_array(arena, batch->count, sizeof(*requests));
    size_t n = 0;
    GB_CHECK(requests != NULL);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->commands[i].queue == queue)
            requests[n++] = &batch->commands[i].request;
    }
    if (n == 0 || gb_queue_push_all(queue, requests, n))
        return;
    bool stopping = atomic_load(&batch->api->stopping);
    for (size_t i = 0; i < n; i++)
        gb_api_refuse(requests[i], stopping ? GB_API_STOPPING : GB_API_OVERLOADED, NULL, NULL);
}

static bool is_refused(struct gb_api_client_batch *batch)
{
    return batch->atomic && gb_api_refuse_batch(batch);
}

/* What cannot be decided at all refuses an atomic one before it comes to its lane. */
static enum gb_result take_apart(struct gb_api_lane *lane, struct gb_api_client_batch *batch,
                                 struct gb_err *err)
{
    if (is_refused(batch))
        return GB_OK;
    enum gb_result result = gb_api_identify_batch(lane, batch, err);
    if (result != GB_OK) {
        gb_api_batch_free(batch); /* and read again */
        return result;
    }
    if (is_refused(batch))
        return GB_OK;
    batch->request->body = batch;
    if (gb_queue_push(lane->api->apart_queue, batch->request))
        return GB_OK;
    bool stopping = atomic_load(&lane->api->stopping);
    gb_api_refuse(batch->request, stopping ? GB_API_STOPPING : GB_API_OVERLOADED, NULL, NULL);
    gb_api_batch_free(batch);
    return GB_OK;
}

static void take_each(struct gb_api_lane *lane, struct gb_api_client_batch *batch)
{
    struct gb_err err;
    (void)!gb_api_identify_batch(lane, batch, &err); /* a failure meets them in their lanes again */
    send(batch, lane->api->intake_queue, lane->arena);
    send(batch, lane->api->command_queue, lane->arena);
    gb_api_batch_answered(batch);
}

enum gb_result gb_api_take_batch(struct gb_api_lane *lane, struct gb_api_request *request,
                                 struct gb_err *err)
{
    struct gb_api *api = request->api; /* a request that was refused is gone */
    struct gb_api_client_batch *batch;
    if (!enter(request))
        return GB_OK;
    if (!gb_api_read_batch(request, &batch)) {
        atomic_fetch_sub(&api->batches, 1);
        return GB_OK;
    }
    if (batch->atomic || batch->dry_run)
        return take_apart(lane, batch, err);
    take_each(lane, batch);
    return GB_OK;
}
