/* Round trips: what a failure leaves behind, what a lost connection says, and that nothing gets
 * stuck. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "db/sql.h"
#include "runtime/arena.h"
#include "runtime/clock.h"
#include "support/postgres.h"

static const struct gb_statement put = {"put", "INSERT INTO kept (n) VALUES ($1::integer)"};
static const struct gb_statement count_kept = {"count_kept", "SELECT count(*) FROM kept"};
static const struct gb_statement divide = {"divide", "SELECT 1 / $1::integer"};
static const struct gb_statement nonsense = {"nonsense", "SELECT nothing FROM nowhere"};
static const struct gb_statement late = {"late", "SELECT 5"};
static const struct gb_statement sleep_long = {"sleep_long", "SELECT pg_sleep(30)::text"};
static const struct gb_statement end_self = {"end_self",
                                             "SELECT pg_terminate_backend(pg_backend_pid())"};
/* Dies like a crash: nothing that it answered and had not sent yet gets out. */
static const struct gb_statement crash_self = {"crash_self",
                                               "COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'"};
static const struct gb_statement arm = {"arm", "INSERT INTO armed VALUES (1)"};

static struct gb_test_postgres *server;
static struct gb_pg *pg;
static struct gb_arena *arena;

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    arena = gb_arena_new(256 * 1024 * 1024);
    pg = gb_test_connect(server, "postgres", NULL);
    gb_test_sql(
        pg,
        "CREATE TABLE kept (n integer PRIMARY KEY);"
        "CREATE TABLE armed (n integer);"
        "CREATE FUNCTION go_off() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN "
        "NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON armed DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION go_off()");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_arena_free(arena);
    gb_pg_close(pg);
    gb_test_postgres_stop(server);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    gb_arena_reset(arena);
    struct gb_err err = {.message = ""};
    if (!gb_pg_usable(pg))
        assert_int_equal(gb_pg_reset(pg, &err), GB_OK);
    gb_test_sql(pg, "TRUNCATE kept");
    return 0;
}

static void add(struct gb_call *call, const struct gb_statement *statement)
{
    gb_call_init(call, statement, arena);
}

static void add_int(struct gb_call *call, const struct gb_statement *statement, int32_t value)
{
    gb_call_init(call, statement, arena);
    gb_params_int4(&call->params, value);
}

static int64_t kept(void)
{
    return gb_test_sql_int(pg, "SELECT count(*) FROM kept");
}

static void test_all_in_one_round_trip(void **state)
{
    (void)state;
    struct gb_call calls[5];
    struct gb_err err;
    add(&calls[0], &gb_sql_tx_begin);
    add_int(&calls[1], &put, 1);
    add_int(&calls[2], &put, 2);
    add(&calls[3], &count_kept);
    add(&calls[4], &gb_sql_tx_commit);
    assert_int_equal(gb_pg_run(pg, calls, 5, NULL, &err), GB_OK);
    assert_int_equal(calls[1].affected, 1);
    assert_int_equal(gb_rows_int(calls[3].rows, 0, 0), 2);
    gb_calls_release(calls, 5);
    assert_null(calls[3].rows);
    assert_int_equal(kept(), 2);
}

static void assert_no_rows(const struct gb_call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_null(calls[i].rows);
}

static void test_failure_in_the_middle_of_a_transaction(void **state)
{
    (void)state;
    struct gb_call calls[5];
    struct gb_err err;
    size_t failed = 99;
    add(&calls[0], &gb_sql_tx_begin);
    add_int(&calls[1], &put, 1);
    add_int(&calls[2], &divide, 0);
    add_int(&calls[3], &put, 3);
    add(&calls[4], &gb_sql_tx_commit);
    assert_int_equal(gb_pg_run(pg, calls, 5, &failed, &err), GB_POISON);
    assert_int_equal(failed, 2);
    assert_string_equal(err.code, "22012");
    assert_int_equal(err.result, GB_POISON);
    assert_non_null(strstr(err.message, "divide"));
    assert_false(err.outcome_unknown);
    assert_no_rows(calls, 5);
    assert_true(gb_pg_usable(pg));
    assert_int_equal(kept(), 0);
    test_all_in_one_round_trip(state);
}

