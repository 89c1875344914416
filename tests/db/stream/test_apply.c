#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "db/sql.h"
#include "feed.h"
#include "reader.h"
#include "stream/apply.h"
#include "support/postgres.h"

static struct gb_test_postgres *server;
static struct gb_pg *pg; /* the reader's, as its role */
static struct feed *feed;

static int64_t take(struct gb_applier *applier, const char *topic)
{
    struct gb_assignment assignments[2] = {{topic, 0, -1}, {topic, 1, -1}};
    struct gb_err err;
    assert_int_equal(gb_applier_take(applier, pg, assignments, 2, &err), GB_OK);
    return assignments[0].next_offset;
}

static struct feed_at at(int64_t offset, int64_t page, int32_t index, int32_t count)
{
    return (struct feed_at){
        .topic = TOPIC,
        .source = "dc2",
        .stream = "ledger",
        .offset = offset,
        .page = page,
        .previous = page - 1,
        .index = index,
        .count = count,
    };
}

static void put(int64_t offset, int64_t page, int32_t index, int32_t count, const char *value)
{
    struct feed_at where = at(offset, page, index, count);
    (void)feed_text(feed, &where, value);
}

static struct gb_applied run_ok(struct gb_applier *applier)
{
    struct gb_applied applied;
    struct gb_err err = {.message = ""};
    enum gb_result result = gb_applier_run(
        applier, pg, &(const struct gb_arrived){feed->records, feed->count, true}, &applied, &err);
    if (result != GB_OK)
        print_error("%s: %s\n", err.code, err.message);
    assert_int_equal(result, GB_OK);
    assert_int_equal(applied.records, feed->count);
    return applied;
}

static int64_t look(const char *query)
{
    return gb_test_sql_int(reader_admin, query);
}

#define ROWS "SELECT count(*) FROM applied"
#define POSITION "SELECT next_offset FROM position WHERE topic = '" TOPIC "' AND partition = 0"
#define FENCE "SELECT fence FROM position WHERE topic = '" TOPIC "' AND partition = 0"
#define COMPLETE                                                                                   \
    "SELECT coalesce(max(complete), 0) FROM progress WHERE source = 'dc2' AND stream = 'ledger' "  \
    "AND topic = '" TOPIC "'"
#define DEAD "SELECT count(*) FROM dead_letter"
#define SENT_DEAD                                                                                  \
    "SELECT count(*) FROM outbox WHERE stream = 'dlq' AND topic = 'geobill.dc1.dlq.v1'"

/* --- tests --- */

static void effect_position_and_progress_are_one(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applier *applier = applier_new(&reader, 100);
    assert_int_equal(take(applier, TOPIC), 0);
    assert_int_equal(look(FENCE), 1);
    put(0, 1, 0, 2, "a");
    put(1, 1, 1, 2, "b");
    put(2, 2, 0, 3, "c");
    assert_int_equal(run_ok(applier).dead, 0);
    assert_int_equal(look(ROWS), 3);
    assert_int_equal(look(POSITION), 3);
    assert_int_equal(look(COMPLETE), 1);
    assert_int_equal(gb_applier_cut_at_us(applier), 1000);
    assert_int_equal(reader.committed, 1);

    /* The next owner goes on there, in the middle of a page. */
    gb_applier_free(applier);
    applier = applier_new(&reader, 100);
    assert_int_equal(take(applier, TOPIC), 3);
    assert_int_equal(look(FENCE), 2);
    feed_clear(feed);
    put(3, 2, 1, 3, "d");
    put(4, 2, 2, 3, "e");
    (void)run_ok(applier);
    assert_int_equal(look(COMPLETE), 2);
    assert_int_equal(look(POSITION), 5);
    gb_applier_free(applier);
}

static void a_hole_is_applied_but_not_complete(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    put(0, 1, 0, 1, "a");
    put(1, 3, 0, 1, "c"); /* page 2 is missing */
    (void)run_ok(applier);
    assert_int_equal(look(ROWS), 2);
    assert_int_equal(look(COMPLETE), 1);
    feed_clear(feed);
    put(2, 2, 0, 1, "b");
    put(3, 3, 0, 1, "c");
    (void)run_ok(applier);
    assert_int_equal(look(COMPLETE), 3);
    gb_applier_free(applier);
}

