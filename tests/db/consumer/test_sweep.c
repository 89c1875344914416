/* The sweep: idle shares follow, closings come to their end and back, overdue pay-ins are booked
 * when they fit. */
#include <stdlib.h>
#include <string.h>

#include "consumer/sweep_round.h"
#include "db/engine/fixture.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "wire/messages.h"

static struct gb_sweeper sweeper;

static int setup(void **state)
{
    (void)fixture_setup(state);
    sweeper = (struct gb_sweeper){.is_catalogue = true,
                                  .peers = {"dc2", "dc3"},
                                  .peers_count = 2,
                                  .partitions = 4,
                                  .engine = fixture_engine,
                                  .arena = gb_arena_new((size_t)16 << 20)};
    assert_true(gb_dc_parse("dc1", &sweeper.dc));
    return 0;
}

static int teardown(void **state)
{
    gb_arena_free(sweeper.arena);
    return fixture_teardown(state);
}

static void sweep(void)
{
    struct gb_err err;
    do {
        if (gb_sweep_statuses(&sweeper, fixture_pg, &err) != GB_OK)
            fail_msg("%s: %s", err.code, err.message);
    } while (sweeper.after_account_no != 0);
    fixture_check_invariants();
}

static void put_before_the_sweeper(int64_t account_no)
{
    fixture_sql("INSERT INTO status_pending AS p (account_no, since_us) VALUES (%lld, 5) ON "
                "CONFLICT (account_no)"
                " DO UPDATE SET since_us = p.since_us + 1",
                (long long)account_no);
}

static void says(int64_t account_no, enum gb_account_status status, int64_t version)
{
    fixture_account_says(account_no, status, version);
    put_before_the_sweeper(account_no);
}

static int64_t pending(int64_t account_no)
{
    return fixture_int("SELECT count(*) FROM status_pending WHERE account_no = %lld",
                       (long long)account_no);
}

static int64_t share_status(int64_t account_no)
{
    return fixture_int("SELECT status FROM share WHERE account_no = %lld", (long long)account_no);
}

static int64_t account_status(int64_t account_no)
{
    return fixture_int("SELECT status FROM account WHERE account_no = %lld", (long long)account_no);
}

/* What the projector copied from a peer: its share, with the history behind it. */
static void peer_share(const char *dc, int64_t account_no, int64_t version,
                       enum gb_account_status status, int64_t account_version, int64_t out_total,
                       int64_t in_total)
{
    fixture_sql(
        "INSERT INTO replicated_share (dc, account_no, balance, held, version, credits_total, "
        "debits_total,"
        " out_total, in_total, status, account_version, updated_at_us) VALUES ('%s', %lld, 0, 0, "
        "%lld, %lld, %lld,"
        " %lld, %lld, %d, %lld, 1) ON CONFLICT (account_no, dc) DO UPDATE SET version = "
        "excluded.version,"
        " status = excluded.status, account_version = excluded.account_version, in_total = "
        "excluded.in_total,"
        " out_total = excluded.out_total, credits_total = excluded.credits_total, debits_total ="
        " excluded.debits_total",
        dc, (long long)account_no, (long long)version, (long long)out_total, (long long)in_total,
        (long long)out_total, (long long)in_total, (int)status, (long long)account_version);
}

static void idle_shares_follow_and_are_settled(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 1200; i++)
        fixture_account(1000 + i, GB_STATUS_OPEN, 1);
    fixture_sql("UPDATE account SET status = 2, version = 2 WHERE account_no BETWEEN 1000 AND 2199;"
                "INSERT INTO status_pending SELECT account_no, 5 FROM account WHERE account_no "
                "BETWEEN 1000 AND 2199");
    sweep();
    assert_int_equal(
        fixture_int(
            "SELECT count(*) FROM share WHERE account_no BETWEEN 1000 AND 2199 AND status = 2 AND"
            " account_version = 2 AND version = 1"),
        1200);
    assert_int_equal(fixture_int("SELECT count(*) FROM status_pending"), 0);
}

/* What the sweeper does at the end of a round with an account that it listed with `since_us`. */
static void settle(int64_t account_no, int64_t since_us)
{
    struct gb_call call;
    struct gb_err err;
    gb_arena_reset(sweeper.arena);
    gb_call_init(&call, &gb_sql_status_pending_settle, sweeper.arena);
    gb_params_int8_array(&call.params, &account_no, NULL, 1);
    gb_params_int8_array(&call.params, &since_us, NULL, 1);
    gb_params_bool(&call.params, true);
    gb_params_text_array(&call.params, sweeper.peers, sweeper.peers_count);
    assert_int_equal(gb_pg_call(fixture_pg, &call, &err), GB_OK);
    gb_calls_release(&call, 1);
}

