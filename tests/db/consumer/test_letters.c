/* Dead letters: those of other programs are adopted; proposals move them; settled ones go. */
#include <string.h>

#include "consumer/read_letters.h"
#include "consumer/sweep_round.h"
#include "lane.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

#define TOPIC "geobill.dc1.dlq.v1"
#define LEDGER "geobill.dc1.ledger.v1"
#define TEXT(name, text)                                                                           \
    {                                                                                              \
        name,                                                                                      \
        {                                                                                          \
            text, sizeof(text) - 1                                                                 \
        }                                                                                          \
    }

static const struct gb_lane_stream STREAMS[] = {{TOPIC, NULL, NULL}};
static struct gb_read_letters *step;
static struct lane lane;
static struct gb_sweeper sweeper;

static int setup(void **state)
{
    (void)fixture_setup(state);
    step = gb_read_letters_new();
    lane_open(&lane, TOPIC, STREAMS, 1, gb_read_letters_reader(step));
    sweeper = (struct gb_sweeper){
        .peers = {"dc2"}, .peers_count = 1, .arena = gb_arena_new((size_t)1 << 20)};
    assert_true(gb_dc_parse("dc1", &sweeper.dc));
    return 0;
}

static int teardown(void **state)
{
    gb_arena_free(sweeper.arena);
    lane_close(&lane);
    gb_read_letters_free(step);
    return fixture_teardown(state);
}

static int clean(void **state)
{
    (void)state;
    lane_forget(&lane);
    fixture_sql("DELETE FROM dead_letter; DELETE FROM outbox; DELETE FROM proposal");
    return 0;
}

/* --- adoption --- */

static struct gb_header connect_headers[] = {
    TEXT("ce_id", "7"),
    TEXT("__connect.errors.topic", LEDGER),
    TEXT("__connect.errors.partition", "2"),
    TEXT("__connect.errors.offset", "40"),
    TEXT("__connect.errors.connector.name", "warehouse"),
    TEXT("__connect.errors.exception.class.name", "E"),
    TEXT("__connect.errors.exception.message", "full"),
};

static void put(const struct gb_header *headers, size_t count, const char *value)
{
    GB_CHECK(lane.feed->count < FEED_MAX);
    lane.feed->records[lane.feed->count++] = (struct gb_record){.topic = TOPIC,
                                                                .offset = lane.next_offset++,
                                                                .timestamp_ms = 5,
                                                                .key = {"a1", 2},
                                                                .value = {value, strlen(value)},
                                                                .headers = headers,
                                                                .headers_count = count};
}

static void put_connect(const char *value)
{
    put(connect_headers, sizeof(connect_headers) / sizeof(connect_headers[0]), value);
}

static void say_offset(const char *offset)
{
    connect_headers[3].value = (struct gb_bytes){offset, strlen(offset)};
}

static int64_t attempts(void)
{
    return fixture_int("SELECT attempts FROM dead_letter");
}

static void test_adopted_once(void **state)
{
    (void)state;
    say_offset("40");
    put_connect("one");
    lane_must_run(&lane, 0, 0);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM dead_letter WHERE topic = '" LEDGER "' AND partition = 2"
                    " AND record_offset = 40 AND record_key = 'a1' AND record_value = 'one' AND "
                    "stage = 'connect warehouse' AND code = 'FOREIGN_FAILURE' AND message = "
                    "'E: full' AND attempts = 1 AND state = 1 AND record_timestamp_ms = 5 AND "
                    "record_headers = '\\x0005' || convert_to('ce_id', 'UTF8') || "
                    "'\\x00000001' || convert_to('7', 'UTF8')"),
        1);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox"), 0);
    lane_must_run(&lane, 0, 0); /* read again, as after a crash or from offset 0 */
    assert_int_equal(attempts(), 1);
}

