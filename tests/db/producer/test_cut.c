/* Windows: nothing is missed, nothing comes twice, each account in version order, whatever commits
 * when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "wire/messages.h"

static struct gb_test_postgres *server;

static int group_setup(void **state)
{
    (void)state;
    struct gb_err err;
    if (gb_wire_init(&err) != GB_OK)
        return -1;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    gb_test_database_empty(server, "elsewhere");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_test_postgres_stop(server);
    gb_wire_done();
    return 0;
}

static void cut(struct publisher *publisher)
{
    struct gb_err err = {.message = ""};
    if (publisher_cut(publisher, &err) != GB_OK)
        fail_msg("cut: %s %s", err.code, err.message);
}

static void expect_all(struct publisher *publisher, struct gb_pg *owner)
{
    struct cut_rows rows;
    publisher_read_all(publisher, &rows);
    const char *wrong = judge(&rows, owner);
    cut_rows_free(&rows);
    if (wrong != NULL)
        fail_msg("%s", wrong);
}

static int64_t stored_rows(struct gb_pg *owner)
{
    return gb_test_sql_int(owner, "SELECT coalesce(sum(records), 0) FROM page");
}

/* A transaction draws a low seq and commits last; the account's entries around it leave before. */
static void test_long_transaction(void **state)
{
    (void)state;
    scene_reset(server);
    struct publisher publisher;
    publisher_start(&publisher, server, "test", 1000);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    struct gb_pg *slow = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(owner, "BEGIN");
    write_entry(owner, 1);
    gb_test_sql(owner, "COMMIT");
    gb_test_sql(slow, "BEGIN");
    write_entry(slow, 2);
    cut(&publisher);
    assert_int_equal(stored_rows(owner), 1);
    write_entry(owner, 1);
    write_entry(owner, 3);
    cut(&publisher);
    assert_int_equal(stored_rows(owner), 3);
    write_entry(slow, 2); /* an older transaction, a younger seq */
    gb_test_sql(slow, "COMMIT");
    write_entry(owner, 2);
    cut(&publisher);
    assert_int_equal(stored_rows(owner), 6);
    cut(&publisher);
    assert_int_equal(stored_rows(owner), 6);
    expect_all(&publisher, owner);
    gb_pg_close(slow);
    gb_pg_close(owner);
    publisher_stop(&publisher);
}

/* Entries made in subtransactions carry the top one's id; what was rolled back is nowhere. */
static void test_subtransactions(void **state)
{
    (void)state;
    scene_reset(server);
    struct publisher publisher;
    publisher_start(&publisher, server, "test", 2);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    struct gb_pg *writer = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(writer, "BEGIN; SAVEPOINT a");
    write_entry(writer, 1);
    gb_test_sql(writer, "SAVEPOINT b");
    write_entry(writer, 1);
    gb_test_sql(writer, "ROLLBACK TO b");
    write_entry(owner, 2);
    cut(&publisher);
    assert_int_equal(stored_rows(owner), 1);
    gb_test_sql(writer, "RELEASE a; SAVEPOINT c");
    write_entry(writer, 1);
    gb_test_sql(writer, "RELEASE c");
    write_entry(writer, 3);
    gb_test_sql(writer, "COMMIT");
    write_entry(owner, 1);
    cut(&publisher);
    assert_int_equal(stored_rows(owner), 5);
    expect_all(&publisher, owner);
    gb_pg_close(writer);
    gb_pg_close(owner);
    publisher_stop(&publisher);
}

/* More than a page at once: several pages of one window, in order, then goes on. */
static void test_tiny_pages(void **state)
{
    (void)state;
    for (int32_t size = 1; size <= 3; size++) {
        scene_reset(server);
        struct publisher publisher;
        publisher_start(&publisher, server, "test", size);
        struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
        struct gb_pg *slow = gb_test_connect(server, "dc1", NULL);
        for (int round = 0; round < 5; round++) {
            gb_test_sql(slow, "BEGIN");
            write_entry(slow, 8);
            for (int64_t account = 1; account < 8; account++)
                write_entry(owner, account);
            cut(&publisher);
            gb_test_sql(slow, round % 2 == 0 ? "COMMIT" : "ROLLBACK");
            cut(&publisher);
        }
        assert_int_equal(gb_test_sql_int(owner, "SELECT max(records) FROM page"), size);
        assert_int_equal(stored_rows(owner), 5 * 7 + 3);
        expect_all(&publisher, owner);
        gb_pg_close(slow);
        gb_pg_close(owner);
        publisher_stop(&publisher);
    }
}

