/* Migrations in stages, with a release to come: what this program knows, and three more. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "catalog.h"
#include "db/migrate.h"
#include "runtime/clock.h"
#include "support/postgres.h"

static const struct gb_migrate_target dc1 = {.code = "dc1", .catalogue = "dc2"};

/* The next release keeps a label beside each account's name, and 9004 needs 9001 only. */
static const struct gb_migration next[] = {
    {9001,
     GB_STAGE_EXPAND,
     {"9001_label", "ALTER TABLE account ADD COLUMN label text;"
                    "COMMENT ON COLUMN account.label IS 'x';"}},
    {9002,
     GB_STAGE_MOVE,
     {"9002_fill_label.move",
      "UPDATE account SET label = upper(name) WHERE account_no IN (SELECT account_no FROM account "
      "WHERE label IS NULL ORDER BY account_no LIMIT $1::integer FOR UPDATE)"}},
    {9003,
     GB_STAGE_CONTRACT,
     {"9003_label_needed.contract", "ALTER TABLE account ALTER COLUMN label SET NOT NULL;"}},
    {9004, GB_STAGE_EXPAND, {"9004_more", "CREATE INDEX account_label ON account (label);"}},
};
#define NEXT (sizeof(next) / sizeof(next[0]))

static struct gb_migration all[256];
static struct gb_migration_list list = {all, 0};

static struct gb_test_postgres *server;
static struct gb_pg *pg;
static char name[16];

static void make_list(void)
{
    GB_CHECK(gb_migrations_count + NEXT <= sizeof(all) / sizeof(all[0]));
    memcpy(all, gb_migrations, gb_migrations_count * sizeof(all[0]));
    memcpy(&all[gb_migrations_count], next, sizeof(next));
    list.count = gb_migrations_count + NEXT;
}

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

/* A database of the release before each, with 2,500 accounts. */
static int setup(void **state)
{
    static int number;
    (void)state;
    snprintf(name, sizeof name, "s%d", ++number);
    gb_test_database(server, name, "dc1", "dc2");
    pg = gb_test_connect(server, name, "geobill");
    gb_test_sql(pg, "INSERT INTO account (account_no, account_id, name, currency, status, version, "
                    "created_at_us, updated_at_us) SELECT n, 'a' || n, 'Name ' || n, 'EUR', 1, 1, "
                    "1, 1 FROM generate_series(1, 2500) n");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gb_pg_close(pg);
    return 0;
}

/* What was reported, in order: "9001 9002+1000 9002+2000 9002=2500". */
static char seen[512];

static void on_applied(void *context, const struct gb_migration *migration, int64_t moved)
{
    size_t used = strlen(seen);
    (void)context;
    snprintf(seen + used, sizeof(seen) - used, "%d=%d ", migration->number, (int)moved);
}

static void on_moving(void *context, const struct gb_migration *migration, int64_t moved)
{
    size_t used = strlen(seen);
    (void)context;
    snprintf(seen + used, sizeof(seen) - used, "%d+%d ", migration->number, (int)moved);
}

static const struct gb_migrate_report report = {.applied = on_applied, .moving = on_moving};

static void beat(int schema_number, int64_t seconds_ago)
{
    char text[256];
    snprintf(text, sizeof(text),
             "INSERT INTO daemon VALUES ('consumer', 'c1', 1, '0.0.9', '', 1, %lld, '', %d) ON "
             "CONFLICT (role, instance) DO UPDATE SET beat_at_us = excluded.beat_at_us, "
             "schema_number = excluded.schema_number",
             (long long)(gb_clock_wall_us() - seconds_ago * 1000000), schema_number);
    gb_test_sql(pg, text);
}

static int64_t applied(int number)
{
    char text[96];
    snprintf(text, sizeof(text), "SELECT count(*) FROM schema_migration WHERE number = %d", number);
    return gb_test_sql_int(pg, text);
}

