/* Own pay-ins through the engine: booked once whatever is repeated, replayed or contradicted. */
#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "fixture.h"

static int64_t balance_of(int64_t account_no)
{
    return fixture_int("SELECT balance FROM share WHERE account_no = %lld", (long long)account_no);
}

static void assert_outcomes(const struct gb_command *commands, size_t count,
                            enum gb_outcome outcome)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(commands[i].outcome, outcome);
}

static void a_payin_is_booked_with_its_entry(void **state)
{
    (void)state;
    fixture_account(100, GB_STATUS_OPEN, 1);
    fixture_accept("one", 0, 1, 100, 1, 250);
    struct gb_command command = fixture_payin(100, "one-0", 250);
    command.reference = "r0";
    command.trace.span_id = 77;
    memset(&command.trace.trace_id, 0xab, sizeof(command.trace.trace_id));
    fixture_run(&command, 1);
    assert_int_equal(command.outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(balance_of(100), 250);
    assert_int_equal(
        fixture_int(
            "SELECT count(*) FROM ledger WHERE account_no = 100 AND version = 1 AND kind = 1"
            " AND amount = 250 AND key = 'one-0' AND client_no = 1 AND reference = 'r0'"
            " AND trace_id = 'abababab-abab-abab-abab-abababababab' AND span_id = 77"
            " AND status = 1 AND epoch = 1 AND peer IS NULL"),
        1);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM operation o JOIN ledger l USING (client_no, key) WHERE"
                    " o.key = 'one-0' AND o.state = 2 AND o.decided_at_us = l.created_at_us"),
        1);
}

static void a_batch_repeated_changes_nothing(void **state)
{
    (void)state;
    struct gb_command commands[300];
    fixture_accept("rep", 0, 300, 200, 7, 3);
    fixture_payins(commands, "rep", 0, 300, 200, 7, 3);
    fixture_run(commands, 300);
    assert_outcomes(commands, 300, GB_OUTCOME_APPLIED);
    int64_t entries = fixture_int("SELECT count(*) FROM ledger");
    int64_t writes =
        fixture_int("SELECT sum(('x' || lpad(xmin::text, 8, '0'))::bit(32)::bigint) FROM share");
    fixture_run(commands, 300);
    assert_outcomes(commands, 300, GB_OUTCOME_REPEATED);
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger"), entries);
    assert_int_equal(
        fixture_int("SELECT sum(('x' || lpad(xmin::text, 8, '0'))::bit(32)::bigint) FROM share"),
        writes);
    assert_int_equal(
        fixture_int("SELECT sum(balance) FROM share WHERE account_no BETWEEN 200 AND 206"), 900);
}

static void a_replay_books_only_what_is_new(void **state)
{
    (void)state;
    struct gb_command commands[400];
    fixture_accept("play", 0, 400, 300, 5, 2);
    fixture_payins(commands, "play", 0, 400, 300, 5, 2);
    for (size_t from = 0; from < 400; from += 50) {
        /* Everything again from the beginning, and 50 more. */
        fixture_run(commands, from + 50);
        assert_outcomes(commands, from, GB_OUTCOME_REPEATED);
        assert_outcomes(commands + from, 50, GB_OUTCOME_APPLIED);
    }
    assert_int_equal(
        fixture_int("SELECT sum(balance) FROM share WHERE account_no BETWEEN 300 AND 304"), 800);
}

static void the_same_key_twice_in_one_batch_is_booked_once(void **state)
{
    (void)state;
    fixture_accept("twice", 0, 1, 400, 1, 10);
    struct gb_command commands[2];
    fixture_payins(&commands[0], "twice", 0, 1, 400, 1, 10);
    fixture_payins(&commands[1], "twice", 0, 1, 400, 1, 10);
    fixture_run(commands, 2);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(balance_of(400), 10);
}

static void a_hot_account_takes_a_whole_batch(void **state)
{
    (void)state;
    static struct gb_command commands[GB_ENGINE_COMMANDS_MAX];
    fixture_accept("hot", 0, GB_ENGINE_COMMANDS_MAX, 500, 1, 1);
    fixture_payins(commands, "hot", 0, GB_ENGINE_COMMANDS_MAX, 500, 1, 1);
    fixture_run(commands, GB_ENGINE_COMMANDS_MAX);
    assert_int_equal(balance_of(500), 1000);
    assert_int_equal(fixture_int("SELECT version FROM share WHERE account_no = 500"), 1000);
    /* seq in version order: what the streams stand on. */
    assert_int_equal(
        fixture_int(
            "SELECT count(*) FROM (SELECT version, row_number() OVER (ORDER BY seq) AS place"
            " FROM ledger WHERE account_no = 500) x WHERE version <> place"),
        0);
}

