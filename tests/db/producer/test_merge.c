/* Merging: many small pages of what is kept become few, read again as the same rows; never what a
 * reader lacks, half a window, or without the lease. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/sql.h"
#include "producer/sender.h"
#include "scene.h"

enum { RECORDS_MAX = 100, ENTRIES = 400 };

static struct gb_test_postgres *server;
static struct gb_pg *owner;

/* A sender that has nothing but a connection and its stream: merging needs no more. */
struct bench {
    struct publisher publisher;
    struct gb_publisher_settings settings;
    struct gb_sender *sender;
    struct gb_dc readers[2];
};

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    owner = gb_test_connect(server, "dc1", NULL);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_pg_close(owner);
    gb_test_postgres_stop(server);
    return 0;
}

static int64_t pages(void)
{
    return gb_test_sql_int(owner, "SELECT count(*) FROM page WHERE stream = 'ledger'");
}

/* `count` pages of one entry each. */
static void cut_entries(struct bench *bench, int count)
{
    struct gb_err err = {.message = ""};
    for (int i = 0; i < count; i++) {
        write_entry(owner, 1 + i % SCENE_ACCOUNTS);
        if (publisher_cut(&bench->publisher, &err) != GB_OK)
            fail_msg("%s %s", err.code, err.message);
    }
}

static void open_bench(struct bench *bench, const char *holder)
{
    *bench = (struct bench){.settings = {.page_records_max = RECORDS_MAX}};
    scene_reset(server);
    publisher_start(&bench->publisher, server, "test", RECORDS_MAX);
    cut_entries(bench, ENTRIES);
    /* One window that is larger than a page, its last page small. */
    gb_test_sql(owner, "BEGIN");
    for (int i = 0; i < RECORDS_MAX + 10; i++)
        write_entry(owner, 1 + i % SCENE_ACCOUNTS);
    gb_test_sql(owner, "COMMIT");
    cut_entries(bench, 200);
    gb_test_sql(owner, "UPDATE page SET cut_at_us = cut_at_us - 120000000");
    bench->publisher.source.holder = holder;
    bench->sender = calloc(1, sizeof(*bench->sender));
    assert_non_null(bench->sender);
    bench->sender->settings = &bench->settings;
}

static void close_bench(struct bench *bench)
{
    free(bench->sender);
    publisher_stop(&bench->publisher);
}

/* All is sent, and all readers (none here) have it up to `acknowledged`. Returns the last result.
 */
static enum gb_result merge(struct bench *bench, int64_t acknowledged, int looks,
                            struct gb_err *err)
{
    struct gb_sender *sender = bench->sender;
    enum gb_result result = GB_OK;
    sender->source = bench->publisher.source;
    sender->streams[0] = bench->publisher.stream;
    sender->streams_count = 1;
    for (size_t i = 0; i < sender->streams[0].source.partitions_count; i++)
        sender->streams[0].source.partitions[i].sent = acknowledged;
    for (int i = 0; i < looks && result == GB_OK; i++)
        result = gb_sender_merge_pages(sender, err);
    if (result == GB_FATAL)
        fail_msg("%s %s", err->code, err->message);
    return result;
}

static int64_t unsound(void)
{
    struct gb_rows *rows = NULL;
    struct gb_err err = {.message = ""};
    for (size_t i = 0; i < gb_checks_count; i++) {
        if (strcmp(gb_checks[i].name, "pages_sound") != 0)
            continue;
        if (gb_pg_query_text(owner, gb_checks[i].text, &rows, &err) != GB_OK)
            fail_msg("%s", err.message);
        int64_t count = (int64_t)gb_rows_count(rows);
        gb_rows_free(rows);
        return count;
    }
    return -1;
}

