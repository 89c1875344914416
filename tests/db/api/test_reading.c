/* Balances, entries and operations: complete at every datacenter, and nothing is missed by who goes
 * on from a cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

static void sql(int dc, const char *statement)
{
    gb_test_sql(stage.sql[dc], statement);
}

static struct stage_answer read_own(int dc, const char *path)
{
    struct stage_call call = {.dc = dc, .method = "GET", .path = path, .token = WRITER};
    return stage_call_by(stage.client, &call);
}

/* dc1: paid in 70, granted 20 to dc2. dc2, as known at dc1: received 15 of it, paid out 5, holds 3.
 */
static void some_shares(void)
{
    sql(0, "INSERT INTO share (account_no, account_id, currency, balance, version, credits_total, "
           "out_total)"
           " VALUES (1, 'a1', 'EUR', 50, 2, 70, 20)");
    sql(0, "INSERT INTO replicated_share VALUES ('dc2', 1, 10, 3, 4, 0, 5, 0, 15, 1, 0, 5)");
}

static void test_balance(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    some_shares();
    struct stage_answer answer = stage_get(0, "/v1/accounts/a1/balance");
    assert_answer(answer, 200, "");
    static const struct {
        const char *path, *value;
    } cases[] = {
        {"account_id", "a1"},
        {"currency", "EUR"},
        {"total.minor_units", "65"},
        {"total.currency", "EUR"},
        {"in_flight.minor_units", "5"},
        {"held.minor_units", "3"},
        {"available_here.minor_units", "50"},
        {"spendable_here.minor_units", "50"},
        {"reservations.waiting.operations", "0"},
        {"reservations.waiting.since", ""},
        {"reservations.asks", "0 items"},
        {"shares", "2 items"},
        {"shares.0.dc", "dc1"},
        {"shares.0.balance.minor_units", "50"},
        {"shares.0.version", "2"},
        {"shares.0.lag_ms", "0"},
        {"shares.1.dc", "dc2"},
        {"shares.1.balance.minor_units", "10"},
        {"shares.1.held.minor_units", "3"},
        {"shares.1.version", "4"},
        {"shares.1.as_of", ""}, /* never heard of */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(stage_value(&answer, cases[i].path), cases[i].value);
}

static void assert_values(const struct stage_answer *answer, const char *const pairs[][2],
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(stage_value(answer, pairs[i][0]), pairs[i][1]) != 0)
            print_error("%s of %s\n", pairs[i][0], answer->text);
        assert_string_equal(stage_value(answer, pairs[i][0]), pairs[i][1]);
    }
}
#define ASSERT_VALUES(answer, pairs)                                                               \
    assert_values(answer, pairs, sizeof(pairs) / sizeof((pairs)[0]))

static void test_spendable_follows_the_status(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    some_shares();
    sql(0, "UPDATE share SET held = 8");
    struct stage_answer answer = stage_get(0, "/v1/accounts/a1/balance");
    assert_string_equal(stage_value(&answer, "spendable_here.minor_units"), "42");
    sql(0, "UPDATE account SET status = 2, version = 2"); /* the share does not know it yet */
    answer = stage_get(0, "/v1/accounts/a1/balance");
    assert_string_equal(stage_value(&answer, "available_here.minor_units"), "42");
    assert_string_equal(stage_value(&answer, "spendable_here.minor_units"), "0");
    sql(0, "UPDATE share SET status = 1, account_version = 3"); /* it knows better */
    answer = stage_get(0, "/v1/accounts/a1/balance");
    assert_string_equal(stage_value(&answer, "spendable_here.minor_units"), "42");
}

static struct stage_answer pay_out_80(void)
{
    const struct stage_call call = {
        .dc = 0,
        .method = "POST",
        .path = "/v1/pay-outs",
        .token = WRITER,
        .key = "short",
        .prefer = "respond-async",
        .body = "{\"account_id\":\"a1\",\"deadline_ms\":60000,"
                "\"amount\":{\"minor_units\":80,\"currency\":\"EUR\"}}",
    };
    return stage_call_by(stage.client, &call);
}

