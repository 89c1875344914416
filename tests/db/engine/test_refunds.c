/* Refunds through the engine of dc1: in parts, never more than was paid in all, whoever races; they
 * pay who waits; relayed ones are answered by a RESULT each time. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "wire/messages.h"

static void refused(struct gb_command *command, const char *reason)
{
    assert_int_equal(fixture_run_one(command), GB_STATE_REFUSED);
    assert_string_equal(command->answer.reason, reason);
}

static int64_t refunded(const char *key)
{
    return fixture_int("SELECT refunded FROM operation WHERE key = '%s'", key);
}

static void a_payout_gives_back_in_parts(void **state)
{
    (void)state;
    fixture_fund(600, "f-600", 100);
    struct gb_command payout = fixture_payout(600, "o-600", 80);
    assert_int_equal(fixture_run_one(&payout), GB_STATE_PAID);
    struct gb_command first = fixture_refund(600, "r-1", "o-600", 30);
    first.reference = "broken";
    struct gb_command much = fixture_refund(600, "r-2", "o-600", 51);
    struct gb_command rest = fixture_refund(600, "r-3", "o-600", 50);
    struct gb_command more = fixture_refund(600, "r-4", "o-600", 1);
    assert_int_equal(fixture_run_one(&first), GB_STATE_BOOKED);
    assert_int_equal(fixture_balance(600), 50);
    refused(&much, "REFUND_EXCEEDS_PAID");
    assert_int_equal(fixture_run_one(&rest), GB_STATE_BOOKED);
    refused(&more, "REFUND_EXCEEDS_PAID");
    for (int i = 0; i < 2; i++) { /* again, and again */
        assert_int_equal(fixture_run_one(&first), GB_STATE_BOOKED);
        assert_int_equal(first.outcome, GB_OUTCOME_REPEATED);
        refused(&much, "REFUND_EXCEEDS_PAID");
        assert_int_equal(fixture_balance(600), 100);
    }
    assert_int_equal(refunded("o-600"), 80);
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger WHERE kind = 14 AND key = 'r-1' AND"
                                 " amount = 30 AND reference = 'broken'"),
                     1);
}

static void a_charge_and_a_capture_give_back_too(void **state)
{
    (void)state;
    fixture_fund(605, "f-605", 100);
    fixture_service("toll", 10);
    struct gb_command charge = fixture_charge(605, "o-605", "toll");
    assert_int_equal(fixture_run_one(&charge), GB_STATE_PAID);
    struct gb_command placed = fixture_operation(GB_OPERATION_HOLD, 605, "h-605", 50);
    placed.hold_id = gb_uuid_v7();
    placed.expires_at_us = placed.deadline_us;
    assert_int_equal(fixture_run_one(&placed), GB_STATE_HELD);
    struct gb_command capture = fixture_operation(GB_OPERATION_CAPTURE, 605, "c-605", 20);
    capture.hold_id = placed.hold_id;
    capture.deadline_us = 0;
    assert_int_equal(fixture_run_one(&capture), GB_STATE_PAID);
    struct gb_command commands[4] = {
        fixture_refund(605, "b-1", "o-605", 10), fixture_refund(605, "b-2", "c-605", 20),
        fixture_refund(605, "b-3", "h-605", 1), fixture_refund(605, "b-4", "c-605", 1)};
    fixture_run(commands, 4);
    assert_int_equal(commands[0].answer.state, GB_STATE_BOOKED);
    assert_int_equal(commands[1].answer.state, GB_STATE_BOOKED);
    assert_string_equal(commands[2].answer.reason, "ORIGINAL_NOT_PAID");
    assert_string_equal(commands[3].answer.reason, "REFUND_EXCEEDS_PAID");
    assert_int_equal(fixture_balance(605), 100);
    assert_int_equal(refunded("c-605"), 20);
}

