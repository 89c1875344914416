#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/migrate.h"
#include "db/sql.h"
#include "http/health.h"
#include "producer/publisher.h"
#include "producer/sender.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "runtime/stop.h"
#include "runtime/wake.h"

enum {
    BEAT_INTERVAL_MS = 1000,
    STANDBY_INTERVAL_MS = 250,
    WAKE_WAIT_MS = 100,
    HINT_REST_MS = 2,
    ARENA_BYTES = 64 * 1024,
};

struct publisher {
    const struct gb_publisher_settings *settings;
    struct gb_lease lease;
    struct gb_board board;
    struct gb_sender senders[GB_PUBLISHER_PEERS_MAX + 1]; /* the own cluster first; while active */
    size_t senders_count;
    struct gb_wake_receiver *wake; /* while active: whoever has it swallows the hints */
    struct gb_health *health;
    struct gb_arena *arena;
    struct gb_metric *active_gauge;
    int64_t started_at_us;          /* wall */
    int64_t beat_us;                /* monotonic: the last heartbeat */
    char instance[128];             /* where it listens, else its host: the same after a restart */
    _Atomic int64_t database_at_us; /* monotonic: when the database last answered */
    atomic_bool rests;              /* some sender rests after a failure */
};

static bool is_ready(void *context, char *ret_why, size_t size)
{
    struct publisher *publisher = context;
    int64_t since_us = gb_clock_mono_us() - atomic_load(&publisher->database_at_us);
    if (atomic_load(&publisher->database_at_us) == 0 ||
        since_us > publisher->settings->lease_stale_ms * 1000) {
        (void)snprintf(ret_why, size, "the database does not answer");
        return false;
    }
    if (atomic_load(&publisher->rests)) {
        (void)snprintf(ret_why, size, "a sender rests after a failure, see the log");
        return false;
    }
    return true;
}

/* "active", and which clusters are away; or "standby". */
static void describe(const struct publisher *publisher, char *ret_detail, size_t size)
{
    size_t used = (size_t)snprintf(ret_detail, size, "%s",
                                   publisher->senders_count > 0 ? "active" : "standby");
    for (size_t i = 0; i < publisher->senders_count && used < size; i++)
        if (!atomic_load(&publisher->senders[i].connected))
            used += (size_t)snprintf(ret_detail + used, size - used, ", %s away",
                                     publisher->senders[i].cluster.code);
}

/* The sign of life for everybody to see; on the lease's connection. */
static enum gb_result beat_daemon(struct publisher *publisher, struct gb_err *err)
{
    char detail[256];
    struct gb_call call;
    if (publisher->lease.pg == NULL)
        return GB_OK;
    describe(publisher, detail, sizeof(detail));
    gb_arena_reset(publisher->arena);
    gb_call_init(&call, &gb_sql_daemon_beat, publisher->arena);
    gb_params_text(&call.params, "publisher");
    gb_params_text(&call.params, publisher->instance);
    gb_params_int4(&call.params, (int32_t)getpid());
    gb_params_text(&call.params, GB_VERSION);
    gb_params_text(&call.params,
                   publisher->settings->listen == NULL ? "" : publisher->settings->listen);
    gb_params_int8(&call.params, publisher->started_at_us);
    gb_params_int8(&call.params, gb_clock_wall_us());
    gb_params_text(&call.params, detail);
    gb_params_int4(&call.params, gb_migrations_newest());
    enum gb_result result = gb_pg_call(publisher->lease.pg, &call, err);
    gb_calls_release(&call, 1);
    if (result == GB_OK)
        atomic_store(&publisher->database_at_us, gb_clock_mono_us());
    return result;
}

/* Without hints it looks every poll_ms. */
static void open_wake(struct publisher *publisher)
{
    struct gb_err err;
    if (publisher->settings->wake != NULL &&
        gb_wake_receiver_open(publisher->settings->wake, &publisher->wake, &err) != GB_OK)
        gb_log(GB_LOG_WARNING, "no address for hints", GB_F_ERR(&err));
}

static void start_senders(struct publisher *publisher)
{
    const struct gb_publisher_settings *settings = publisher->settings;
    publisher->senders_count = settings->peers_count + 1;
    for (size_t i = 0; i < publisher->senders_count; i++) {
        gb_sender_init(&publisher->senders[i], settings, &publisher->lease, &publisher->board,
                       i == 0 ? settings->dc : settings->peers[i - 1]);
        gb_sender_start(&publisher->senders[i]);
    }
    gb_metric_set(publisher->active_gauge, 1);
    open_wake(publisher);
    gb_log(GB_LOG_INFO, "active", GB_F_TEXT("holder", publisher->lease.holder),
           GB_F_INT("senders", publisher->senders_count));
}