static void test_failure_without_a_transaction_undoes_all(void **state)
{
    (void)state;
    struct gb_call calls[3];
    struct gb_err err;
    size_t failed = 99;
    add_int(&calls[0], &put, 1);
    add_int(&calls[1], &put, 2);
    add_int(&calls[2], &put, 1);
    assert_int_equal(gb_pg_run(pg, calls, 3, &failed, &err), GB_POISON);
    assert_int_equal(failed, 2);
    assert_string_equal(err.code, "23505");
    assert_false(err.outcome_unknown);
    assert_int_equal(kept(), 0);
}

/* A transaction over several round trips is rolled back, too, when a later one fails. */
static void test_failure_in_a_later_round_trip(void **state)
{
    (void)state;
    struct gb_call calls[2];
    struct gb_err err;
    add(&calls[0], &gb_sql_tx_begin);
    add_int(&calls[1], &put, 1);
    assert_int_equal(gb_pg_run(pg, calls, 2, NULL, &err), GB_OK);
    gb_calls_release(calls, 2);
    add_int(&calls[0], &divide, 0);
    add(&calls[1], &gb_sql_tx_commit);
    assert_int_equal(gb_pg_run(pg, calls, 2, NULL, &err), GB_POISON);
    assert_false(err.outcome_unknown);
    assert_int_equal(kept(), 0);
}

static void test_given_up_transaction(void **state)
{
    (void)state;
    struct gb_call calls[2];
    struct gb_err err;
    add(&calls[0], &gb_sql_tx_begin);
    add_int(&calls[1], &put, 1);
    assert_int_equal(gb_pg_run(pg, calls, 2, NULL, &err), GB_OK);
    gb_calls_release(calls, 2);
    gb_pg_rollback(pg);
    gb_pg_rollback(pg);
    assert_true(gb_pg_usable(pg));
    assert_int_equal(kept(), 0);
}

/* What was skipped behind a statement that does not even parse is prepared by the next use. */
static void test_statement_that_does_not_parse(void **state)
{
    (void)state;
    struct gb_call calls[3];
    struct gb_err err;
    size_t failed = 99;
    for (int round = 0; round < 2; round++) {
        add_int(&calls[0], &put, 1);
        add(&calls[1], &nonsense);
        add(&calls[2], &late);
        assert_int_equal(gb_pg_run(pg, calls, 3, &failed, &err), GB_FATAL);
        assert_int_equal(failed, 1);
        assert_string_equal(err.code, "42P01");
    }
    assert_int_equal(gb_pg_call(pg, &calls[2], &err), GB_OK);
    assert_int_equal(gb_rows_int(calls[2].rows, 0, 0), 5);
    gb_calls_release(&calls[2], 1);
    assert_int_equal(kept(), 0);
}

static void test_backend_ended_between_round_trips(void **state)
{
    (void)state;
    struct gb_call calls[3];
    struct gb_err err;
    char text[80];
    add(&calls[0], &gb_sql_tx_begin);
    add_int(&calls[1], &put, 1);
    snprintf(text, sizeof text, "SELECT pg_terminate_backend(%lld, 5000)::int",
             (long long)gb_test_sql_int(pg, "SELECT pg_backend_pid()"));
    assert_int_equal(gb_pg_run(pg, calls, 2, NULL, &err), GB_OK);
    gb_calls_release(calls, 2);
    struct gb_pg *other = gb_test_connect(server, "postgres", NULL);
    assert_int_equal(gb_test_sql_int(other, text), 1);

    add_int(&calls[0], &put, 2);
    assert_int_equal(gb_pg_call(pg, &calls[0], &err), GB_RETRY);
    assert_false(err.outcome_unknown); /* no commit was sent */
    assert_false(gb_pg_usable(pg));
    assert_int_equal(gb_pg_call(pg, &calls[0], &err), GB_RETRY);
    assert_string_equal(err.code, "CONNECTION_LOST");
    assert_int_equal(gb_pg_reset(pg, &err), GB_OK);
    assert_int_equal(kept(), 0);
    gb_pg_close(other);
}