static void what_was_not_paid_gives_nothing_back(void **state)
{
    (void)state;
    fixture_fund(610, "f-610", 100);
    fixture_fund(611, "f-611", 100);
    struct gb_command payout = fixture_payout(610, "o-610", 40);
    struct gb_command waits = fixture_payout(610, "w-610", 90);
    assert_int_equal(fixture_run_one(&payout), GB_STATE_PAID);
    assert_int_equal(fixture_run_one(&waits), GB_STATE_WAITING);
    struct gb_command unknown = fixture_refund(610, "n-1", "nothing", 1),
                      other = fixture_refund(611, "n-2", "o-610", 1),
                      payin = fixture_refund(610, "n-3", "f-610", 1),
                      waiting = fixture_refund(610, "n-4", "w-610", 1),
                      itself = fixture_refund(610, "n-5", "n-5", 1),
                      refund = fixture_refund(610, "n-6", "n-1", 1);
    struct gb_command stranger = fixture_refund(610, "n-7", "o-610", 1);
    stranger.client_no.value = 2;
    refused(&unknown, "ORIGINAL_NOT_FOUND");
    refused(&other, "ORIGINAL_NOT_FOUND");
    refused(&payin, "ORIGINAL_NOT_PAID");
    refused(&waiting, "ORIGINAL_NOT_PAID");
    refused(&itself, "ORIGINAL_NOT_PAID");
    refused(&refund, "ORIGINAL_NOT_PAID");
    refused(&stranger, "ORIGINAL_NOT_FOUND");
    /* Stored: that the original comes later does not matter. */
    struct gb_command late = fixture_payout(610, "nothing", 5);
    assert_int_equal(fixture_run_one(&late), GB_STATE_PAID);
    refused(&unknown, "ORIGINAL_NOT_FOUND");
    assert_int_equal(fixture_balance(611), 100);
    fixture_pass_deadline(&waits);
    struct gb_command time = fixture_time(610);
    fixture_run(&time, 1);
}

static void other_content_is_a_mismatch(void **state)
{
    (void)state;
    fixture_fund(615, "f-615", 100);
    struct gb_command payouts[2] = {fixture_payout(615, "o-615", 40),
                                    fixture_payout(615, "p-615", 40)};
    fixture_run(payouts, 2);
    struct gb_command commands[4] = {
        fixture_refund(615, "m-1", "o-615", 10), fixture_refund(615, "m-1", "p-615", 10),
        fixture_refund(615, "m-1", "o-615", 11), fixture_payout(615, "m-1", 10)};
    static const char *const fields[] = {NULL, "original_key", "amount", "kind"};
    for (int round = 0; round < 2; round++) {
        fixture_run(commands, 4);
        for (size_t i = 1; i < 4; i++) {
            assert_int_equal(commands[i].outcome, GB_OUTCOME_MISMATCH);
            assert_string_equal(commands[i].mismatch, fields[i]);
        }
    }
    assert_int_equal(fixture_balance(615), 30);
}

/* What is paid, and given back, in one batch: each sees the ones before it. */
static void one_batch_pays_and_gives_back(void **state)
{
    (void)state;
    fixture_fund(620, "f-620", 100);
    struct gb_command waits = fixture_payout(620, "w-620", 120);
    assert_int_equal(fixture_run_one(&waits), GB_STATE_WAITING);
    struct gb_command commands[6] = {
        fixture_refund(620, "k-0", "o-620", 1),  fixture_payout(620, "o-620", 60),
        fixture_refund(620, "k-1", "o-620", 50), fixture_refund(620, "k-2", "o-620", 20),
        fixture_relayed(620, "i-620", 30),       fixture_refund(620, "k-3", "w-620", 7)};
    fixture_run(commands, 6);
    assert_string_equal(commands[0].answer.reason, "ORIGINAL_NOT_FOUND");
    assert_int_equal(commands[1].answer.state, GB_STATE_PAID);
    assert_int_equal(commands[2].answer.state, GB_STATE_BOOKED);
    assert_string_equal(commands[3].answer.reason, "REFUND_EXCEEDS_PAID");
    /* The pay-in has paid who waited, so that gives back, too. */
    assert_int_equal(commands[5].answer.state, GB_STATE_BOOKED);
    assert_int_equal(refunded("o-620"), 50);
    assert_int_equal(refunded("w-620"), 7);
    assert_int_equal(fixture_balance(620), 100 - 60 + 50 + 30 - 120 + 7);
}

