#include <string.h>

#include "api/answer.h"
#include "api/apart.h"
#include "api/api.h"
#include "api/balances.h"
#include "api/commands.h"
#include "api/intake.h"
#include "api/lanes.h"
#include "api/wait_outcome.h"

enum { REQUEST_ARENA_BYTES = 128 * 1024, DRAIN_MS = 10000 };

static enum gb_result open_wake(struct gb_api *api, struct gb_err *err)
{
    const char *address = gb_config_text(api->config, "publisher", "wake");
    return address == NULL ? GB_OK : gb_wake_sender_open(address, &api->wake, err);
}

static bool takes_long(const char *method, const char *path)
{
    return strcmp(method, "POST") == 0 && strcmp(path, "/v1/batches") == 0;
}

static enum gb_result open_server(struct gb_api *api, struct gb_err *err)
{
    struct gb_http_server_options options = {
        .threads = (unsigned)gb_config_int(api->config, "api", "threads"),
        .connections_max = (unsigned)gb_config_int(api->config, "api", "connections_max"),
        .body_bytes_max = (size_t)gb_config_int(api->config, "api", "body_bytes_max"),
        .takes_long = takes_long,
        .long_bytes_max = (size_t)gb_config_int(api->config, "api", "batch_bytes_max"),
        .long_bodies_max = (unsigned)api->settings.batches_max,
        .request_timeout_ms = gb_config_int(api->config, "api", "request_timeout_ms"),
        .arena_bytes = REQUEST_ARENA_BYTES,
        .handle = gb_api_route,
        .context = api,
    };
    enum gb_result result = gb_config_need(api->config, "api", "listen", &options.listen, err);
    return result != GB_OK ? result : gb_http_server_open(&options, &api->server, err);
}

static enum gb_result open_all(struct gb_api *api, struct gb_err *err)
{
    struct gb_engine_options engine;
    enum gb_result result = gb_api_settings_read(api->config, &api->settings, err);
    if (result == GB_OK)
        result = open_wake(api, err);
    if (result == GB_OK)
        result = gb_engine_settings_read(api->config, api->wake, &engine, err);
    if (result != GB_OK)
        return result;
    gb_api_answer_init();
    api->clients = gb_api_client_cache_new();
    api->learnt = gb_api_learnt_accounts_new();
    api->intake_queue = gb_queue_new(api->settings.intake_queue_max);
    api->command_queue = gb_queue_new(api->settings.command_queue_max);
    api->apart_queue = gb_queue_new(api->settings.reader_queue_max);
    api->lane_queue = gb_queue_new(api->settings.reader_queue_max);
    api->balance_queue = gb_queue_new(api->settings.reader_queue_max);
    api->intake = gb_api_intake_open(api);
    api->commands = gb_api_commands_open(api, &engine);
    api->apart = gb_api_apart_open(api, &engine);
    api->waiter = gb_api_waiter_open(api);
    api->lanes = gb_api_lanes_open(api, &engine);
    api->balances = gb_api_balances_open(api);
    return open_server(api, err);
}

enum gb_result gb_api_open(struct gb_api *api, const struct gb_config *config, struct gb_err *err)
{
    *api = (struct gb_api){.config = config};
    enum gb_result result = open_all(api, err);
    if (result != GB_OK)
        gb_api_close(api);
    return result;
}

/* A request that comes in while a thread ends is refused by the closed queue, never left lying. */
static void close_queues(struct gb_api *api)
{
    if (api->intake_queue == NULL)
        return;
    gb_queue_close(api->lane_queue);
    gb_queue_close(api->balance_queue);
    gb_queue_close(api->intake_queue);
    gb_queue_close(api->command_queue);
    gb_queue_close(api->apart_queue);
    atomic_store(&api->closed, true);
}

void gb_api_close(struct gb_api *api)
{
    atomic_store(&api->stopping, true);
    if (api->server != NULL)
        gb_http_server_drain(api->server, DRAIN_MS);
    close_queues(api);
    gb_api_balances_close(api->balances);
    gb_api_lanes_close(api->lanes);
    gb_api_intake_close(api->intake);
    gb_api_commands_close(api->commands);
    gb_api_apart_close(api->apart);
    gb_api_waiter_close(api->waiter);
    gb_http_server_close(api->server);
    gb_queue_free(api->lane_queue);
    gb_queue_free(api->balance_queue);
    gb_queue_free(api->intake_queue);
    gb_queue_free(api->command_queue);
    gb_queue_free(api->apart_queue);
    gb_api_client_cache_free(api->clients);
    gb_api_learnt_accounts_free(api->learnt);
    gb_wake_sender_close(api->wake);
}
