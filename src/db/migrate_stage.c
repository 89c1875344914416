/* Applying: one migration at a time, so that a run that dies goes on where it was. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/migrate_work.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/digest.h"
#include "runtime/fault.h"
#include "runtime/stop.h"

/* A statement that waits for a lock makes all wait that come after it: it gives way soon, and
 * tries again. */
#define LOCK_TIMEOUT_MS "2000"
#define TRIES 60
#define BACKOFF_BASE_MS 50
#define BACKOFF_CAP_MS 2000
/* Rows of one batch of a move: a few milliseconds of locks. */
#define MOVE_ROWS 1000

enum gb_result gb_migrate_lock(struct gb_migrate *migrate, struct gb_err *err)
{
    struct gb_call call;
    gb_arena_reset(migrate->arena);
    gb_call_init(&call, &gb_sql_schema_migration_lock, migrate->arena);
    enum gb_result result = gb_migrate_call(migrate, &call, err);
    if (result != GB_OK)
        return result;
    migrate->locked = true;
    gb_call_init(&call, &gb_sql_lock_timeout_set, migrate->arena);
    gb_params_text(&call.params, LOCK_TIMEOUT_MS);
    result = gb_migrate_call(migrate, &call, err);
    gb_fault_point("migrate.locked");
    if (result == GB_OK)
        result = gb_pg_script(migrate->pg, gb_sql_bookkeeping_script, err);
    if (result == GB_OK)
        result = gb_migrate_read(migrate, true, err);
    if (result == GB_OK && gb_migrate_begun(migrate))
        result = gb_migrate_claim(migrate, false, err);
    return result;
}

void gb_migrate_close(struct gb_migrate *migrate)
{
    if (migrate == NULL)
        return;
    if (migrate->locked && gb_pg_usable(migrate->pg)) {
        struct gb_call calls[2];
        gb_arena_reset(migrate->arena);
        gb_call_init(&calls[0], &gb_sql_lock_timeout_set, migrate->arena);
        gb_params_text(&calls[0].params, "0");
        gb_call_init(&calls[1], &gb_sql_schema_migration_unlock, migrate->arena);
        /* Failing to unlock is no failure of the migration: the lock goes with the session. */
        struct gb_err ignored;
        if (gb_pg_run(migrate->pg, calls, 2, NULL, &ignored) == GB_OK)
            gb_calls_release(calls, 2);
    }
    gb_arena_free(migrate->arena);
    free(migrate->applied);
    free(migrate);
}

/* Notes it as applied. `begun`: and commits the transaction that applied it. */
static enum gb_result note(struct gb_migrate *migrate, const struct gb_migration *migration,
                           bool begun, struct gb_err *err)
{
    const struct gb_statement *statement = &migration->statement;
    uint8_t checksum[GB_DIGEST_SIZE];
    struct gb_call calls[2];
    gb_sha256(statement->text, strlen(statement->text), checksum);
    gb_arena_reset(migrate->arena);
    gb_call_init(&calls[0], &gb_sql_schema_migration_insert, migrate->arena);
    gb_params_int4(&calls[0].params, migration->number);
    gb_params_text(&calls[0].params, statement->name);
    gb_params_bytea(&calls[0].params, (struct gb_bytes){checksum, sizeof checksum});
    gb_params_int8(&calls[0].params, gb_clock_wall_us());
    gb_call_init(&calls[1], &gb_sql_tx_commit, migrate->arena);
    size_t count = begun ? 2 : 1;
    gb_fault_point("migrate.before_commit");
    enum gb_result result = gb_pg_run(migrate->pg, calls, count, NULL, err);
    if (result == GB_OK)
        gb_calls_release(calls, count);
    gb_fault_point("migrate.after_commit");
    return result;
}

static enum gb_result change_schema(struct gb_migrate *migrate,
                                    const struct gb_migration *migration, struct gb_err *err)
{
    enum gb_result result = gb_pg_script(migrate->pg, "BEGIN", err);
    if (result == GB_OK)
        result = gb_pg_script(migrate->pg, migration->statement.text, err);
    return result == GB_OK ? note(migrate, migration, true, err) : result;
}

/* Somebody else had what it needed; nothing was changed. */
static bool lost_a_race(const struct gb_err *err)
{
    return !err->outcome_unknown &&
           (strcmp(err->code, "55P03") == 0 || strcmp(err->code, "40P01") == 0 ||
            strcmp(err->code, "40001") == 0);
}