static void a_refund_pays_who_waits(void **state)
{
    (void)state;
    fixture_fund(625, "f-625", 50);
    struct gb_command payout = fixture_payout(625, "o-625", 40);
    assert_int_equal(fixture_run_one(&payout), GB_STATE_PAID);
    struct gb_command waits = fixture_payout(625, "w-625", 45);
    assert_int_equal(fixture_run_one(&waits), GB_STATE_WAITING);
    struct gb_command refund = fixture_refund(625, "r-625", "o-625", 35);
    assert_int_equal(fixture_run_one(&refund), GB_STATE_BOOKED);
    assert_int_equal(fixture_waiting(625), 0);
    assert_int_equal(fixture_run_one(&waits), GB_STATE_PAID);
    assert_int_equal(fixture_balance(625), 0);
}

/* Its money is the account's: a closing that was confirmed is confirmed anew. */
static void a_closed_account_gets_its_money_back(void **state)
{
    (void)state;
    fixture_fund(630, "f-630", 50);
    struct gb_command payout = fixture_payout(630, "o-630", 50);
    assert_int_equal(fixture_run_one(&payout), GB_STATE_PAID);
    fixture_account_says(630, GB_STATUS_CLOSING, 2);
    struct gb_command status = fixture_status(630);
    fixture_run(&status, 1);
    assert_int_equal(fixture_int("SELECT status FROM share WHERE account_no = 630"),
                     GB_STATUS_CLOSED);
    struct gb_command refund = fixture_refund(630, "r-630", "o-630", 50);
    assert_int_equal(fixture_run_one(&refund), GB_STATE_BOOKED);
    assert_int_equal(fixture_int("SELECT status FROM share WHERE account_no = 630"),
                     GB_STATUS_CLOSING);
    assert_int_equal(fixture_int("SELECT count(*) FROM status_pending WHERE account_no = 630"), 1);
}

static const struct gb_statement results_of = {
    "test_results_of", "SELECT payload FROM outbox WHERE type = 'geobill.result.v1' AND stream ="
                       " 'dc2' AND aggregateid = $1::text ORDER BY seq"};

/* The n-th RESULT about the account that went to dc2. */
static struct gb_message_result result_of(const char *account_id, size_t n, struct gb_arena *arena)
{
    struct gb_call call;
    struct gb_err err;
    struct gb_message_result result;
    gb_call_init(&call, &results_of, arena);
    gb_params_text(&call.params, account_id);
    assert_int_equal(gb_pg_call(fixture_admin, &call, &err), GB_OK);
    assert_int_equal(gb_rows_count(call.rows), n + 1);
    assert_int_equal(gb_wire_result_decode(gb_rows_bytes(call.rows, n, 0), arena, &result, &err),
                     GB_OK);
    gb_calls_release(&call, 1);
    return result;
}

