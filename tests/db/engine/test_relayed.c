/* Pay-ins that another datacenter accepted for us: booked once, answered by a RESULT each time. */
#include <string.h>

#include "fixture.h"
#include "wire/messages.h"

static const struct gb_statement last_result = {
    "test_last_result",
    "SELECT payload, stream, topic, aggregateid, type FROM outbox ORDER BY seq DESC LIMIT 1"};

/* The newest RESULT in the outbox; texts in `arena`. */
static struct gb_message_result read_last_result(struct gb_arena *arena)
{
    struct gb_call call;
    struct gb_err err;
    struct gb_message_result result;
    gb_call_init(&call, &last_result, arena);
    assert_int_equal(gb_pg_call(fixture_admin, &call, &err), GB_OK);
    assert_int_equal(gb_rows_count(call.rows), 1);
    assert_string_equal(gb_rows_text(call.rows, 0, 1), "dc2");
    assert_string_equal(gb_rows_text(call.rows, 0, 2), "geobill.dc2.reserve-reply.v1");
    assert_string_equal(gb_rows_text(call.rows, 0, 4), "geobill.result.v1");
    assert_int_equal(gb_wire_result_decode(gb_rows_bytes(call.rows, 0, 0), arena, &result, &err),
                     GB_OK);
    assert_string_equal(gb_rows_text(call.rows, 0, 3), result.account.account_id);
    assert_string_equal(result.account.dc.code, "dc1");
    assert_int_equal(result.account.incarnation, 1);
    gb_calls_release(&call, 1);
    return result;
}

static int64_t results(void)
{
    return fixture_int("SELECT count(*) FROM outbox");
}

static void is_booked_stored_and_answered(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(100000);
    fixture_account(100, GB_STATUS_OPEN, 1);
    struct gb_command command = fixture_relayed(100, "r-1", 40);
    command.reference = "ref";
    command.metadata = "{\"a\":1}";
    fixture_run(&command, 1);
    assert_int_equal(command.outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(
        fixture_int(
            "SELECT count(*) FROM operation WHERE key = 'r-1' AND state = 2 AND amount = 40 AND"
            " account_no = 100 AND relayed_from = 'dc2' AND seq IS NULL AND created_at_us = 5 AND"
            " reference = 'ref' AND metadata = '{\"a\":1}' AND decided_at_us > 5"),
        1);
    struct gb_message_result result = read_last_result(arena);
    assert_int_equal(result.state, GB_STATE_BOOKED);
    assert_null(result.reason);
    assert_string_equal(result.key, "r-1");
    assert_int_equal(result.client_no.value, 1);
    assert_int_equal(result.decided_at_us,
                     fixture_int("SELECT decided_at_us FROM operation WHERE key = 'r-1'"));
    gb_arena_free(arena);
}

static void every_repeat_is_answered_again(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(100000);
    struct gb_command commands[3];
    for (size_t i = 0; i < 3; i++)
        commands[i] = fixture_relayed(200, "r-2", 7);
    int64_t before = results();
    fixture_run(commands, 2);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_REPEATED);
    fixture_run(commands + 2, 1);
    assert_int_equal(commands[2].outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(results() - before, 3);
    assert_int_equal(read_last_result(arena).state, GB_STATE_BOOKED);
    assert_int_equal(fixture_int("SELECT balance FROM share WHERE account_no = 200"), 7);
    gb_arena_free(arena);
}

/* The first content stands, in the row and within a batch. */
static void other_content_is_refused_and_nothing_else(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(100000);
    struct gb_command commands[6];
    for (size_t i = 0; i < 6; i++) {
        commands[i] = fixture_relayed(300, "r-3", 9);
        commands[i].reference = "x";
        commands[i].metadata = "{}";
    }
    commands[1].amount = 10;
    commands[2].reference = NULL;
    commands[3].metadata = "{\"b\":2}";
    commands[4].account_no.value = 301;
    commands[4].account_id = "a301";
    fixture_run(commands, 6);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(commands[5].outcome, GB_OUTCOME_REPEATED);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 1; i < 5; i++)
            assert_int_equal(commands[i].outcome, GB_OUTCOME_REFUSED);
        fixture_run(commands + 1, 4); /* and once more against the row */
        struct gb_message_result result = read_last_result(arena);
        assert_int_equal(result.state, GB_STATE_REFUSED);
        assert_string_equal(result.reason, "IDEMPOTENCY_MISMATCH");
        assert_string_equal(result.account.account_id, "a301");
    }
    assert_int_equal(fixture_int("SELECT sum(balance) FROM share WHERE account_no IN (300, 301)"),
                     9);
    gb_arena_free(arena);
}

static void meets_the_same_key_accepted_here(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(100000);
    fixture_accept("both", 0, 1, 400, 1, 8);
    struct gb_command commands[2];
    fixture_payins(commands, "both", 0, 1, 400, 1, 8);
    commands[1] = commands[0];
    commands[1].metadata = "{\"i\":1}";
    assert_true(gb_dc_parse("dc2", &commands[1].accepted_by));
    struct gb_command swapped[2] = {commands[1], commands[0]};
    fixture_run(swapped, 2);
    assert_int_equal(swapped[0].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(swapped[1].outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(read_last_result(arena).state, GB_STATE_BOOKED);
    assert_int_equal(fixture_int("SELECT balance FROM share WHERE account_no = 400"), 8);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM operation WHERE key = 'both-0' AND state = 2 AND"
                    " relayed_from IS NULL"),
        1);
    gb_arena_free(arena);
}

