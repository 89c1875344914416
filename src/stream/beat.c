#include "stream/beat.h"

#include <stdio.h>
#include <unistd.h>

#include "db/migrate.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/stop.h"
#include "stream/connect.h"

#define INTERVAL_MS 1000
#define BACKOFF_CAP_MS 5000
#define ARENA_BYTES_MAX ((size_t)64 << 10)

struct beat {
    const struct gb_beat_options *options;
    struct gb_pg *pg; /* NULL: not connected yet */
    struct gb_arena *arena;
    int64_t started_at_us;
};

static enum gb_result write_row(struct beat *beat, struct gb_err *err)
{
    const struct gb_beat_options *options = beat->options;
    const char *listen = gb_config_text(options->config, options->role, "listen");
    char detail[256] = "";
    struct gb_call call;
    gb_arena_reset(beat->arena);
    options->detail(options->context, detail, sizeof(detail));
    gb_call_init(&call, &gb_sql_daemon_beat, beat->arena);
    gb_params_text(&call.params, options->role);
    gb_params_text(&call.params, gb_config_text(options->config, options->role, "instance"));
    gb_params_int4(&call.params, (int32_t)getpid());
    gb_params_text(&call.params, GB_VERSION);
    gb_params_text(&call.params, listen == NULL ? "" : listen);
    gb_params_int8(&call.params, beat->started_at_us);
    gb_params_int8(&call.params, gb_clock_wall_us());
    gb_params_text(&call.params, detail);
    gb_params_int4(&call.params, gb_migrations_newest());
    enum gb_result result = gb_pg_call(beat->pg, &call, err);
    if (result == GB_OK)
        gb_calls_release(&call, 1);
    return result;
}

static enum gb_result beat_once(struct beat *beat, struct gb_err *err)
{
    enum gb_result result = GB_OK;
    if (beat->pg == NULL)
        result =
            gb_stream_connect(beat->options->config, beat->options->role, "beat", &beat->pg, err);
    else if (!gb_pg_usable(beat->pg))
        result = gb_pg_reset(beat->pg, err);
    return result == GB_OK ? write_row(beat, err) : result;
}

enum gb_result gb_beat_until_stop(const struct gb_beat_options *options, struct gb_err *err)
{
    struct beat beat = {
        .options = options,
        .arena = gb_arena_new(ARENA_BYTES_MAX),
        .started_at_us = gb_clock_wall_us(),
    };
    enum gb_result result = GB_OK;
    unsigned failures = 0;
    while (!gb_stop_asked() && result != GB_FATAL) {
        result = beat_once(&beat, err);
        if (result == GB_RETRY && failures == 0)
            gb_log(GB_LOG_WARNING, "no sign of life written, trying again", GB_F_ERR(err));
        failures = result == GB_OK ? 0 : failures + 1;
        if (result != GB_FATAL)
            (void)gb_stop_wait(
                failures == 0 ? INTERVAL_MS : gb_backoff_ms(failures, INTERVAL_MS, BACKOFF_CAP_MS));
    }
    gb_pg_close(beat.pg);
    gb_arena_free(beat.arena);
    return result == GB_FATAL ? GB_FATAL : GB_OK;
}