static enum gb_result apply(struct gb_migrate *migrate, const struct gb_migration *migration,
                            struct gb_err *err)
{
    struct gb_err own = {.message = ""};
    enum gb_result result = change_schema(migrate, migration, &own);
    for (unsigned tries = 1; result == GB_RETRY && lost_a_race(&own) && tries < TRIES; tries++) {
        (void)gb_stop_wait(gb_backoff_ms(tries, BACKOFF_BASE_MS, BACKOFF_CAP_MS));
        result = change_schema(migrate, migration, &own);
    }
    if (result != GB_OK && err != NULL)
        *err = own;
    return result;
}

/* One batch, in a transaction of its own. */
static enum gb_result move_batch(struct gb_migrate *migrate, const struct gb_migration *migration,
                                 int64_t *ret_rows, struct gb_err *err)
{
    struct gb_err own = {.message = ""};
    struct gb_call call;
    enum gb_result result = GB_RETRY;
    for (unsigned tries = 0; tries < TRIES; tries++) {
        if (tries > 0)
            (void)gb_stop_wait(gb_backoff_ms(tries, BACKOFF_BASE_MS, BACKOFF_CAP_MS));
        gb_arena_reset(migrate->arena);
        gb_call_init(&call, &migration->statement, migrate->arena);
        gb_params_int4(&call.params, MOVE_ROWS);
        result = gb_migrate_call(migrate, &call, &own);
        if (result == GB_OK || !lost_a_race(&own))
            break;
    }
    *ret_rows = call.affected;
    if (result != GB_OK && err != NULL)
        *err = own;
    return result;
}

/* Until there is nothing to move. *ret_moved: rows. */
static enum gb_result move(struct gb_migrate *migrate, const struct gb_migration *migration,
                           const struct gb_migrate_report *report, int64_t *ret_moved,
                           struct gb_err *err)
{
    *ret_moved = 0;
    for (;;) {
        int64_t rows = 0;
        enum gb_result result = move_batch(migrate, migration, &rows, err);
        if (result != GB_OK || rows == 0)
            return result;
        *ret_moved += rows;
        if (report != NULL && report->moving != NULL)
            report->moving(report->context, migration, *ret_moved);
        gb_fault_point("migrate.moved");
    }
}

/* Index of the last pending migration of stage contract; the list's count: none. */
static size_t last_contract(const struct gb_migrate *migrate)
{
    for (size_t i = migrate->list->count; i > 0; i--)
        if (migrate->list->items[i - 1].stage == GB_STAGE_CONTRACT && !migrate->applied[i - 1])
            return i - 1;
    return migrate->list->count;
}

/* What daemons of the release before have written since the moves before `contract` were done.
 * Moves whose contract is applied are over: what they read may be gone. */
static enum gb_result move_rest(struct gb_migrate *migrate, size_t contract,
                                const struct gb_migrate_report *report, struct gb_err *err)
{
    const struct gb_migration *items = migrate->list->items;
    size_t first = contract;
    while (first > 0 &&
           !(items[first - 1].stage == GB_STAGE_CONTRACT && migrate->applied[first - 1]))
        first--;
    enum gb_result result = GB_OK;
    int64_t moved;
    for (size_t i = first; i < contract && result == GB_OK; i++)
        if (items[i].stage == GB_STAGE_MOVE)
            result = move(migrate, &items[i], report, &moved, err);
    return result;
}

/* The first daemon at work that does not know `migration`, in words; *ret_is false: none. */
static enum gb_result find_older(struct gb_migrate *migrate, const struct gb_migration *migration,
                                 bool *ret_is, char *ret_who, size_t size, struct gb_err *err)
{
    *ret_is = false;
    if (!gb_migrate_begun(migrate))
        return GB_OK;
    int64_t now_us = gb_clock_wall_us();
    struct gb_call call;
    gb_arena_reset(migrate->arena);
    gb_call_init(&call, &gb_sql_daemon_older, migrate->arena);
    gb_params_int4(&call.params, migration->number);
    gb_params_int8(&call.params, now_us - (int64_t)GB_MIGRATE_DAEMON_GONE_MS * 1000);
    enum gb_result result = gb_pg_call(migrate->pg, &call, err);
    if (result != GB_OK)
        return result;
    *ret_is = gb_rows_count(call.rows) > 0;
    if (*ret_is)
        snprintf(ret_who, size,
                 "%s %s of %s, version %s, knows migrations up to %" PRId64 " and was seen %" PRId64
                 " s ago",
                 gb_rows_text(call.rows, 0, 0), gb_rows_text(call.rows, 0, 1),
                 migrate->target->code, gb_rows_text(call.rows, 0, 2), gb_rows_int(call.rows, 0, 3),
                 (now_us - gb_rows_int(call.rows, 0, 4)) / 1000000);
    gb_calls_release(&call, 1);
    return GB_OK;
}