static void what_was_put_in_anew_is_not_taken_away(void **state)
{
    (void)state;
    fixture_account(100, GB_STATUS_BLOCKED, 2);
    put_before_the_sweeper(100);
    sweep();
    assert_int_equal(pending(100), 0);
    put_before_the_sweeper(100);
    int64_t since_us = fixture_int("SELECT since_us FROM status_pending WHERE account_no = 100");
    put_before_the_sweeper(100); /* the catalogue says more between the list and the settling */
    settle(100, since_us);
    assert_int_equal(pending(100), 1);
    settle(100, since_us + 1);
    assert_int_equal(pending(100), 0);
}

static void an_account_closes_when_everybody_has_confirmed(void **state)
{
    (void)state;
    fixture_account(200, GB_STATUS_OPEN, 1);
    says(200, GB_STATUS_CLOSING, 2);
    sweep();
    assert_int_equal(share_status(200), GB_STATUS_CLOSED);
    assert_int_equal(account_status(200), GB_STATUS_CLOSING);
    peer_share("dc2", 200, 1, GB_STATUS_CLOSED, 2, 0, 0);
    peer_share("dc3", 200, 1, GB_STATUS_CLOSED, 1, 0, 0); /* an older closing */
    sweep();
    assert_int_equal(account_status(200), GB_STATUS_CLOSING);
    peer_share("dc3", 200, 2, GB_STATUS_CLOSED, 2, 30, 0);
    sweep();
    assert_int_equal(account_status(200), GB_STATUS_CLOSING); /* 30 are in flight */
    peer_share("dc2", 200, 2, GB_STATUS_CLOSED, 2, 0, 30);
    sweep();
    assert_int_equal(account_status(200), GB_STATUS_CLOSED);
    assert_int_equal(fixture_int("SELECT version FROM account WHERE account_no = 200"), 3);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM outbox WHERE stream = 'catalogue' AND topic ="
                    " 'geobill.catalogue.v1' AND aggregateid = 'account:a200' AND type ="
                    " 'geobill.account.v1'"),
        1);
    sweep();
    assert_int_equal(pending(200), 0);
}

