/* geobill-api: the HTTP API of one datacenter. Only wires. */
#include <stdio.h>
#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/intake.h"
#include "api/lanes.h"
#include "api/wait_outcome.h"
#include "runtime/daemon.h"
#include "runtime/log.h"
#include "runtime/stop.h"
#include "stream/beat.h"
#include "wire/messages.h"

enum { REQUEST_ARENA_BYTES = 128 * 1024, DRAIN_MS = 10000 };

static enum gb_result open_wake(struct gb_api *api, struct gb_err *err)
{
    const char *address = gb_config_text(api->config, "publisher", "wake");
    return address == NULL ? GB_OK : gb_wake_sender_open(address, &api->wake, err);
}

static enum gb_result open_server(struct gb_api *api, struct gb_err *err)
{
    struct gb_http_server_options options = {
        .threads = (unsigned)gb_config_int(api->config, "api", "threads"),
        .connections_max = (unsigned)gb_config_int(api->config, "api", "connections_max"),
        .body_bytes_max = (size_t)gb_config_int(api->config, "api", "body_bytes_max"),
        .request_timeout_ms = gb_config_int(api->config, "api", "request_timeout_ms"),
        .arena_bytes = REQUEST_ARENA_BYTES,
        .handle = gb_api_route,
        .context = api,
    };
    enum gb_result result = gb_config_need(api->config, "api", "listen", &options.listen, err);
    return result != GB_OK ? result : gb_http_server_open(&options, &api->server, err);
}

static enum gb_result api_open(struct gb_api *api, struct gb_err *err)
{
    enum gb_result result = gb_api_settings_read(api->config, &api->settings, err);
    if (result == GB_OK)
        result = gb_wire_init(err);
    if (result == GB_OK)
        result = open_wake(api, err);
    if (result != GB_OK)
        return result;
    gb_api_answer_init();
    api->clients = gb_api_client_cache_new();
    api->learnt = gb_api_learnt_accounts_new();
    api->intake_queue = gb_queue_new(api->settings.intake_queue_max);
    api->lane_queue = gb_queue_new(api->settings.reader_queue_max);
    api->intake = gb_api_intake_open(api);
    api->waiter = gb_api_waiter_open(api);
    api->lanes = gb_api_lanes_open(api);
    return open_server(api, err);
}

/* Takes nothing new, finishes what is begun, answers it, and then lets go of everything. */
static void api_close(struct gb_api *api)
{
    atomic_store(&api->stopping, true);
    if (api->server != NULL)
        gb_http_server_drain(api->server, DRAIN_MS);
    if (api->intake_queue != NULL) {
        gb_queue_close(api->lane_queue);
        gb_queue_close(api->intake_queue);
    }
    gb_api_lanes_close(api->lanes);
    gb_api_intake_close(api->intake);
    gb_api_waiter_close(api->waiter);
    gb_http_server_close(api->server);
    gb_queue_free(api->lane_queue);
    gb_queue_free(api->intake_queue);
    gb_api_client_cache_free(api->clients);
    gb_api_learnt_accounts_free(api->learnt);
    gb_wake_sender_close(api->wake);
    gb_wire_done();
}

static void describe(void *context, char *ret_text, size_t size)
{
    const struct gb_api *api = context;
    (void)snprintf(ret_text, size, "%zu pay-ins and %zu reads queued",
                   gb_queue_length(api->intake_queue), gb_queue_length(api->lane_queue));
}

int main(int argc, char **argv)
{
    struct gb_daemon daemon = {.program = "geobill-api", .about = "HTTP API of one datacenter."};
    int code;
    if (!gb_daemon_init(&daemon, argc, argv, &code))
        return code;
    struct gb_err err = {.result = GB_OK};
    struct gb_api api = {.config = daemon.config};
    enum gb_result result = api_open(&api, &err);
    if (result == GB_OK) {
        gb_log(GB_LOG_INFO, "listening",
               GB_F_TEXT("listen", gb_config_text(api.config, "api", "listen")));
        gb_service_notify("READY=1");
        struct gb_beat_options beat = {
            .config = api.config, .role = "api", .detail = describe, .context = &api};
        result = gb_beat_until_stop(&beat, &err);
        gb_service_notify("STOPPING=1");
    }
    api_close(&api);
    return gb_daemon_done(&daemon, result, &err);
}
