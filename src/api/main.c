/* geobill-api: the HTTP API of one datacenter. Only wires. */
#include <stdio.h>

#include "api/api.h"
#include "runtime/daemon.h"
#include "runtime/log.h"
#include "runtime/stop.h"
#include "stream/beat.h"
#include "wire/messages.h"

static void describe(void *context, char *ret_text, size_t size)
{
    const struct gb_api *api = context;
    (void)snprintf(ret_text, size, "%zu pay-ins, %zu other commands and %zu reads queued",
                   gb_queue_length(api->intake_queue), gb_queue_length(api->command_queue),
                   gb_queue_length(api->lane_queue) + gb_queue_length(api->balance_queue));
}

int main(int argc, char **argv)
{
    struct gb_daemon daemon = {.program = "geobill-api", .about = "HTTP API of one datacenter."};
    int code;
    if (!gb_daemon_init(&daemon, argc, argv, &code))
        return code;
    struct gb_err err = {.result = GB_OK};
    struct gb_api api;
    enum gb_result result = gb_wire_init(&err);
    if (result == GB_OK)
        result = gb_api_open(&api, daemon.config, &err);
    if (result == GB_OK) {
        gb_log(GB_LOG_INFO, "listening",
               GB_F_TEXT("listen", gb_config_text(api.config, "api", "listen")));
        gb_service_notify("READY=1");
        struct gb_beat_options beat = {
            .config = api.config, .role = "api", .detail = describe, .context = &api};
        result = gb_beat_until_stop(&beat, &err);
        gb_service_notify("STOPPING=1");
        gb_api_close(&api);
    }
    gb_wire_done();
    return gb_daemon_done(&daemon, result, &err);
}
