/* Holds through the engine of dc1: set aside, captured in part, voided, expired, each once, whoever
 * is first; what they free pays who waits. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "consumer/sweep_round.h"
#include "fixture.h"
#include "runtime/clock.h"

enum { SECOND_US = 1000000 };

static struct gb_command hold(int64_t account_no, const char *key, int64_t amount)
{
    struct gb_command command = fixture_operation(GB_OPERATION_HOLD, account_no, key, amount);
    command.hold_id = gb_uuid_v7();
    command.accepted_at_us = gb_clock_wall_us();
    command.expires_at_us = command.accepted_at_us + 3600 * (int64_t)SECOND_US;
    return command;
}

static struct gb_command end_of(const struct gb_command *placed, enum gb_operation_kind kind,
                                const char *key, int64_t amount)
{
    struct gb_command command = fixture_operation(kind, placed->account_no.value, key, amount);
    command.hold_id = placed->hold_id;
    command.deadline_us = 0;
    return command;
}

static struct gb_command capture(const struct gb_command *placed, const char *key, int64_t amount)
{
    return end_of(placed, GB_OPERATION_CAPTURE, key, amount);
}

static struct gb_command voiding(const struct gb_command *placed, const char *key)
{
    return end_of(placed, GB_OPERATION_VOID, key, placed->amount);
}

static int64_t hold_state(const char *key)
{
    return fixture_int("SELECT state FROM hold WHERE key = '%s'", key);
}

/* Sweeps what is due by `at_us`, as if it were that late. */
static size_t sweep(int64_t at_us)
{
    struct gb_sweeper sweeper = {.engine = fixture_engine, .arena = gb_arena_new(1 << 20)};
    size_t count = 0;
    struct gb_err err;
    if (gb_sweep_holds(&sweeper, fixture_pg, at_us, &count, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    gb_arena_free(sweeper.arena);
    fixture_check_invariants();
    return count;
}

static void make_due(const char *key)
{
    fixture_sql("WITH h AS (UPDATE hold SET expires_at_us = placed_at_us + 1 WHERE key = '%s'"
                " RETURNING *), o AS (UPDATE operation o SET expires_at_us = h.expires_at_us FROM h"
                " WHERE o.key = h.key) UPDATE open_hold w SET expires_at_us = h.expires_at_us"
                " FROM h WHERE w.hold_id = h.hold_id",
                key);
}

static void what_is_held_cannot_be_spent(void **state)
{
    (void)state;
    fixture_fund(300, "f-300", 100);
    struct gb_command placed = hold(300, "h-300", 70);
    assert_int_equal(fixture_run_one(&placed), GB_STATE_HELD);
    assert_memory_equal(&placed.answer.hold_id, &placed.hold_id, sizeof(placed.hold_id));
    assert_int_equal(placed.answer.expires_at_us, placed.expires_at_us);
    assert_int_equal(fixture_balance(300), 100);
    assert_int_equal(fixture_held(300), 70);
    struct gb_command payout = fixture_payout(300, "p-300", 31);
    payout.deadline_us = 1;
    assert_int_equal(fixture_run_one(&payout), GB_STATE_REFUSED);
    /* A repeat, with the id that the API made for it in vain, has the first answer. */
    struct gb_command again = placed;
    again.hold_id = gb_uuid_v7();
    again.accepted_at_us += 5;
    again.expires_at_us += 5;
    assert_int_equal(fixture_run_one(&again), GB_STATE_HELD);
    assert_int_equal(again.outcome, GB_OUTCOME_REPEATED);
    assert_memory_equal(&again.answer.hold_id, &placed.hold_id, sizeof(placed.hold_id));
    again.expires_at_us += SECOND_US;
    fixture_run(&again, 1);
    assert_int_equal(again.outcome, GB_OUTCOME_MISMATCH);
    assert_string_equal(again.mismatch, "expires_in_s");
    assert_int_equal(fixture_held(300), 70);
}

static void a_capture_of_a_part_releases_the_rest(void **state)
{
    (void)state;
    fixture_fund(310, "f-310", 100);
    struct gb_command placed = hold(310, "h-310", 70);
    assert_int_equal(fixture_run_one(&placed), GB_STATE_HELD);
    struct gb_command more = capture(&placed, "m-310", 71);
    assert_int_equal(fixture_run_one(&more), GB_STATE_REFUSED);
    assert_string_equal(more.answer.reason, "CAPTURE_EXCEEDS_HOLD");
    assert_int_equal(hold_state("h-310"), GB_HOLD_OPEN);
    struct gb_command part = capture(&placed, "c-310", 45);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fixture_run_one(&part), GB_STATE_PAID);
        assert_int_equal(fixture_balance(310), 55);
        assert_int_equal(fixture_held(310), 0);
    }
    assert_int_equal(hold_state("h-310"), GB_HOLD_CAPTURED);
    struct gb_command late = voiding(&placed, "v-310");
    assert_int_equal(fixture_run_one(&late), GB_STATE_REFUSED);
    assert_string_equal(late.answer.reason, "HOLD_CAPTURED");
    struct gb_command twice = capture(&placed, "d-310", 1);
    assert_int_equal(fixture_run_one(&twice), GB_STATE_REFUSED);
    assert_int_equal(fixture_balance(310), 55);
}