/* More pages than go into one round trip, and more rows than one fetch. */
static void test_large_backlog(void **state)
{
    (void)state;
    scene_reset(server);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(owner, "INSERT INTO ledger (account_no, version, kind, status, amount,"
                       " balance_after, held_after, credits_total, debits_total, out_total,"
                       " in_total, account_version, created_at_us)"
                       " SELECT 1 + n % 8, 1 + n / 8, 1, 1, 1, 1, 0, 1, 0, 0, 0, 1, n"
                       " FROM generate_series(0, 12002) n");
    struct publisher publisher;
    publisher_start(&publisher, server, "test", 100);
    cut(&publisher);
    assert_int_equal(gb_test_sql_int(owner, "SELECT count(*) FROM page"), 121);
    expect_all(&publisher, owner);
    /* Another publisher sees the same, and goes on after it. */
    struct publisher next;
    publisher_start(&next, server, "test", 100);
    assert_int_equal(next.stream.source.last, 121);
    cut(&next);
    assert_int_equal(gb_test_sql_int(owner, "SELECT count(*) FROM page"), 121);
    publisher_stop(&next);
    publisher_stop(&publisher);
    gb_pg_close(owner);
}

/* A write in another database of the same server holds back every horizon by transaction id; not
 * ours. */
static void test_foreign_database(void **state)
{
    (void)state;
    scene_reset(server);
    struct publisher publisher;
    publisher_start(&publisher, server, "test", 1000);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    struct gb_pg *foreign = gb_test_connect(server, "elsewhere", NULL);
    gb_test_sql(foreign, "BEGIN; CREATE TABLE held (n integer); INSERT INTO held VALUES (1)");
    for (int i = 1; i <= 10; i++) {
        write_entry(owner, 1);
        cut(&publisher);
        assert_int_equal(stored_rows(owner), i);
    }
    gb_test_sql(foreign, "ROLLBACK");
    cut(&publisher);
    expect_all(&publisher, owner);
    gb_pg_close(foreign);
    gb_pg_close(owner);
    publisher_stop(&publisher);
}

/* What is rolled back leaves gaps in seq, and nothing else. */
static void test_aborted_transactions(void **state)
{
    (void)state;
    scene_reset(server);
    struct publisher publisher;
    publisher_start(&publisher, server, "test", 1000);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    struct gb_pg *writer = gb_test_connect(server, "dc1", NULL);
    for (int i = 0; i < 10; i++) {
        gb_test_sql(writer, "BEGIN");
        write_entry(writer, 1 + i % 3);
        cut(&publisher);
        gb_test_sql(writer, i % 3 == 0 ? "COMMIT" : "ROLLBACK");
        write_entry(owner, 1 + i % 3);
        cut(&publisher);
    }
    assert_int_equal(stored_rows(owner), 14);
    expect_all(&publisher, owner);
    gb_pg_close(writer);
    gb_pg_close(owner);
    publisher_stop(&publisher);
}

