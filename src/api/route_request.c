#include <string.h>

#include "api/answer.h"
#include "api/authenticate.h"
#include "api/client_batch.h"
#include "api/openapi.h"
#include "api/read_headers.h"
#include "api/route_table.h"
#include "http/health.h"
#include "runtime/clock.h"

/* HEAD is GET without the body, which the server leaves out. */
static const char *method_of(const struct gb_http_request *http)
{
    const char *method = gb_http_method(http);
    return strcmp(method, "HEAD") == 0 ? "GET" : method;
}

/* Compares a path with a route's; *ret_subject is where the variable part begins, *ret_size its
 * length. */
static bool path_matches(const char *pattern, const char *path, const char **ret_subject,
                         size_t *ret_size)
{
    const char *variable = strchr(pattern, '{');
    *ret_subject = "";
    *ret_size = 0;
    if (variable == NULL)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(variable - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    const char *rest = path + before, *after = strchr(variable, '}') + 1;
    /* A key may hold any character, slashes too; an id may not. */
    size_t size = strncmp(variable, "{key}", 5) == 0 ? strlen(rest) : strcspn(rest, "/");
    *ret_subject = rest;
    *ret_size = size;
    return size > 0 && strcmp(rest + size, after) == 0;
}

/* Finds the route; NULL after 404 or 405. */
static const struct gb_api_route *route_find(struct gb_api_request *request)
{
    const char *method = method_of(request->http), *path = gb_http_path(request->http);
    const char *allow = NULL, *subject = NULL;
    size_t size = 0;
    for (size_t i = 0; i < gb_api_routes_count; i++) {
        const struct gb_api_route *route = &gb_api_routes[i];
        if (!path_matches(route->path, path, &subject, &size))
            continue;
        request->subject = gb_arena_strndup(request->arena, subject, size);
        if (strcmp(route->method, method) == 0 && request->subject != NULL)
            return route;
        allow = gb_arena_printf(request->arena, "%s%s%s", allow == NULL ? "" : allow,
                                allow == NULL ? "" : ", ", route->method);
    }
    if (allow != NULL)
        gb_api_refuse_method(request, allow);
    else
        gb_api_refuse(request, GB_API_NOT_FOUND, NULL, NULL);
    return NULL;
}

static struct gb_trace trace_of(const struct gb_http_request *http)
{
    struct gb_trace trace;
    const char *parent = gb_http_header(http, "traceparent");
    const char *id = gb_http_header(http, "X-Trace-Id");
    if (parent != NULL && gb_trace_parse(parent, &trace))
        return gb_trace_child(trace);
    if (id != NULL && gb_trace_parse_id(id, &trace))
        return gb_trace_child(trace);
    return gb_trace_new();
}

void gb_api_route(void *context, struct gb_http_request *http)
{
    struct gb_api *api = context;
    if (gb_health_answer(http, gb_api_ready, api) || gb_api_serve_openapi(http))
        return;
    struct gb_api_request *request = gb_arena_alloc(gb_http_arena(http), sizeof(*request));
    GB_CHECK(request != NULL);
    request->api = api;
    request->http = http;
    request->arena = gb_http_arena(http);
    request->subject = "";
    request->arrived_us = gb_clock_mono_us();
    request->trace = trace_of(http);
    request->route = route_find(request);
    if (request->route != NULL && gb_api_authenticate(request) && gb_api_continue(request))
        gb_api_to_lane(request, request->route->work);
}

bool gb_api_continue(struct gb_api_request *request)
{
    const struct gb_api_route *route = request->route;
    return gb_api_authorize(request) && gb_api_read_headers(request) &&
           (route->prepare == NULL || route->prepare(request)) && route->work != NULL;
}

static void push(struct gb_api_request *request, struct gb_queue *queue, const char *what)
{
    if (gb_queue_push(queue, request))
        return;
    bool stopping = atomic_load(&request->api->stopping);
    gb_api_refuse(request, stopping ? GB_API_STOPPING : GB_API_OVERLOADED, NULL,
                  stopping ? NULL : what);
}

void gb_api_to_lane(struct gb_api_request *request, gb_api_work *work)
{
    request->work = work;
    push(request, request->api->lane_queue, "too many requests wait for a reader");
}

void gb_api_to_balances(struct gb_api_request *request)
{
    push(request, request->api->balance_queue, "too many requests wait for balances");
}

void gb_api_to_apart(struct gb_api_request *request)
{
    push(request, request->api->apart_queue, "too many commands are to be decided alone");
}

void gb_api_to_commands(struct gb_api_request *request)
{
    if (gb_api_batched_keep(request, request->api->command_queue))
        return;
    if (request->command.dry_run) {
        gb_api_to_apart(request);
        return;
    }
    push(request, request->api->command_queue, "too many commands wait for a commit");
}

void gb_api_to_intake(struct gb_api_request *request)
{
    if (gb_api_batched_keep(request, request->api->intake_queue))
        return;
    if (request->command.dry_run) {
        gb_api_to_apart(request);
        return;
    }
    push(request, request->api->intake_queue, "too many pay-ins wait for a commit");
}