/* What is under way stands in the database: another process shows it, too, and how it ended. */
static void test_steps_of_what_waits(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    some_shares();
    sql(0,
        "INSERT INTO share_link (account_no, peer, out_total, in_total) VALUES (1, 'dc2', 20, 0)");
    assert_answer(pay_out_80(), 202, "");
    stage_stop_api(0);
    stage_start_api(0);
    struct stage_answer answer = stage_get(0, "/v1/accounts/a1/balance");
    static const char *const reserved[][2] = {
        {"reservations.waiting.operations", "1"}, {"reservations.waiting.amount.minor_units", "80"},
        {"reservations.asks", "1 items"},         {"reservations.asks.0.dc", "dc2"},
        {"reservations.asks.0.rounds", "1"},      {"reservations.asks.0.asked.minor_units", "30"},
        {"spendable_here.minor_units", "50"},     {"reservations.asks.0.came.minor_units", "0"},
    };
    ASSERT_VALUES(&answer, reserved);
    assert_string_not_equal(stage_value(&answer, "reservations.waiting.since"), "");
    assert_string_not_equal(stage_value(&answer, "reservations.asks.0.asked_at"), "");
    struct stage_answer waits = read_own(1, "/v1/operations/short"); /* asked from its owner */
    static const char *const steps[][2] = {
        {"state", "WAITING"},       {"steps", "2 items"},    {"steps.0.step", "WAITING"},
        {"steps.1.step", "ASKED"},  {"steps.1.dc", "dc2"},   {"steps.1.asked.minor_units", "30"},
        {"steps.1.silent", "true"}, {"steps.1.rounds", "1"}, {"steps.1.came.minor_units", "0"},
        {"facts.available", ""},
    };
    ASSERT_VALUES(&waits, steps);
    assert_string_not_equal(stage_value(&waits, "deadline"), "");
    sql(0, "UPDATE operation SET deadline_us = created_at_us; UPDATE waiting SET deadline_us = 1");
    struct stage_answer refused = pay_out_80();
    assert_answer(refused, 409, "FUNDS_UNREACHABLE");
    assert_non_null(strstr(stage_value(&refused, "detail"), "no answer from dc2"));
    answer = read_own(0, "/v1/operations/short");
    static const char *const ended[][2] = {
        {"state", "REFUSED"},
        {"steps", "3 items"},
        {"steps.1.asked.minor_units", "30"},
        {"steps.2.step", "REFUSED"},
        {"steps.2.reason", "FUNDS_UNREACHABLE"},
        {"facts.available", "50"},
        {"facts.total", "65"},
        {"facts.most", "dc2"},
        {"facts.peers.0.known", "7"},
        {"facts.peers.0.asked", "30"},
        {"facts.peers.0.came", "0"},
        {"facts.peers.0.rounds", "1"},
    };
    ASSERT_VALUES(&answer, ended);
    answer = stage_get(0, "/v1/accounts/a1/balance");
    assert_string_equal(stage_value(&answer, "reservations.asks"), "0 items");
}

static void test_in_flight_is_never_below_nothing(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    /* dc2's news is younger than dc1's own: it has received what dc1 seems not to have granted. */
    sql(0, "INSERT INTO share (account_no, account_id, currency, balance, version, credits_total)"
           " VALUES (1, 'a1', 'EUR', 70, 1, 70)");
    sql(0, "INSERT INTO replicated_share VALUES ('dc2', 1, 15, 0, 4, 0, 0, 0, 15, 1, 0, 5)");
    struct stage_answer answer = stage_get(0, "/v1/accounts/a1/balance");
    assert_string_equal(stage_value(&answer, "total.minor_units"), "70");
    assert_string_equal(stage_value(&answer, "in_flight.minor_units"), "0");
}

/* The lag that dc1 shows for dc2's share, in ms; -1: none shown. */
static long lag(void)
{
    struct stage_answer answer = stage_get(0, "/v1/accounts/a1/balance");
    const char *value = stage_value(&answer, "shares.1.lag_ms");
    return *value == '\0' ? -1 : strtol(value, NULL, 10);
}

