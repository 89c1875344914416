/* What is applied to a database, and whether that fits this program. */
#include "db/migrate.h"

#include <stdlib.h>
#include <string.h>

#include "db/migrate_work.h"
#include "db/sql.h"
#include "runtime/digest.h"

#define ARENA_BYTES_MAX 65536
#define NOT_KNOWN SIZE_MAX

static size_t find(const struct gb_migration_list *list, int64_t number)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].number == number)
            return i;
    return NOT_KNOWN;
}

static int newest(const struct gb_migration_list *list)
{
    return list->items[list->count - 1].number;
}

int gb_migrations_newest(void)
{
    return newest(&gb_migrations_known);
}

/* Row `row` of what is applied: do we know it, with the same text? */
static enum gb_result compare(const struct gb_migrate *migrate, const struct gb_rows *rows,
                              size_t row, struct gb_err *err)
{
    int64_t number = gb_rows_int(rows, row, 0);
    const char *name = gb_rows_text(rows, row, 1);
    size_t i = find(migrate->list, number);
    if (i == NOT_KNOWN && number > newest(migrate->list))
        return gb_err_set(err, GB_FATAL, "SCHEMA_NEWER",
                          "the database has migration %s, this program does not", name);
    if (i == NOT_KNOWN)
        return gb_err_set(err, GB_FATAL, "MIGRATION_OUT_OF_ORDER",
                          "the database has %s, which is none of this program's up to %s", name,
                          migrate->list->items[migrate->list->count - 1].statement.name);
    const char *text = migrate->list->items[i].statement.text;
    uint8_t expected[GB_DIGEST_SIZE];
    gb_sha256(text, strlen(text), expected);
    struct gb_bytes found = gb_rows_bytes(rows, row, 2);
    if (found.size != GB_DIGEST_SIZE || memcmp(found.data, expected, GB_DIGEST_SIZE) != 0)
        return gb_err_set(err, GB_FATAL, "CHECKSUM_CHANGED", "%s was applied with another text",
                          name);
    migrate->applied[i] = true;
    return GB_OK;
}

/* Within a stage nothing is left out: what is pending comes after all that is applied. */
static enum gb_result check_order(const struct gb_migrate *migrate, struct gb_err *err)
{
    const struct gb_migration *missing[GB_STAGES] = {NULL};
    for (size_t i = 0; i < migrate->list->count; i++) {
        const struct gb_migration *migration = &migrate->list->items[i];
        if (!migrate->applied[i] && missing[migration->stage] == NULL)
            missing[migration->stage] = migration;
        if (migrate->applied[i] && missing[migration->stage] != NULL)
            return gb_err_set(err, GB_FATAL, "MIGRATION_OUT_OF_ORDER",
                              "%s is not applied, but the later %s is",
                              missing[migration->stage]->statement.name, migration->statement.name);
    }
    return GB_OK;
}

enum gb_result gb_migrate_call(struct gb_migrate *migrate, struct gb_call *call, struct gb_err *err)
{
    enum gb_result result = gb_pg_call(migrate->pg, call, err);
    if (result == GB_OK)
        gb_calls_release(call, 1);
    return result;
}

enum gb_result gb_migrate_read(struct gb_migrate *migrate, bool exists, struct gb_err *err)
{
    memset(migrate->applied, 0, migrate->list->count * sizeof(migrate->applied[0]));
    if (!exists)
        return GB_OK;
    struct gb_call call;
    gb_arena_reset(migrate->arena);
    gb_call_init(&call, &gb_sql_schema_migration_list, migrate->arena);
    enum gb_result result = gb_pg_call(migrate->pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t row = 0; row < gb_rows_count(call.rows) && result == GB_OK; row++)
        result = compare(migrate, call.rows, row, err);
    gb_calls_release(&call, 1);
    return result == GB_OK ? check_order(migrate, err) : result;
}

bool gb_migrate_begun(const struct gb_migrate *migrate)
{
    for (size_t i = 0; i < migrate->list->count; i++)
        if (migrate->applied[i])
            return true;
    return false;
}

bool gb_migrate_pending(const struct gb_migrate *migrate, size_t i)
{
    return !migrate->applied[i];
}

enum gb_result gb_migrate_claim(struct gb_migrate *migrate, bool note, struct gb_err *err)
{
    const struct gb_migrate_target *target = migrate->target;
    struct gb_call calls[2];
    gb_arena_reset(migrate->arena);
    gb_call_init(&calls[0], &gb_sql_local_datacenter_insert, migrate->arena);
    gb_params_text(&calls[0].params, target->code);
    gb_params_text(&calls[0].params, target->catalogue);
    gb_call_init(&calls[1], &gb_sql_local_datacenter_get, migrate->arena);
    size_t first = note ? 0 : 1;
    enum gb_result result = gb_pg_run(migrate->pg, &calls[first], 2 - first, NULL, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(calls[1].rows) > 0) {
        const char *code = gb_rows_text(calls[1].rows, 0, 0);
        const char *catalogue = gb_rows_text(calls[1].rows, 0, 1);
        if (strcmp(code, target->code) != 0 || strcmp(catalogue, target->catalogue) != 0)
            result = gb_err_set(
                err, GB_FATAL, "OTHER_DATACENTER",
                "the database belongs to %s with catalogue %s, not to %s with catalogue %s", code,
                catalogue, target->code, target->catalogue);
    }
    gb_calls_release(&calls[first], 2 - first);
    return result;
}