/* Senders finish what is under way as long as the lease is ours: its heart goes on beating. */
static void stop_senders(struct publisher *publisher)
{
    for (size_t i = 0; i < publisher->senders_count; i++)
        gb_sender_stop(&publisher->senders[i]);
    for (size_t i = 0; i < publisher->senders_count; i++) {
        gb_sender_join(&publisher->senders[i]);
        gb_sender_done(&publisher->senders[i]);
    }
    publisher->senders_count = 0;
    gb_board_clear(&publisher->board);
    gb_wake_receiver_close(publisher->wake);
    publisher->wake = NULL;
    gb_metric_set(publisher->active_gauge, 0);
}

static bool is_beat_due(struct publisher *publisher)
{
    int64_t now_us = gb_clock_mono_us();
    if (now_us - publisher->beat_us < BEAT_INTERVAL_MS * 1000)
        return false;
    publisher->beat_us = now_us;
    return true;
}

static enum gb_result beat(struct publisher *publisher, struct gb_err *err)
{
    enum gb_result result = gb_lease_beat(&publisher->lease, err);
    return result == GB_OK ? beat_daemon(publisher, err) : result;
}

/* Waits for a hint, and hands it on: each to who sends what was committed. Then rests for as long
 * as a sender rests between two cuts at least: the hints of that time come as one. */
static void wait_hint(struct publisher *publisher)
{
    if (publisher->wake == NULL) {
        (void)gb_stop_wait(WAKE_WAIT_MS);
        return;
    }
    unsigned what = gb_wake_wait(publisher->wake, WAKE_WAIT_MS);
    if (what == 0)
        return;
    for (size_t i = 0; i < publisher->senders_count; i++)
        gb_sender_wake(&publisher->senders[i], what);
    (void)gb_stop_wait(HINT_REST_MS);
}

static bool any_sender(const struct publisher *publisher, bool ended)
{
    for (size_t i = 0; i < publisher->senders_count; i++)
        if (atomic_load(ended ? &publisher->senders[i].ended : &publisher->senders[i].failed))
            return true;
    return false;
}

static void be_active(struct publisher *publisher)
{
    struct gb_err err = {.result = GB_OK};
    start_senders(publisher);
    while (!gb_stop_asked()) {
        wait_hint(publisher);
        atomic_store(&publisher->rests, any_sender(publisher, false));
        if (any_sender(publisher, true))
            break;
        if (is_beat_due(publisher) && beat(publisher, &err) != GB_OK) {
            gb_log(GB_LOG_WARNING, "the lease is lost", GB_F_ERR(&err));
            break;
        }
    }
    stop_senders(publisher);
    gb_lease_release(&publisher->lease);
    gb_log(GB_LOG_INFO, "not active any more");
}

/* One look whether it is our turn. */
static void be_standby(struct publisher *publisher)
{
    struct gb_err err = {.result = GB_OK};
    bool taken = false;
    enum gb_result result = gb_lease_try(&publisher->lease, &taken, &err);
    if (result == GB_OK && is_beat_due(publisher))
        result = beat_daemon(publisher, &err);
    if (result != GB_OK) {
        gb_log(GB_LOG_WARNING, "the database is away", GB_F_ERR(&err));
        (void)gb_stop_wait(BEAT_INTERVAL_MS);
    } else if (taken) {
        be_active(publisher);
    } else {
        (void)gb_stop_wait(STANDBY_INTERVAL_MS);
    }
}

static enum gb_result begin(struct publisher *publisher,
                            const struct gb_publisher_settings *settings, struct gb_err *err)
{
    char host[64] = "";
    *publisher = (struct publisher){
        .settings = settings,
        .started_at_us = gb_clock_wall_us(),
        .arena = gb_arena_new(ARENA_BYTES),
        .active_gauge = gb_metric_gauge("geobill_publisher_active", NULL,
                                        "1 while this publisher holds the lease."),
    };
    (void)gethostname(host, sizeof(host) - 1);
    (void)snprintf(publisher->instance, sizeof(publisher->instance), "%s",
                   settings->listen == NULL ? host : settings->listen);
    gb_lease_init(&publisher->lease, settings);
    gb_board_init(&publisher->board);
    if (settings->listen == NULL)
        return GB_OK;
    return gb_health_open(settings->listen, is_ready, publisher, &publisher->health, err);
}

enum gb_result gb_publisher_run(const struct gb_publisher_settings *settings, struct gb_err *err)
{
    static struct publisher publisher; /* one a process; large */
    enum gb_result result = begin(&publisher, settings, err);
    if (result == GB_OK)
        gb_service_notify("READY=1");
    while (result == GB_OK && !gb_stop_asked())
        be_standby(&publisher);
    gb_service_notify("STOPPING=1");
    gb_health_close(publisher.health);
    gb_lease_done(&publisher.lease);
    gb_board_done(&publisher.board);
    gb_arena_free(publisher.arena);
    return result;
}