static void money_that_turns_up_reopens_the_closing(void **state)
{
    (void)state;
    /* Elsewhere: the projector puts the account before the sweeper. */
    peer_share("dc2", 200, 3, GB_STATUS_CLOSING, 2, 0, 30);
    put_before_the_sweeper(200);
    sweep();
    assert_int_equal(account_status(200), GB_STATUS_CLOSING);
    assert_int_equal(fixture_int("SELECT version FROM account WHERE account_no = 200"), 4);
    sweep(); /* the own share confirms the new version */
    peer_share("dc2", 200, 4, GB_STATUS_CLOSED, 4, 0, 30);
    peer_share("dc3", 200, 3, GB_STATUS_CLOSED, 4, 30, 0);
    sweep();
    assert_int_equal(account_status(200), GB_STATUS_CLOSED);
    sweep();
    assert_int_equal(pending(200), 0);
    /* Here: the engine does. */
    fixture_accept("late", 0, 1, 200, 1, 5);
    struct gb_command command;
    fixture_payins(&command, "late", 0, 1, 200, 1, 5);
    fixture_run(&command, 1);
    assert_int_equal(pending(200), 1);
    sweep();
    assert_int_equal(account_status(200), GB_STATUS_CLOSING);
    assert_int_equal(share_status(200), GB_STATUS_CLOSING);
    assert_int_equal(pending(200), 1);
    /* Waiting for the money to go costs no transaction that writes. */
    int64_t xid = fixture_int("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
    sweep();
    assert_int_equal(fixture_int("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"),
                     xid);
}

static void elsewhere_a_confirmation_is_the_end_of_it(void **state)
{
    (void)state;
    sweeper.is_catalogue = false;
    fixture_account(300, GB_STATUS_OPEN, 1);
    fixture_accept("open", 0, 1, 300, 1, 5);
    says(300, GB_STATUS_CLOSING, 2);
    sweep();
    assert_int_equal(share_status(300), GB_STATUS_CLOSING);
    assert_int_equal(pending(300), 1);
    fixture_sql("UPDATE operation SET state = 5 WHERE key = 'open-0'");
    sweep();
    assert_int_equal(share_status(300), GB_STATUS_CLOSED);
    assert_int_equal(pending(300), 0);
    assert_int_equal(account_status(300), GB_STATUS_CLOSING); /* the catalogue's to say */
    sweeper.is_catalogue = true;
}

static void overdue_ones_are_booked_when_they_fit(void **state)
{
    (void)state;
    struct gb_err err;
    int64_t left = -1;
    fixture_sql(
        "SET session_replication_role = replica;"
        "INSERT INTO share (account_no, account_id, currency, balance, credits_total, version) "
        "VALUES"
        " (400, 'a400', 'EUR', 9007199254740991, 9007199254740991, 1);"
        "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after,"
        " credits_total, debits_total, out_total, in_total, account_version, created_at_us)"
        " SELECT 400, 1, 1, 1, credits_total, balance, 0, credits_total, 0, 0, 0, 0, 1 FROM share"
        " WHERE account_no = 400; SET session_replication_role = DEFAULT");
    fixture_accept("over", 0, 1, 400, 1, 5);
    struct gb_command commands[2];
    fixture_payins(commands, "over", 0, 1, 400, 1, 5);
    commands[1] = fixture_relayed(400, "over-far", 6);
    commands[1].metadata = "{\"x\":1}";
    fixture_run(commands, 2);
    assert_int_equal(gb_sweep_overdue(&sweeper, fixture_pg, &left, &err), GB_OK);
    assert_int_equal(left, 2);
    assert_int_equal(share_status(400), GB_STATUS_OPEN);
    fixture_sql(
        "SET session_replication_role = replica;"
        "UPDATE share SET balance = balance - 8, debits_total = 8, version = 2 WHERE account_no = "
        "400;"
        "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after,"
        " credits_total, debits_total, out_total, in_total, account_version, created_at_us)"
        " SELECT 400, 2, 2, 1, 8, balance, 0, credits_total, 8, 0, 0, 0, 1 FROM share"
        " WHERE account_no = 400; SET session_replication_role = DEFAULT");
    assert_int_equal(gb_sweep_overdue(&sweeper, fixture_pg, &left, &err), GB_OK);
    fixture_check_invariants();
    assert_int_equal(left, 1); /* 8 were free: the older one of 5 fits, then 6 do not */
    fixture_sql(
        "SET session_replication_role = replica;"
        "UPDATE share SET balance = balance - 8, debits_total = 16, version = 4 WHERE account_no = "
        "400;"
        "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after,"
        " credits_total, debits_total, out_total, in_total, account_version, created_at_us)"
        " SELECT 400, 4, 2, 1, 8, balance, 0, credits_total, 16, 0, 0, 0, updated_at_us FROM share"
        " WHERE account_no = 400; SET session_replication_role = DEFAULT");
    int64_t results = fixture_int("SELECT count(*) FROM outbox WHERE type = 'geobill.result.v1'");
    assert_int_equal(gb_sweep_overdue(&sweeper, fixture_pg, &left, &err), GB_OK);
    fixture_check_invariants();
    assert_int_equal(left, 0);
    assert_int_equal(fixture_int("SELECT count(*) FROM overdue"), 0);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox WHERE type = 'geobill.result.v1'"),
                     results + 1);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM operation WHERE key LIKE 'over-%%' AND state = 2"), 2);
}

static int64_t metric(const char *line)
{
    size_t size;
    char *text = gb_metrics_render(&size);
    const char *at = strstr(text, line);
    int64_t value = at == NULL ? -1 : strtoll(at + strlen(line), NULL, 10);
    free(text);
    return value;
}

#define OF(name, reason) metric("geobill_" name "_total{reason=\"" reason "\"} ")

/* A share at a peer. */
static void peer_entry(const char *dc, int64_t account_no, int version, int64_t credits,
                       int64_t held, int64_t at_us)
{
    fixture_sql(
        "INSERT INTO replicated_ledger (dc, account_no, version, kind, status, amount, "
        "balance_after, held_after, credits_total, debits_total, out_total, in_total, "
        "account_version, created_at_us) VALUES ('%s', %lld, %d, 1, 1, 1, %lld, %lld, %lld, "
        "0, 0, 0, 0, %lld)",
        dc, (long long)account_no, version, (long long)credits, (long long)held, (long long)credits,
        (long long)at_us);
}