static void test_comes_again_from_further_on(void **state)
{
    (void)state;
    say_offset("40");
    put_connect("one");
    lane_must_run(&lane, 0, 0);
    fixture_sql("UPDATE dead_letter SET state = 2"); /* replayed */
    say_offset("41");
    lane_must_run(&lane, 0, 0);
    assert_int_equal(attempts(), 2);
    assert_int_equal(fixture_int("SELECT state * 100 + record_offset FROM dead_letter"), 141);
    say_offset("40"); /* all of it again */
    lane_must_run(&lane, 0, 0);
    assert_int_equal(attempts(), 2);
    fixture_sql("UPDATE dead_letter SET state = 3"); /* parked stays parked */
    say_offset("50");
    put_connect("one"); /* and twice in one batch */
    lane_must_run(&lane, 0, 0);
    assert_int_equal(fixture_int("SELECT state * 100 + attempts FROM dead_letter"), 304);
}

static void test_ours_are_passed_over_and_others_kept(void **state)
{
    (void)state;
    const struct gb_header ours[] = {TEXT("__geobill.errors.topic", LEDGER)};
    const struct gb_header spring[] = {
        TEXT("kafka_dlt-original-topic", "geobill.dc1.payin.v1"),
        TEXT("kafka_dlt-original-partition", "\0\0\0\3"),
        TEXT("kafka_dlt-original-offset", "\0\0\0\0\0\0\0\11"),
        TEXT("kafka_dlt-exception-fqcn", "S"),
    };
    int64_t before = fixture_int("SELECT next_offset FROM position WHERE topic = '" TOPIC "'");
    put(ours, 1, "ours");
    put(spring, 4, "springs");
    put(NULL, 0, "nobody's");
    lane_must_run(&lane, 0, 0);
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter"), 2);
    assert_int_equal(fixture_int("SELECT partition * 100 + record_offset FROM dead_letter WHERE "
                                 "topic = 'geobill.dc1.payin.v1' AND stage = 'spring'"),
                     309);
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE topic = '" TOPIC
                                 "' AND stage = 'unknown' AND record_value = 'nobody''s'"),
                     1);
    assert_int_equal(fixture_int("SELECT next_offset FROM position WHERE topic = '" TOPIC "'"),
                     before + 3);
}

/* --- proposals --- */

static void bury(int count)
{
    fixture_sql("INSERT INTO dead_letter (digest, topic, partition, record_offset, record_key, "
                "record_value, record_headers, record_timestamp_ms, stage, code, message, "
                "first_failed_at_us, last_failed_at_us) SELECT sha256(n::text::bytea), '" LEDGER
                "', 0, n, 'a1', convert_to('v' || n, 'UTF8'), '\\x0001', 1, 'apply', 'X', 'm', 1, "
                "1 FROM generate_series(1, %d) n",
                count);
}

/* kind 1 REPLAY, 2 PARK, 3 UNPARK; at work at once. */
static void propose(int kind, int from_state, int rate_per_s)
{
    fixture_sql("INSERT INTO proposal (proposal_id, client_no, key, kind, state, from_state, "
                "failed_to_us, last_id, letters, rate_per_s, four_eyes, reason, proposed_at_us, "
                "expires_at_us) SELECT gen_random_uuid(), 1, 'p%d', %d, 2, %d, 9, max(id), "
                "count(*), %d, false, 'r', 1, 2 FROM dead_letter",
                kind, kind, from_state, rate_per_s);
}

static void sweep_proposals(void)
{
    struct gb_err err = {.message = ""};
    size_t running = 0;
    if (gb_sweep_proposals(&sweeper, fixture_pg, gb_clock_wall_us(), &running, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
}

static void sweep_until(const char *condition)
{
    int64_t deadline_us = gb_clock_mono_us() + 10000000;
    char query[160];
    snprintf(query, sizeof(query), "SELECT count(*) FROM proposal WHERE %s", condition);
    while (fixture_int("%s", query) == 0) {
        assert_true(gb_clock_mono_us() < deadline_us);
        sweep_proposals();
    }
}

static void test_a_replay_puts_all_into_the_outbox_once(void **state)
{
    (void)state;
    bury(2500);
    propose(1, 1, 1000000);
    sweep_until("state = 4 AND moved = 2500");
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE state = 2 AND "
                                 "proposal_id IS NOT NULL AND settled_at_us > 1"),
                     2500);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox o JOIN dead_letter d ON o.payload = "
                                 "d.record_value WHERE o.stream = 'replay-dc1' AND o.topic = "
                                 "d.topic AND o.aggregateid = 'a1' AND o.headers = "
                                 "d.record_headers"),
                     2500);
    sweep_proposals();
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox"), 2500);
}

