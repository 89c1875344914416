/* Engines side by side on the same accounts and the same operations: no deadlock, nothing lost,
 * nothing twice. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

enum { WORKERS = 4, OPERATIONS = 3000, ACCOUNTS = 40, BATCH = 120, ROUNDS = 40 };

struct worker {
    unsigned seed;
    struct gb_pg *pg;
    struct gb_engine *engine;
    const struct gb_command *all;
    enum gb_result result;
    struct gb_err err;
    int64_t applied;
};

/* Batches of commands drawn at random, own and relayed, over the same keys as the others'. */
static void *work(void *argument)
{
    struct worker *worker = argument;
    static _Thread_local struct gb_command commands[BATCH];
    for (int round = 0; round < ROUNDS && worker->result == GB_OK; round++) {
        for (size_t i = 0; i < BATCH; i++)
            commands[i] = worker->all[(size_t)rand_r(&worker->seed) % (2 * OPERATIONS)];
        struct gb_engine_batch batch = {.commands = commands, .count = BATCH};
        worker->result = gb_engine_run(worker->engine, worker->pg, &batch, &worker->err);
        for (size_t i = 0; i < BATCH; i++)
            worker->applied += commands[i].outcome == GB_OUTCOME_APPLIED;
    }
    return NULL;
}

static struct gb_command *all_commands(void)
{
    struct gb_command *all = calloc(2 * OPERATIONS, sizeof(*all));
    assert_non_null(all);
    fixture_accept("own", 0, OPERATIONS, 100, ACCOUNTS, 3);
    fixture_payins(all, "own", 0, OPERATIONS, 100, ACCOUNTS, 3);
    fixture_payins(all + OPERATIONS, "dc1:far", 0, OPERATIONS, 110, ACCOUNTS, 3);
    for (size_t i = 0; i < OPERATIONS; i++)
        assert_true(gb_dc_parse("dc2", &all[OPERATIONS + i].accepted_by));
    return all;
}

static void overlapping_batches_lose_and_double_nothing(void **state)
{
    (void)state;
    struct gb_command *all = all_commands();
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++)
        workers[i] = (struct worker){
            .seed = i + 1, .pg = fixture_connect(), .engine = fixture_engine_new(dc), .all = all};
    for (size_t i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    int64_t applied = 0;
    for (size_t i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (workers[i].result != GB_OK)
            fail_msg("%s: %s", workers[i].err.code, workers[i].err.message);
        applied += workers[i].applied;
        gb_engine_free(workers[i].engine);
        gb_pg_close(workers[i].pg);
    }
    fixture_check_invariants();
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger WHERE kind = 1"), applied);
    assert_int_equal(fixture_int("SELECT count(*) FROM operation WHERE state = 2"), applied);
    assert_int_equal(fixture_int("SELECT sum(balance) FROM share"), 3 * applied);
    /* They did meet: most of what was sent was a repeat of what another had booked. */
    assert_in_range(applied, 1000, 2 * OPERATIONS);
    assert_int_equal(fixture_int("SELECT count(*) FROM (SELECT version, row_number() OVER"
                                 " (PARTITION BY account_no ORDER BY seq) AS place FROM ledger) x"
                                 " WHERE version <> place"),
                     0);
    free(all);
}

/* The API makes rows awaited in another order than the engine books them, and holds its locks
 * meanwhile. */
static void a_deadlock_with_others_is_survived(void **state)
{
    (void)state;
    fixture_accept("dead", 0, 2, 500, 2, 3);
    struct gb_command commands[2];
    fixture_payins(commands, "dead", 0, 2, 500, 2, 3);
    fixture_run(commands, 1); /* the share of 500 is there */
    fixture_accept("dead", 2, 2, 500, 2, 3);
    fixture_payins(commands, "dead", 2, 2, 500, 2, 3);
    /* The engine looks for a deadlock well after there is one, and before we do. */
    fixture_sql(
        "ALTER ROLE geobill_consumer SET deadlock_timeout = '1s'; SET deadlock_timeout = '4s';"
        "BEGIN; UPDATE operation SET awaited = true WHERE key = 'dead-3'");
    struct worker worker = {.pg = fixture_connect()};
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    worker.engine = fixture_engine_new(dc);
    struct gb_command *all = calloc(2 * OPERATIONS, sizeof(*all));
    assert_non_null(all);
    for (size_t i = 0; i < 2 * OPERATIONS; i++)
        all[i] = commands[i % 2];
    worker.all = all;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, work, &worker), 0);
    /* Wait until the engine waits for our row, then ask for a share that it holds. */
    for (int i = 0; i < 5000 && fixture_int("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0;
         i++)
        (void)fixture_int("SELECT 1 FROM pg_sleep(0.001)");
    struct gb_err err;
    /* That we get it says that the engine gave up its transaction. */
    if (gb_pg_script(
            fixture_admin,
            "UPDATE share SET updated_at_us = updated_at_us WHERE account_no = 500; COMMIT",
            &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(worker.result, GB_OK);
    assert_int_equal(
        fixture_int(
            "SELECT count(*) FROM operation WHERE key IN ('dead-2', 'dead-3') AND state = 2"),
        2);
    fixture_check_invariants();
    gb_engine_free(worker.engine);
    gb_pg_close(worker.pg);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_batches_lose_and_double_nothing),
        cmocka_unit_test(a_deadlock_with_others_is_survived),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