static int compare(const void *a, const void *b)
{
    const struct cut_row *x = a, *y = b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

/* The same rows, each account in order, whatever pages they are in now. */
static void expect_same(struct bench *bench, const struct cut_rows *before)
{
    struct cut_rows after;
    int64_t versions[SCENE_ACCOUNTS + 1] = {0};
    publisher_read_all(&bench->publisher, &after);
    assert_int_equal(after.count, before->count);
    for (size_t i = 0; i < after.count; i++) {
        assert_int_equal(after.rows[i].version, versions[after.rows[i].account] + 1);
        versions[after.rows[i].account]++;
    }
    qsort(after.rows, after.count, sizeof(*after.rows), compare);
    qsort(before->rows, before->count, sizeof(*before->rows), compare);
    for (size_t i = 0; i < after.count; i++)
        assert_int_equal(after.rows[i].seq, before->rows[i].seq);
    cut_rows_free(&after);
}

static void test_many_small_pages_become_few(void **state)
{
    (void)state;
    struct bench bench;
    struct cut_rows before;
    struct gb_err err = {.message = ""};
    open_bench(&bench, "test");
    publisher_read_all(&bench.publisher, &before);
    int64_t cut = pages();
    assert_true(cut > ENTRIES + 200);
    assert_int_equal(merge(&bench, INT64_MAX / 2, 20, &err), GB_OK);
    print_message("%lld pages became %lld\n", (long long)cut, (long long)pages());
    /* Full ones, the large window's two, and less than 64 that wait for more. */
    assert_true(pages() < (ENTRIES + 200) / RECORDS_MAX + 2 + 64 + 2);
    assert_int_equal(gb_test_sql_int(owner, "SELECT max(records) FROM page"), RECORDS_MAX);
    assert_int_equal(unsound(), 0);
    expect_same(&bench, &before);
    int64_t few = pages();
    assert_int_equal(merge(&bench, INT64_MAX / 2, 5, &err), GB_OK); /* nothing is left to do */
    assert_int_equal(pages(), few);
    /* Cutting goes on after it, and so does merging. */
    cut_entries(&bench, 70);
    gb_test_sql(owner, "UPDATE page SET cut_at_us = cut_at_us - 120000000");
    assert_int_equal(unsound(), 0);
    assert_int_equal(merge(&bench, INT64_MAX / 2, 5, &err), GB_OK);
    assert_true(pages() < few + 5);
    assert_int_equal(unsound(), 0);
    cut_rows_free(&before);
    close_bench(&bench);
}

/* Rows of the greatest length must fit, however many records the settings allow. */
static void test_a_merged_page_is_bounded_by_bytes(void **state)
{
    (void)state;
    struct bench bench;
    struct cut_rows before;
    struct gb_err err = {.message = ""};
    open_bench(&bench, "test");
    publisher_read_all(&bench.publisher, &before);
    bench.publisher.source.page_bytes_max = 20 * 2048 + 2047;
    assert_int_equal(merge(&bench, INT64_MAX / 2, 200, &err), GB_OK);
    assert_int_equal(
        gb_test_sql_int(owner, "SELECT max(records) FROM page WHERE merged_from IS NOT NULL"), 20);
    assert_int_equal(unsound(), 0);
    expect_same(&bench, &before);
    cut_rows_free(&before);
    close_bench(&bench);
}

/* A publisher that starts anew reads where each partition ends from merged pages too. */
static void test_a_start_after_merging(void **state)
{
    (void)state;
    struct bench bench;
    struct publisher other;
    struct gb_err err = {.message = ""};
    open_bench(&bench, "test");
    assert_int_equal(merge(&bench, INT64_MAX / 2, 20, &err), GB_OK);
    publisher_start(&other, server, "test", RECORDS_MAX);
    assert_int_equal(other.stream.source.last, bench.publisher.stream.source.last);
    write_entry(owner, 1);
    assert_int_equal(publisher_cut(&other, &err), GB_OK);
    assert_int_equal(unsound(), 0);
    publisher_stop(&other);
    close_bench(&bench);
}

static void test_not_what_is_not_acknowledged_or_young(void **state)
{
    (void)state;
    struct bench bench;
    struct gb_err err = {.message = ""};
    open_bench(&bench, "test");
    int64_t cut = pages();
    assert_int_equal(merge(&bench, 250, 20, &err), GB_OK);
    assert_true(pages() < cut - 190);
    assert_int_equal(gb_test_sql_int(owner, "SELECT count(*) FROM page WHERE number > 250"),
                     cut - 250);
    gb_test_sql(owner, "UPDATE page SET cut_at_us = cut_at_us + 120000000");
    int64_t now = pages();
    bench.publisher.stream.merge_from = 0;
    assert_int_equal(merge(&bench, INT64_MAX / 2, 20, &err), GB_OK);
    assert_int_equal(pages(), now);
    close_bench(&bench);
}

static void test_not_without_the_lease(void **state)
{
    (void)state;
    struct bench bench;
    struct gb_err err = {.message = ""};
    open_bench(&bench, "another");
    int64_t cut = pages();
    assert_int_equal(merge(&bench, INT64_MAX / 2, 1, &err), GB_RETRY);
    assert_string_equal(err.code, "LEASE_LOST");
    assert_int_equal(pages(), cut);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_small_pages_become_few),
        cmocka_unit_test(test_a_merged_page_is_bounded_by_bytes),
        cmocka_unit_test(test_a_start_after_merging),
        cmocka_unit_test(test_not_what_is_not_acknowledged_or_young),
        cmocka_unit_test(test_not_without_the_lease),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