static void test_lag(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
#define AGO(seconds) "(extract(epoch FROM now())::bigint - " #seconds ") * 1000000"
#define PARTS "FROM generate_series(0, 3) p"
    sql(0, "INSERT INTO reader VALUES ('dc2', 1, " AGO(7) ", " AGO(7) ")");
    assert_in_range(lag(), 6000,
                    20000); /* it says nothing of the partition: there is nothing in it */
    sql(0, "INSERT INTO source_head SELECT 'dc2', 'ledger', 'geobill.dc2.ledger.v1', p, 9, " AGO(
               30) " " PARTS);
    assert_int_equal(lag(), -1); /* it has sent something, and nothing of it is here */
    sql(0, "INSERT INTO progress (source, stream, topic, partition, complete, complete_cut_at_us)"
           " SELECT 'dc2', 'ledger', 'geobill.dc2.ledger.v1', p, 8, " AGO(60) " " PARTS);
    assert_in_range(lag(), 59000, 80000); /* as young as the last whole page */
    sql(0, "UPDATE progress SET complete = 9");
    assert_in_range(lag(), 29000, 50000); /* all is here that it spoke of then */
    sql(0, "UPDATE progress SET complete_cut_at_us = " AGO(10));
    assert_in_range(lag(), 9000, 28000);
}

static void test_balance_of_a_learnt_account(void **state)
{
    (void)state;
    stage_account(0, 1, "only-dc1", GB_STATUS_OPEN);
    struct stage_answer answer = stage_get(1, "/v1/accounts/only-dc1/balance");
    assert_answer(answer, 200, "");
    assert_string_equal(stage_value(&answer, "total.minor_units"), "0");
    assert_string_equal(stage_value(&answer, "shares"), "2 items");
    assert_answer(stage_get(1, "/v1/accounts/nobody/balance"), 404, "ACCOUNT_NOT_FOUND");
    assert_answer(stage_get(0, "/v1/accounts/nobody/balance"), 404, "ACCOUNT_NOT_FOUND");
    assert_answer(stage_get(1, "/v1/accounts/nobody/entries"), 404, "ACCOUNT_NOT_FOUND");
    assert_answer(stage_get(0, "/v1/operations?account_id=nobody"), 404, "ACCOUNT_NOT_FOUND");
}

/* Versions from..to of dc2's ledger as known at dc1, one every 10 us beginning at `start`. */
static void replicate(int from, int to, int start)
{
    char text[512];
    (void)snprintf(
        text, sizeof(text),
        "INSERT INTO replicated_ledger (account_no, version, kind, status, amount, balance_after,"
        " held_after, credits_total, debits_total, out_total, in_total, account_version,"
        " created_at_us, dc, key) SELECT 1, v, 1, 1, 1, v, 0, v, 0, 0, 0, 0, %d + 10 * v, 'dc2', "
        "'k2-' || v"
        " FROM generate_series(%d, %d) v",
        start, from, to);
    sql(0, text);
}

enum { SEEN_SIZE = 1024 };

static void append(char seen[SEEN_SIZE], const char *more)
{
    size_t used = strlen(seen);
    (void)snprintf(seen + used, SEEN_SIZE - used, "%s", more);
}

/* Reads all pages of `limit` from a cursor on, appends "dc:version " for each entry to `seen`, and
 * leaves the next cursor. */
static void read_all(int limit, const char *dc, char cursor[512], char *seen)
{
    bool more = true;
    for (int pages = 0; more && pages < 100; pages++) {
        char path[1024];
        (void)snprintf(path, sizeof(path), "/v1/accounts/a1/entries?limit=%d%s%s%s%s", limit,
                       *cursor == '\0' ? "" : "&cursor=", cursor,
                       dc == NULL ? "" : "&dc=", dc == NULL ? "" : dc);
        struct stage_answer answer = stage_get(0, path);
        assert_answer(answer, 200, "");
        size_t count = strtoul(stage_value(&answer, "data"), NULL, 10);
        for (size_t i = 0; i < count; i++) {
            char member[64];
            (void)snprintf(member, sizeof(member), "data.%zu.dc", i);
            append(seen, stage_value(&answer, member));
            append(seen, ":");
            (void)snprintf(member, sizeof(member), "data.%zu.version", i);
            append(seen, stage_value(&answer, member));
            append(seen, " ");
        }
        more = strcmp(stage_value(&answer, "has_more"), "true") == 0;
        assert_true(!more || count == (size_t)limit);
        (void)snprintf(cursor, 512, "%s", stage_value(&answer, "next_cursor"));
    }
    assert_false(more);
}

