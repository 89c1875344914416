/* Transfers through the engine of dc1: both accounts in one transaction under one key; waiting ones
 * are paid by whatever comes, with the payee's lock too; opposite ones never deadlock. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "runtime/clock.h"

static struct gb_command transfer(int64_t from, int64_t to, const char *key, int64_t amount)
{
    static const char *ids[1000];
    struct gb_command command = fixture_operation(GB_OPERATION_TRANSFER, from, key, amount);
    if (ids[to] == NULL)
        ids[to] = fixture_status(to).account_id;
    command.payee_no.value = to;
    command.payee_id = ids[to];
    return command;
}

static int64_t entries(const char *key)
{
    return fixture_int("SELECT count(*) FROM ledger WHERE key = '%s'", key);
}

static void both_accounts_move_under_one_key(void **state)
{
    (void)state;
    fixture_fund(400, "f-400", 100);
    fixture_account(401, GB_STATUS_OPEN, 1);
    struct gb_command command = transfer(400, 401, "t-400", 30);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fixture_run_one(&command), GB_STATE_PAID);
        assert_int_equal(fixture_balance(400), 70);
        assert_int_equal(fixture_balance(401), 30);
    }
    assert_int_equal(command.outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(entries("t-400"), 2);
    assert_int_equal(fixture_int("SELECT payee_no FROM operation WHERE key = 't-400'"), 401);
    fixture_account(402, GB_STATUS_OPEN, 1);
    struct gb_command other = transfer(400, 402, "t-400", 30);
    fixture_run(&other, 1);
    assert_int_equal(other.outcome, GB_OUTCOME_MISMATCH);
    assert_string_equal(other.mismatch, "payee_account_id");
}

static void refusals_move_nothing(void **state)
{
    (void)state;
    fixture_fund(410, "f-410", 100);
    fixture_account(411, GB_STATUS_CLOSING, 1);
    fixture_account(412, GB_STATUS_BLOCKED, 1);
    struct gb_command commands[3] = {transfer(410, 411, "t-411", 10),
                                     transfer(410, 410, "t-410", 10),
                                     transfer(410, 412, "t-412", 10)};
    fixture_run(commands, 3);
    assert_string_equal(commands[0].answer.reason, "PAYEE_ACCOUNT_CLOSED");
    assert_string_equal(commands[1].answer.reason, "PAYEE_IS_PAYER");
    /* A blocked account takes money in. */
    assert_int_equal(commands[2].answer.state, GB_STATE_PAID);
    assert_int_equal(fixture_balance(410), 90);
    struct gb_command wrong = transfer(410, 411, "t-413", 10);
    wrong.payee_id = "another";
    fixture_run(&wrong, 1);
    assert_int_equal(wrong.outcome, GB_OUTCOME_POISON);
    assert_string_equal(wrong.poison_code, "ACCOUNT_CONTRADICTED");
}

/* The payee's share is locked only when the transfer can be paid, and by whoever pays it. */
static void a_waiting_transfer_is_paid_by_a_payin(void **state)
{
    (void)state;
    fixture_fund(420, "f-420", 10);
    fixture_account(421, GB_STATUS_OPEN, 1);
    struct gb_command command = transfer(420, 421, "t-420", 40);
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    struct gb_command little = fixture_relayed(420, "g-420", 20);
    fixture_run(&little, 1);
    assert_int_equal(fixture_waiting(420), 1);
    struct gb_command payin = fixture_relayed(420, "h-420", 15);
    fixture_run(&payin, 1);
    assert_int_equal(fixture_waiting(420), 0);
    assert_int_equal(fixture_balance(420), 5);
    assert_int_equal(fixture_balance(421), 40);
    assert_int_equal(fixture_run_one(&command), GB_STATE_PAID);
    assert_int_equal(entries("t-420"), 2);
}

/* Each pays the next, in one transaction. */
static void a_chain_of_waiting_transfers_is_paid_at_once(void **state)
{
    (void)state;
    enum { CHAIN = 10 };
    static char keys[CHAIN][16];
    for (int i = 0; i <= CHAIN; i++)
        fixture_account(430 + i, GB_STATUS_OPEN, 1);
    for (int i = 0; i < CHAIN; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "chain-%d", i);
        struct gb_command command = transfer(430 + i, 431 + i, keys[i], 50);
        assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    }
    struct gb_command payin = fixture_relayed(430, "chain", 50);
    fixture_run(&payin, 1);
    assert_int_equal(fixture_balance(430 + CHAIN), 50);
    assert_int_equal(fixture_int("SELECT count(DISTINCT xid) FROM ledger WHERE account_no BETWEEN"
                                 " 430 AND 440"),
                     1);
}