enum gb_result gb_migrate_check_daemons(struct gb_migrate *migrate, struct gb_err *err)
{
    size_t contract = last_contract(migrate);
    bool is = false;
    char who[256];
    if (contract == migrate->list->count)
        return GB_OK;
    const struct gb_migration *migration = &migrate->list->items[contract];
    enum gb_result result = find_older(migrate, migration, &is, who, sizeof(who), err);
    if (result == GB_OK && is)
        result = gb_err_set(err, GB_POISON, "DAEMON_TOO_OLD",
                            "%s would remove what a daemon uses: %s. Stop it or start a newer one, "
                            "then migrate again",
                            migration->statement.name, who);
    return result;
}

/* Nothing is taken from daemons of the release before. */
static enum gb_result give_rights(struct gb_migrate *migrate, bool revoke, struct gb_err *err)
{
    gb_fault_point("migrate.before_rights");
    enum gb_result result = gb_pg_script(migrate->pg, "BEGIN", err);
    if (result == GB_OK && revoke)
        result = gb_pg_script(migrate->pg, gb_sql_revoke_script, err);
    if (result == GB_OK)
        result = gb_pg_script(migrate->pg, gb_sql_roles_script, err);
    if (result == GB_OK)
        result = gb_pg_script(migrate->pg, "COMMIT", err);
    return result;
}

static enum gb_result take_rights(struct gb_migrate *migrate, struct gb_err *err)
{
    bool older = false;
    char who[256];
    enum gb_result result = find_older(migrate, &migrate->list->items[migrate->list->count - 1],
                                       &older, who, sizeof(who), err);
    return result == GB_OK && !older ? give_rights(migrate, true, err) : result;
}

static enum gb_result begin_stage(struct gb_migrate *migrate, enum gb_stage stage,
                                  const struct gb_migrate_report *report, struct gb_err *err)
{
    size_t contract = last_contract(migrate);
    if (stage != GB_STAGE_CONTRACT || contract == migrate->list->count)
        return GB_OK;
    enum gb_result result = gb_migrate_check_daemons(migrate, err);
    return result == GB_OK ? move_rest(migrate, contract, report, err) : result;
}

static enum gb_result end_stage(struct gb_migrate *migrate, enum gb_stage stage, struct gb_err *err)
{
    if (stage == GB_STAGE_MOVE)
        return GB_OK;
    if (stage == GB_STAGE_CONTRACT)
        return take_rights(migrate, err);
    enum gb_result result = gb_migrate_claim(migrate, true, err);
    return result == GB_OK ? give_rights(migrate, false, err) : result;
}

static enum gb_result apply_one(struct gb_migrate *migrate, const struct gb_migration *migration,
                                const struct gb_migrate_report *report, struct gb_err *err)
{
    int64_t moved = 0;
    enum gb_result result;
    if (migration->stage == GB_STAGE_MOVE) {
        result = move(migrate, migration, report, &moved, err);
        if (result == GB_OK)
            result = note(migrate, migration, false, err);
    } else {
        result = apply(migrate, migration, err);
    }
    if (result == GB_OK && report != NULL && report->applied != NULL)
        report->applied(report->context, migration, moved);
    return result;
}

enum gb_result gb_migrate_stage(struct gb_migrate *migrate, enum gb_stage stage,
                                const struct gb_migrate_report *report, struct gb_err *err)
{
    GB_CHECK(migrate->locked);
    enum gb_result result = begin_stage(migrate, stage, report, err);
    for (size_t i = 0; i < migrate->list->count && result == GB_OK; i++) {
        if (migrate->list->items[i].stage != stage || migrate->applied[i])
            continue;
        result = apply_one(migrate, &migrate->list->items[i], report, err);
        migrate->applied[i] = result == GB_OK;
    }
    return result == GB_OK ? end_stage(migrate, stage, err) : result;
}

enum gb_result gb_migrate_run(struct gb_pg *pg, const struct gb_migrate_target *target,
                              const struct gb_migration_list *list,
                              const struct gb_migrate_report *report, struct gb_err *err)
{
    struct gb_migrate *migrate = NULL;
    enum gb_result result = gb_migrate_open(pg, target, list, &migrate, err);
    if (result == GB_OK)
        result = gb_migrate_lock(migrate, err);
    for (int stage = GB_STAGE_EXPAND; stage < GB_STAGES && result == GB_OK; stage++)
        result = gb_migrate_stage(migrate, (enum gb_stage)stage, report, err);
    gb_migrate_close(migrate);
    return result;
}