static void a_zombie_is_fenced(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applied applied;
    struct gb_err err;
    struct gb_applier *zombie = applier_new(&reader, 100);
    struct gb_applier *owner = applier_new(&reader, 100);
    (void)take(zombie, TOPIC);
    (void)take(owner, TOPIC);
    put(0, 1, 0, 1, "a");
    for (int open = 0; open < 2; open++) {
        reader.open = open == 1;
        assert_int_equal(gb_applier_run(zombie, pg,
                                        &(const struct gb_arrived){feed->records, 1, true},
                                        &applied, &err),
                         GB_FATAL);
        assert_true(gb_applier_is_fenced(&err));
        assert_int_equal(applied.records, 0);
        assert_int_equal(look(ROWS), 0);
        assert_int_equal(gb_applier_recover(zombie, pg, &err), GB_FATAL);
        assert_true(gb_applier_is_fenced(&err));
    }
    (void)run_ok(owner);
    assert_int_equal(look(ROWS), 1);
    assert_int_equal(look(COMPLETE), 1);

    /* Nor may it write for a partition that it never had. */
    gb_applier_give(owner);
    assert_int_equal(gb_applier_run(owner, pg, &(const struct gb_arrived){feed->records, 1, true},
                                    &applied, &err),
                     GB_FATAL);
    assert_true(gb_applier_is_fenced(&err));
    gb_applier_free(zombie);
    gb_applier_free(owner);
}

static void what_can_be_retried_leaves_no_trace(void **state)
{
    (void)state;
    struct reader reader = {.to_retry = 1, .open = true};
    struct gb_applied applied;
    struct gb_err err;
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    put(0, 1, 0, 1, "a");
    assert_int_equal(gb_applier_run(applier, pg, &(const struct gb_arrived){feed->records, 1, true},
                                    &applied, &err),
                     GB_RETRY);
    assert_string_equal(err.code, "TEST_RETRY");
    assert_int_equal(look(ROWS) + look(POSITION) + look(COMPLETE) + look(DEAD), 0);
    assert_int_equal(gb_applier_recover(applier, pg, &err), GB_OK);

    /* A connection that dies, at either way of opening the transaction. */
    for (int open = 0; open < 2; open++) {
        reader.open = open == 1;
        reader.lose = true;
        assert_int_equal(gb_applier_run(applier, pg,
                                        &(const struct gb_arrived){feed->records, 1, true},
                                        &applied, &err),
                         GB_RETRY);
        assert_int_equal(look(ROWS) + look(POSITION) + look(COMPLETE) + look(DEAD), 0);
        assert_int_equal(gb_pg_reset(pg, &err), GB_OK);
        assert_int_equal(gb_applier_recover(applier, pg, &err), GB_OK);
        assert_int_equal(gb_applier_partition(applier, 0).next_offset, 0);
    }
    (void)run_ok(applier);
    assert_int_equal(look(ROWS), 1);
    assert_int_equal(look(POSITION), 1);
    assert_int_equal(look(COMPLETE), 1);
    gb_applier_free(applier);
}

static void feed_ok(struct gb_applier *applier)
{
    struct gb_applied applied;
    struct gb_err err;
    const struct gb_arrived arrived = {feed->records, feed->count, false};
    assert_int_equal(gb_applier_run(applier, pg, &arrived, &applied, &err), GB_OK);
}

/* Two read the same stream, one of them by another way than Kafka: what either has applied counts
 * for both, and the row never goes down. */
static void two_ways_of_reading_share_the_progress(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applier *owner = applier_new(&reader, 100);
    struct gb_applier *other = applier_new(&reader, 100); /* has no partition at all */
    (void)take(owner, TOPIC);
    put(0, 1, 0, 1, "a");
    put(1, 2, 0, 2, "b");
    (void)run_ok(owner); /* in the middle of page 2 */
    feed_clear(feed);
    put(-1, 2, 0, 2, "b");
    put(-1, 2, 1, 2, "c");
    put(-1, 3, 0, 1, "d");
    feed_ok(other);
    assert_int_equal(look(COMPLETE), 3);
    assert_int_equal(look(POSITION), 2);
    assert_int_equal(look(FENCE), 1);

    /* The owner still believes to be at page 2, and completes it: no step back. */
    feed_clear(feed);
    put(2, 2, 1, 2, "c");
    (void)run_ok(owner);
    assert_int_equal(look(COMPLETE), 3);
    assert_int_equal(look(POSITION), 3);
    /* What follows page 3 shows it a hole that is none. */
    feed_clear(feed);
    put(3, 4, 0, 1, "e");
    (void)run_ok(owner);
    assert_int_equal(look(COMPLETE), 4);
    /* And the other in turn. */
    feed_clear(feed);
    put(-1, 5, 0, 1, "f");
    feed_ok(other);
    assert_int_equal(look(COMPLETE), 5);
    /* A hole that is one stays one for both. */
    feed_clear(feed);
    put(4, 7, 0, 1, "h");
    (void)run_ok(owner);
    feed_ok(other);
    assert_int_equal(look(COMPLETE), 5);
    gb_applier_free(owner);
    gb_applier_free(other);
}