static void a_relayed_one_is_answered_each_time(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(200000);
    fixture_fund(635, "f-635", 50);
    struct gb_command payout = fixture_payout(635, "o-635", 50);
    assert_int_equal(fixture_run_one(&payout), GB_STATE_PAID);
    struct gb_command refund = fixture_refund(635, "r-635", "o-635", 30),
                      much = fixture_refund(635, "s-635", "o-635", 30),
                      other = fixture_refund(635, "r-635", "o-635", 29);
    struct gb_command *const commands[] = {&refund, &refund, &much, &other, &much};
    static const enum gb_outcome outcomes[] = {GB_OUTCOME_APPLIED, GB_OUTCOME_REPEATED,
                                               GB_OUTCOME_APPLIED, GB_OUTCOME_REFUSED,
                                               GB_OUTCOME_REPEATED};
    static const char *const reasons[] = {NULL, NULL, "REFUND_EXCEEDS_PAID", "IDEMPOTENCY_MISMATCH",
                                          "REFUND_EXCEEDS_PAID"};
    for (size_t i = 0; i < 5; i++) {
        assert_true(gb_dc_parse("dc2", &commands[i]->accepted_by));
        fixture_run(commands[i], 1);
        assert_int_equal(commands[i]->outcome, outcomes[i]);
        /* The first RESULT is that of the pay-in that funded the account. */
        struct gb_message_result result = result_of("a635", i + 1, arena);
        assert_string_equal(result.key, commands[i]->key);
        assert_int_equal(result.state, reasons[i] == NULL ? GB_STATE_BOOKED : GB_STATE_REFUSED);
        if (reasons[i] != NULL)
            assert_string_equal(result.reason, reasons[i]);
    }
    assert_int_equal(fixture_balance(635), 30);
    assert_int_equal(fixture_int("SELECT count(*) FROM operation WHERE key = 'r-635' AND"
                                 " relayed_from = 'dc2' AND seq IS NULL AND original_key ="
                                 " 'o-635'"),
                     1);
    struct gb_command away = fixture_refund(635, "dc3:r", "o-635", 1);
    assert_true(gb_dc_parse("dc2", &away.accepted_by));
    fixture_run(&away, 1);
    assert_string_equal(away.poison_code, "WRONG_DATACENTER");
    gb_arena_free(arena);
}

enum { RACERS = 4, ROUNDS = 40 };

struct racer {
    int number;
    struct gb_pg *pg;
    struct gb_engine *engine;
    enum gb_result result;
    struct gb_err err;
    int64_t booked;
};

/* Each wants the last cent of each original. */
static void *race(void *context)
{
    struct racer *racer = context;
    for (int i = 0; i < ROUNDS && racer->result == GB_OK; i++) {
        char key[24], original[16];
        (void)snprintf(key, sizeof(key), "z-%d-%d", racer->number, i);
        (void)snprintf(original, sizeof(original), "z-%d", i);
        struct gb_command command = fixture_refund(640, key, original, 1);
        struct gb_engine_batch batch = {.commands = &command, .count = 1};
        racer->result = gb_engine_run(racer->engine, racer->pg, &batch, &racer->err);
        racer->booked += command.answer.state == GB_STATE_BOOKED;
    }
    return NULL;
}

static void the_last_cent_is_given_back_once(void **state)
{
    (void)state;
    static char keys[ROUNDS][8];
    struct gb_command payouts[ROUNDS];
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    fixture_fund(640, "f-640", 3 * ROUNDS);
    for (int i = 0; i < ROUNDS; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "z-%d", i);
        payouts[i] = fixture_payout(640, keys[i], 2);
    }
    fixture_run(payouts, ROUNDS);
    for (int i = 0; i < RACERS; i++) {
        racers[i] =
            (struct racer){.number = i, .pg = fixture_connect(), .engine = fixture_engine_new(dc)};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    int64_t booked = 0;
    for (size_t i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (racers[i].result != GB_OK)
            fail_msg("%s: %s", racers[i].err.code, racers[i].err.message);
        booked += racers[i].booked;
        gb_engine_free(racers[i].engine);
        gb_pg_close(racers[i].pg);
    }
    fixture_check_invariants();
    assert_int_equal(booked, 2 * ROUNDS);
    assert_int_equal(fixture_balance(640), 3 * ROUNDS);
    assert_int_equal(fixture_int("SELECT count(*) FROM operation WHERE kind = 8 AND state = 5 AND"
                                 " reason = 'REFUND_EXCEEDS_PAID' AND account_no = 640"),
                     (RACERS - 2) * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payout_gives_back_in_parts),
        cmocka_unit_test(a_charge_and_a_capture_give_back_too),
        cmocka_unit_test(what_was_not_paid_gives_nothing_back),
        cmocka_unit_test(other_content_is_a_mismatch),
        cmocka_unit_test(one_batch_pays_and_gives_back),
        cmocka_unit_test(a_refund_pays_who_waits),
        cmocka_unit_test(a_closed_account_gets_its_money_back),
        cmocka_unit_test(a_relayed_one_is_answered_each_time),
        cmocka_unit_test(the_last_cent_is_given_back_once),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
