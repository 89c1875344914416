/* Forgetting pages and the rows of the outbox that they were cut from: those of the page, all of
 * them, and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/sql.h"
#include "support/postgres.h"

static struct gb_test_postgres *server;

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

static void add_row(struct gb_pg *pg, const char *stream, const char *id)
{
    char text[512];
    (void)snprintf(text, sizeof(text),
                   "INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, "
                   "payload, created_at_us) VALUES ('%s', 't', gen_random_uuid(), 'a', '%s', "
                   "'Status', '', 1)",
                   stream, id);
    gb_test_sql(pg, text);
}

/* A page of stream dc2 from snapshot `lo` to `hi` with the rows `first` to `last`; `after_lo`: the
 * one that began after lo. */
static void add_page(struct gb_pg *pg, int number, const char *rows, const char *after_lo)
{
    char text[1024];
    (void)snprintf(text, sizeof(text),
                   "INSERT INTO page (stream, number, lo, hi, seq_from, seq_to, xid_from, xid_to, "
                   "records, partitions_per_topic, topics, partitions, counts, previous, cut_at_us)"
                   " SELECT 'dc2', %d, (SELECT at FROM looked WHERE n = %d), (SELECT at FROM "
                   "looked WHERE n = %d), min(seq), max(seq), (SELECT xid FROM outbox WHERE "
                   "aggregateid = '%s'), (SELECT xid FROM outbox WHERE aggregateid = '%s'), "
                   "count(*), 1, '{t}', '{0}', '{1}', '{0}', 100 FROM outbox WHERE aggregateid IN "
                   "(%s)",
                   number, number - 1, number, after_lo, after_lo, rows);
    gb_test_sql(pg, text);
}

static void look(struct gb_pg *pg, int n)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "INSERT INTO looked SELECT %d, pg_current_snapshot()", n);
    gb_test_sql(pg, text);
}

/* Two pages: row `long` was begun before the first was cut and committed after it. */
static void make_pages(struct gb_pg *pg)
{
    struct gb_pg *slow = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(pg, "CREATE TABLE looked (n integer, at pg_snapshot)");
    gb_test_sql(pg, "UPDATE publisher_lease SET holder = 'me'");
    look(pg, 0);
    gb_test_sql(slow, "BEGIN");
    add_row(slow, "dc2", "long");
    add_row(pg, "dc2", "first");
    add_row(pg, "dc3", "other");
    look(pg, 1);
    add_page(pg, 1, "'first'", "first");
    gb_test_sql(slow, "COMMIT");
    add_row(pg, "dc2", "second");
    look(pg, 2);
    add_page(pg, 2, "'long', 'second'", "second");
    add_row(pg, "dc2", "third");
    gb_pg_close(slow);
}

/* Forgets, and says what is left: pages, then rows, as one word each. */
static void forget(struct gb_pg *pg, int64_t up_to, int64_t kept, int64_t before_us,
                   const char *holder)
{
    struct gb_arena *arena = gb_arena_new(1 << 20);
    struct gb_call call;
    struct gb_err err;
    gb_call_init(&call, &gb_sql_page_forget, arena);
    gb_params_text(&call.params, "dc2");
    gb_params_int8(&call.params, up_to);
    gb_params_int8_array(&call.params, &kept, NULL, 1);
    gb_params_int8(&call.params, before_us);
    gb_params_text(&call.params, holder);
    gb_params_int4(&call.params, 1);
    assert_int_equal(gb_pg_call(pg, &call, &err), GB_OK);
    gb_calls_release(&call, 1);
    gb_arena_free(arena);
}

static void expect(struct gb_pg *pg, const char *left)
{
    struct gb_rows *rows = NULL;
    struct gb_err err;
    assert_int_equal(gb_pg_query_text(pg,
                                      "SELECT concat_ws(' ', (SELECT string_agg(number::text, ' ' "
                                      "ORDER BY number) FROM page), (SELECT string_agg("
                                      "aggregateid, ' ' ORDER BY aggregateid) FROM outbox))",
                                      &rows, &err),
                     GB_OK);
    assert_string_equal(gb_rows_text(rows, 0, 0), left);
    gb_rows_free(rows);
}

static void test_rows_go_with_their_page(void **state)
{
    (void)state;
    struct gb_pg *pg = gb_test_connect(server, "dc1", NULL);
    struct gb_pg *publisher = gb_test_connect(server, "dc1", "geobill_publisher");
    make_pages(pg);
    expect(pg, "1 2 first long other second third");
    forget(publisher, 2, 0, 200, "another");
    forget(publisher, 2, 0, 100, "me"); /* too young */
    forget(publisher, 0, 0, 200, "me"); /* not acknowledged */
    expect(pg, "1 2 first long other second third");
    forget(publisher, 2, 0, 200, "me"); /* one at a time */
    expect(pg, "2 long other second third");
    forget(publisher, 2, 2, 200, "me"); /* kept */
    expect(pg, "2 long other second third");
    forget(publisher, 2, 0, 200, "me");
    expect(pg, "other third");
    gb_pg_close(publisher);
    gb_pg_close(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_go_with_their_page),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
