/* The program: one is active, the other takes over when it freezes, and both end as asked. No
 * broker is there: pages are cut all the same. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/clock.h"
#include "scene.h"
#include "support/process.h"

enum { DEADLINE_MS = 15000 };

static struct gb_test_postgres *server;
static struct gb_pg *owner;
static char config[] = "/tmp/geobill-publisher-XXXXXX";
static char *logs[2];

static void write_config(void)
{
    char *conninfo = gb_test_conninfo(server, "dc1");
    int file = mkstemp(config);
    assert_true(file >= 0);
    assert_true(dprintf(file,
                        "[datacenter]\ncode=dc1\ncatalogue=dc1\n[postgres]\nconninfo=%s\n"
                        "[kafka.dc1]\nbootstrap.servers=127.0.0.1:1\n"
                        "[publisher]\nlease_stale_ms=1500\npoll_ms=50\n",
                        conninfo) > 0);
    assert_int_equal(fchmod(file, 0644), 0);
    assert_int_equal(close(file), 0);
    free(conninfo);
}

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    scene_reset(server);
    owner = gb_test_connect(server, "dc1", NULL);
    write_config();
    for (int i = 0; i < 2; i++)
        if (asprintf(&logs[i], "%s.%d.log", config, i) < 0)
            return -1;
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_pg_close(owner);
    gb_test_postgres_stop(server);
    (void)unlink(config);
    for (int i = 0; i < 2; i++) {
        (void)unlink(logs[i]);
        free(logs[i]);
    }
    return 0;
}

static pid_t start(int which)
{
    const char *const argv[] = {PUBLISHER, "--config", config, NULL};
    return gb_test_spawn(argv, logs[which], SIGKILL);
}

static void wait_for(const char *text)
{
    const struct timespec pause = {.tv_nsec = 30000000};
    char query[512];
    (void)snprintf(query, sizeof(query), "SELECT CASE WHEN (%s) THEN 1 ELSE 0 END", text);
    int64_t until_us = gb_clock_mono_us() + DEADLINE_MS * 1000;
    while (gb_test_sql_int(owner, query) == 0) {
        if (gb_clock_mono_us() > until_us) {
            gb_test_show(logs[0]);
            gb_test_show(logs[1]);
            fail_msg("not within %d ms: %s", DEADLINE_MS, text);
        }
        (void)nanosleep(&pause, NULL);
    }
}

static void stop(pid_t pid)
{
    int status = 0;
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_true(gb_test_ended(pid, DEADLINE_MS));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_takeover(void **state)
{
    (void)state;
    write_entry(owner, 1);
    pid_t first = start(0);
    wait_for("(SELECT coalesce(sum(records), 0) FROM page) = 1");
    pid_t second = start(1);
    int64_t taken =
        gb_test_sql_int(owner, "SELECT count(*) FROM publisher_lease WHERE holder <> ''");
    assert_int_equal(taken, 1);
    gb_test_sql(owner, "CREATE TABLE first_holder AS SELECT holder FROM publisher_lease");

    assert_int_equal(kill(first, SIGSTOP), 0);
    write_entry(owner, 2);
    wait_for("(SELECT coalesce(sum(records), 0) FROM page) = 2");
    wait_for("(SELECT p.holder <> f.holder FROM publisher_lease p, first_holder f)");
    assert_int_equal(kill(first, SIGCONT), 0);
    write_entry(owner, 3);
    wait_for("(SELECT coalesce(sum(records), 0) FROM page) = 3");

    /* The second gives it back; the first, a standby by now, takes it at once. */
    stop(second);
    write_entry(owner, 4);
    wait_for("(SELECT coalesce(sum(records), 0) FROM page) = 4");
    stop(first);
    assert_int_equal(
        gb_test_sql_int(owner, "SELECT count(*) FROM publisher_lease WHERE holder = ''"), 1);
}

/* Another datacenter's database is not ours to publish from. */
static void test_wrong_database_is_refused(void **state)
{
    (void)state;
    gb_test_sql(owner, "UPDATE local_datacenter SET code = 'dc9'");
    write_entry(owner, 5);
    pid_t first = start(0);
    wait_for("(SELECT count(*) FROM publisher_lease WHERE holder <> '') = 1");
    const struct timespec second = {.tv_sec = 1};
    (void)nanosleep(&second, NULL);
    assert_int_equal(gb_test_sql_int(owner, "SELECT coalesce(sum(records), 0) FROM page"), 4);
    stop(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takeover),
        cmocka_unit_test(test_wrong_database_is_refused),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
