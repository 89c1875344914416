/* Shares follow the status of their account, confirm a closing, and take a confirmation back. */
#include "fixture.h"

static void assert_share(int64_t account_no, enum gb_account_status status, int64_t account_version,
                         int64_t version)
{
    assert_int_equal(
        fixture_int("SELECT count(*) FROM share WHERE account_no = %lld AND status = %d AND"
                    " account_version = %lld AND version = %lld",
                    (long long)account_no, (int)status, (long long)account_version,
                    (long long)version),
        1);
}

static void run_status(int64_t account_no, enum gb_outcome outcome)
{
    struct gb_command command = fixture_status(account_no);
    fixture_run(&command, 1);
    assert_int_equal(command.outcome, outcome);
}

static void an_idle_share_is_brought_to_its_status(void **state)
{
    (void)state;
    fixture_account(100, GB_STATUS_OPEN, 1);
    run_status(100, GB_OUTCOME_UNCHANGED);
    fixture_account_says(100, GB_STATUS_BLOCKED, 2);
    run_status(100, GB_OUTCOME_APPLIED);
    assert_share(100, GB_STATUS_BLOCKED, 2, 1);
    run_status(100, GB_OUTCOME_UNCHANGED);
    fixture_account_says(100, GB_STATUS_OPEN, 3);
    run_status(100, GB_OUTCOME_APPLIED);
    assert_share(100, GB_STATUS_OPEN, 3, 2);
    assert_int_equal(
        fixture_int(
            "SELECT count(*) FROM ledger WHERE account_no = 100 AND kind = 5 AND amount = 0 AND"
            " key IS NULL AND client_no IS NULL"),
        2);
}

static void an_account_not_known_changes_nothing(void **state)
{
    (void)state;
    run_status(150, GB_OUTCOME_UNCHANGED);
}

static void a_payin_brings_the_status_along(void **state)
{
    (void)state;
    fixture_account(200, GB_STATUS_BLOCKED, 4);
    fixture_accept("along", 0, 2, 200, 1, 5);
    struct gb_command commands[2];
    fixture_payins(commands, "along", 0, 2, 200, 1, 5);
    fixture_run(commands, 2);
    assert_share(200, GB_STATUS_BLOCKED, 4, 3);
    assert_int_equal(fixture_int("SELECT kind FROM ledger WHERE account_no = 200 AND version = 1"),
                     5);
    assert_int_equal(
        fixture_int(
            "SELECT count(*) FROM ledger WHERE account_no = 200 AND kind = 1 AND status = 2"),
        2);
}

static void only_a_quiet_and_empty_share_confirms(void **state)
{
    (void)state;
    fixture_account(300, GB_STATUS_CLOSING, 2);
    fixture_accept("busy", 0, 1, 300, 1, 5);
    run_status(300, GB_OUTCOME_APPLIED);
    assert_share(300, GB_STATUS_CLOSING, 2, 1);
    run_status(300, GB_OUTCOME_UNCHANGED);
    fixture_sql("UPDATE operation SET state = 5 WHERE key = 'busy-0'");
    fixture_sql(
        "INSERT INTO relay (client_no, kind, state, key, owner, account_no, amount, created_at_us)"
        " VALUES (1, 1, 1, 'relayed-out', 'dc2', 300, 5, 5)");
    run_status(300, GB_OUTCOME_UNCHANGED);
    fixture_sql("UPDATE relay SET state = 2 WHERE key = 'relayed-out'");
    run_status(300, GB_OUTCOME_APPLIED);
    assert_share(300, GB_STATUS_CLOSED, 2, 2);
    run_status(300, GB_OUTCOME_UNCHANGED);
    /* Closed by the catalogue: nothing more to say. Closing anew: to be confirmed anew. */
    fixture_account_says(300, GB_STATUS_CLOSED, 3);
    run_status(300, GB_OUTCOME_UNCHANGED);
    fixture_account_says(300, GB_STATUS_CLOSING, 4);
    run_status(300, GB_OUTCOME_APPLIED);
    assert_share(300, GB_STATUS_CLOSED, 4, 3);
}

static void money_voids_the_confirmation(void **state)
{
    (void)state;
    fixture_account(400, GB_STATUS_CLOSING, 2);
    run_status(400, GB_OUTCOME_APPLIED);
    assert_share(400, GB_STATUS_CLOSED, 2, 1);
    fixture_accept("late", 0, 1, 400, 1, 5);
    struct gb_command command;
    fixture_payins(&command, "late", 0, 1, 400, 1, 5);
    fixture_run(&command, 1);
    assert_int_equal(command.outcome, GB_OUTCOME_APPLIED);
    assert_share(400, GB_STATUS_CLOSING, 2, 2);
    assert_int_equal(fixture_int("SELECT count(*) FROM status_pending WHERE account_no = 400"), 1);
    run_status(400, GB_OUTCOME_UNCHANGED);
}

/* A status and money in one batch: the money is booked, nothing is confirmed over it. */
static void status_and_money_in_one_batch(void **state)
{
    (void)state;
    fixture_account(500, GB_STATUS_CLOSING, 2);
    fixture_accept("mixed", 0, 1, 500, 1, 5);
    struct gb_command commands[3] = {fixture_status(500)};
    fixture_payins(&commands[1], "mixed", 0, 1, 500, 1, 5);
    commands[2] = fixture_status(500);
    fixture_run(commands, 3);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(commands[2].outcome, GB_OUTCOME_UNCHANGED);
    assert_share(500, GB_STATUS_CLOSING, 2, 2);
}

static void a_clock_that_goes_back_does_not_show(void **state)
{
    (void)state;
    fixture_accept("clock", 0, 2, 600, 1, 5);
    struct gb_command commands[2];
    fixture_payins(commands, "clock", 0, 2, 600, 1, 5);
    fixture_run(commands, 1);
    fixture_sql(
        "UPDATE share SET updated_at_us = updated_at_us + 3600000000 WHERE account_no = 600;"
        "SET session_replication_role = replica;"
        "UPDATE ledger SET created_at_us = created_at_us + 3600000000 WHERE account_no = 600;"
        "SET session_replication_role = DEFAULT");
    fixture_run(commands + 1, 1);
    assert_int_equal(
        fixture_int("SELECT count(DISTINCT created_at_us) FROM ledger WHERE account_no = 600"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_share_is_brought_to_its_status),
        cmocka_unit_test(an_account_not_known_changes_nothing),
        cmocka_unit_test(a_payin_brings_the_status_along),
        cmocka_unit_test(only_a_quiet_and_empty_share_confirms),
        cmocka_unit_test(money_voids_the_confirmation),
        cmocka_unit_test(status_and_money_in_one_batch),
        cmocka_unit_test(a_clock_that_goes_back_does_not_show),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
