#include "consumer/sweep.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/sweep_round.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "runtime/stop.h"
#include "stream/connect.h"

/* Waiting money, and proposals that run, are looked at every tick, all else once a round. */
enum { TICK_MS = 50, TICKS = 10, BACKOFF_BASE_MS = 200, BACKOFF_CAP_MS = 5000 };
#define ARENA_BYTES_MAX ((size_t)16 << 20)

struct gb_sweep {
    struct gb_sweep_options options;
    pthread_t thread;
    struct gb_sweeper sweeper;
    struct gb_pg *pg; /* NULL: not connected yet */
    bool leads;
    unsigned tick;
    size_t proposals;  /* that run */
    unsigned failures; /* in a row */
    struct gb_metric *overdue, *leader;
    enum gb_result ended;
    struct gb_err end;
};

static enum gb_result connect_anew(struct gb_sweep *sweep, struct gb_err *err)
{
    sweep->leads = false;
    if (sweep->pg == NULL)
        return gb_stream_connect(sweep->options.config, "consumer", "sweep", &sweep->pg, err);
    return gb_pg_reset(sweep->pg, err);
}

static enum gb_result lead(struct gb_sweep *sweep, struct gb_err *err)
{
    enum gb_result result = GB_OK;
    if (sweep->pg == NULL || !gb_pg_usable(sweep->pg))
        result = connect_anew(sweep, err);
    if (result == GB_OK && !sweep->leads) {
        result = gb_sweep_try_lead(&sweep->sweeper, sweep->pg, &sweep->leads, err);
        if (sweep->leads)
            gb_log(GB_LOG_INFO, "sweeping", GB_F_TEXT("dc", sweep->options.engine->dc.code));
    }
    gb_metric_set(sweep->leader, sweep->leads);
    return result;
}

/* A look at what is due, again and again while there is more. */
typedef enum gb_result due(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                           size_t *ret_count, struct gb_err *err);

static enum gb_result sweep_due(struct gb_sweep *sweep, due *look, struct gb_err *err)
{
    size_t count = 0;
    enum gb_result result = GB_OK;
    do {
        result = look(&sweep->sweeper, sweep->pg, gb_clock_wall_us(), &count, err);
    } while (result == GB_OK && count == GB_SWEEP_ITEMS_MAX && !gb_stop_asked());
    return result;
}

static enum gb_result sweep_round(struct gb_sweep *sweep, struct gb_err *err)
{
    int64_t left = 0;
    enum gb_result result = lead(sweep, err);
    if (result != GB_OK || !sweep->leads)
        return result;
    result = sweep_due(sweep, gb_sweep_waiting, err);
    bool whole = sweep->tick++ % TICKS == 0;
    if (result == GB_OK && (whole || sweep->proposals > 0))
        result = gb_sweep_proposals(&sweep->sweeper, sweep->pg, gb_clock_wall_us(),
                                    &sweep->proposals, err);
    if (result != GB_OK || !whole)
        return result;
    size_t removed; /* the rest of them goes in the next rounds: nobody waits for it */
    result = sweep_due(sweep, gb_sweep_holds, err);
    if (result == GB_OK)
        result = gb_sweep_letters(&sweep->sweeper, sweep->pg, gb_clock_wall_us(), &removed, err);
    if (result != GB_OK)
        return result;
    do {
        result = gb_sweep_statuses(&sweep->sweeper, sweep->pg, err);
    } while (result == GB_OK && sweep->sweeper.after_account_no != 0 && !gb_stop_asked());
    if (result == GB_OK)
        result = gb_sweep_overdue(&sweep->sweeper, sweep->pg, &left, err);
    if (result != GB_OK)
        return result;
    gb_metric_set(sweep->overdue, left);
    return gb_sweep_denials(&sweep->sweeper, sweep->pg, gb_clock_wall_us(), err);
}

/* Whatever the world did, it is tried again; only a database that refuses us for good ends it. */
static int64_t wait_after(struct gb_sweep *sweep, enum gb_result result, const struct gb_err *err)
{
    if (result == GB_OK) {
        sweep->failures = 0;
        return sweep->leads ? TICK_MS : TICK_MS * TICKS;
    }
    gb_log(GB_LOG_WARNING, "sweep failed", GB_F_ERR(err), GB_F_INT("failures", sweep->failures));
    return TICK_MS * TICKS + gb_backoff_ms(sweep->failures++, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
}

static void *run(void *argument)
{
    struct gb_sweep *sweep = argument;
    while (!gb_stop_asked()) {
        struct gb_err err = {.message = ""};
        enum gb_result result = sweep_round(sweep, &err);
        if (result == GB_FATAL) {
            sweep->ended = result;
            sweep->end = err;
            gb_log(GB_LOG_ERROR, "the sweep ends", GB_F_ERR(&err));
            gb_stop_ask();
            break;
        }
        (void)gb_stop_wait(wait_after(sweep, result, &err));
    }
    return NULL;
}

/* The other datacenters: each has a [kafka.<dc>] section. */
static void list_peers(struct gb_sweeper *sweeper, const struct gb_config *config)
{
    const char *codes[GB_SWEEP_PEERS_MAX];
    size_t count = gb_config_sections(config, "kafka", codes, GB_SWEEP_PEERS_MAX);
    GB_CHECK(count <= GB_SWEEP_PEERS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(codes[i], sweeper->dc.code) != 0)
            sweeper->peers[sweeper->peers_count++] = codes[i];
    }
}

struct gb_sweep *gb_sweep_open(const struct gb_sweep_options *options)
{
    struct gb_sweep *sweep = calloc(1, sizeof(*sweep));
    GB_CHECK(sweep != NULL);
    sweep->options = *options;
    sweep->sweeper = (struct gb_sweeper){
        .dc = options->engine->dc,
        .is_catalogue = options->is_catalogue,
        .engine = gb_engine_new(options->engine),
        .arena = gb_arena_new(ARENA_BYTES_MAX),
        .wake = options->engine->wake,
        .partitions = (int32_t)gb_config_int(options->config, "topics", "partitions"),
        .letters_keep_us = gb_config_int(options->config, "dead_letters", "keep_s") * 1000000,
    };
    gb_sweep_denials_init(&sweep->sweeper);
    list_peers(&sweep->sweeper, options->config);
    sweep->overdue = gb_metric_gauge("geobill_consumer_overdue", NULL,
                                     "Pay-ins that stay ACCEPTED because they do not fit.");
    sweep->leader =
        gb_metric_gauge("geobill_consumer_sweeps", NULL, "1 where this process is the sweeper.");
    GB_CHECK(pthread_create(&sweep->thread, NULL, run, sweep) == 0);
    return sweep;
}

enum gb_result gb_sweep_close(struct gb_sweep *sweep, struct gb_err *err)
{
    if (sweep == NULL)
        return GB_OK;
    GB_CHECK(pthread_join(sweep->thread, NULL) == 0);
    enum gb_result result = sweep->ended;
    if (result != GB_OK)
        *err = sweep->end;
    gb_pg_close(sweep->pg);
    gb_engine_free(sweep->sweeper.engine);
    gb_arena_free(sweep->sweeper.arena);
    free(sweep);
    return result;
}
