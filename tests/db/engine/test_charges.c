/* Charges through the engine of dc1: each takes the price that is known when it is decided, and
 * keeps it; what has no price here is turned away. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static int64_t stored(const char *key)
{
    return fixture_int("SELECT count(*) FROM operation WHERE key = '%s'", key);
}

static void the_price_of_now_is_taken_and_recorded(void **state)
{
    (void)state;
    fixture_fund(500, "f-500", 1000);
    fixture_service("sms", 7);
    struct gb_command first = fixture_charge(500, "c-1", "sms");
    first.reference = "to Ada";
    assert_int_equal(fixture_run_one(&first), GB_STATE_PAID);
    assert_int_equal(first.answer.amount, 7);
    assert_int_equal(first.answer.price_version, 1);
    fixture_service_costs("sms", 9);
    struct gb_command second = fixture_charge(500, "c-2", "sms");
    assert_int_equal(fixture_run_one(&second), GB_STATE_PAID);
    assert_int_equal(second.answer.amount, 9);
    assert_int_equal(second.answer.price_version, 2);
    assert_int_equal(fixture_balance(500), 1000 - 7 - 9);
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger WHERE kind = 13 AND key = 'c-1' AND"
                                 " amount = 7 AND reference = 'to Ada'"),
                     1);
    /* What was answered stays the answer. */
    assert_int_equal(fixture_run_one(&first), GB_STATE_PAID);
    assert_int_equal(first.outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(first.answer.amount, 7);
    assert_int_equal(first.answer.price_version, 1);
}

static void other_content_is_a_mismatch(void **state)
{
    (void)state;
    fixture_fund(505, "f-505", 100);
    fixture_service("one", 5);
    fixture_service("two", 5);
    struct gb_command commands[4] = {
        fixture_charge(505, "m-1", "one"), fixture_charge(505, "m-1", "two"),
        fixture_charge(505, "m-1", "none"), fixture_payout(505, "m-1", 5)};
    static const char *const fields[] = {NULL, "service_id", "service_id", "kind"};
    for (int round = 0; round < 2; round++) { /* in a batch, and against the row */
        fixture_run(commands, 4);
        for (size_t i = 1; i < 4; i++) {
            assert_int_equal(commands[i].outcome, GB_OUTCOME_MISMATCH);
            assert_string_equal(commands[i].mismatch, fields[i]);
        }
    }
    assert_int_equal(fixture_balance(505), 95);
}

static void what_has_no_price_here_is_turned_away(void **state)
{
    (void)state;
    fixture_fund(510, "f-510", 100);
    fixture_service("dollars", 5);
    fixture_sql("UPDATE service SET currency = 'USD' WHERE service_id = 'dollars'");
    struct gb_command commands[3] = {fixture_charge(510, "t-1", "later"),
                                     fixture_charge(510, "t-2", "dollars"),
                                     fixture_payout(510, "t-3", 60)};
    fixture_run(commands, 3);
    assert_int_equal(commands[0].outcome, GB_OUTCOME_TURNED_AWAY);
    assert_string_equal(commands[0].turned_away, "SERVICE_NOT_FOUND");
    assert_int_equal(commands[1].outcome, GB_OUTCOME_TURNED_AWAY);
    assert_string_equal(commands[1].turned_away, "CURRENCY_MISMATCH");
    assert_int_equal(commands[2].answer.state, GB_STATE_PAID);
    assert_int_equal(stored("t-1") + stored("t-2"), 0);
    assert_int_equal(fixture_balance(510), 40);
    /* The key is free: once the service has come, it is charged for. */
    fixture_service("later", 8);
    assert_int_equal(fixture_run_one(&commands[0]), GB_STATE_PAID);
    assert_int_equal(fixture_balance(510), 32);
}

static void a_retired_service_is_refused_for_good(void **state)
{
    (void)state;
    fixture_fund(515, "f-515", 100);
    fixture_service("old", 5);
    fixture_sql("UPDATE service SET retired = true, version = 2 WHERE service_id = 'old'");
    struct gb_command command = fixture_charge(515, "r-1", "old");
    assert_int_equal(fixture_run_one(&command), GB_STATE_REFUSED);
    assert_string_equal(command.answer.reason, "SERVICE_RETIRED");
    fixture_sql("UPDATE service SET retired = false, version = 3 WHERE service_id = 'old'");
    assert_int_equal(fixture_run_one(&command), GB_STATE_REFUSED);
    assert_int_equal(command.outcome, GB_OUTCOME_REPEATED);
    struct gb_command anew = fixture_charge(515, "r-2", "old");
    assert_int_equal(fixture_run_one(&anew), GB_STATE_PAID);
    assert_int_equal(fixture_balance(515), 95);
}