static void test_entries(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    sql(0, "INSERT INTO replicated_share VALUES ('dc2', 1, 5, 0, 5, 5, 0, 0, 0, 1, 0, 5)");
    sql(0, "ALTER TABLE ledger DISABLE TRIGGER USER; DELETE FROM ledger; ALTER TABLE ledger ENABLE "
           "TRIGGER USER");
    sql(0, "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, "
           "held_after, credits_total,"
           " debits_total, out_total, in_total, account_version, created_at_us, key, reference)"
           " SELECT 1, v, 1, 1, 1, v, 0, v, 0, 0, 0, 0, 10 * v, 'k1-' || v, 'r' FROM "
           "generate_series(1, 3) v");
    replicate(1, 2, 5);
    replicate(4, 5, 5); /* the third has not come yet */
    for (int limit = 1; limit <= 10; limit++) {
        char cursor[512] = "", seen[SEEN_SIZE] = "";
        read_all(limit, NULL, cursor, seen);
        assert_string_equal(seen, "dc1:1 dc2:1 dc1:2 dc2:2 dc1:3 ");
    }
    char cursor[512] = "", seen[SEEN_SIZE] = "", only[512] = "", alone[SEEN_SIZE] = "";
    read_all(2, NULL, cursor, seen);
    /* The late one comes, older than what was shown: who goes on misses nothing and sees nothing
     * twice. */
    replicate(3, 3, -1000);
    read_all(2, NULL, cursor, seen);
    assert_string_equal(seen, "dc1:1 dc2:1 dc1:2 dc2:2 dc1:3 dc2:3 dc2:4 dc2:5 ");
    read_all(2, "dc2", only, alone);
    assert_string_equal(alone, "dc2:1 dc2:2 dc2:3 dc2:4 dc2:5 ");
    struct stage_answer answer = stage_get(0, "/v1/accounts/a1/entries?limit=1&dc=dc1");
    assert_string_equal(stage_value(&answer, "data.0.kind"), "PAYIN");
    assert_string_equal(stage_value(&answer, "data.0.amount.minor_units"), "1");
    assert_string_equal(stage_value(&answer, "data.0.balance_after.currency"), "EUR");
    assert_string_equal(stage_value(&answer, "data.0.operation"), "k1-1");
    assert_string_equal(stage_value(&answer, "data.0.reference"), "r");
    assert_string_equal(stage_value(&answer, "data.0.created_at"), "1970-01-01T00:00:00.000010Z");
}

static struct stage_answer pay(int dc, const char *key)
{
    return stage_post(
        dc, "/v1/pay-ins", key,
        "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"}}");
}

static void test_operation(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    stage_account(1, 1, "a1", GB_STATUS_OPEN);
    assert_answer(pay(0, "own"), 202, "");
    assert_answer(pay(1, "dc2:there"), 202, "");
    assert_answer(pay(1, "relayed"), 202, "");
    sql(0, "UPDATE operation SET state = 2, decided_at_us = 1000000");
    for (int dc = 0; dc < 2; dc++) { /* here, or asked from the owner */
        struct stage_answer answer = read_own(dc, "/v1/operations/own");
        assert_answer(answer, 200, "");
        assert_string_equal(stage_value(&answer, "state"), "BOOKED");
        assert_string_equal(stage_value(&answer, "decided_at"), "1970-01-01T00:00:01.000000Z");
        assert_string_equal(stage_value(&answer, "owner"), "dc1");
        answer = read_own(dc, "/v1/operations/dc2:there");
        assert_answer(answer, 200, "");
        assert_string_equal(stage_value(&answer, "owner"), "dc2");
        assert_string_equal(stage_value(&answer, "state"), "ACCEPTED");
        assert_answer(read_own(dc, "/v1/operations/never"), 404, "OPERATION_NOT_FOUND");
    }
    struct stage_answer relayed = read_own(1, "/v1/operations/relayed");
    assert_answer(relayed, 200, "");
    assert_string_equal(stage_value(&relayed, "owner"), "dc1");
    stage_stop_api(0);
    assert_answer(read_own(1, "/v1/operations/own"), 503, "OWNER_UNREACHABLE");
    assert_answer(read_own(1, "/v1/operations/relayed"), 200, "");
    stage_start_api(0);
}