static void the_deadline_pays_what_can_be_paid(void **state)
{
    (void)state;
    fixture_fund(450, "f-450", 10);
    fixture_account(451, GB_STATUS_OPEN, 1);
    struct gb_command command = transfer(450, 451, "t-450", 40);
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    struct gb_command short_of = transfer(450, 451, "u-450", 90);
    assert_int_equal(fixture_run_one(&short_of), GB_STATE_WAITING);
    /* Money that came while nobody could lock the payee: made up. */
    fixture_sql("BEGIN; UPDATE share SET balance = 60, credits_total = 60, version = 2 WHERE"
                " account_no = 450; INSERT INTO operation (client_no, kind, state, key, account_no,"
                " amount, created_at_us) VALUES (1, 1, 2, 'g-450', 450, 50, 5); INSERT INTO ledger"
                " (account_no, version, kind, status, amount, balance_after, held_after,"
                " credits_total, debits_total, out_total, in_total, account_version, created_at_us,"
                " client_no, key) SELECT 450, 2, 1, 1, 50, 60, 0, 60, 0, 0, 0, account_version,"
                " updated_at_us, 1, 'g-450' FROM share WHERE account_no = 450; COMMIT");
    fixture_pass_deadline(&command);
    fixture_pass_deadline(&short_of);
    struct gb_command time = fixture_time(450);
    fixture_run(&time, 1);
    assert_int_equal(fixture_run_one(&command), GB_STATE_PAID);
    assert_int_equal(fixture_run_one(&short_of), GB_STATE_REFUSED);
    assert_int_equal(fixture_balance(450), 20);
    assert_int_equal(fixture_balance(451), 40);
}

enum { RACERS = 4, ROUNDS = 60, ACCOUNTS = 6, BATCH = 8 };

struct racer {
    unsigned number, seed;
    struct gb_pg *pg;
    struct gb_engine *engine;
    enum gb_result result;
    struct gb_err err;
};

static struct gb_command any_transfer(struct racer *racer, const char *key)
{
    int from = rand_r(&racer->seed) % ACCOUNTS;
    int to = (from + 1 + rand_r(&racer->seed) % (ACCOUNTS - 1)) % ACCOUNTS;
    struct gb_command command =
        fixture_operation(GB_OPERATION_TRANSFER, 460 + from, key, 1 + rand_r(&racer->seed) % 40);
    static const char *const ids[ACCOUNTS] = {"a460", "a461", "a462", "a463", "a464", "a465"};
    command.account_id = ids[from];
    command.payee_no.value = 460 + to;
    command.payee_id = ids[to];
    command.deadline_us = gb_clock_wall_us() + 3000;
    return command;
}

/* Transfers this way and that among few accounts, many of which wait for each other; in batches
 * whose accounts come in any order. */
static void *race(void *context)
{
    struct racer *racer = context;
    for (int round = 0; round < ROUNDS && racer->result == GB_OK; round++) {
        char keys[BATCH][32];
        struct gb_command commands[BATCH];
        for (int i = 0; i < BATCH; i++) {
            (void)snprintf(keys[i], sizeof(keys[i]), "x-%u-%d-%d", racer->number, round, i);
            commands[i] = any_transfer(racer, keys[i]);
        }
        struct gb_engine_batch batch = {.commands = commands, .count = BATCH};
        racer->result = gb_engine_run(racer->engine, racer->pg, &batch, &racer->err);
    }
    return NULL;
}

static void opposite_transfers_never_deadlock(void **state)
{
    (void)state;
    static const char *const keys[ACCOUNTS] = {"f-460", "f-461", "f-462",
                                               "f-463", "f-464", "f-465"};
    for (int i = 0; i < ACCOUNTS; i++)
        fixture_fund(460 + i, keys[i], 50);
    int64_t deadlocks = fixture_int("SELECT deadlocks FROM pg_stat_database WHERE datname ="
                                    " current_database()");
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){
            .number = i, .seed = i + 1, .pg = fixture_connect(), .engine = fixture_engine_new(dc)};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (racers[i].result != GB_OK)
            fail_msg("%s: %s", racers[i].err.code, racers[i].err.message);
        gb_engine_free(racers[i].engine);
        gb_pg_close(racers[i].pg);
    }
    fixture_check_invariants();
    assert_int_equal(fixture_int("SELECT sum(balance) FROM share WHERE account_no BETWEEN 460 AND"
                                 " 465"),
                     50 * ACCOUNTS);
    assert_in_range(fixture_int("SELECT count(*) FROM operation WHERE kind = 6 AND state = 4 AND"
                                " key LIKE 'x-%%'"),
                    100, RACERS * ROUNDS * BATCH);
    /* Some waited, and were paid by others. */
    assert_int_not_equal(fixture_int("SELECT count(*) FROM operation WHERE kind = 6 AND state = 4"
                                     " AND key LIKE 'x-%%' AND decided_at_us > deadline_us - 2500"),
                         0);
    assert_int_equal(fixture_int("SELECT deadlocks FROM pg_stat_database WHERE datname ="
                                 " current_database() AND pg_stat_clear_snapshot() IS NOT NULL"),
                     deadlocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_accounts_move_under_one_key),
        cmocka_unit_test(refusals_move_nothing),
        cmocka_unit_test(a_waiting_transfer_is_paid_by_a_payin),
        cmocka_unit_test(a_chain_of_waiting_transfers_is_paid_at_once),
        cmocka_unit_test(the_deadline_pays_what_can_be_paid),
        cmocka_unit_test(opposite_transfers_never_deadlock),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