/* It waits for what it asked for, at the price that it was told. */
static void one_that_waits_keeps_its_price(void **state)
{
    (void)state;
    fixture_fund(520, "f-520", 10);
    fixture_service("slow", 30);
    struct gb_command command = fixture_charge(520, "w-1", "slow");
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    assert_int_equal(command.answer.amount, 30);
    assert_int_equal(command.answer.price_version, 1);
    assert_true(fixture_int("SELECT count(*) FROM share_link WHERE account_no = 520 AND"
                            " ask_state = 1") > 0);
    fixture_service_costs("slow", 35);
    fixture_sql("UPDATE service SET retired = true, version = version + 1 WHERE service_id ="
                " 'slow'");
    struct gb_command payin = fixture_relayed(520, "p-520", 22);
    fixture_run(&payin, 1);
    assert_int_equal(fixture_waiting(520), 0);
    assert_int_equal(fixture_balance(520), 2);
    assert_int_equal(fixture_run_one(&command), GB_STATE_PAID);
    assert_int_equal(command.answer.amount, 30);
    assert_int_equal(command.answer.price_version, 1);
}

static void too_little_is_refused_at_the_deadline(void **state)
{
    (void)state;
    fixture_fund(525, "f-525", 10);
    fixture_service("dear", 30);
    struct gb_command command = fixture_charge(525, "d-1", "dear");
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    fixture_pass_deadline(&command);
    assert_int_equal(fixture_run_one(&command), GB_STATE_REFUSED);
    assert_string_equal(command.answer.reason, "FUNDS_UNREACHABLE");
    assert_non_null(command.answer.facts);
    assert_int_equal(fixture_int("SELECT count(*) FROM denial WHERE key = 'd-1'"), 1);
    assert_int_equal(fixture_balance(525), 10);
}

/* The share has enough for each of them, and not for all: the last ones want the peers. */
static void a_batch_counts_what_all_its_charges_take(void **state)
{
    (void)state;
    enum { CHARGES = 5 };
    static char keys[CHARGES][8];
    struct gb_command commands[CHARGES];
    fixture_fund(530, "f-530", 35);
    fixture_service("ten", 10);
    for (int i = 0; i < CHARGES; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "b-%d", i);
        commands[i] = fixture_charge(530, keys[i], "ten");
    }
    fixture_run(commands, CHARGES);
    for (int i = 0; i < CHARGES; i++)
        assert_int_equal(commands[i].answer.state, i < 3 ? GB_STATE_PAID : GB_STATE_WAITING);
    assert_int_equal(fixture_balance(530), 5);
    assert_int_equal(fixture_int("SELECT min(ask_target - in_total) FROM share_link WHERE"
                                 " account_no = 530 AND ask_state = 1"),
                     15);
    for (int i = 3; i < CHARGES; i++)
        fixture_pass_deadline(&commands[i]);
    struct gb_command time = fixture_time(530);
    fixture_run(&time, 1);
    assert_int_equal(fixture_waiting(530), 0);
}

enum { CHARGERS = 3, ROUNDS = 60 };

struct charger {
    int number;
    struct gb_pg *pg;
    struct gb_engine *engine;
    enum gb_result result;
    struct gb_err err;
};

static void *charge_again_and_again(void *context)
{
    struct charger *charger = context;
    for (int i = 0; i < ROUNDS && charger->result == GB_OK; i++) {
        char key[24];
        (void)snprintf(key, sizeof(key), "x-%d-%d", charger->number, i);
        struct gb_command command = fixture_charge(540, key, "moving");
        struct gb_engine_batch batch = {.commands = &command, .count = 1};
        charger->result = gb_engine_run(charger->engine, charger->pg, &batch, &charger->err);
    }
    return NULL;
}

/* Version n costs 100 + n: amount and version are always of one price. */
static void a_price_that_moves_is_taken_whole(void **state)
{
    (void)state;
    struct charger chargers[CHARGERS];
    pthread_t threads[CHARGERS];
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    fixture_fund(540, "f-540", 1000000);
    fixture_service("moving", 101);
    for (int i = 0; i < CHARGERS; i++) {
        chargers[i] = (struct charger){
            .number = i, .pg = fixture_connect(), .engine = fixture_engine_new(dc)};
        assert_int_equal(pthread_create(&threads[i], NULL, charge_again_and_again, &chargers[i]),
                         0);
    }
    for (int version = 2; version < 200; version++)
        fixture_service_costs("moving", 100 + version);
    for (int i = 0; i < CHARGERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (chargers[i].result != GB_OK)
            fail_msg("%s: %s", chargers[i].err.code, chargers[i].err.message);
        gb_engine_free(chargers[i].engine);
        gb_pg_close(chargers[i].pg);
    }
    fixture_check_invariants();
    assert_int_equal(fixture_int("SELECT count(*) FROM operation WHERE service = 'moving' AND"
                                 " amount = 100 + price_version"),
                     CHARGERS * ROUNDS);
    assert_int_equal(fixture_balance(540),
                     1000000 -
                         fixture_int("SELECT sum(amount) FROM operation WHERE service = 'moving'"));
    print_message("%d prices\n", (int)fixture_int("SELECT count(DISTINCT price_version) FROM "
                                                  "operation WHERE service = 'moving'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_price_of_now_is_taken_and_recorded),
        cmocka_unit_test(other_content_is_a_mismatch),
        cmocka_unit_test(what_has_no_price_here_is_turned_away),
        cmocka_unit_test(a_retired_service_is_refused_for_good),
        cmocka_unit_test(one_that_waits_keeps_its_price),
        cmocka_unit_test(too_little_is_refused_at_the_deadline),
        cmocka_unit_test(a_batch_counts_what_all_its_charges_take),
        cmocka_unit_test(a_price_that_moves_is_taken_whole),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