/* The keys of the operations of a1 from all pages of `limit`. */
static void list_all(int dc, int limit, const char *more_query, char *seen, char *missing)
{
    char cursor[1024] = "";
    bool more = true;
    seen[0] = missing[0] = '\0';
    for (int pages = 0; more && pages < 100; pages++) {
        char path[2048];
        (void)snprintf(path, sizeof(path), "/v1/operations?account_id=a1&limit=%d%s%s%s", limit,
                       more_query, *cursor == '\0' ? "" : "&cursor=", cursor);
        struct stage_answer answer = stage_get(dc, path);
        assert_answer(answer, 200, "");
        size_t count = strtoul(stage_value(&answer, "data"), NULL, 10);
        for (size_t i = 0; i < count; i++) {
            char member[64];
            (void)snprintf(member, sizeof(member), "data.%zu.key", i);
            append(seen, stage_value(&answer, member));
            append(seen, " ");
            (void)snprintf(member, sizeof(member), "data.%zu.place", i);
            assert_string_equal(stage_value(&answer, member), "");
        }
        more = strcmp(stage_value(&answer, "has_more"), "true") == 0;
        (void)snprintf(missing, 64, "%s", stage_value(&answer, "missing.0"));
        (void)snprintf(cursor, sizeof(cursor), "%s", stage_value(&answer, "next_cursor"));
    }
    assert_false(more);
}

static void test_list_operations(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    stage_account(1, 1, "a1", GB_STATUS_OPEN);
    static const char *const keys[] = {"dc1:1", "dc2:2", "dc1:3", "dc2:4", "dc2:5", "dc1:6"};
    for (size_t i = 0; i < 6; i++)
        assert_answer(pay(keys[i][2] == '1' ? 0 : 1, keys[i]), 202, "");
    assert_answer(pay(1, "dc1:7"), 202, ""); /* relayed, not at its owner yet */
    sql(1, "UPDATE operation SET state = 2, decided_at_us = 1 WHERE key = 'dc2:4'");
    char seen[SEEN_SIZE], missing[64];
    for (int dc = 0; dc < 2; dc++) {
        for (int limit = 1; limit <= 7; limit++) {
            list_all(dc, limit, "", seen, missing);
            assert_string_equal(seen, "dc1:1 dc2:2 dc1:3 dc2:4 dc2:5 dc1:6 ");
            assert_string_equal(missing, "");
        }
        list_all(dc, 2, "&state=BOOKED", seen, missing);
        assert_string_equal(seen, "dc2:4 ");
        list_all(dc, 2, "&state=ACCEPTED", seen, missing);
        assert_string_equal(seen, "dc1:1 dc2:2 dc1:3 dc2:5 dc1:6 ");
    }
    stage_stop_api(0);
    list_all(1, 7, "", seen, missing);
    assert_string_equal(seen, "dc2:2 dc2:4 dc2:5 dc1:7 "); /* what was relayed stands in */
    assert_string_equal(missing, "dc1");
    stage_start_api(0);
}

static void test_list_accounts(void **state)
{
    (void)state;
    char id[16], path[600], seen[SEEN_SIZE] = "", cursor[512] = "";
    for (int i = 1; i <= 5; i++) {
        (void)snprintf(id, sizeof(id), "a%d", i);
        stage_account(0, i, id, GB_STATUS_OPEN);
    }
    for (int pages = 0; pages < 3; pages++) {
        (void)snprintf(path, sizeof(path), "/v1/accounts?limit=2%s%s",
                       *cursor == '\0' ? "" : "&cursor=", cursor);
        struct stage_answer answer = stage_get(0, path);
        assert_answer(answer, 200, "");
        assert_string_equal(stage_value(&answer, "has_more"), pages < 2 ? "true" : "false");
        append(seen, stage_value(&answer, "data.0.account_id"));
        append(seen, stage_value(&answer, "data.1.account_id"));
        (void)snprintf(cursor, sizeof(cursor), "%s", stage_value(&answer, "next_cursor"));
    }
    assert_string_equal(seen, "a1a2a3a4a5");
}

#define CASE(name) cmocka_unit_test_setup(name, stage_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_balance),
        CASE(test_spendable_follows_the_status),
        CASE(test_steps_of_what_waits),
        CASE(test_in_flight_is_never_below_nothing),
        CASE(test_lag),
        CASE(test_balance_of_a_learnt_account),
        CASE(test_entries),
        CASE(test_operation),
        CASE(test_list_operations),
        CASE(test_list_accounts),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
