/* Migrations: once, in order, by one at a time, and never over something else. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "db/migrate.h"
#include "db/scripts.h"
#include "support/postgres.h"

static const struct gb_migrate_target dc1 = {.code = "dc1", .catalogue = "dc2"};

static struct gb_test_postgres *server;
static struct gb_pg *pg;
static int number;

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_test_postgres_stop(server);
    return 0;
}

static char name[16];

/* An empty database each. */
static int setup(void **state)
{
    (void)state;
    snprintf(name, sizeof name, "m%d", ++number);
    gb_test_database_empty(server, name);
    pg = gb_test_connect(server, name, "geobill");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gb_pg_close(pg);
    return 0;
}

static void count(void *context, const struct gb_migration *migration, int64_t moved)
{
    int *applied = context;
    assert_true(migration >= gb_migrations && migration < gb_migrations + gb_migrations_count);
    assert_int_equal(moved, 0); /* there is nothing yet */
    (*applied)++;
}

static void test_twice_changes_nothing(void **state)
{
    (void)state;
    int applied = 0;
    const struct gb_migrate_report report = {.applied = count, .context = &applied};
    struct gb_err err = {.message = ""};
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, &report, &err), GB_OK);
    assert_int_equal(applied, gb_migrations_count);
    assert_int_equal(
        gb_test_sql_int(
            pg, "SELECT count(*) FROM local_datacenter WHERE code = 'dc1' AND catalogue = 'dc2'"
                " AND incarnation = 1"),
        1);
    assert_int_equal(
        gb_test_sql_int(pg, "SELECT count(*) FROM schema_migration WHERE applied_at_us > 0"),
        gb_migrations_count);
    int64_t catalog = gb_test_sql_int(pg, "SELECT count(*) FROM pg_class");

    applied = 0;
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, &report, &err), GB_OK);
    assert_int_equal(applied, 0);
    assert_int_equal(gb_test_sql_int(pg, "SELECT count(*) FROM pg_class"), catalog);
    assert_int_equal(
        gb_test_sql_int(pg, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0);
}

static void refused(const char *spoil, const struct gb_migrate_target *target, const char *code)
{
    struct gb_err err = {.message = ""};
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, NULL, &err), GB_OK);
    gb_test_sql(pg, spoil);
    assert_int_equal(gb_migrate_run(pg, target, &gb_migrations_known, NULL, &err), GB_FATAL);
    assert_string_equal(err.code, code);
}

static void test_changed_text_is_refused(void **state)
{
    (void)state;
    refused("UPDATE schema_migration SET checksum = sha256('other') WHERE number = 1", &dc1,
            "CHECKSUM_CHANGED");
}

static void test_newer_schema_is_refused(void **state)
{
    (void)state;
    refused("INSERT INTO schema_migration VALUES (9999, '9999_future', sha256('x'), 1)", &dc1,
            "SCHEMA_NEWER");
}

static void test_missing_older_one_is_refused(void **state)
{
    (void)state;
    refused("UPDATE schema_migration SET number = 0 WHERE number = 1", &dc1,
            "MIGRATION_OUT_OF_ORDER");
}

static void test_other_datacenter_is_refused(void **state)
{
    (void)state;
    const struct gb_migrate_target dc3 = {.code = "dc3", .catalogue = "dc2"};
    const struct gb_migrate_target other_catalogue = {.code = "dc1", .catalogue = "dc1"};
    refused("SELECT 1", &dc3, "OTHER_DATACENTER");
    refused("SELECT 1", &other_catalogue, "OTHER_DATACENTER");
    assert_int_equal(
        gb_test_sql_int(pg, "SELECT count(*) FROM local_datacenter WHERE code = 'dc1'"), 1);
}

static void test_impossible_code_is_refused(void **state)
{
    (void)state;
    const struct gb_migrate_target paris = {.code = "paris", .catalogue = "dc1"};
    struct gb_err err;
    assert_int_equal(gb_migrate_run(pg, &paris, &gb_migrations_known, NULL, &err), GB_POISON);
    assert_string_equal(err.code, "23514");
    assert_int_equal(gb_test_sql_int(pg, "SELECT count(*) FROM local_datacenter"), 0);
}

/* A migration that fails leaves nothing of itself. */
static void test_failed_migration_is_undone(void **state)
{
    (void)state;
    struct gb_err err;
    gb_test_sql(pg, "CREATE TABLE daemon (in_the_way integer)");
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, NULL, &err), GB_FATAL);
    assert_string_equal(err.code, "42P07");
    assert_int_equal(gb_test_sql_int(pg, "SELECT count(*) FROM schema_migration"), 0);
    assert_int_equal(gb_test_sql_int(pg, "SELECT count(*) FROM pg_class WHERE relname = 'share'"),
                     0);
    gb_test_sql(pg, "DROP TABLE daemon");
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, NULL, &err), GB_OK);
}

/* Roles are put right again: what somebody granted by hand is gone. */
static void test_roles_are_put_right(void **state)
{
    (void)state;
    struct gb_err err;
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, NULL, &err), GB_OK);
    gb_test_sql(
        pg,
        "GRANT ALL ON ledger TO geobill_api; GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;"
        "REVOKE INSERT ON ledger FROM geobill_consumer");
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, NULL, &err), GB_OK);
    assert_int_equal(
        gb_test_sql_int(
            pg, "SELECT (has_table_privilege('geobill_api', 'ledger', 'UPDATE')"
                " OR has_table_privilege('geobill_projector', 'ledger', 'INSERT')"
                " OR NOT has_table_privilege('geobill_consumer', 'ledger', 'INSERT'))::int"),
        0);
}

struct runner {
    pthread_t thread;
    enum gb_result result;
    int applied;
    char code[48];
};

static void add_one(void *context, const struct gb_migration *migration, int64_t moved)
{
    struct runner *runner = context;
    (void)migration;
    (void)moved;
    runner->applied++;
}

static void *run(void *context)
{
    struct runner *runner = context;
    const struct gb_migrate_report report = {.applied = add_one, .context = runner};
    struct gb_pg *own = gb_test_connect(server, name, "geobill");
    struct gb_err err = {.code = ""};
    runner->result = gb_migrate_run(own, &dc1, &gb_migrations_known, &report, &err);
    memcpy(runner->code, err.code, sizeof runner->code);
    gb_pg_close(own);
    return NULL;
}

static void test_concurrent_runs_wait_for_each_other(void **state)
{
    (void)state;
    struct runner runners[4] = {{0}};
    int applied = 0;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(runners[i].thread, NULL), 0);
        applied += runners[i].applied;
    }
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(runners[i].code, "");
        assert_int_equal(runners[i].result, GB_OK);
    }
    assert_int_equal(applied, gb_migrations_count);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_twice_changes_nothing),
        TEST(test_changed_text_is_refused),
        TEST(test_newer_schema_is_refused),
        TEST(test_missing_older_one_is_refused),
        TEST(test_other_datacenter_is_refused),
        TEST(test_impossible_code_is_refused),
        TEST(test_failed_migration_is_undone),
        TEST(test_roles_are_put_right),
        TEST(test_concurrent_runs_wait_for_each_other),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
