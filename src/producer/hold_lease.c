#include <stdio.h>
#include <string.h>

#include "db/sql.h"
#include "producer/lease.h"
#include "runtime/clock.h"
#include "runtime/uuid.h"

enum { ARENA_BYTES = 64 * 1024 };

void gb_lease_init(struct gb_lease *lease, const struct gb_publisher_settings *settings)
{
    *lease = (struct gb_lease){.settings = settings, .arena = gb_arena_new(ARENA_BYTES)};
}

void gb_lease_done(struct gb_lease *lease)
{
    gb_lease_release(lease);
    gb_pg_close(lease->pg);
    gb_arena_free(lease->arena);
    lease->pg = NULL;
    lease->arena = NULL;
}

/* Nothing of ours may hold on to a session that is no longer the lock's. */
static void lose(struct gb_lease *lease)
{
    atomic_store(&lease->held, false);
    gb_pg_close(lease->pg);
    lease->pg = NULL;
}

static enum gb_result connect(struct gb_lease *lease, struct gb_err *err)
{
    uint8_t random[(GB_HOLDER_SIZE - 1) / 2];
    if (lease->pg != NULL && gb_pg_usable(lease->pg))
        return GB_OK;
    gb_pg_close(lease->pg);
    lease->pg = NULL;
    gb_random(random, sizeof(random));
    gb_hex_format(random, sizeof(random), lease->holder);
    return gb_publisher_connect(lease->settings, "lease", lease->holder, &lease->pg, err);
}

static void trust(struct gb_lease *lease, int64_t since_us)
{
    /* Counted from before the heartbeat was sent: a standby counts from after it was stored. */
    atomic_store(&lease->good_until_us, since_us + lease->settings->lease_stale_ms * 1000);
}

static enum gb_result take(struct gb_lease *lease, struct gb_err *err)
{
    int64_t now_us = gb_clock_mono_us();
    struct gb_call call;
    gb_call_init(&call, &gb_sql_publisher_lease_take, lease->arena);
    gb_params_text(&call.params, lease->holder);
    gb_params_int8(&call.params, gb_clock_wall_us());
    enum gb_result result = gb_pg_call(lease->pg, &call, err);
    gb_calls_release(&call, 1);
    if (result != GB_OK)
        return result;
    trust(lease, now_us);
    atomic_store(&lease->held, true);
    return GB_OK;
}

/* Notes the other's heartbeat; true when it has stood still for too long. */
static bool is_stale(struct gb_lease *lease, const struct gb_rows *rows)
{
    int64_t now_us = gb_clock_mono_us();
    const char *holder = gb_rows_text(rows, 0, 0);
    int64_t beat = gb_rows_int(rows, 0, 1);
    if (lease->other_since_us == 0 || beat != lease->other_beat ||
        strcmp(holder, lease->other) != 0) {
        (void)snprintf(lease->other, sizeof(lease->other), "%s", holder);
        lease->other_beat = beat;
        lease->other_since_us = now_us;
    }
    return now_us - lease->other_since_us > lease->settings->lease_stale_ms * 1000;
}

static enum gb_result end_other(struct gb_lease *lease, struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_publisher_lease_end, lease->arena);
    gb_params_text(&call.params, lease->other);
    gb_params_int8(&call.params, lease->other_beat);
    enum gb_result result = gb_pg_call(lease->pg, &call, err);
    gb_calls_release(&call, 1);
    return result;
}

static enum gb_result try_once(struct gb_lease *lease, bool *ret_taken, struct gb_err *err)
{
    struct gb_call calls[2];
    gb_arena_reset(lease->arena);
    gb_call_init(&calls[0], &gb_sql_publisher_lease_lock, lease->arena);
    gb_call_init(&calls[1], &gb_sql_publisher_lease_get, lease->arena);
    enum gb_result result = gb_pg_run(lease->pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    *ret_taken = gb_rows_bool(calls[0].rows, 0, 0);
    bool stale = !*ret_taken && is_stale(lease, calls[1].rows);
    gb_calls_release(calls, 2);
    if (*ret_taken)
        return take(lease, err);
    return stale ? end_other(lease, err) : GB_OK;
}

enum gb_result gb_lease_try(struct gb_lease *lease, bool *ret_taken, struct gb_err *err)
{
    GB_CHECK(!atomic_load(&lease->held));
    *ret_taken = false;
    enum gb_result result = connect(lease, err);
    if (result == GB_OK)
        result = try_once(lease, ret_taken, err);
    if (result != GB_OK) {
        *ret_taken = false;
        lose(lease);
    }
    return result;
}

enum gb_result gb_lease_beat(struct gb_lease *lease, struct gb_err *err)
{
    GB_CHECK(atomic_load(&lease->held));
    int64_t now_us = gb_clock_mono_us();
    struct gb_call call;
    gb_arena_reset(lease->arena);
    gb_call_init(&call, &gb_sql_publisher_lease_beat, lease->arena);
    gb_params_text(&call.params, lease->holder);
    gb_params_int8(&call.params, gb_clock_wall_us());
    enum gb_result result = gb_pg_call(lease->pg, &call, err);
    gb_calls_release(&call, 1);
    if (result == GB_OK && call.affected != 1)
        result = gb_err_set(err, GB_RETRY, "LEASE_LOST", "another publisher holds the lease");
    if (result == GB_OK)
        trust(lease, now_us);
    else
        lose(lease);
    return result;
}

void gb_lease_release(struct gb_lease *lease)
{
    if (!atomic_load(&lease->held))
        return;
    struct gb_call call;
    gb_arena_reset(lease->arena);
    gb_call_init(&call, &gb_sql_publisher_lease_release, lease->arena);
    gb_params_text(&call.params, lease->holder);
    /* A failure leaves it to go stale. */
    (void)!gb_pg_call(lease->pg, &call, NULL);
    gb_calls_release(&call, 1);
    lose(lease); /* the lock goes with the session */
}

bool gb_lease_good(const struct gb_lease *lease)
{
    return atomic_load(&lease->held) && gb_clock_mono_us() < atomic_load(&lease->good_until_us);
}