/* The COMMIT arrived, its answer did not: the database knows, and the reader asks it. */
static void an_unknown_outcome_is_looked_up(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_err err;
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    gb_test_sql(reader_admin, "UPDATE position SET next_offset = 7 WHERE topic = '" TOPIC "'");
    gb_test_sql(reader_admin, "INSERT INTO progress (source, stream, topic, partition, complete)"
                              " VALUES ('dc2', 'ledger', '" TOPIC "', 0, 4)");
    assert_int_equal(gb_applier_recover(applier, pg, &err), GB_OK);
    assert_int_equal(gb_applier_partitions(applier), 2);
    assert_int_equal(gb_applier_partition(applier, 0).next_offset, 7);
    put(7, 5, 0, 1, "e");
    (void)run_ok(applier);
    assert_int_equal(look(COMPLETE), 5);
    gb_applier_free(applier);
}

static void who_is_at_fault_is_a_dead_letter_alone(void **state)
{
    (void)state;
    static const char *const values[] = {"a", "bad", "dead", "b", "bad", "c"};
    for (int open = 0; open < 2; open++) {
        struct reader reader = {.open = open == 1};
        struct gb_applier *applier = applier_new(&reader, 100);
        gb_test_sql(reader_admin, "TRUNCATE applied, position, progress, dead_letter");
        gb_test_sql(reader_admin, "DELETE FROM outbox");
        (void)take(applier, TOPIC);
        feed_clear(feed);
        for (int i = 0; i < 6; i++)
            put(i, 1, i, 6, values[i]);
        struct gb_applied applied = run_ok(applier);
        assert_int_equal(applied.dead, 3);
        assert_int_equal(look(ROWS), 3);
        assert_int_equal(look(POSITION), 6);
        assert_int_equal(look(COMPLETE), 1); /* dead letters count for their page */
        assert_int_equal(look(DEAD), 2);     /* the same content once */
        assert_int_equal(look("SELECT attempts FROM dead_letter WHERE convert_from(record_value, "
                              "'UTF8') = 'bad'"),
                         2);
        assert_int_equal(
            look("SELECT count(*) FROM dead_letter WHERE stage = 'apply' AND code = '23514' AND "
                 "topic = '" TOPIC
                 "' AND record_offset = 4 AND convert_from(record_key, 'UTF8') = 'key'"),
            1);
        assert_int_equal(look("SELECT count(*) FROM dead_letter WHERE stage = 'decode' AND code = "
                              "'TEST_DEAD' AND message = 'said so ?"
                              "?'"),
                         1);
        assert_int_equal(look(SENT_DEAD), 2);
        gb_applier_free(applier);
    }
}

/* The batch was tried as a whole before: its page may not count records that came to nothing. */
static void one_by_one_counts_only_what_is_committed(void **state)
{
    (void)state;
    struct reader reader = {.fussy = true};
    struct gb_applied applied;
    struct gb_err err;
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    put(0, 1, 0, 3, "a");
    put(1, 1, 1, 3, "bad");
    put(2, 1, 2, 3, "c");
    const struct gb_arrived arrived = {feed->records, 3, true};
    assert_int_equal(gb_applier_run(applier, pg, &arrived, &applied, &err), GB_RETRY);
    assert_int_equal(applied.records, 2);
    assert_int_equal(applied.dead, 1);
    assert_int_equal(look(POSITION), 2);
    assert_int_equal(look(COMPLETE), 0);
    assert_int_equal(look("SELECT next_index FROM progress"), 2);
    gb_applier_free(applier);
}

/* No record's fault: each has room when it comes alone. */
static void what_finds_no_room_comes_alone(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    put(0, 1, 0, 4, "a");
    put(1, 1, 1, 4, "large");
    put(2, 1, 2, 4, "dead");
    put(3, 1, 3, 4, "large");
    assert_int_equal(run_ok(applier).dead, 1);
    assert_int_equal(look(ROWS), 3);
    assert_int_equal(look(DEAD), 1);
    assert_int_equal(look(POSITION), 4);
    assert_int_equal(look(COMPLETE), 1);
    gb_applier_free(applier);
}