/* Died after storing, before sending: whoever starts next sends the very same bytes. */
static void test_same_page_after_crash(void **state)
{
    (void)state;
    scene_reset(server);
    struct publisher publisher;
    publisher_start(&publisher, server, "test", 1000);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    struct gb_pg *slow = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(slow, "BEGIN");
    write_entry(slow, 4);
    uint8_t first[SCENE_HASH_SIZE] = {0};
    for (int round = 0; round < 3; round++) {
        for (int64_t account = 1; account <= 3; account++)
            write_entry(owner, account);
        struct gb_window window;
        struct gb_err err;
        struct gb_stream *stream = &publisher.stream;
        gb_arena_reset(publisher.source.arena);
        assert_int_equal(gb_pages_cut(&publisher.source, &stream, 1, &window, &err), GB_OK);
        assert_int_equal(gb_rows_count(window.rows), round == 2 ? 4 : 3);
        digest_window(&publisher, &window, first);
        gb_window_release(&window);
        if (round == 1)
            gb_test_sql(slow, "COMMIT");
    }
    publisher_stop(&publisher);
    /* Time goes on: more is committed, before the next one starts. */
    write_entry(owner, 1);
    publisher_start(&publisher, server, "test", 1000);
    assert_int_equal(publisher.stream.source.next, 1);
    uint8_t again[SCENE_HASH_SIZE];
    publisher_digest(&publisher, again);
    assert_memory_equal(first, again, SCENE_HASH_SIZE);
    cut(&publisher);
    publisher_digest(&publisher, again);
    assert_memory_not_equal(first, again, SCENE_HASH_SIZE);
    gb_pg_close(slow);
    gb_pg_close(owner);
    publisher_stop(&publisher);
}

/* A row that is gone from under a stored page is noticed, not sent without. */
static void test_changed_page_is_noticed(void **state)
{
    (void)state;
    scene_reset(server);
    struct publisher publisher;
    publisher_start(&publisher, server, "test", 1000);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    write_entry(owner, 1);
    write_entry(owner, 2);
    cut(&publisher);
    gb_test_sql(owner, "SET session_replication_role = replica;"
                       "DELETE FROM ledger WHERE account_no = 2");
    struct gb_window window;
    struct gb_err err;
    assert_int_equal(gb_page_read(&publisher.source, &publisher.stream, 1, &window, &err),
                     GB_FATAL);
    assert_string_equal(err.code, "PAGE_CHANGED");
    gb_pg_close(owner);
    publisher_stop(&publisher);
}

/* A restored dump has other transaction ids: refused, instead of skipping what looks old. */
static void test_other_cluster_is_noticed(void **state)
{
    (void)state;
    scene_reset(server);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    struct publisher publisher;
    publisher_start(&publisher, server, "test", 1000);
    write_entry(owner, 1);
    cut(&publisher);
    gb_test_sql(owner, "UPDATE page SET hi = '9000000000:9000000000:'");
    struct gb_err err;
    assert_int_equal(gb_stream_load(&publisher.source, &publisher.stream, &err), GB_FATAL);
    assert_string_equal(err.code, "EPOCH");
    gb_pg_close(owner);
    publisher_stop(&publisher);
}

/* An account that nobody knows here holds the stream, and only that; it is not skipped. */
static void test_unknown_account_waits(void **state)
{
    (void)state;
    scene_reset(server);
    struct publisher publisher;
    publisher_start(&publisher, server, "test", 1000);
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    write_entry(owner, 1);
    gb_test_sql(owner, "DELETE FROM share WHERE account_no = 1");
    struct gb_stream *stream = &publisher.stream;
    struct gb_window window;
    struct gb_err err;
    assert_int_equal(gb_pages_cut(&publisher.source, &stream, 1, &window, &err), GB_OK);
    assert_string_equal(window.trouble.code, "ACCOUNT_UNKNOWN");
    gb_window_release(&window);
    assert_int_equal(stored_rows(owner), 0);
    gb_test_sql(owner, "INSERT INTO share (account_no, account_id, currency)"
                       " VALUES (1, 'account-1', 'EUR')");
    cut(&publisher);
    expect_all(&publisher, owner);
    gb_pg_close(owner);
    publisher_stop(&publisher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_transaction),
        cmocka_unit_test(test_subtransactions),
        cmocka_unit_test(test_tiny_pages),
        cmocka_unit_test(test_large_backlog),
        cmocka_unit_test(test_foreign_database),
        cmocka_unit_test(test_aborted_transactions),
        cmocka_unit_test(test_same_page_after_crash),
        cmocka_unit_test(test_changed_page_is_noticed),
        cmocka_unit_test(test_other_cluster_is_noticed),
        cmocka_unit_test(test_unknown_account_waits),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