/* A relayed one made the row in this very batch: an own message of that key still lies. */
static void an_own_message_needs_its_own_row(void **state)
{
    (void)state;
    struct gb_command commands[2] = {fixture_relayed(500, "r-5", 3), fixture_payin(500, "r-5", 3)};
    fixture_run(commands, 2);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_POISON);
    assert_string_equal(commands[1].poison_code, "OPERATION_UNKNOWN");
}

static void keys_of_others_are_not_ours(void **state)
{
    (void)state;
    struct gb_command commands[2] = {fixture_relayed(600, "dc3:k", 3),
                                     fixture_relayed(600, "dc1:k", 3)};
    int64_t before = results();
    fixture_run(commands, 2);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_POISON);
    assert_string_equal(commands[0].poison_code, "WRONG_DATACENTER");
    assert_int_equal(commands[1].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(results() - before, 1);
}

/* Over the cap: no RESULT until it fits; then also for whoever asked for the same later. */
static void an_overdue_one_is_answered_when_it_fits(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(100000);
    static const char fill[] =
        "SET session_replication_role = replica;"
        "INSERT INTO share (account_no, account_id, currency, balance, credits_total, version) "
        "VALUES"
        " (700, 'a700', 'EUR', 9007199254740991, 9007199254740991, 1);"
        "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, "
        "credits_total,"
        " debits_total, out_total, in_total, account_version, created_at_us)"
        " SELECT 700, 1, 1, 1, credits_total, balance, 0, credits_total, 0, 0, 0, 0, 1 FROM share"
        " WHERE account_no = 700; SET session_replication_role = DEFAULT";
    static const char empty[] =
        "SET session_replication_role = replica;"
        "UPDATE share SET balance = 0, debits_total = 9007199254740991, version = 2 WHERE "
        "account_no = 700;"
        "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, "
        "credits_total,"
        " debits_total, out_total, in_total, account_version, created_at_us)"
        " SELECT 700, 2, 2, 1, 9007199254740991, 0, 0, 9007199254740991, 9007199254740991, 0, 0, "
        "0, 1;"
        " SET session_replication_role = DEFAULT";
    gb_test_sql(fixture_admin, fill);
    struct gb_command commands[2] = {fixture_relayed(700, "r-7", 3),
                                     fixture_relayed(700, "r-7", 3)};
    assert_true(gb_dc_parse("dc3", &commands[1].accepted_by));
    int64_t before = results();
    fixture_run(commands, 2);
    fixture_run(commands, 2);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_OVERDUE);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_OVERDUE);
    assert_int_equal(results(), before);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM operation WHERE key = 'r-7' AND state = 1 AND"
                    " decided_at_us IS NULL"),
        1);
    assert_int_equal(fixture_int("SELECT count(*) FROM overdue WHERE key = 'r-7'"), 2);
    gb_test_sql(fixture_admin, empty);
    commands[0].overdue = commands[1].overdue = true;
    fixture_run(commands, 2);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(results() - before, 2);
    assert_int_equal(
        fixture_int(
            "SELECT count(DISTINCT stream) FROM outbox WHERE aggregateid = 'a700' AND stream IN"
            " ('dc2', 'dc3')"),
        2);
    assert_int_equal(fixture_int("SELECT count(*) FROM overdue WHERE key = 'r-7'"), 0);
    gb_arena_free(arena);
}

/* The API accepts the same key while the batch is decided: the batch finds out, and starts again.
 */
struct rival {
    int runs;
};

static size_t accept_the_same_key(void *context, const struct gb_engine_batch *batch,
                                  struct gb_arena *arena, struct gb_call *calls, size_t max)
{
    (void)batch, (void)arena, (void)calls, (void)max;
    struct rival *rival = context;
    if (rival->runs++ == 0)
        fixture_accept("race", 0, 1, 800, 1, 4);
    return 0;
}

static void a_key_accepted_here_meanwhile_is_found(void **state)
{
    (void)state;
    struct gb_command command = fixture_relayed(800, "race-0", 4);
    command.reference = "r0";
    command.metadata = "{\"i\":1}";
    struct rival rival = {.runs = 0};
    struct gb_engine_batch batch = {
        .commands = &command, .count = 1, .extra = accept_the_same_key, .context = &rival};
    struct gb_err err;
    assert_int_equal(gb_engine_run(fixture_engine, fixture_pg, &batch, &err), GB_OK);
    assert_int_equal(rival.runs, 2);
    assert_int_equal(command.outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM operation WHERE key = 'race-0' AND state = 2 AND"
                    " relayed_from IS NULL"),
        1);
    fixture_check_invariants();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_booked_stored_and_answered),
        cmocka_unit_test(every_repeat_is_answered_again),
        cmocka_unit_test(other_content_is_refused_and_nothing_else),
        cmocka_unit_test(meets_the_same_key_accepted_here),
        cmocka_unit_test(an_own_message_needs_its_own_row),
        cmocka_unit_test(keys_of_others_are_not_ours),
        cmocka_unit_test(an_overdue_one_is_answered_when_it_fits),
        cmocka_unit_test(a_key_accepted_here_meanwhile_is_found),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
