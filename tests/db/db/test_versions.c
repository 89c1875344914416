/* From every earlier version, with data in place, to the newest: the same schema as a new database,
 * every row as it was, and sound. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "catalog.h"
#include "db/migrate.h"
#include "db/sql.h"
#include "runtime/digest.h"
#include "support/postgres.h"

#define FILES_MAX 64
#define NAME_SIZE 64

static const struct gb_migrate_target dc1 = {.code = "dc1", .catalogue = "dc1"};

static struct gb_test_postgres *server;
static char *newest; /* the schema of a new database */

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    gb_test_database(server, "newest", "dc1", "dc1");
    struct gb_pg *pg = gb_test_connect(server, "newest", "geobill");
    gb_test_sql(pg, "UPDATE local_datacenter SET epoch = 2"); /* as 9_streams does */
    newest = gb_test_catalog(pg);
    gb_pg_close(pg);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    free(newest);
    gb_test_postgres_stop(server);
    return 0;
}

/* As the program of that version did it, one at a time. */
static void apply(struct gb_pg *pg, const struct gb_migration *migration)
{
    const struct gb_statement *statement = &migration->statement;
    uint8_t checksum[GB_DIGEST_SIZE];
    struct gb_arena *arena = gb_arena_new(4096);
    struct gb_call call;
    struct gb_err err = {.message = ""};
    if (migration->stage == GB_STAGE_MOVE) { /* nothing is there yet that it could move */
        gb_call_init(&call, statement, arena);
        gb_params_int4(&call.params, 1000);
        assert_int_equal(gb_pg_call(pg, &call, &err), GB_OK);
        gb_calls_release(&call, 1);
    } else {
        gb_test_sql(pg, statement->text);
    }
    gb_sha256(statement->text, strlen(statement->text), checksum);
    gb_call_init(&call, &gb_sql_schema_migration_insert, arena);
    gb_params_int4(&call.params, migration->number);
    gb_params_text(&call.params, statement->name);
    gb_params_bytea(&call.params, (struct gb_bytes){checksum, sizeof checksum});
    gb_params_int8(&call.params, 1);
    assert_int_equal(gb_pg_call(pg, &call, &err), GB_OK);
    gb_calls_release(&call, 1);
    gb_arena_free(arena);
}

struct data_file {
    char name[NAME_SIZE];
    char topic[NAME_SIZE]; /* "3_payouts" */
    int version;
};

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct data_file *)one)->name, ((const struct data_file *)other)->name);
}

/* All of them, by topic and version. */
static size_t list_files(struct data_file files[FILES_MAX])
{
    size_t count = 0;
    DIR *folder = opendir(GB_VERSIONS_DIR);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        struct data_file file;
        char ending[8] = "";
        if (sscanf(entry->d_name, "%63[^.].%d.%7s", file.topic, &file.version, ending) != 3 ||
            strcmp(ending, "sql") != 0)
            continue;
        assert_true(count < FILES_MAX && strlen(entry->d_name) < NAME_SIZE);
        snprintf(file.name, sizeof(file.name), "%.63s", entry->d_name);
        files[count++] = file;
    }
    closedir(folder);
    assert_true(count > 10);
    qsort(files, count, sizeof(files[0]), by_name);
    return count;
}