static void test_backend_ended_before_the_commit(void **state)
{
    (void)state;
    struct gb_call calls[4];
    struct gb_err err;
    size_t failed = 99;
    add(&calls[0], &gb_sql_tx_begin);
    add_int(&calls[1], &put, 1);
    add(&calls[2], &end_self);
    add(&calls[3], &gb_sql_tx_commit);
    assert_int_equal(gb_pg_run(pg, calls, 4, &failed, &err), GB_RETRY);
    assert_int_equal(failed, 2);
    assert_string_equal(err.code, "57P01");
    assert_false(err.outcome_unknown); /* the server told us that it did not come to the commit */
    assert_no_rows(calls, 4);
    assert_false(gb_pg_usable(pg));
    assert_int_equal(gb_pg_reset(pg, &err), GB_OK);
    assert_int_equal(kept(), 0);
}

static void test_backend_ended_at_the_commit(void **state)
{
    (void)state;
    struct gb_call calls[4];
    struct gb_err err;
    size_t failed = 99;
    add(&calls[0], &gb_sql_tx_begin);
    add_int(&calls[1], &put, 1);
    add(&calls[2], &arm);
    add(&calls[3], &gb_sql_tx_commit);
    assert_int_equal(gb_pg_run(pg, calls, 4, &failed, &err), GB_RETRY);
    assert_int_equal(failed, 3);
    assert_string_equal(err.code, "57P01");
    assert_true(err.outcome_unknown);
}

/* Waits until the server has recovered from a crashed backend. Until the postmaster has seen the
 * crash it lets in whom it will throw out at once: `witness` has been there since before, and
 * tells.
 */
static void reset_until_up(struct gb_pg *witness)
{
    struct gb_err gone;
    bool notified;
    assert_int_equal(gb_pg_wait_notify(witness, 10000, &notified, &gone), GB_RETRY);
    gb_pg_close(witness);
    static const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    struct gb_err err = {.message = ""};
    int64_t deadline_us = gb_clock_mono_us() + 15 * 1000 * 1000;
    enum gb_result result;
    while ((result = gb_pg_reset(pg, &err)) != GB_OK) {
        assert_int_equal(result, GB_RETRY); /* away and starting up are reasons to try again */
        assert_true(gb_clock_mono_us() < deadline_us);
        nanosleep(&pause, NULL);
    }
}

/* The two cases that nobody can tell apart from outside: silence before and after the commit. */
static void test_silence_around_the_commit(void **state)
{
    (void)state;
    for (int committed = 0; committed < 2; committed++) {
        struct gb_call calls[4];
        struct gb_err err;
        add(&calls[0], &gb_sql_tx_begin);
        add_int(&calls[1], &put, 100 + committed);
        add(&calls[committed ? 2 : 3], &gb_sql_tx_commit);
        add(&calls[committed ? 3 : 2], &crash_self);
        struct gb_pg *witness = gb_test_connect(server, "postgres", NULL);
        assert_int_equal(gb_pg_run(pg, calls, 4, NULL, &err), GB_RETRY);
        assert_true(err.outcome_unknown);
        assert_no_rows(calls, 4);
        reset_until_up(witness);
        assert_int_equal(kept(), committed);
    }
}

static void test_silence_in_an_implicit_transaction(void **state)
{
    (void)state;
    struct gb_call calls[2];
    struct gb_err err;
    add_int(&calls[0], &put, 1);
    add(&calls[1], &crash_self);
    struct gb_pg *witness = gb_test_connect(server, "postgres", NULL);
    assert_int_equal(gb_pg_run(pg, calls, 2, NULL, &err), GB_RETRY);
    assert_true(err.outcome_unknown);
    reset_until_up(witness);
    assert_int_equal(kept(), 0);
}