static struct gb_migrate *open_locked(void)
{
    struct gb_migrate *migrate = NULL;
    struct gb_err err = {.message = ""};
    seen[0] = '\0';
    assert_int_equal(gb_migrate_open(pg, &dc1, &list, &migrate, &err), GB_OK);
    assert_int_equal(gb_migrate_lock(migrate, &err), GB_OK);
    return migrate;
}

static void run_stage(struct gb_migrate *migrate, enum gb_stage stage, const char *expected)
{
    struct gb_err err = {.message = ""};
    seen[0] = '\0';
    if (gb_migrate_stage(migrate, stage, &report, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    assert_string_equal(seen, expected);
}

/* All that expands comes first, also what is numbered behind a contract; a move goes in batches. */
static void test_stage_by_stage(void **state)
{
    (void)state;
    struct gb_migrate *migrate = open_locked();
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(gb_migrate_pending(migrate, i), i >= gb_migrations_count);
    run_stage(migrate, GB_STAGE_EXPAND, "9001=0 9004=0 ");
    run_stage(migrate, GB_STAGE_MOVE, "9002+1000 9002+2000 9002+2500 9002=2500 ");
    run_stage(migrate, GB_STAGE_CONTRACT, "9003=0 ");
    run_stage(migrate, GB_STAGE_CONTRACT, "");
    gb_migrate_close(migrate);
    assert_int_equal(gb_test_sql_int(pg, "SELECT count(*) FROM account WHERE label = upper(name)"),
                     2500);
    assert_int_equal(
        gb_test_sql_int(pg, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0);
}

/* Nothing is removed under a daemon that may use it; who is gone, or new, is no hindrance. */
static void test_contract_waits_for_old_daemons(void **state)
{
    (void)state;
    struct gb_err err = {.message = ""};
    beat(gb_migrations_newest(), 1);
    seen[0] = '\0';
    assert_int_equal(gb_migrate_run(pg, &dc1, &list, &report, &err), GB_POISON);
    assert_string_equal(err.code, "DAEMON_TOO_OLD");
    assert_non_null(strstr(err.message, "9003_label_needed.contract"));
    assert_non_null(strstr(err.message, "consumer c1 of dc1, version 0.0.9"));
    assert_int_equal(applied(9002), 1);
    assert_int_equal(applied(9003), 0);

    beat(gb_migrations_newest(), GB_MIGRATE_DAEMON_GONE_MS / 1000 + 1);
    assert_int_equal(gb_migrate_run(pg, &dc1, &list, &report, &err), GB_OK);
    assert_int_equal(applied(9003), 1);
}

/* What the old daemon writes between move and contract is moved before the contract. */
static void test_old_and_new_side_by_side(void **state)
{
    (void)state;
    beat(gb_migrations_newest(), 0);
    struct gb_migrate *migrate = open_locked();
    run_stage(migrate, GB_STAGE_EXPAND, "9001=0 9004=0 ");
    run_stage(migrate, GB_STAGE_MOVE, "9002+1000 9002+2000 9002+2500 9002=2500 ");
    gb_test_sql(pg, "INSERT INTO account (account_no, account_id, name, currency, status, version, "
                    "created_at_us, updated_at_us) VALUES (9000, 'late', 'Late', 'EUR', 1, 1, 1, "
                    "1)");
    gb_migrate_close(migrate);
    beat(9004, 0);
    migrate = open_locked();
    run_stage(migrate, GB_STAGE_EXPAND, "");
    run_stage(migrate, GB_STAGE_MOVE, "");
    run_stage(migrate, GB_STAGE_CONTRACT, "9002+1 9003=0 ");
    gb_migrate_close(migrate);
    assert_int_equal(gb_test_sql_int(pg, "SELECT count(*) FROM account WHERE label = 'LATE'"), 1);
}

/* Rights that only older daemons need are taken when there are none any more. */
static void test_rights_of_old_daemons_stay(void **state)
{
    (void)state;
    static const char may[] =
        "SELECT has_table_privilege('geobill_publisher', 'account', 'DELETE')::integer";
    struct gb_err err = {.message = ""};
    gb_test_sql(pg, "GRANT DELETE ON account TO geobill_publisher");
    beat(gb_migrations_newest() - 1, 0);
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, NULL, &err), GB_OK);
    assert_int_equal(gb_test_sql_int(pg, may), 1);
    beat(gb_migrations_newest(), 0);
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, NULL, &err), GB_OK);
    assert_int_equal(gb_test_sql_int(pg, may), 0);
}