/* A selector that takes few of many looks at the others in slices, and waits for no credit. */
static void test_few_of_many(void **state)
{
    (void)state;
    bury(9000);
    fixture_sql("DELETE FROM dead_letter WHERE record_offset BETWEEN 10 AND 4000");
    fixture_sql("UPDATE dead_letter SET code = 'RARE' WHERE record_offset IN (1, 8999)");
    propose(1, 1, 10);
    fixture_sql("UPDATE proposal SET code = 'RARE'");
    sweep_until("state = 4 AND moved = 2");
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE state = 2"), 2);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox"), 2);
}

/* Replayed messages are kept in the outbox for a while after Kafka has them: they are no backlog.
 */
static void test_only_what_kafka_lacks_holds_a_replay_up(void **state)
{
    (void)state;
    static const char fill[] =
        "INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, payload, "
        "created_at_us, epoch) SELECT 'replay-dc1', 't', gen_random_uuid(), 'a', 'a', 'r', '\\x00',"
        " 1, 1 FROM generate_series(1, 50000)";
    struct gb_err err = {.message = ""};
    size_t running = 0;
    bury(10);
    propose(1, 1, 1000);
    gb_test_sql(fixture_admin, fill);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(
            gb_sweep_proposals(&sweeper, fixture_pg, gb_clock_wall_us(), &running, &err), GB_OK);
        (void)gb_stop_wait(10);
    }
    assert_int_equal(fixture_int("SELECT moved FROM proposal"), 0);
    /* Cut, and not sent. */
    fixture_sql("INSERT INTO page (stream, number, lo, hi, seq_from, seq_to, records, "
                "partitions_per_topic, topics, partitions, counts, previous, cut_at_us) SELECT "
                "'replay-dc1', 1, '1:1:', pg_current_snapshot(), min(seq), max(seq), 50000, 1, "
                "'{t}', '{0}', '{50000}', '{0}', 1 FROM outbox");
    fixture_sql("INSERT INTO stream_sent (stream, topic, partition, cut, sent, as_of, at_us) "
                "VALUES ('replay-dc1', 't', 0, 1, 0, 1, 1)");
    sweep_proposals();
    assert_int_equal(fixture_int("SELECT moved FROM proposal"), 0);
    fixture_sql("UPDATE stream_sent SET sent = 1 WHERE stream = 'replay-dc1'");
    sweep_until("state = 4 AND moved = 10");
    fixture_sql("DELETE FROM page WHERE stream = 'replay-dc1'");
    fixture_sql("DELETE FROM stream_sent WHERE stream = 'replay-dc1'");
}

/* Nothing moves while it is stopped, or when a message has another state than it was taken for. */
static void test_a_proposal_moves_only_what_it_took(void **state)
{
    (void)state;
    bury(10);
    propose(2, 1, 1);
    fixture_sql("UPDATE proposal SET state = 3");
    sweep_proposals();
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE state = 3"), 0);
    fixture_sql("UPDATE dead_letter SET state = 2 WHERE record_offset = 1");
    fixture_sql("UPDATE dead_letter SET last_failed_at_us = 9 WHERE record_offset = 2");
    fixture_sql("UPDATE proposal SET state = 2");
    sweep_until("state = 4 AND moved = 8");
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE state = 3"), 8);
    propose(3, 3, 1);
    sweep_until("kind = 3 AND state = 4");
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE state = 1 AND "
                                 "settled_at_us IS NULL"),
                     9);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox"), 0);
}