static void test_statement_timeout(void **state)
{
    (void)state;
    char *conninfo = gb_test_conninfo(server, "postgres");
    const struct gb_pg_options options = {.conninfo = conninfo,
                                          .user = "postgres",
                                          .connect_timeout_ms = 5000,
                                          .statement_timeout_ms = 100};
    struct gb_pg *hasty = NULL;
    struct gb_err err;
    assert_int_equal(gb_pg_open(&options, &hasty, &err), GB_OK);
    struct gb_call call;
    add(&call, &sleep_long);
    assert_int_equal(gb_pg_call(hasty, &call, &err), GB_RETRY);
    assert_string_equal(err.code, "57014");
    assert_true(gb_pg_usable(hasty));

    /* A server that does not even say so: we give up a second later. */
    pid_t backend = (pid_t)gb_test_sql_int(hasty, "SELECT pg_backend_pid()");
    assert_int_equal(kill(backend, SIGSTOP), 0);
    int64_t start_us = gb_clock_mono_us();
    add(&call, &count_kept);
    enum gb_result result = gb_pg_call(hasty, &call, &err);
    int64_t took_us = gb_clock_mono_us() - start_us;
    assert_int_equal(kill(backend, SIGCONT), 0);
    assert_int_equal(result, GB_RETRY);
    assert_string_equal(err.code, "DEADLINE_PASSED");
    assert_true(err.outcome_unknown);
    assert_false(gb_pg_usable(hasty));
    assert_in_range(took_us, 1000 * 1000, 5 * 1000 * 1000);
    gb_pg_close(hasty);
    free(conninfo);
}

/* More in both directions than the sockets' buffers hold: who only writes before reading would hang
 * here. */
static void test_huge_round_trip(void **state)
{
    (void)state;
    enum { CALLS = 32, BYTES = 2 * 1024 * 1024 };
    static const struct gb_statement echo = {"echo_big", "SELECT $1::bytea"};
    struct gb_call calls[CALLS];
    struct gb_err err = {.message = ""};
    char *big = malloc(BYTES);
    assert_non_null(big);
    memset(big, 'x', BYTES);
    for (size_t i = 0; i < CALLS; i++) {
        add(&calls[i], &echo);
        big[0] = (char)('A' + (int)i);
        gb_params_bytea(&calls[i].params, (struct gb_bytes){big, BYTES});
    }
    assert_int_equal(gb_pg_run(pg, calls, CALLS, NULL, &err), GB_OK);
    for (size_t i = 0; i < CALLS; i++) {
        struct gb_bytes back = gb_rows_bytes(calls[i].rows, 0, 0);
        assert_int_equal(back.size, BYTES);
        assert_int_equal(*(const char *)back.data, 'A' + (int)i);
    }
    gb_calls_release(calls, CALLS);
    free(big);
}

static void test_most_calls(void **state)
{
    (void)state;
    struct gb_call calls[64];
    struct gb_err err;
    for (size_t i = 0; i < 64; i++)
        add_int(&calls[i], &put, (int32_t)i);
    assert_int_equal(gb_pg_run(pg, calls, 64, NULL, &err), GB_OK);
    gb_calls_release(calls, 64);
    assert_int_equal(kept(), 64);
}

struct attempts {
    int made;
    int good_from; /* the attempt that succeeds */
    const char *sqlstate;
};

static enum gb_result try_once(struct gb_pg *connection, void *context, struct gb_err *err)
{
    static const struct gb_statement fail = {"fail_as", "SELECT fail_as($1::text)"};
    struct attempts *attempts = context;
    struct gb_call calls[4];
    attempts->made++;
    add(&calls[0], &gb_sql_tx_begin);
    add_int(&calls[1], &put, attempts->made);
    gb_call_init(&calls[2], &fail, arena);
    gb_params_text(&calls[2].params,
                   attempts->made >= attempts->good_from ? NULL : attempts->sqlstate);
    add(&calls[3], &gb_sql_tx_commit);
    enum gb_result result = gb_pg_run(connection, calls, 4, NULL, err);
    gb_calls_release(calls, 4);
    return result;
}

