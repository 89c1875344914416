#include <pthread.h>
#include <stdlib.h>

#include "api/answer.h"
#include "api/lanes.h"
#include "api/link.h"
#include "runtime/log.h"

enum { ARENA_BYTES = 16 * 1024 * 1024, TRIES = 2, IDLE_MS = 1000 };

struct lane {
    struct gb_api_lane lane;
    struct gb_api_link link;
    pthread_t thread;
};

struct gb_api_lanes {
    struct gb_api *api;
    size_t count;
    struct lane *lanes;
};

static void refuse(struct gb_api_request *request, enum gb_result result, const struct gb_err *err)
{
    gb_log(GB_LOG_WARNING, "work failed", GB_F_TRACE(&request->trace), GB_F_ERR(err));
    if (result == GB_RETRY)
        gb_api_refuse(request, GB_API_DATABASE_UNAVAILABLE, NULL, NULL);
    else
        gb_api_refuse(request, GB_API_INTERNAL, NULL, NULL);
}

static void serve(struct lane *at, struct gb_api_request *request)
{
    struct gb_err err = {.result = GB_OK};
    enum gb_result result = GB_RETRY;
    for (int tries = 0; result == GB_RETRY && tries < TRIES; tries++) {
        result = gb_api_link_ensure(&at->link, &err);
        if (result != GB_OK)
            break;
        at->lane.pg = at->link.pg;
        gb_arena_reset(at->lane.arena);
        result = request->work(&at->lane, request, &err);
    }
    if (result != GB_OK)
        refuse(request, result, &err);
}

static void *run(void *context)
{
    struct lane *at = context;
    struct gb_queue *queue = at->lane.api->lane_queue;
    for (;;) {
        struct gb_err err;
        (void)!gb_api_link_ensure(&at->link,
                                  &err); /* while idle, too: ready before somebody asks */
        void *request;
        if (gb_queue_take(queue, &request, 1, IDLE_MS) > 0)
            serve(at, request);
        else if (atomic_load(&at->lane.api->closed))
            return NULL;
    }
}

struct gb_api_lanes *gb_api_lanes_open(struct gb_api *api, const struct gb_engine_options *engine)
{
    struct gb_api_lanes *lanes = malloc(sizeof(*lanes));
    GB_CHECK(lanes != NULL);
    *lanes = (struct gb_api_lanes){.api = api, .count = api->settings.readers};
    lanes->lanes = calloc(lanes->count, sizeof(*lanes->lanes));
    GB_CHECK(lanes->lanes != NULL);
    bool opens = gb_dc_equal(api->settings.dc, api->settings.catalogue);
    for (size_t i = 0; i < lanes->count; i++) {
        struct lane *at = &lanes->lanes[i];
        at->lane.api = api;
        at->lane.client = gb_http_client_new("geobill-api/" GB_VERSION);
        at->lane.arena = gb_arena_new(ARENA_BYTES);
        at->lane.engine = opens ? gb_engine_new(engine) : NULL;
        gb_api_link_init(&at->link, api, "reader");
        GB_CHECK(pthread_create(&at->thread, NULL, run, at) == 0);
    }
    return lanes;
}

void gb_api_lanes_close(struct gb_api_lanes *lanes)
{
    if (lanes == NULL)
        return;
    for (size_t i = 0; i < lanes->count; i++) {
        struct lane *at = &lanes->lanes[i];
        (void)pthread_join(at->thread, NULL);
        gb_api_link_done(&at->link);
        gb_http_client_free(at->lane.client);
        gb_engine_free(at->lane.engine);
        gb_arena_free(at->lane.arena);
    }
    free(lanes->lanes);
    free(lanes);
}

bool gb_api_lanes_ready(const struct gb_api_lanes *lanes)
{
    for (size_t i = 0; i < lanes->count; i++)
        if (atomic_load(&lanes->lanes[i].link.connected))
            return true;
    return false;
}