static void a_dead_letter_goes_out_once_with_its_story(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    put(41, 1, 0, 2, "dead"); /* of a page that is not complete: it is looked at again */
    (void)run_ok(applier);
    (void)run_ok(applier);
    assert_int_equal(look("SELECT attempts FROM dead_letter"), 2);
    assert_int_equal(look(SENT_DEAD), 1);
    static const char *const parts[] = {
        "__geobill.errors.topic",
        TOPIC,
        "__geobill.errors.partition",
        "__geobill.errors.offset",
        "41",
        "__geobill.errors.timestamp",
        "__geobill.errors.group",
        "geobill.dc1.test",
        "__geobill.errors.stage",
        "decode",
        "__geobill.errors.code",
        "TEST_DEAD",
        "__geobill.errors.message",
        "__geobill.errors.attempts",
        "__geobill.errors.first.failed.at",
        "__geobill.errors.retryable",
        "ce_id",
        "traceparent",
        "geobill-page",
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char query[300];
        (void)snprintf(query, sizeof(query),
                       "SELECT position(convert_to('%s', 'UTF8') IN headers) FROM outbox",
                       parts[i]);
        assert_true(look(query) > 0);
    }
    assert_int_equal(
        look("SELECT count(*) FROM outbox WHERE aggregateid = 'key' AND payload = 'dead'::bytea"
             " AND type = 'geobill.ledger_entry.v1' AND trace_id IS NOT NULL"),
        1);
    gb_applier_free(applier);
}

static void strange_bytes_are_kept_as_they_are(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    struct feed_at where = at(0, 1, 0, 2);
    struct gb_record *record = feed_text(feed, &where, "x");
    record->headers_count = 0; /* a stranger's */
    record->key = (struct gb_bytes){"\xff\x00k", 3};
    record->value = (struct gb_bytes){"\x00\xc3", 2};
    where = at(1, 1, 0, 1);
    record = feed_text(feed, &where, "y");
    record->value = (struct gb_bytes){NULL, 0};
    record->key = (struct gb_bytes){NULL, 0};
    record->headers_count = 1;
    struct gb_applied applied = run_ok(applier);
    assert_int_equal(applied.dead, 2);
    assert_int_equal(look("SELECT count(*) FROM dead_letter WHERE stage = 'envelope'"), 2);
    assert_int_equal(look("SELECT count(*) FROM dead_letter WHERE record_value = '\\x00c3' AND "
                          "record_key = '\\xff006b'"),
                     1);
    assert_int_equal(look("SELECT count(*) FROM outbox WHERE aggregateid = 'ff006b'"), 1);
    assert_int_equal(look("SELECT count(*) FROM progress"), 0);
    assert_int_equal(look(POSITION), 2);
    gb_applier_free(applier);
}

static void what_does_not_belong_moves_no_page(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    struct feed_at where = at(0, 1, 0, 1);
    where.source = "dc3";
    (void)feed_text(feed, &where, "not dc2's");
    where = at(1, 1, 0, 1);
    where.stream = "payin";
    (void)feed_text(feed, &where, "not the ledger");
    assert_int_equal(run_ok(applier).dead, 2);
    assert_int_equal(look("SELECT count(*) FROM dead_letter WHERE code = 'STREAM_UNEXPECTED'"), 2);
    assert_int_equal(look("SELECT count(*) FROM progress"), 0);

    /* A stream that anybody but ourselves may send to. */
    (void)take(applier, "others");
    feed_clear(feed);
    where = at(0, 1, 0, 1);
    where.topic = "others";
    where.stream = "dc1";
    (void)feed_text(feed, &where, "of dc2");
    where.offset = 1;
    where.source = "dc1";
    (void)feed_text(feed, &where, "of ourselves");
    assert_int_equal(run_ok(applier).dead, 1);
    assert_int_equal(look("SELECT count(*) FROM progress WHERE source = 'dc2' AND stream = 'dc1' "
                          "AND complete = 1"),
                     1);
    gb_applier_free(applier);
}