/* Has the database ever been migrated? */
static enum gb_result look(struct gb_migrate *migrate, bool *ret_exists, struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_schema_migration_exists, migrate->arena);
    enum gb_result result = gb_pg_call(migrate->pg, &call, err);
    if (result != GB_OK)
        return result;
    *ret_exists = gb_rows_bool(call.rows, 0, 0);
    gb_calls_release(&call, 1);
    return GB_OK;
}

enum gb_result gb_migrate_open(struct gb_pg *pg, const struct gb_migrate_target *target,
                               const struct gb_migration_list *list, struct gb_migrate **ret,
                               struct gb_err *err)
{
    struct gb_migrate *migrate = calloc(1, sizeof(*migrate));
    GB_CHECK(migrate != NULL && list->count > 0);
    *migrate = (struct gb_migrate){
        .pg = pg, .target = target, .list = list, .arena = gb_arena_new(ARENA_BYTES_MAX)};
    migrate->applied = calloc(list->count, sizeof(migrate->applied[0]));
    GB_CHECK(migrate->applied != NULL);
    bool exists = false;
    enum gb_result result = look(migrate, &exists, err);
    if (result == GB_OK)
        result = gb_migrate_read(migrate, exists, err);
    if (result == GB_OK && gb_migrate_begun(migrate))
        result = gb_migrate_claim(migrate, false, err);
    *ret = result == GB_OK ? migrate : NULL;
    if (result != GB_OK)
        gb_migrate_close(migrate);
    return result;
}

static enum gb_stage stage_of_name(const char *name)
{
    const char *dot = strchr(name, '.');
    if (dot == NULL)
        return GB_STAGE_EXPAND;
    return strcmp(dot, ".move") == 0 ? GB_STAGE_MOVE : GB_STAGE_CONTRACT;
}

/* `rows` is what is applied. What is wrong is the answer. */
static enum gb_result judge_fit(const struct gb_rows *rows, const struct gb_migration_list *list,
                                struct gb_err *err)
{
    size_t row = 0, rows_count = gb_rows_count(rows);
    for (size_t i = 0; i < list->count; i++) {
        while (row < rows_count && gb_rows_int(rows, row, 0) < list->items[i].number)
            row++;
        bool there = row < rows_count && gb_rows_int(rows, row, 0) == list->items[i].number;
        if (!there && list->items[i].stage == GB_STAGE_EXPAND)
            return gb_err_set(err, GB_FATAL, "SCHEMA_OLDER",
                              "the database lacks %s: run `geobill migrate` first",
                              list->items[i].statement.name);
    }
    for (row = 0; row < rows_count; row++)
        if (gb_rows_int(rows, row, 0) > newest(list) &&
            stage_of_name(gb_rows_text(rows, row, 1)) == GB_STAGE_CONTRACT)
            return gb_err_set(err, GB_FATAL, "SCHEMA_NEWER",
                              "%s has removed what this program uses: start a newer one",
                              gb_rows_text(rows, row, 1));
    return GB_OK;
}

enum gb_result gb_migrate_check_fits(struct gb_pg *pg, const struct gb_migration_list *list,
                                     struct gb_err *err)
{
    struct gb_arena *arena = gb_arena_new(ARENA_BYTES_MAX);
    struct gb_call call;
    gb_call_init(&call, &gb_sql_schema_migration_list, arena);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result == GB_OK) {
        result = judge_fit(call.rows, list, err);
        gb_calls_release(&call, 1);
    } else if (result == GB_FATAL && err != NULL && strcmp(err->code, "42P01") == 0) {
        result = gb_err_set(err, GB_FATAL, "SCHEMA_OLDER",
                            "the database is empty: run `geobill migrate` first");
    }
    gb_arena_free(arena);
    return result;
}

enum gb_result gb_migrate_connect(const struct gb_pg_options *options, struct gb_pg **ret,
                                  struct gb_err *err)
{
    struct gb_pg *pg = NULL;
    enum gb_result result = gb_pg_open(options, &pg, err);
    if (result == GB_OK)
        result = gb_migrate_check_fits(pg, &gb_migrations_known, err);
    *ret = result == GB_OK ? pg : NULL;
    if (result != GB_OK)
        gb_pg_close(pg);
    return result;
}