static void a_void_pays_who_waits(void **state)
{
    (void)state;
    fixture_fund(320, "f-320", 100);
    struct gb_command placed = hold(320, "h-320", 90);
    assert_int_equal(fixture_run_one(&placed), GB_STATE_HELD);
    struct gb_command commands[2] = {fixture_payout(320, "p-320", 60), hold(320, "i-320", 40)};
    fixture_run(commands, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(commands[i].answer.state, GB_STATE_WAITING);
    assert_int_equal(fixture_int("SELECT count(*) FROM hold WHERE key = 'i-320'"), 0);
    struct gb_command release = voiding(&placed, "v-320");
    assert_int_equal(fixture_run_one(&release), GB_STATE_RELEASED);
    /* 100: the pay-out takes 60, and the hold that waited has its 40. */
    assert_int_equal(fixture_run_one(&commands[0]), GB_STATE_PAID);
    assert_int_equal(fixture_run_one(&commands[1]), GB_STATE_HELD);
    assert_int_equal(fixture_balance(320), 40);
    assert_int_equal(fixture_held(320), 40);
    assert_int_equal(hold_state("i-320"), GB_HOLD_OPEN);
    assert_int_equal(hold_state("h-320"), GB_HOLD_VOIDED);
}

static void the_sweep_expires_what_is_due(void **state)
{
    (void)state;
    fixture_fund(330, "f-330", 100);
    struct gb_command placed[2] = {hold(330, "h-330", 60), hold(330, "i-330", 30)};
    fixture_run(placed, 2);
    assert_int_equal(sweep(gb_clock_wall_us()), 0);
    make_due("h-330");
    struct gb_command waits = fixture_payout(330, "p-330", 50);
    assert_int_equal(fixture_run_one(&waits), GB_STATE_WAITING);
    assert_int_equal(sweep(gb_clock_wall_us()), 1);
    assert_int_equal(hold_state("h-330"), GB_HOLD_EXPIRED);
    assert_int_equal(hold_state("i-330"), GB_HOLD_OPEN);
    assert_int_equal(fixture_run_one(&waits), GB_STATE_PAID);
    assert_int_equal(fixture_held(330), 30);
    assert_int_equal(fixture_balance(330), 50);
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger WHERE kind = 9 AND key = 'h-330' AND"
                                 " client_no = 1 AND amount = 60"),
                     1);
    assert_int_equal(sweep(gb_clock_wall_us()), 0);
    struct gb_command late = capture(&placed[0], "c-330", 60);
    assert_int_equal(fixture_run_one(&late), GB_STATE_REFUSED);
    assert_string_equal(late.answer.reason, "HOLD_EXPIRED");
    /* Looked for too early: stays. */
    assert_true(sweep(placed[1].expires_at_us + 1) >= 1);
    assert_int_equal(hold_state("i-330"), GB_HOLD_OPEN);
}

