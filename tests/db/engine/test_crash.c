/* Connections and processes that die in the middle of a batch: it is there as a whole or not at
 * all, and the same batch again gives the truth. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "runtime/fault.h"

enum { COUNT = 200 };

/* Kills our own backend between the two round trips. */
static size_t kill_backend(void *context, const struct gb_engine_batch *batch,
                           struct gb_arena *arena, struct gb_call *calls, size_t max)
{
    (void)context, (void)batch, (void)arena, (void)calls, (void)max;
    assert_int_equal(
        fixture_int("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename ="
                    " 'geobill_consumer'"),
        1);
    return 0;
}

static void a_lost_backend_leaves_nothing(void **state)
{
    (void)state;
    struct gb_command commands[COUNT];
    fixture_accept("lost", 0, COUNT, 100, 9, 2);
    fixture_payins(commands, "lost", 0, COUNT, 100, 9, 2);
    struct gb_engine_batch batch = {.commands = commands, .count = COUNT, .extra = kill_backend};
    struct gb_err err;
    assert_int_equal(gb_engine_run(fixture_engine, fixture_pg, &batch, &err), GB_RETRY);
    assert_false(gb_pg_usable(fixture_pg));
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger"), 0);
    assert_int_equal(gb_pg_reset(fixture_pg, &err), GB_OK);
    fixture_run(commands, COUNT);
    assert_int_equal(fixture_int("SELECT sum(balance) FROM share"), 2 * COUNT);
}

/* Runs the batch "<prefix>-0" .. over 9 accounts from `account_no` on in a process of its own (the
 * fault point is read once a process), which must kill itself at `fault`. */
static void die_at(const char *fault, const char *prefix, const char *account_no)
{
    char *conninfo = gb_test_conninfo(fixture_server, "dc1");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setenv("GEOBILL_FAULT", fault, 1) == 0)
            (void)execl("/proc/self/exe", "child", conninfo, prefix, account_no, (char *)NULL);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    free(conninfo);
}

/* What the child does; returns only when the fault did not fire. */
static int run_child(const char *conninfo, const char *prefix, const char *account_no)
{
    struct gb_command commands[COUNT];
    struct gb_engine_batch batch = {.commands = commands, .count = COUNT};
    struct gb_pg_options options = {.conninfo = conninfo,
                                    .user = "geobill_consumer",
                                    .application_name = "child",
                                    .connect_timeout_ms = 5000,
                                    .statement_timeout_ms = 5000};
    struct gb_dc dc;
    struct gb_pg *pg = NULL;
    if (!gb_dc_parse("dc1", &dc) || gb_pg_open(&options, &pg, NULL) != GB_OK)
        return 3;
    fixture_payins(commands, prefix, 0, COUNT, strtoll(account_no, NULL, 10), 9, 2);
    struct gb_err err;
    return gb_engine_run(fixture_engine_new(dc), pg, &batch, &err) == GB_OK ? 4 : 5;
}

static void wait_until_backend_is_gone(void)
{
    /* Its locks go with it; the next batch would wait for them anyway. */
    for (int i = 0; i < 5000; i++) {
        if (fixture_int("SELECT count(*) FROM pg_stat_activity WHERE usename = 'geobill_consumer' "
                        "AND state <> 'idle'") == 0)
            return;
        (void)fixture_int("SELECT 1 FROM pg_sleep(0.001)");
    }
    fail_msg("the dead process's backend is still there");
}

static void a_process_killed_before_commit_has_done_nothing(void **state)
{
    (void)state;
    struct gb_command commands[COUNT];
    fixture_accept("before", 0, COUNT, 200, 9, 2);
    fixture_payins(commands, "before", 0, COUNT, 200, 9, 2);
    die_at("engine.before_commit:1", "before", "200");
    wait_until_backend_is_gone();
    assert_int_equal(
        fixture_int("SELECT count(*) FROM ledger WHERE account_no BETWEEN 200 AND 208"), 0);
    fixture_run(commands, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(commands[i].outcome, GB_OUTCOME_APPLIED);
}

static void a_process_killed_after_commit_has_done_all(void **state)
{
    (void)state;
    struct gb_command commands[COUNT];
    fixture_accept("after", 0, COUNT, 300, 9, 2);
    fixture_payins(commands, "after", 0, COUNT, 300, 9, 2);
    die_at("engine.after_commit:1", "after", "300");
    assert_int_equal(
        fixture_int("SELECT count(*) FROM ledger WHERE account_no BETWEEN 300 AND 308"), COUNT);
    fixture_run(commands, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(commands[i].outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(
        fixture_int("SELECT sum(balance) FROM share WHERE account_no BETWEEN 300 AND 308"),
        2 * COUNT);
}

static void a_server_that_crashes_keeps_what_was_committed(void **state)
{
    (void)state;
    struct gb_command commands[COUNT];
    struct gb_err err;
    fixture_accept("crash", 0, COUNT, 400, 9, 2);
    fixture_payins(commands, "crash", 0, COUNT, 400, 9, 2);
    fixture_run(commands, COUNT / 2);
    gb_test_postgres_crash(fixture_server);
    struct gb_engine_batch batch = {.commands = commands, .count = COUNT};
    assert_int_equal(gb_engine_run(fixture_engine, fixture_pg, &batch, &err), GB_RETRY);
    assert_int_equal(gb_pg_reset(fixture_pg, &err), GB_OK);
    assert_int_equal(gb_pg_reset(fixture_admin, &err), GB_OK);
    fixture_run(commands, COUNT);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(commands[COUNT - 1].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(
        fixture_int("SELECT sum(balance) FROM share WHERE account_no BETWEEN 400 AND 408"),
        2 * COUNT);
}

int main(int argc, char **argv)
{
    if (argc == 4)
        return run_child(argv[1], argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_backend_leaves_nothing),
        cmocka_unit_test(a_process_killed_before_commit_has_done_nothing),
        cmocka_unit_test(a_process_killed_after_commit_has_done_all),
        cmocka_unit_test(a_server_that_crashes_keeps_what_was_committed),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
