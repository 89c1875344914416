/* Writers and the publisher at the same time, each in a thread of its own: commits fall between the
 * snapshot and the reading of a window. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/clock.h"
#include "scene.h"

enum { WRITERS = 4, RUN_MS = 1500, LATE_MS = 20000, PAGES_MIN = 50 };

static struct gb_test_postgres *server;
static atomic_bool ended;

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_test_postgres_stop(server);
    return 0;
}

struct writer {
    pthread_t thread;
    struct gb_pg *pg;
    unsigned random;
};

/* Locks accounts in ascending order, as the engine does: no deadlocks. */
static void write_transaction(struct writer *writer)
{
    gb_test_sql(writer->pg, "BEGIN");
    for (int64_t account = 1; account <= SCENE_ACCOUNTS; account++) {
        if (rand_r(&writer->random) % 3 != 0)
            continue;
        if (rand_r(&writer->random) % 4 == 0)
            gb_test_sql(writer->pg, "SAVEPOINT s");
        write_entry(writer->pg, account);
    }
    gb_test_sql(writer->pg, rand_r(&writer->random) % 5 == 0 ? "ROLLBACK" : "COMMIT");
}

static void *write_on(void *context)
{
    while (!atomic_load(&ended))
        write_transaction(context);
    return NULL;
}

static void cut(struct publisher *publisher)
{
    struct gb_err err = {.message = ""};
    if (publisher_cut(publisher, &err) != GB_OK)
        fail_msg("cut: %s %s", err.code, err.message);
}

static void test_all_at_once(void **state)
{
    (void)state;
    struct writer writers[WRITERS];
    struct publisher publisher;
    scene_reset(server);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    publisher_start(&publisher, server, "test", 7);
    for (unsigned i = 0; i < WRITERS; i++)
        writers[i] = (struct writer){.pg = gb_test_connect(server, "dc1", NULL), .random = i};
    atomic_store(&ended, false);
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
    int64_t until_us = gb_clock_mono_us() + RUN_MS * 1000;
    int64_t late_us = until_us + LATE_MS * 1000;
    while (gb_clock_mono_us() < until_us ||
           (publisher.stream.source.last < PAGES_MIN && gb_clock_mono_us() < late_us))
        cut(&publisher);
    atomic_store(&ended, true);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(writers[i].thread, NULL), 0);
        gb_pg_close(writers[i].pg);
    }
    cut(&publisher);
    struct cut_rows rows;
    publisher_read_all(&publisher, &rows);
    const char *wrong = judge(&rows, owner);
    print_message("%zu entries in %lld pages\n", rows.count,
                  (long long)publisher.stream.source.last);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    assert_true(publisher.stream.source.last >= PAGES_MIN);
    cut_rows_free(&rows);
    gb_pg_close(owner);
    publisher_stop(&publisher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_at_once),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