/* No sweep was there: whoever comes finds it expired, and with that it is. */
static void a_command_after_the_expiry_expires_it(void **state)
{
    (void)state;
    fixture_fund(340, "f-340", 100);
    struct gb_command placed = hold(340, "h-340", 60);
    assert_int_equal(fixture_run_one(&placed), GB_STATE_HELD);
    make_due("h-340");
    struct gb_command late = voiding(&placed, "v-340");
    assert_int_equal(fixture_run_one(&late), GB_STATE_REFUSED);
    assert_string_equal(late.answer.reason, "HOLD_EXPIRED");
    assert_int_equal(hold_state("h-340"), GB_HOLD_EXPIRED);
    assert_int_equal(fixture_held(340), 0);
    assert_int_equal(sweep(gb_clock_wall_us()), 0);
}

static void one_batch_ends_a_hold_once(void **state)
{
    (void)state;
    fixture_fund(350, "f-350", 100);
    struct gb_command placed = hold(350, "h-350", 60);
    assert_int_equal(fixture_run_one(&placed), GB_STATE_HELD);
    struct gb_command commands[4] = {capture(&placed, "c-350", 20), voiding(&placed, "v-350"),
                                     capture(&placed, "c-350", 20), capture(&placed, "d-350", 60)};
    fixture_run(commands, 4);
    assert_int_equal(commands[0].answer.state, GB_STATE_PAID);
    assert_int_equal(commands[1].answer.state, GB_STATE_REFUSED);
    assert_int_equal(commands[2].outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(commands[3].answer.state, GB_STATE_REFUSED);
    assert_int_equal(fixture_balance(350), 80);
}

static void a_hold_of_another_account_is_poison(void **state)
{
    (void)state;
    fixture_fund(360, "f-360", 100);
    fixture_fund(361, "f-361", 100);
    struct gb_command placed = hold(360, "h-360", 60);
    assert_int_equal(fixture_run_one(&placed), GB_STATE_HELD);
    struct gb_command commands[2] = {capture(&placed, "c-360", 60), capture(&placed, "d-360", 60)};
    commands[0].account_no.value = 361;
    commands[0].account_id = "a361";
    commands[1].hold_id = gb_uuid_v7();
    fixture_run(commands, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(commands[i].outcome, GB_OUTCOME_POISON);
        assert_string_equal(commands[i].poison_code, "HOLD_CONTRADICTED");
    }
    assert_int_equal(fixture_held(360), 60);
}

/* The key is the first one's, whatever it is used for. */
static void other_content_is_a_mismatch(void **state)
{
    (void)state;
    fixture_fund(370, "f-370", 100);
    struct gb_command placed[2] = {hold(370, "h-370", 20), hold(370, "i-370", 20)};
    fixture_run(placed, 2);
    struct gb_command first = capture(&placed[0], "c-370", 10);
    assert_int_equal(fixture_run_one(&first), GB_STATE_PAID);
    struct gb_command commands[3] = {capture(&placed[1], "c-370", 10),
                                     capture(&placed[0], "c-370", 11),
                                     voiding(&placed[0], "c-370")};
    static const char *const fields[] = {"hold_id", "amount", "kind"};
    fixture_run(commands, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(commands[i].outcome, GB_OUTCOME_MISMATCH);
        assert_string_equal(commands[i].mismatch, fields[i]);
    }
    assert_int_equal(hold_state("i-370"), GB_HOLD_OPEN);
}

enum { RACERS = 4, HOLDS = 60 };

struct racer {
    int number;
    struct gb_pg *pg;
    struct gb_engine *engine;
    const struct gb_command *placed;
    enum gb_result result;
    struct gb_err err;
    int64_t ended[2]; /* captured, voided */
};

/* Captures, voids and expires the same holds as all the others, in another order. */
static void *race(void *context)
{
    struct racer *racer = context;
    for (int i = 0; i < HOLDS && racer->result == GB_OK; i++) {
        const struct gb_command *placed =
            &racer->placed[(i * (racer->number % 2 == 0 ? 1 : HOLDS - 1) + HOLDS) % HOLDS];
        char keys[2][40];
        (void)snprintf(keys[0], sizeof(keys[0]), "rc-%d-%s", racer->number, placed->key);
        (void)snprintf(keys[1], sizeof(keys[1]), "rv-%d-%s", racer->number, placed->key);
        struct gb_command commands[3] = {*placed, capture(placed, keys[0], 3),
                                         voiding(placed, keys[1])};
        commands[0].kind = GB_COMMAND_EXPIRE;
        size_t first = (size_t)(i + racer->number) % 3;
        struct gb_command moved = commands[first];
        commands[first] = commands[0];
        commands[0] = moved;
        struct gb_engine_batch batch = {.commands = commands, .count = 3};
        racer->result = gb_engine_run(racer->engine, racer->pg, &batch, &racer->err);
        for (int c = 0; c < 3; c++) {
            if (commands[c].kind == GB_COMMAND_EXPIRE)
                continue;
            racer->ended[0] += commands[c].answer.state == GB_STATE_PAID;
            racer->ended[1] += commands[c].answer.state == GB_STATE_RELEASED;
        }
    }
    return NULL;
}

static void capture_void_and_expiry_race_and_one_wins(void **state)
{
    (void)state;
    static char keys[HOLDS][16];
    struct gb_command placed[HOLDS];
    fixture_fund(380, "f-380", 1000);
    for (int i = 0; i < HOLDS; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "r-%d", i);
        placed[i] = hold(380, keys[i], 5);
        /* One third is due, one falls due during the race, one never. */
        if (i % 3 == 0)
            placed[i].expires_at_us = placed[i].accepted_at_us + 1;
        else if (i % 3 == 1)
            placed[i].expires_at_us = placed[i].accepted_at_us + 50000 + i * 5000;
    }
    fixture_run(placed, HOLDS);
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.number = i,
                                   .pg = fixture_connect(),
                                   .engine = fixture_engine_new(dc),
                                   .placed = placed};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    int64_t captured = 0, voided = 0;
    for (size_t i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (racers[i].result != GB_OK)
            fail_msg("%s: %s", racers[i].err.code, racers[i].err.message);
        captured += racers[i].ended[0];
        voided += racers[i].ended[1];
        gb_engine_free(racers[i].engine);
        gb_pg_close(racers[i].pg);
    }
    fixture_check_invariants();
    assert_int_equal(fixture_int("SELECT count(*) FROM hold WHERE account_no = 380 AND state = 2"),
                     captured);
    assert_int_equal(fixture_int("SELECT count(*) FROM hold WHERE account_no = 380 AND state = 3"),
                     voided);
    int64_t expired = fixture_int("SELECT count(*) FROM hold WHERE account_no = 380 AND state = 4");
    assert_int_equal(captured + voided + expired, HOLDS);
    assert_true(captured > 0 && voided > 0 && expired >= HOLDS / 3);
    assert_int_equal(fixture_held(380), 0);
    assert_int_equal(fixture_balance(380), 1000 - 3 * captured);
    print_message("%d captured, %d voided, %d expired\n", (int)captured, (int)voided, (int)expired);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_cannot_be_spent),
        cmocka_unit_test(a_capture_of_a_part_releases_the_rest),
        cmocka_unit_test(a_void_pays_who_waits),
        cmocka_unit_test(the_sweep_expires_what_is_due),
        cmocka_unit_test(a_command_after_the_expiry_expires_it),
        cmocka_unit_test(one_batch_ends_a_hold_once),
        cmocka_unit_test(a_hold_of_another_account_is_poison),
        cmocka_unit_test(other_content_is_a_mismatch),
        cmocka_unit_test(capture_void_and_expiry_race_and_one_wins),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