static void test_windows(void **state)
{
    (void)state;
    assert_true(gb_window_open(60, 120, 60));
    assert_true(gb_window_open(60, 120, 119));
    assert_false(gb_window_open(60, 120, 120));
    assert_false(gb_window_open(60, 120, 59));
    assert_true(gb_window_open(1380, 60, 1439)); /* over midnight */
    assert_true(gb_window_open(1380, 60, 0));
    assert_false(gb_window_open(1380, 60, 60));
    assert_false(gb_window_open(1380, 60, 1379));
}

static void test_pace(void **state)
{
    (void)state;
    struct gb_replay_pace pace = {.at_us = 0};
    const struct gb_uuid one = {.bytes = {1}}, other = {.bytes = {2}};
    assert_int_equal(gb_replay_pace_take(&pace, one, 100, 1000, 5000000), 0); /* it begins */
    assert_int_equal(gb_replay_pace_take(&pace, one, 100, 1000, 5500000), 50);
    assert_int_equal(gb_replay_pace_take(&pace, one, 100, 1000, 5500000), 0);
    assert_int_equal(gb_replay_pace_take(&pace, one, 100, 30, 6000000), 30); /* the rest stays */
    assert_int_equal(gb_replay_pace_take(&pace, one, 100, 1000, 6000000), 20);
    /* No burst after a pause: a second's worth, not an hour's. */
    assert_int_equal(gb_replay_pace_take(&pace, one, 100, 1000, 3606000000), 100);
    /* Less than one at a time adds up. */
    int32_t slow = 0;
    for (int64_t us = 3606000000; us <= 3616000000; us += 50000)
        slow += gb_replay_pace_take(&pace, one, 1, 1000, us);
    assert_int_equal(slow, 10);
    /* Another proposal begins without what the one before has left. */
    assert_int_equal(gb_replay_pace_take(&pace, other, 100, 1000, 3616900000), 0);
}

/* --- the end --- */

static size_t forget(int64_t now_us)
{
    struct gb_err err = {.message = ""};
    size_t count = 0;
    if (gb_sweep_letters(&sweeper, fixture_pg, now_us, &count, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    return count;
}

static void test_settled_ones_are_removed_after_a_time(void **state)
{
    (void)state;
    bury(700);
    fixture_sql("UPDATE dead_letter SET state = 1 + record_offset %% 3, settled_at_us = CASE WHEN "
                "record_offset %% 3 > 0 THEN 1000 * (record_offset %% 3) END");
    sweeper.letters_keep_us = 0;
    assert_int_equal(forget(INT64_MAX), 0);
    sweeper.letters_keep_us = 100;
    assert_int_equal(forget(1100), 0);
    assert_int_equal(forget(1101), 234); /* REPLAYED at 1000 */
    assert_int_equal(forget(2100), 0);
    assert_int_equal(forget(2101), 233); /* PARKED at 2000 */
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE state = 1"), 233);
    fixture_sql("DELETE FROM dead_letter");
    bury(GB_SWEEP_ITEMS_MAX + 1);
    fixture_sql("UPDATE dead_letter SET state = 2, settled_at_us = record_offset");
    assert_int_equal(forget(1000000), GB_SWEEP_ITEMS_MAX);
    assert_int_equal(fixture_int("SELECT record_offset FROM dead_letter"), GB_SWEEP_ITEMS_MAX + 1);
}

#define TEST(function) cmocka_unit_test_setup(function, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_adopted_once),
        TEST(test_comes_again_from_further_on),
        TEST(test_ours_are_passed_over_and_others_kept),
        TEST(test_a_replay_puts_all_into_the_outbox_once),
        TEST(test_few_of_many),
        TEST(test_only_what_kafka_lacks_holds_a_replay_up),
        TEST(test_a_proposal_moves_only_what_it_took),
        TEST(test_windows),
        TEST(test_pace),
        TEST(test_settled_ones_are_removed_after_a_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
