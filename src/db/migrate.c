#include "db/migrate.h"

#include <string.h>

#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/digest.h"

#define ARENA_BYTES_MAX 65536

struct migration_run {
    struct gb_pg *pg;
    struct gb_arena *arena;
    const struct gb_migrate_target *target;
    size_t applied; /* so many of gb_migrations are in the database */
};

/* The i-th applied migration must be the i-th that we know. */
static enum gb_result compare(const struct gb_rows *rows, size_t i, struct gb_err *err)
{
    int64_t number = gb_rows_int(rows, i, 0);
    const char *name = gb_rows_text(rows, i, 1);
    if (i >= gb_migrations_count || number > gb_migrations[gb_migrations_count - 1].number)
        return gb_err_set(err, GB_FATAL, "SCHEMA_NEWER",
                          "the database has migration %s, this program does not", name);
    if (number != gb_migrations[i].number)
        return gb_err_set(err, GB_FATAL, "MIGRATION_OUT_OF_ORDER",
                          "%s is not applied, but the later %s is", gb_migrations[i].name, name);
    uint8_t expected[GB_DIGEST_SIZE];
    gb_sha256(gb_migrations[i].text, strlen(gb_migrations[i].text), expected);
    struct gb_bytes found = gb_rows_bytes(rows, i, 2);
    if (found.size != GB_DIGEST_SIZE || memcmp(found.data, expected, GB_DIGEST_SIZE) != 0)
        return gb_err_set(err, GB_FATAL, "CHECKSUM_CHANGED", "%s was applied with another text",
                          name);
    return GB_OK;
}

static enum gb_result read_applied(struct migration_run *run, struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_schema_migration_list, run->arena);
    enum gb_result result = gb_pg_call(run->pg, &call, err);
    if (result != GB_OK)
        return result;
    run->applied = gb_rows_count(call.rows);
    for (size_t i = 0; i < run->applied && result == GB_OK; i++)
        result = compare(call.rows, i, err);
    gb_calls_release(&call, 1);
    return result;
}

static enum gb_result apply(struct migration_run *run, const struct gb_migration *migration,
                            struct gb_err *err)
{
    uint8_t checksum[GB_DIGEST_SIZE];
    gb_sha256(migration->text, strlen(migration->text), checksum);
    struct gb_call calls[2];
    gb_call_init(&calls[0], &gb_sql_schema_migration_insert, run->arena);
    gb_params_int4(&calls[0].params, migration->number);
    gb_params_text(&calls[0].params, migration->name);
    gb_params_bytea(&calls[0].params, (struct gb_bytes){checksum, sizeof checksum});
    gb_params_int8(&calls[0].params, gb_clock_wall_us());
    gb_call_init(&calls[1], &gb_sql_tx_commit, run->arena);

    enum gb_result result = gb_pg_script(run->pg, "BEGIN", err);
    if (result == GB_OK)
        result = gb_pg_script(run->pg, migration->text, err);
    if (result == GB_OK)
        result = gb_pg_run(run->pg, calls, 2, NULL, err);
    if (result == GB_OK)
        gb_calls_release(calls, 2);
    return result;
}

/* Notes the datacenter in a new database, or compares. Does nothing before the first migration. */
static enum gb_result claim(struct migration_run *run, struct gb_err *err)
{
    const struct gb_migrate_target *target = run->target;
    struct gb_call calls[2];
    gb_call_init(&calls[0], &gb_sql_local_datacenter_insert, run->arena);
    gb_params_text(&calls[0].params, target->code);
    gb_params_text(&calls[0].params, target->catalogue);
    gb_call_init(&calls[1], &gb_sql_local_datacenter_get, run->arena);
    enum gb_result result = gb_pg_run(run->pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    const char *code = gb_rows_text(calls[1].rows, 0, 0);
    const char *catalogue = gb_rows_text(calls[1].rows, 0, 1);
    if (strcmp(code, target->code) != 0 || strcmp(catalogue, target->catalogue) != 0)
        result =
            gb_err_set(err, GB_FATAL, "OTHER_DATACENTER",
                       "the database belongs to %s with catalogue %s, not to %s with catalogue %s",
                       code, catalogue, target->code, target->catalogue);
    gb_calls_release(calls, 2);
    return result;
}

static enum gb_result bring_up(struct migration_run *run, const struct gb_migrate_report *report,
                               struct gb_err *err)
{
    enum gb_result result = gb_pg_script(run->pg, gb_sql_bookkeeping_script, err);
    if (result == GB_OK)
        result = read_applied(run, err);
    if (result == GB_OK && run->applied > 0)
        result = claim(run, err);
    for (size_t i = run->applied; i < gb_migrations_count && result == GB_OK; i++) {
        result = apply(run, &gb_migrations[i], err);
        if (result == GB_OK && report != NULL)
            report->applied(report->context, gb_migrations[i].number, gb_migrations[i].name);
    }
    if (result == GB_OK)
        result = claim(run, err);
    if (result == GB_OK)
        result = gb_pg_script(run->pg, gb_sql_roles_script, err);
    return result;
}

/* The lock is the session's; it waits for another run to end. */
static enum gb_result set_lock(struct migration_run *run, const struct gb_statement *statement,
                               struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, statement, run->arena);
    enum gb_result result = gb_pg_call(run->pg, &call, err);
    if (result == GB_OK)
        gb_calls_release(&call, 1);
    return result;
}

enum gb_result gb_migrate_run(struct gb_pg *pg, const struct gb_migrate_target *target,
                              const struct gb_migrate_report *report, struct gb_err *err)
{
    struct migration_run run = {.pg = pg, .arena = gb_arena_new(ARENA_BYTES_MAX), .target = target};
    enum gb_result result = set_lock(&run, &gb_sql_schema_migration_lock, err);
    if (result == GB_OK) {
        result = bring_up(&run, report, err);
        /* Failing to unlock is no failure of the migration: the lock goes with the session. */
        struct gb_err ignored;
        (void)!set_lock(&run, &gb_sql_schema_migration_unlock, &ignored);
    }
    gb_arena_free(run.arena);
    return result;
}