/* Each with another contradiction, between good ones. */
static void poison_answers_for_itself_alone(void **state)
{
    (void)state;
    struct gb_command commands[10];
    fixture_accept("bad", 0, 9, 600, 1, 5);
    fixture_payins(commands, "bad", 0, 10, 600, 1, 5);
    commands[1].amount = 6;
    commands[2].account_id = "somebody";
    commands[3].account_no.value = 601; /* then account_id is another's too */
    commands[3].account_id = "a601";
    assert_true(gb_currency_parse("USD", &commands[4].currency));
    assert_true(gb_dc_parse("dc2", &commands[5].owner));
    commands[6].reference = "other";
    commands[7].amount = 0;
    /* 8 is good; 9 was never accepted */
    fixture_run(commands, 10);
    static const char *const codes[] = {NULL,
                                        "OPERATION_CONTRADICTED",
                                        "ACCOUNT_CONTRADICTED",
                                        "OPERATION_CONTRADICTED",
                                        "ACCOUNT_CONTRADICTED",
                                        "WRONG_DATACENTER",
                                        "OPERATION_CONTRADICTED",
                                        "COMMAND_INVALID",
                                        NULL,
                                        "OPERATION_UNKNOWN"};
    for (size_t i = 0; i < 10; i++) {
        if (codes[i] == NULL) {
            assert_int_equal(commands[i].outcome, GB_OUTCOME_APPLIED);
            continue;
        }
        assert_int_equal(commands[i].outcome, GB_OUTCOME_POISON);
        assert_string_equal(commands[i].poison_code, codes[i]);
        assert_non_null(commands[i].poison_message);
    }
    assert_int_equal(balance_of(600), 10);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM operation WHERE key LIKE 'bad-%%' AND state = 2"), 2);
}

static void a_message_cannot_make_a_share_against_the_catalogue(void **state)
{
    (void)state;
    fixture_account(700, GB_STATUS_OPEN, 1);
    fixture_accept("fake", 0, 3, 700, 2, 5); /* 700, 701, 700 */
    struct gb_command commands[3];
    fixture_payins(commands, "fake", 0, 3, 700, 2, 5);
    commands[0].account_id = "a9999";
    commands[1].account_id = "a700"; /* known under number 700 */
    fixture_run(commands, 2);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_POISON);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_POISON);
    assert_int_equal(fixture_int("SELECT count(*) FROM share WHERE account_no IN (700, 701)"), 0);
    fixture_run(&commands[2], 1);
    assert_int_equal(commands[2].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(balance_of(700), 5);
}

static void what_does_not_fit_stays_accepted_and_is_listed(void **state)
{
    (void)state;
    fixture_account(800, GB_STATUS_OPEN, 1);
    fixture_sql(
        "SET session_replication_role = replica;"
        "INSERT INTO share (account_no, account_id, currency, balance, credits_total, version) "
        "VALUES"
        " (800, 'a800', 'EUR', 9007199254740991 - 10, 9007199254740991 - 10, 1);"
        "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after,"
        " credits_total, debits_total, out_total, in_total, account_version, created_at_us)"
        " SELECT 800, 1, 1, 1, credits_total, balance, 0, credits_total, 0, 0, 0, 0, 1 FROM share"
        " WHERE account_no = 800; SET session_replication_role = DEFAULT");
    fixture_accept("full", 0, 3, 800, 1, 6);
    struct gb_command commands[3];
    fixture_payins(commands, "full", 0, 3, 800, 1, 6);
    fixture_run(commands, 3);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_OVERDUE);
    assert_int_equal(commands[2].outcome, GB_OUTCOME_OVERDUE);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM overdue WHERE account_no = 800 AND asked_by = 'dc1'"), 2);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM operation WHERE key LIKE 'full-%%' AND state = 1"), 2);
    /* Room for one of them, as a pay-out will make it. */
    fixture_sql(
        "SET session_replication_role = replica;"
        "UPDATE share SET balance = balance - 5, debits_total = 5, version = version + 1 WHERE "
        "account_no = 800;"
        "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after,"
        " credits_total, debits_total, out_total, in_total, account_version, created_at_us)"
        " SELECT 800, version, 2, 1, 5, balance, 0, credits_total, 5, 0, 0, 0, updated_at_us FROM "
        "share"
        " WHERE account_no = 800; SET session_replication_role = DEFAULT");
    commands[1].overdue = commands[2].overdue = true;
    fixture_run(commands + 1, 2);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(commands[2].outcome, GB_OUTCOME_OVERDUE);
    assert_int_equal(fixture_int("SELECT count(*) FROM overdue WHERE account_no = 800"), 1);
}

