/* Opening: who is away, who refuses us, and who never answers. And the table of SQLSTATEs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/sqlstate.h"
#include "runtime/clock.h"
#include "support/postgres.h"

static struct gb_test_postgres *server;

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

static enum gb_result open_with(const char *conninfo, const char *user, struct gb_pg **ret,
                                struct gb_err *err)
{
    const struct gb_pg_options options = {.conninfo = conninfo,
                                          .user = user,
                                          .application_name = "geobill-test/one",
                                          .connect_timeout_ms = 300,
                                          .statement_timeout_ms = 1500};
    return gb_pg_open(&options, ret, err);
}

static void test_session_settings(void **state)
{
    (void)state;
    char *base = gb_test_conninfo(server, "postgres");
    char *conninfo = NULL;
    assert_true(asprintf(&conninfo,
                         "%s user=nobody application_name=x options='-c work_mem=1234kB'",
                         base) > 0);
    struct gb_pg *pg = NULL;
    struct gb_err err = {.message = ""};
    assert_int_equal(open_with(conninfo, "postgres", &pg, &err), GB_OK);
    assert_int_equal(
        gb_test_sql_int(pg, "SELECT (current_user = 'postgres' "
                            "AND current_setting('application_name') = 'geobill-test/one' "
                            "AND current_setting('client_encoding') = 'UTF8' "
                            "AND current_setting('statement_timeout') = '1500ms' "
                            "AND current_setting('idle_in_transaction_session_timeout') = '2500ms' "
                            "AND current_setting('work_mem') = '1234kB')::int"),
        1);
    gb_pg_close(pg);
    free(conninfo);
    free(base);
}

static void test_refused(void **state)
{
    (void)state;
    char *conninfo = gb_test_conninfo(server, "postgres");
    char *other = gb_test_conninfo(server, "missing");
    struct gb_pg *pg = NULL;
    struct gb_err err;
    assert_int_equal(open_with(conninfo, "missing", &pg, &err), GB_FATAL);
    assert_string_equal(err.code, "28000");
    assert_non_null(strstr(err.message, "missing"));
    assert_int_equal(open_with(other, "postgres", &pg, &err), GB_FATAL);
    assert_string_equal(err.code, "3D000");
    assert_int_equal(open_with("host='", NULL, &pg, &err), GB_FATAL);
    assert_string_equal(err.code, "CONNINFO");
    assert_null(pg);
    free(conninfo);
    free(other);
}

static void test_away(void **state)
{
    (void)state;
    struct gb_pg *pg = NULL;
    struct gb_err err;
    assert_int_equal(open_with("host=/var/tmp/geobill-nobody-is-here", NULL, &pg, &err), GB_RETRY);
    assert_string_equal(err.code, "CONNECT_FAILED");
    assert_int_equal(open_with("host=127.0.0.1 port=1", NULL, &pg, &err), GB_RETRY);
    assert_string_equal(err.code, "CONNECT_FAILED");
}

/* Somebody listens and says nothing. */
static void test_never_answers(void **state)
{
    (void)state;
    char folder[] = "/var/tmp/geobill-silent-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", folder);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(listener >= 0);
    assert_int_equal(
        bind(listener, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);

    char conninfo[128];
    snprintf(conninfo, sizeof conninfo, "host=%s port=5432", folder);
    struct gb_pg *pg = NULL;
    struct gb_err err;
    int64_t start_us = gb_clock_mono_us();
    assert_int_equal(open_with(conninfo, "postgres", &pg, &err), GB_RETRY);
    assert_string_equal(err.code, "CONNECT_TIMEOUT");
    assert_in_range(gb_clock_mono_us() - start_us, 300 * 1000, 5000 * 1000);
    close(listener);
    unlink(address.sun_path);
    rmdir(folder);
}

static void test_server_goes_and_comes_back(void **state)
{
    (void)state;
    struct gb_pg *pg = gb_test_connect(server, "postgres", NULL);
    struct gb_err err;
    gb_test_sql(pg, "CREATE TABLE stays (n integer)");
    gb_test_postgres_crash(server);
    assert_int_equal(gb_pg_script(pg, "SELECT 1", &err), GB_RETRY);
    assert_false(gb_pg_usable(pg));
    assert_int_equal(gb_pg_reset(pg, &err), GB_OK);
    assert_int_equal(gb_test_sql_int(pg, "SELECT count(*) FROM stays"), 0);
    gb_pg_close(pg);
}

static void test_sqlstates(void **state)
{
    (void)state;
    static const struct {
        const char *sqlstate;
        enum gb_result result;
    } cases[] = {
        {"40001", GB_RETRY},  {"40P01", GB_RETRY},  {"57P01", GB_RETRY},  {"57P02", GB_RETRY},
        {"57P03", GB_RETRY},  {"57014", GB_RETRY},  {"08006", GB_RETRY},  {"53100", GB_RETRY},
        {"53300", GB_RETRY},  {"55P03", GB_RETRY},  {"58030", GB_RETRY},  {"25006", GB_RETRY},
        {"22P02", GB_POISON}, {"23505", GB_POISON}, {"23514", GB_POISON}, {"54000", GB_POISON},
        {"42501", GB_FATAL},  {"42P01", GB_FATAL},  {"28P01", GB_FATAL},  {"GB001", GB_FATAL},
        {"GB003", GB_FATAL},  {"XX001", GB_FATAL},  {"55000", GB_FATAL},  {"0A000", GB_FATAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (gb_sqlstate_classify(cases[i].sqlstate) != cases[i].result)
            fail_msg("%s", cases[i].sqlstate);
    }
    assert_true(gb_sqlstate_repeats("40001"));
    assert_true(gb_sqlstate_repeats("40P01"));
    assert_false(gb_sqlstate_repeats("40003"));
    assert_false(gb_sqlstate_repeats("57P01"));

    char found[6];
    assert_true(gb_sqlstate_find("connection failed: FATAL:  28P01: password authentication failed",
                                 found));
    assert_string_equal(found, "28P01");
    assert_true(gb_sqlstate_find("a:  bcd\nFATAL:  53300: sorry", found));
    assert_string_equal(found, "53300");
    assert_false(gb_sqlstate_find("FATAL:  password authentication failed", found));
    assert_false(gb_sqlstate_find("FATAL:  28P0", found));
    assert_false(gb_sqlstate_find("", found));
    assert_string_equal(found, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_settings),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_away),
        cmocka_unit_test(test_never_answers),
        cmocka_unit_test(test_server_goes_and_comes_back),
        cmocka_unit_test(test_sqlstates),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
