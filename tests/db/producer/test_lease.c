/* One publisher at a time: who holds the lease, who takes it over, and what a holder that does not
 * know yet can still do (nothing). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "producer/lease.h"
#include "runtime/clock.h"
#include "scene.h"

enum { STALE_MS = 500, DEADLINE_MS = 5000 };

static struct gb_test_postgres *server;
static struct gb_publisher_settings settings;
static char *conninfo;

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    conninfo = gb_test_conninfo(server, "dc1");
    settings = (struct gb_publisher_settings){
        .conninfo = conninfo,
        .user = "geobill_publisher",
        .connect_timeout_ms = 5000,
        .statement_timeout_ms = 3000,
        .lease_stale_ms = STALE_MS,
    };
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    free(conninfo);
    gb_test_postgres_stop(server);
    return 0;
}

static bool try_once(struct gb_lease *lease)
{
    struct gb_err err = {.message = ""};
    bool taken = false;
    if (gb_lease_try(lease, &taken, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    return taken;
}

static void pause_ms(long wait_ms)
{
    const struct timespec wait = {.tv_sec = 0, .tv_nsec = wait_ms * 1000000};
    (void)nanosleep(&wait, NULL);
}

/* Tries as a standby does, until it has it. Returns how long that took. */
static int64_t try_until_taken(struct gb_lease *lease)
{
    int64_t began_us = gb_clock_mono_us();
    while (!try_once(lease)) {
        if (gb_clock_mono_us() - began_us > DEADLINE_MS * 1000)
            fail_msg("not taken over within %d ms", DEADLINE_MS);
        pause_ms(20);
    }
    return gb_clock_mono_us() - began_us;
}

static void test_holder_that_beats_keeps_it(void **state)
{
    (void)state;
    struct gb_err err = {.message = ""};
    struct gb_lease holder;
    struct gb_lease standby;
    gb_lease_init(&holder, &settings);
    gb_lease_init(&standby, &settings);
    assert_true(try_once(&holder));
    assert_true(gb_lease_good(&holder));
    for (int64_t began_us = gb_clock_mono_us();
         gb_clock_mono_us() - began_us < 3 * STALE_MS * 1000;) {
        assert_int_equal(gb_lease_beat(&holder, &err), GB_OK);
        assert_false(try_once(&standby));
        pause_ms(50);
    }
    assert_true(gb_lease_good(&holder));
    gb_lease_release(&holder);
    assert_false(gb_lease_good(&holder));
    assert_true(try_until_taken(&standby) < STALE_MS * 1000);
    gb_lease_done(&standby);
    gb_lease_done(&holder);
}

/* The frozen holder wakes up: it has lost its trust in the lease before another could have it,
 * cannot beat, and cannot store a page, by whatever connection. */
static void test_frozen_holder_is_replaced(void **state)
{
    (void)state;
    struct gb_err err = {.message = ""};
    struct gb_lease frozen;
    struct gb_lease standby;
    struct publisher zombie;
    struct publisher active;
    scene_reset(server);
    gb_lease_init(&frozen, &settings);
    gb_lease_init(&standby, &settings);
    assert_true(try_once(&frozen));
    publisher_start(&zombie, server, frozen.holder, 10);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    write_entry(owner, 1);
    assert_int_equal(publisher_cut(&zombie, &err), GB_OK);

    assert_true(try_until_taken(&standby) >= STALE_MS * 1000);
    assert_false(gb_lease_good(&frozen));
    assert_true(gb_lease_good(&standby));

    write_entry(owner, 2);
    assert_int_equal(publisher_cut(&zombie, &err), GB_RETRY);
    assert_string_equal(err.code, "LEASE_LOST");
    assert_false(zombie.stream.loaded);
    assert_int_equal(gb_test_sql_int(owner, "SELECT count(*) FROM page"), 1);
    assert_int_equal(gb_lease_beat(&frozen, &err), GB_RETRY);

    publisher_start(&active, server, standby.holder, 10);
    assert_int_equal(publisher_cut(&active, &err), GB_OK);
    assert_int_equal(gb_test_sql_int(owner, "SELECT count(*) FROM page"), 2);
    publisher_stop(&active);
    publisher_stop(&zombie);
    gb_pg_close(owner);
    gb_lease_done(&standby);
    gb_lease_done(&frozen);
}

/* A backlog that the frozen one was storing must not keep the next from storing the same pages. */
static void test_open_transaction_is_ended(void **state)
{
    (void)state;
    struct gb_err err = {.message = ""};
    struct gb_lease frozen;
    struct gb_lease standby;
    struct publisher active;
    struct gb_pg *sender = NULL;
    scene_reset(server);
    gb_lease_init(&frozen, &settings);
    gb_lease_init(&standby, &settings);
    assert_true(try_once(&frozen));
    assert_int_equal(gb_publisher_connect(&settings, "dc1", frozen.holder, &sender, &err), GB_OK);
    gb_test_sql(sender,
                "BEGIN; INSERT INTO page (stream, number, lo, hi, seq_from, seq_to, records,"
                " partitions_per_topic, topics, partitions, counts, previous, cut_at_us)"
                " VALUES ('ledger', 1, '3:3:', '3:3:', 1, 1, 1, 4, '{t}', '{0}', '{1}',"
                " '{0}', 1)");
    (void)try_until_taken(&standby);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    write_entry(owner, 1);
    publisher_start(&active, server, standby.holder, 10);
    assert_int_equal(publisher_cut(&active, &err), GB_OK);
    assert_int_equal(gb_test_sql_int(owner, "SELECT count(*) FROM page WHERE topics <> '{t}'"), 1);
    publisher_stop(&active);
    gb_pg_close(owner);
    gb_pg_close(sender);
    gb_lease_done(&standby);
    gb_lease_done(&frozen);
}

/* Both believe that they hold it at the very moment of storing: the page's number lets one follow.
 */
static void test_same_page_is_stored_once(void **state)
{
    (void)state;
    struct gb_err err = {.message = ""};
    struct publisher one;
    struct publisher other;
    scene_reset(server);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    publisher_start(&one, server, "test", 10);
    publisher_start(&other, server, "test", 10);
    write_entry(owner, 1);
    assert_int_equal(publisher_cut(&one, &err), GB_OK);
    write_entry(owner, 2);
    assert_int_equal(publisher_cut(&other, &err), GB_RETRY);
    assert_string_equal(err.code, "PAGE_TAKEN");
    assert_int_equal(gb_stream_load(&other.source, &other.stream, &err), GB_OK);
    assert_int_equal(publisher_cut(&other, &err), GB_OK);
    struct cut_rows rows;
    publisher_read_all(&other, &rows);
    assert_null(judge(&rows, owner));
    cut_rows_free(&rows);
    publisher_stop(&other);
    publisher_stop(&one);
    gb_pg_close(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holder_that_beats_keeps_it),
        cmocka_unit_test(test_frozen_holder_is_replaced),
        cmocka_unit_test(test_open_transaction_is_ended),
        cmocka_unit_test(test_same_page_is_stored_once),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