/* The caller's own calls end in the same transaction, or nothing does. */
static const struct gb_statement position_of_a_zombie = {"test_position_of_a_zombie",
                                                         "SELECT expect_rows(0, 1, 'GB003')"};

static size_t fenced(void *context, const struct gb_engine_batch *batch, struct gb_arena *arena,
                     struct gb_call *calls, size_t max)
{
    (void)context;
    assert_int_equal(batch->commands[0].outcome, GB_OUTCOME_APPLIED);
    assert_true(max >= 1);
    gb_call_init(&calls[0], &position_of_a_zombie, arena);
    return 1;
}

static void a_fenced_caller_changes_nothing(void **state)
{
    (void)state;
    fixture_accept("zombie", 0, 1, 900, 1, 5);
    struct gb_command command;
    fixture_payins(&command, "zombie", 0, 1, 900, 1, 5);
    struct gb_engine_batch batch = {.commands = &command, .count = 1, .extra = fenced};
    struct gb_err err;
    assert_int_equal(gb_engine_run(fixture_engine, fixture_pg, &batch, &err), GB_FATAL);
    assert_string_equal(err.code, "GB003");
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger WHERE account_no = 900"), 0);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM operation WHERE key = 'zombie-0' AND state = 1"), 1);
    fixture_run(&command, 1);
    assert_int_equal(balance_of(900), 5);
}

static void another_datacenters_database_is_refused(void **state)
{
    (void)state;
    struct gb_dc dc2;
    assert_true(gb_dc_parse("dc2", &dc2));
    struct gb_engine *engine = fixture_engine_new(dc2);
    struct gb_command command = fixture_status(100);
    struct gb_err err;
    assert_int_equal(gb_engine_decide(engine, fixture_pg, &command, 1, 1, &err), GB_FATAL);
    assert_string_equal(err.code, "WRONG_DATABASE");
    gb_engine_free(engine);
}

static void awaited_ones_notify_once(void **state)
{
    (void)state;
    fixture_accept("wait", 0, 4, 1000, 1, 5);
    struct gb_pg *listener = fixture_connect();
    struct gb_err err;
    bool notified;
    assert_int_equal(gb_pg_listen(listener, "geobill_decided", &err), GB_OK);
    struct gb_command commands[4];
    fixture_payins(commands, "wait", 0, 4, 1000, 1, 5);
    fixture_run(commands, 2);
    assert_int_equal(gb_pg_wait_notify(listener, 50, &notified, &err), GB_OK);
    assert_false(notified);
    fixture_sql("UPDATE operation SET awaited = true WHERE key = 'wait-2'");
    fixture_run(commands, 3);
    assert_int_equal(gb_pg_wait_notify(listener, 5000, &notified, &err), GB_OK);
    assert_true(notified);
    commands[3].awaited = true;
    fixture_run(commands, 4);
    assert_int_equal(gb_pg_wait_notify(listener, 5000, &notified, &err), GB_OK);
    assert_true(notified);
    gb_pg_close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payin_is_booked_with_its_entry),
        cmocka_unit_test(a_batch_repeated_changes_nothing),
        cmocka_unit_test(a_replay_books_only_what_is_new),
        cmocka_unit_test(the_same_key_twice_in_one_batch_is_booked_once),
        cmocka_unit_test(a_hot_account_takes_a_whole_batch),
        cmocka_unit_test(poison_answers_for_itself_alone),
        cmocka_unit_test(a_message_cannot_make_a_share_against_the_catalogue),
        cmocka_unit_test(what_does_not_fit_stays_accepted_and_is_listed),
        cmocka_unit_test(a_fenced_caller_changes_nothing),
        cmocka_unit_test(another_datacenters_database_is_refused),
        cmocka_unit_test(awaited_ones_notify_once),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