static void load_file(struct gb_pg *pg, const char *name)
{
    char path[512];
    static char text[65536];
    snprintf(path, sizeof(path), "%s/%.63s", GB_VERSIONS_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    gb_test_sql(pg, text);
}

/* Of each topic the newest that this version can have. */
static void load(struct gb_pg *pg, int version)
{
    struct data_file files[FILES_MAX];
    size_t count = list_files(files);
    for (size_t i = 0; i < count; i++) {
        bool newer = i + 1 < count && strcmp(files[i].topic, files[i + 1].topic) == 0 &&
                     files[i + 1].version <= version;
        if (files[i].version <= version && !newer)
            load_file(pg, files[i].name);
    }
}

/* A copy of every table, to be compared when all is done. */
static const char keep[] =
    "CREATE SCHEMA kept; DO $$ DECLARE name text; BEGIN"
    " FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
    " 'public'::regnamespace AND relname <> 'schema_migration' LOOP"
    "  EXECUTE format('CREATE TABLE kept.%I AS SELECT * FROM public.%I', name, name);"
    " END LOOP; END $$";

/* What of the copy is not there any more, in the columns that both have. The number of rows first.
 */
static const char compare[] =
    "CREATE TEMPORARY TABLE lost (name text, kept bigint, same bigint, now bigint);"
    "DO $$ DECLARE name text; names text; BEGIN"
    " FOR name IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'kept'::regnamespace AND "
    " EXISTS (SELECT FROM pg_class n WHERE n.relname = c.relname AND n.relnamespace = "
    " 'public'::regnamespace) LOOP"
    "  SELECT string_agg(quote_ident(k.attname), ',') INTO names FROM pg_attribute k JOIN "
    "  pg_attribute n USING (attname, atttypid) WHERE k.attrelid = ('kept.' || name)::regclass AND "
    "  n.attrelid = ('public.' || name)::regclass AND k.attnum > 0 AND NOT n.attisdropped;"
    "  EXECUTE format('INSERT INTO lost SELECT %L, (SELECT count(*) FROM kept.%I), (SELECT count(*)"
    "   FROM (SELECT (k)::text FROM (SELECT %s FROM kept.%I) k INTERSECT ALL SELECT (n)::text FROM "
    "   (SELECT %s FROM public.%I) n) b), (SELECT count(*) FROM public.%I)', name, name, names, "
    "   name, names, name, name);"
    " END LOOP; END $$";

static void expect_nothing_lost(struct gb_pg *pg)
{
    struct gb_rows *rows = NULL;
    struct gb_err err = {.message = ""};
    gb_test_sql(pg, compare);
    if (gb_pg_query_text(pg,
                         "SELECT name, kept, same, now FROM lost WHERE kept <> same OR kept <> now",
                         &rows, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    for (size_t i = 0; i < gb_rows_count(rows); i++)
        print_error("%s: %s rows kept, %s are the same, %s now\n", gb_rows_text(rows, i, 0),
                    gb_rows_text(rows, i, 1), gb_rows_text(rows, i, 2), gb_rows_text(rows, i, 3));
    assert_int_equal(gb_rows_count(rows), 0);
    gb_rows_free(rows);
    assert_true(gb_test_sql_int(pg, "SELECT kept FROM lost WHERE name = 'ledger'") > 600);
}

static void expect_sound(struct gb_pg *pg)
{
    for (size_t i = 0; i < gb_checks_count; i++) {
        struct gb_rows *rows = NULL;
        struct gb_err err = {.message = ""};
        if (gb_pg_query_text(pg, gb_checks[i].text, &rows, &err) != GB_OK)
            fail_msg("%s: %s %s", gb_checks[i].name, err.code, err.message);
        if (gb_rows_count(rows) > 0)
            fail_msg("%s: %zu rows, the first begins %s %s", gb_checks[i].name, gb_rows_count(rows),
                     gb_rows_text(rows, 0, 0), gb_rows_text(rows, 0, 1));
        gb_rows_free(rows);
    }
}

/* A database as the program of gb_migrations[last] left it. */
static struct gb_pg *make(size_t last)
{
    char name[16];
    snprintf(name, sizeof(name), "v%d", gb_migrations[last].number);
    gb_test_database_empty(server, name);
    struct gb_pg *pg = gb_test_connect(server, name, "geobill");
    gb_test_sql(pg, gb_sql_bookkeeping_script);
    for (size_t i = 0; i <= last; i++)
        apply(pg, &gb_migrations[i]);
    gb_test_sql(pg, "INSERT INTO local_datacenter (code, catalogue) VALUES ('dc1', 'dc1')");
    load(pg, gb_migrations[last].number);
    return pg;
}

static void from_version(size_t last)
{
    struct gb_err err = {.message = ""};
    struct gb_pg *pg = make(last);
    gb_test_sql(pg, keep);
    if (gb_migrate_run(pg, &dc1, &gb_migrations_known, NULL, &err) != GB_OK)
        fail_msg("from %s: %s: %s", gb_migrations[last].statement.name, err.code, err.message);
    print_message("from %s\n", gb_migrations[last].statement.name);
    char *catalog = gb_test_catalog(pg);
    gb_test_same_catalog(newest, catalog);
    free(catalog);
    expect_nothing_lost(pg);
    expect_sound(pg);
    gb_pg_close(pg);
}

static void test_from_every_version(void **state)
{
    (void)state;
    for (size_t last = 0; last < gb_migrations_count; last++)
        from_version(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_every_version),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
