#include "http/health.h"

#include <stdlib.h>
#include <string.h>

#include "http/problem.h"
#include "runtime/metrics.h"

enum {
    CONNECTIONS_MAX = 64,
    BODY_BYTES_MAX = 1024,
    REQUEST_TIMEOUT_MS = 5000,
    ARENA_BYTES = 32 * 1024,
    WHY_SIZE = 1024,
    DRAIN_MS = 1000,
};

struct gb_health {
    struct gb_http_server *server;
    gb_health_ready *ready;
    void *context;
};

static void answer_live(struct gb_http_request *request)
{
    static const char live[] = "{\"status\":\"live\"}";
    gb_http_respond(request, 200, NULL, 0, "application/json",
                    (struct gb_bytes){.data = live, .size = sizeof(live) - 1});
}

static void answer_ready(struct gb_http_request *request, gb_health_ready *ready, void *context)
{
    char why[WHY_SIZE] = "";
    const char *text = "{\"status\":\"ready\"}";
    bool yes = ready == NULL || ready(context, why, sizeof(why));
    if (!yes) {
        struct gb_arena *arena = gb_http_arena(request);
        const char *quoted = gb_json_quote(why, arena);
        GB_CHECK(quoted != NULL);
        text = gb_arena_printf(arena, "{\"status\":\"not ready\",\"detail\":%s}", quoted);
        GB_CHECK(text != NULL);
    }
    gb_http_respond(request, yes ? 200 : 503, NULL, 0, "application/json",
                    (struct gb_bytes){.data = text, .size = strlen(text)});
}

static void answer_metrics(struct gb_http_request *request)
{
    size_t size = 0;
    char *text = gb_metrics_render(&size);
    gb_http_respond(request, 200, NULL, 0, "text/plain; version=0.0.4",
                    (struct gb_bytes){.data = text, .size = size});
    free(text);
}

static void answer_wrong_method(struct gb_http_request *request)
{
    static const struct gb_http_field allow = {.name = "Allow", .value = "GET, HEAD"};
    static const struct gb_problem wrong = {
        .status = 405,
        .code = "METHOD_NOT_ALLOWED",
        .title = "Method not allowed",
        .detail = "Allow lists the methods",
    };
    gb_problem_respond(request, &wrong, &allow, 1);
}

bool gb_health_answer(struct gb_http_request *request, gb_health_ready *ready, void *context)
{
    const char *path = gb_http_path(request);
    const char *method = gb_http_method(request);
    bool live = strcmp(path, "/livez") == 0;
    bool is_ready = strcmp(path, "/readyz") == 0;
    bool metrics = strcmp(path, "/metrics") == 0;
    if (!live && !is_ready && !metrics)
        return false;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        answer_wrong_method(request);
    else if (live)
        answer_live(request);
    else if (is_ready)
        answer_ready(request, ready, context);
    else
        answer_metrics(request);
    return true;
}

static void on_request(void *context, struct gb_http_request *request)
{
    static const struct gb_problem unknown = {
        .status = 404,
        .code = "NOT_FOUND",
        .title = "No such path",
        .detail = "/livez, /readyz and /metrics are here",
    };
    struct gb_health *health = context;
    if (!gb_health_answer(request, health->ready, health->context))
        gb_problem_respond(request, &unknown, NULL, 0);
}

enum gb_result gb_health_open(const char *listen, gb_health_ready *ready, void *context,
                              struct gb_health **ret, struct gb_err *err)
{
    struct gb_health *health = malloc(sizeof(*health));
    GB_CHECK(health != NULL);
    *health = (struct gb_health){.ready = ready, .context = context};
    struct gb_http_server_options options = {
        .listen = listen,
        .threads = 1,
        .connections_max = CONNECTIONS_MAX,
        .body_bytes_max = BODY_BYTES_MAX,
        .request_timeout_ms = REQUEST_TIMEOUT_MS,
        .arena_bytes = ARENA_BYTES,
        .handle = on_request,
        .context = health,
    };
    enum gb_result result = gb_http_server_open(&options, &health->server, err);
    if (result != GB_OK) {
        free(health);
        return result;
    }
    *ret = health;
    return GB_OK;
}

void gb_health_close(struct gb_health *health)
{
    if (health == NULL)
        return;
    gb_http_server_drain(health->server, DRAIN_MS);
    gb_http_server_close(health->server);
    free(health);
}

uint16_t gb_health_port(const struct gb_health *health)
{
    return gb_http_server_port(health->server);
}