static void refuse(int64_t account_no, const char *key, int64_t amount)
{
    struct gb_command command = fixture_payout(account_no, key, amount);
    command.deadline_us = 1;
    fixture_run(&command, 1);
    assert_int_equal(command.answer.state, GB_STATE_REFUSED);
    assert_string_equal(command.answer.reason, "FUNDS_UNREACHABLE");
}

static int64_t denials(void)
{
    return fixture_int("SELECT count(*) FROM denial");
}

static void judge(int64_t now_us)
{
    struct gb_err err;
    if (gb_sweep_denials(&sweeper, fixture_pg, now_us, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
}

/* dc1 has 100, dc2 400 of which 150 are held and 50 came too late, dc3 30. */
static void refusals_are_judged_when_all_is_known(void **state)
{
    (void)state;
    int64_t now_us = gb_clock_wall_us(), later_us = now_us + 60000000;
    gb_sweep_denials_init(&sweeper);
    fixture_account(500, GB_STATUS_OPEN, 1);
    struct gb_command fund = fixture_relayed(500, "f-500", 100);
    fixture_run(&fund, 1);
    peer_entry("dc2", 500, 1, 200, 0, now_us - 9000000);
    peer_entry("dc2", 500, 2, 350, 150, now_us - 1000000);
    peer_entry("dc2", 500, 3, 400, 150, later_us);
    peer_entry("dc3", 500, 1, 30, 0, now_us - 5000000);
    refuse(500, "no-330", 330);
    refuse(500, "no-331", 331);
    assert_int_equal(denials(), 2);
    judge(later_us); /* nobody was heard of */
    assert_int_equal(denials(), 2);
    fixture_sql("INSERT INTO reader VALUES ('dc2', 1, %lld, 1), ('dc3', 1, %lld, 1)",
                (long long)later_us, (long long)now_us);
    judge(later_us); /* dc3 not up to then */
    assert_int_equal(denials(), 2);
    fixture_sql("UPDATE reader SET sent_at_us = %lld", (long long)later_us);
    judge(gb_clock_wall_us()); /* what was entered then may not be committed yet */
    assert_int_equal(denials(), 2);
    judge(later_us);
    judge(later_us);
    assert_int_equal(denials(), 0);
    assert_int_equal(OF("denials_judged", "FUNDS_UNREACHABLE"), 2);
    assert_int_equal(OF("false_denials", "FUNDS_UNREACHABLE"), 1);
    assert_int_equal(OF("denials_judged", "INSUFFICIENT_FUNDS"), 0);
    fixture_sql("DELETE FROM reader");
    refuse(500, "no-332", 332);
    judge(later_us + INT64_C(3600000000));
    assert_int_equal(denials(), 0);
    assert_int_equal(metric("\ngeobill_denials_unjudged_total "), 1);
    assert_int_equal(OF("denials_judged", "FUNDS_UNREACHABLE"), 2);
}

static void there_is_one_leader(void **state)
{
    (void)state;
    struct gb_pg *first = fixture_connect(), *second = fixture_connect();
    struct gb_err err;
    bool leads = false;
    assert_int_equal(gb_sweep_try_lead(&sweeper, first, &leads, &err), GB_OK);
    assert_true(leads);
    assert_int_equal(gb_sweep_try_lead(&sweeper, second, &leads, &err), GB_OK);
    assert_false(leads);
    gb_pg_close(first);
    for (int i = 0; i < 5000 && !leads; i++) {
        assert_int_equal(gb_sweep_try_lead(&sweeper, second, &leads, &err), GB_OK);
        (void)fixture_int("SELECT 1 FROM pg_sleep(0.001)");
    }
    assert_true(leads);
    gb_pg_close(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_shares_follow_and_are_settled),
        cmocka_unit_test(what_was_put_in_anew_is_not_taken_away),
        cmocka_unit_test(an_account_closes_when_everybody_has_confirmed),
        cmocka_unit_test(money_that_turns_up_reopens_the_closing),
        cmocka_unit_test(elsewhere_a_confirmation_is_the_end_of_it),
        cmocka_unit_test(overdue_ones_are_booked_when_they_fit),
        cmocka_unit_test(refusals_are_judged_when_all_is_known),
        cmocka_unit_test(there_is_one_leader),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