static void fits(const struct gb_migration_list *known, const char *code)
{
    struct gb_err err = {.code = ""};
    enum gb_result result = gb_migrate_check_fits(pg, known, &err);
    assert_int_equal(result, *code == '\0' ? GB_OK : GB_FATAL);
    assert_string_equal(result == GB_OK ? "" : err.code, code);
}

/* A daemon may work beside whatever a newer program added, and needs all that its own adds. */
static void test_which_daemons_fit(void **state)
{
    (void)state;
    fits(&gb_migrations_known, "");
    fits(&list, "SCHEMA_OLDER");
    struct gb_migrate *migrate = open_locked();
    run_stage(migrate, GB_STAGE_EXPAND, "9001=0 9004=0 ");
    fits(&gb_migrations_known, "");
    fits(&list, "");
    run_stage(migrate, GB_STAGE_MOVE, "9002+1000 9002+2000 9002+2500 9002=2500 ");
    fits(&gb_migrations_known, "");
    run_stage(migrate, GB_STAGE_CONTRACT, "9003=0 ");
    fits(&gb_migrations_known, "SCHEMA_NEWER");
    fits(&list, "");
    gb_migrate_close(migrate);
    gb_test_sql(pg, "DROP TABLE schema_migration");
    fits(&list, "SCHEMA_OLDER");
}

/* Two programs whose stages do not follow each other: refused, nothing changed. */
static void test_left_out_is_refused(void **state)
{
    (void)state;
    struct gb_err err = {.message = ""};
    assert_int_equal(gb_migrate_run(pg, &dc1, &list, NULL, &err), GB_OK);
    gb_test_sql(pg, "DELETE FROM schema_migration WHERE number = 9001");
    assert_int_equal(gb_migrate_run(pg, &dc1, &list, NULL, &err), GB_FATAL);
    assert_string_equal(err.code, "MIGRATION_OUT_OF_ORDER");
    assert_int_equal(gb_migrate_run(pg, &dc1, &gb_migrations_known, NULL, &err), GB_FATAL);
    assert_string_equal(err.code, "SCHEMA_NEWER");
}