static void a_replay_from_the_beginning_changes_nothing(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applier *applier = applier_new(&reader, 7);
    (void)take(applier, TOPIC);
    for (int i = 0; i < 50; i++)
        put(i, i / 5 + 1, i % 5, 5, i % 10 == 9 ? "dead" : "fine");
    assert_int_equal(run_ok(applier).dead, 5);
    assert_int_equal(reader.committed, 8); /* never more than seven records in a transaction */
    assert_int_equal(look(ROWS), 45);
    assert_int_equal(look(COMPLETE), 10);
    gb_test_sql(reader_admin, "UPDATE position SET next_offset = 0, fence = fence + 1");
    assert_int_equal(take(applier, TOPIC), 0);
    assert_int_equal(run_ok(applier).known, 50);
    assert_int_equal(reader.applied, 8); /* the reader has not seen them again */
    assert_int_equal(look(ROWS), 45);
    assert_int_equal(look(COMPLETE), 10);
    assert_int_equal(look(POSITION), 50);
    assert_int_equal(look(DEAD), 1);
    assert_int_equal(look(SENT_DEAD), 1);

    /* Back in the middle: the position goes back with what is read. */
    struct gb_applied applied;
    struct gb_err err;
    assert_int_equal(gb_applier_run(applier, pg,
                                    &(const struct gb_arrived){feed->records + 20, 3, true},
                                    &applied, &err),
                     GB_OK);
    assert_int_equal(look(POSITION), 23);
    assert_int_equal(look(COMPLETE), 10);
    gb_applier_free(applier);
}

static void what_is_new_among_what_is_known_is_applied(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    put(0, 1, 0, 2, "a");
    put(1, 1, 1, 2, "b");
    (void)run_ok(applier);
    feed_clear(feed);
    put(2, 2, 0, 2, "c");
    put(3, 1, 0, 2, "a");
    put(4, 2, 1, 2, "d");
    put(5, 1, 1, 2, "b");
    assert_int_equal(run_ok(applier).known, 2);
    assert_int_equal(look(ROWS), 4);
    assert_int_equal(look(COMPLETE), 2);
    assert_int_equal(look(POSITION), 6);
    gb_applier_free(applier);
}

static void what_comes_another_way_moves_pages_but_no_position(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct gb_applied applied;
    struct gb_err err;
    struct gb_applier *applier = applier_new(&reader, 100);
    (void)take(applier, TOPIC);
    put(0, 1, 0, 1, "a");
    assert_int_equal(gb_applier_run(applier, pg,
                                    &(const struct gb_arrived){feed->records, 1, false}, &applied,
                                    &err),
                     GB_OK);
    assert_int_equal(look(ROWS), 1);
    assert_int_equal(look(POSITION), 0);
    assert_int_equal(look(COMPLETE), 1);
    gb_applier_free(applier);
}

static int before_each(void **state)
{
    (void)state;
    gb_test_sql(reader_admin,
                "TRUNCATE applied, position, progress, dead_letter; DELETE FROM outbox");
    feed_clear(feed);
    return 0;
}

static int before_all(void **state)
{
    (void)state;
    struct gb_err err;
    if (gb_wire_init(&err) != GB_OK)
        return -1;
    feed = feed_new();
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    reader_admin = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(reader_admin,
                "CREATE TABLE applied (partition integer, record_offset bigint,"
                " value text CHECK (value <> 'bad'), PRIMARY KEY (partition, record_offset));"
                "GRANT ALL ON applied TO geobill_projector");
    pg = gb_test_connect(server, "dc1", "geobill_projector");
    return 0;
}

static int after_all(void **state)
{
    (void)state;
    gb_pg_close(pg);
    gb_pg_close(reader_admin);
    gb_test_postgres_stop(server);
    feed_free(feed);
    gb_wire_done();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, before_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(effect_position_and_progress_are_one),
        TEST(a_hole_is_applied_but_not_complete),
        TEST(a_zombie_is_fenced),
        TEST(what_can_be_retried_leaves_no_trace),
        TEST(two_ways_of_reading_share_the_progress),
        TEST(an_unknown_outcome_is_looked_up),
        TEST(who_is_at_fault_is_a_dead_letter_alone),
        TEST(one_by_one_counts_only_what_is_committed),
        TEST(what_finds_no_room_comes_alone),
        TEST(a_dead_letter_goes_out_once_with_its_story),
        TEST(strange_bytes_are_kept_as_they_are),
        TEST(what_does_not_belong_moves_no_page),
        TEST(a_replay_from_the_beginning_changes_nothing),
        TEST(what_is_new_among_what_is_known_is_applied),
        TEST(what_comes_another_way_moves_pages_but_no_position),
    };
    return cmocka_run_group_tests(tests, before_all, after_all);
}
