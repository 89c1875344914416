/* geobill-projector: what others did, into our replicas: their ledgers and the catalogue. */
#include <stdio.h>

#include "http/health.h"
#include "projector/lanes.h"
#include "runtime/daemon.h"
#include "runtime/log.h"
#include "runtime/stop.h"
#include "stream/beat.h"

static bool ready(void *context, char *ret_why, size_t size)
{
    return gb_projector_lanes_ready(context, ret_why, size);
}

static void detail(void *context, char *ret_text, size_t size)
{
    if (gb_projector_lanes_ready(context, ret_text, size) && ret_text[0] == '\0')
        (void)snprintf(ret_text, size, "ready");
}

/* Works until asked to stop, or until a part fails. */
static enum gb_result serve(const struct gb_config *config, struct gb_projector_lanes *lanes,
                            struct gb_err *err)
{
    struct gb_health *health = NULL;
    const char *listen = gb_config_text(config, "projector", "listen");
    const struct gb_beat_options beat = {
        .config = config, .role = "projector", .detail = detail, .context = lanes};
    enum gb_result result = GB_OK;
    if (listen != NULL)
        result = gb_health_open(listen, ready, lanes, &health, err);
    if (result == GB_OK) {
        gb_log(GB_LOG_INFO, "started", GB_F_INT("lanes", lanes->count));
        gb_service_notify("READY=1");
        result = gb_beat_until_stop(&beat, err);
    }
    gb_health_close(health);
    return result;
}

static enum gb_result run(const struct gb_config *config, struct gb_err *err)
{
    static struct gb_projector_lanes lanes;
    struct gb_err why;
    enum gb_result result = gb_projector_lanes_open(&lanes, config, err);
    if (result == GB_OK)
        result = serve(config, &lanes, err);
    gb_stop_ask();
    gb_service_notify("STOPPING=1");
    enum gb_result ended = gb_projector_lanes_close(&lanes, result == GB_OK ? err : &why);
    return result != GB_OK ? result : ended;
}

int main(int argc, char **argv)
{
    struct gb_daemon daemon = {
        .program = "geobill-projector",
        .about = "Copies the ledgers of the other datacenters and the catalogue into this one's "
                 "replicas.",
    };
    struct gb_err err = {.message = ""};
    int code = 0;
    if (!gb_daemon_init(&daemon, argc, argv, &code))
        return code;
    enum gb_result result = gb_wire_init(&err);
    if (result == GB_OK)
        result = run(daemon.config, &err);
    gb_wire_done();
    return gb_daemon_done(&daemon, result, &err);
}