/* In a program of its own (this one), which dies at the first passing of `point`. True: it did. */
static bool dies_at(const char *database, const char *point)
{
    char fault[64];
    char *conninfo = gb_test_conninfo(server, database);
    snprintf(fault, sizeof(fault), "%s:1", point);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("GEOBILL_FAULT", fault, 1);
        execl("/proc/self/exe", "test_db_stages", conninfo, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_true(waitpid(child, &status, 0) == child);
    free(conninfo);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    else
        assert_int_equal(WTERMSIG(status), SIGKILL);
    return WIFSIGNALED(status);
}

/* What that program does. */
static int migrate_alone(const char *conninfo)
{
    const struct gb_pg_options options = {.conninfo = conninfo,
                                          .user = "geobill",
                                          .application_name = "test_db_stages",
                                          .connect_timeout_ms = 5000,
                                          .statement_timeout_ms = 10000};
    struct gb_err err = {.message = ""};
    struct gb_pg *own = NULL;
    enum gb_result result = gb_pg_open(&options, &own, &err);
    if (result == GB_OK)
        result = gb_migrate_run(own, &dc1, &list, NULL, &err);
    if (result != GB_OK)
        print_error("%s: %s\n", err.code, err.message);
    gb_pg_close(own);
    return result == GB_OK ? 0 : 1;
}

/* Killed before and after each commit, it ends at the same schema as one that was never disturbed.
 */
static void test_killed_at_each_step(void **state)
{
    (void)state;
    struct gb_err err = {.message = ""};
    assert_int_equal(gb_migrate_run(pg, &dc1, &list, NULL, &err), GB_OK);
    char *undisturbed = gb_test_catalog(pg);

    gb_test_database_empty(server, "killed");
    assert_true(dies_at("killed", "migrate.locked"));
    for (size_t i = 0; i < list.count; i++) {
        assert_true(dies_at("killed", "migrate.before_commit"));
        assert_true(dies_at("killed", "migrate.after_commit"));
    }
    assert_true(dies_at("killed", "migrate.before_rights"));
    assert_false(dies_at("killed", "migrate.before_commit"));
    struct gb_pg *killed = gb_test_connect(server, "killed", "geobill");
    char *catalog = gb_test_catalog(killed);
    gb_test_same_catalog(undisturbed, catalog);
    free(catalog);
    free(undisturbed);
    gb_pg_close(killed);
}

/* A move that is interrupted after each batch goes on with the rest. */
static void test_move_goes_on(void **state)
{
    (void)state;
    struct gb_err err = {.message = ""};
    for (int left = 1500; left > -1000; left -= 1000) {
        assert_true(dies_at(name, "migrate.moved"));
        assert_int_equal(gb_test_sql_int(pg, "SELECT count(*) FROM account WHERE label IS NULL"),
                         left > 0 ? left : 0);
        assert_int_equal(applied(9002), 0);
    }
    assert_int_equal(gb_migrate_run(pg, &dc1, &list, NULL, &err), GB_OK);
    assert_int_equal(applied(9003), 1);
}

static void *migrate_beside(void *context)
{
    enum gb_result *result = context;
    struct gb_err err;
    struct gb_pg *own = gb_test_connect(server, name, "geobill");
    *result = gb_migrate_run(own, &dc1, &list, NULL, &err);
    gb_pg_close(own);
    return NULL;
}

/* A long transaction holds up the migration, and the migration does not hold up those behind it
 * for longer than its lock timeout. */
static void test_gives_way_to_a_long_transaction(void **state)
{
    (void)state;
    pthread_t thread;
    enum gb_result result = GB_FATAL;
    struct gb_pg *daemon = gb_test_connect(server, name, "geobill_api");
    gb_test_sql(pg, "BEGIN; SELECT count(*) FROM account");
    assert_int_equal(pthread_create(&thread, NULL, migrate_beside, &result), 0);
    struct gb_pg *watch = gb_test_connect(server, name, NULL);
    int64_t deadline_us = gb_clock_mono_us() + 10 * 1000000;
    while (gb_test_sql_int(watch, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
                                  "'account'::regclass") == 0)
        assert_true(gb_clock_mono_us() < deadline_us);
    /* Behind the ALTER TABLE that waits; must be through although the long transaction stays. */
    assert_int_equal(gb_test_sql_int(daemon, "SELECT count(*) FROM account"), 2500);
    gb_test_sql(pg, "COMMIT");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(result, GB_OK);
    gb_pg_close(watch);
    gb_pg_close(daemon);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(int argc, char **argv)
{
    make_list();
    if (argc == 2)
        return migrate_alone(argv[1]);
    const struct CMUnitTest tests[] = {
        TEST(test_stage_by_stage),
        TEST(test_contract_waits_for_old_daemons),
        TEST(test_old_and_new_side_by_side),
        TEST(test_rights_of_old_daemons_stay),
        TEST(test_which_daemons_fit),
        TEST(test_left_out_is_refused),
        TEST(test_killed_at_each_step),
        TEST(test_move_goes_on),
        TEST(test_gives_way_to_a_long_transaction),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