static void test_transact_repeats_lost_races_only(void **state)
{
    (void)state;
    struct gb_err err;
    gb_test_sql(
        pg, "CREATE OR REPLACE FUNCTION fail_as(state text) RETURNS integer LANGUAGE plpgsql AS "
            "$$ BEGIN IF state IS NOT NULL THEN RAISE EXCEPTION 'as asked' USING ERRCODE = state; "
            "END IF; "
            "RETURN 1; END $$");
    struct attempts attempts = {.good_from = 3, .sqlstate = "40001"};
    assert_int_equal(gb_pg_transact(pg, 5, try_once, &attempts, &err), GB_OK);
    assert_int_equal(attempts.made, 3);
    assert_int_equal(kept(), 1);
    gb_test_sql(pg, "TRUNCATE kept");

    attempts = (struct attempts){.good_from = 100, .sqlstate = "40P01"};
    assert_int_equal(gb_pg_transact(pg, 4, try_once, &attempts, &err), GB_RETRY);
    assert_int_equal(attempts.made, 4);
    assert_string_equal(err.code, "40P01");

    attempts = (struct attempts){.good_from = 100, .sqlstate = "53100"};
    assert_int_equal(gb_pg_transact(pg, 4, try_once, &attempts, &err), GB_RETRY);
    assert_int_equal(attempts.made, 1);
    assert_int_equal(kept(), 0);
}

/* A step that leaves its transaction open when it gives up. */
static enum gb_result leave_open(struct gb_pg *connection, void *context, struct gb_err *err)
{
    struct gb_call calls[2];
    (void)context;
    add(&calls[0], &gb_sql_tx_begin);
    add_int(&calls[1], &put, 1);
    enum gb_result result = gb_pg_run(connection, calls, 2, NULL, err);
    gb_calls_release(calls, 2);
    return result == GB_OK ? gb_err_set(err, GB_POISON, "GIVEN_UP", "on purpose") : result;
}

static void test_transact_ends_what_a_step_leaves_open(void **state)
{
    (void)state;
    struct gb_err err;
    assert_int_equal(gb_pg_transact(pg, 3, leave_open, NULL, &err), GB_POISON);
    assert_string_equal(err.code, "GIVEN_UP");
    assert_int_equal(kept(), 0);
}

static void test_notifications(void **state)
{
    (void)state;
    struct gb_pg *other = gb_test_connect(server, "postgres", NULL);
    struct gb_err err;
    bool notified = true;
    assert_int_equal(gb_pg_listen(pg, "decided", &err), GB_OK);
    assert_int_equal(gb_pg_wait_notify(pg, 0, &notified, &err), GB_OK);
    assert_false(notified);
    gb_test_sql(other, "NOTIFY decided; SELECT pg_notify('decided', '2')");
    assert_int_equal(gb_pg_wait_notify(pg, 5000, &notified, &err), GB_OK);
    assert_true(notified);
    assert_int_equal(gb_pg_wait_notify(pg, 10, &notified, &err), GB_OK);
    assert_false(notified);
    /* One that comes along with an answer is not lost. */
    gb_test_sql(other, "NOTIFY decided");
    assert_int_equal(kept(), 0);
    assert_int_equal(gb_pg_wait_notify(pg, 5000, &notified, &err), GB_OK);
    assert_true(notified);
    gb_pg_close(other);
}

static void test_script_that_fails(void **state)
{
    (void)state;
    struct gb_err err;
    assert_int_equal(
        gb_pg_script(pg, "INSERT INTO kept VALUES (1); SELECT 1/0; INSERT INTO kept VALUES (2)",
                     &err),
        GB_POISON);
    assert_string_equal(err.code, "22012");
    assert_int_equal(gb_pg_script(pg, "BEGIN; INSERT INTO kept VALUES (1); SELECT 1/0", &err),
                     GB_POISON);
    assert_int_equal(kept(), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_in_one_round_trip),
        TEST(test_failure_in_the_middle_of_a_transaction),
        TEST(test_failure_without_a_transaction_undoes_all),
        TEST(test_failure_in_a_later_round_trip),
        TEST(test_given_up_transaction),
        TEST(test_statement_that_does_not_parse),
        TEST(test_backend_ended_between_round_trips),
        TEST(test_backend_ended_before_the_commit),
        TEST(test_backend_ended_at_the_commit),
        TEST(test_silence_around_the_commit),
        TEST(test_silence_in_an_implicit_transaction),
        TEST(test_statement_timeout),
        TEST(test_huge_round_trip),
        TEST(test_most_calls),
        TEST(test_transact_repeats_lost_races_only),
        TEST(test_transact_ends_what_a_step_leaves_open),
        TEST(test_notifications),
        TEST(test_script_that_fails),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
