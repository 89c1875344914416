/* Senders: everything arrives, in whole pages, once when nothing goes wrong; a cluster that is
 * away, a reader that misses something, a stop and a start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../db/producer/scene.h"
#include "bus/consumer.h"
#include "runtime/clock.h"
#include "stage.h"

/* All that was cut is with Kafka, as the sender has written down. */
#define ALL_SENT(stream, rows)                                                                     \
    "(SELECT sum(records) FROM page WHERE stream = '" stream "') = " rows                          \
    " AND (SELECT bool_and(sent >= cut) AND max(as_of) = (SELECT max(number) FROM page WHERE "     \
    "stream = '" stream "') FROM stream_sent WHERE stream = '" stream "')"

static struct gb_test_postgres *server;

static int group_setup(void **state)
{
    (void)state;
    struct gb_err err;
    if (gb_wire_init(&err) != GB_OK)
        return -1;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_test_postgres_stop(server);
    gb_wire_done();
    return 0;
}

static int64_t cut_page(struct stage *stage, const char *stream, int partition)
{
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "SELECT coalesce(max(cut), 0) FROM stream_sent WHERE stream = '%s' AND "
                   "partition = %d",
                   stream, partition);
    return gb_test_sql_int(stage->owner, text);
}

static void expect_complete(struct stage *stage, const char *stream, const struct reading *reading)
{
    for (int i = 0; i < STAGE_PARTITIONS; i++)
        assert_int_equal(reading->complete[i], cut_page(stage, stream, i));
    assert_int_equal(reading->refused, 0);
}

static void test_everything_arrives_once(void **state)
{
    (void)state;
    struct stage stage;
    struct reading reading;
    stage_open(&stage, server);
    stage_start(&stage, "dc1");
    for (int i = 0; i < 50; i++) {
        write_entry(stage.owner, 1 + i % SCENE_ACCOUNTS);
        stage_accept(&stage, 1 + i % SCENE_ACCOUNTS, i == 20 ? 450 : 1); /* a backlog in between */
    }
    stage_wait(&stage, ALL_SENT("payin", "499"));
    stage_wait(&stage, ALL_SENT("ledger", "50"));
    stage_stop(&stage);
    stage_read(&stage, STAGE_PAYIN, &reading);
    assert_int_equal(reading.records, 499);
    assert_int_equal(reading.repeats, 0);
    expect_complete(&stage, "payin", &reading);
    stage_read(&stage, STAGE_LEDGER, &reading);
    assert_int_equal(reading.records, 50);
    expect_complete(&stage, "ledger", &reading);
    /* The next publisher starts where this one stopped. */
    stage_start(&stage, "dc1");
    write_entry(stage.owner, 1);
    stage_wait(&stage, ALL_SENT("ledger", "51"));
    stage_stop(&stage);
    stage_read(&stage, STAGE_LEDGER, &reading);
    assert_int_equal(reading.records, 51);
    expect_complete(&stage, "ledger", &reading);
    stage_close(&stage);
}

/* While the cluster is away pages are cut, seldom; nothing spins, nothing grows; then all arrives.
 */
static void test_cluster_that_is_away(void **state)
{
    (void)state;
    struct stage stage;
    struct reading reading;
    stage_open(&stage, server);
    stage_start(&stage, "dc1");
    stage_accept(&stage, 1, 10);
    stage_wait(&stage, ALL_SENT("payin", "10"));
    mock_down(&stage.mock);
    int64_t resident = mock_heap_bytes();
    int64_t cpu_us = mock_cpu_us();
    int64_t began_us = gb_clock_mono_us();
    for (int i = 0; i < 30; i++) {
        stage_accept(&stage, 1 + i % SCENE_ACCOUNTS, 180);
        stage_run_ms(&stage, 100);
    }
    cpu_us = mock_cpu_us() - cpu_us;
    began_us = gb_clock_mono_us() - began_us;
    int64_t pages = gb_test_sql_int(stage.owner, "SELECT count(*) FROM page");
    print_message("away for %lld ms: %lld ms of CPU, %lld pages, %lld KiB more\n",
                  (long long)began_us / 1000, (long long)cpu_us / 1000, (long long)pages,
                  (long long)(mock_heap_bytes() - resident) / 1024);
    assert_true(cpu_us < began_us / 4);
    assert_true(mock_heap_bytes() - resident < 32 * 1024 * 1024);
    assert_true(pages > 10);
    mock_up(&stage.mock);
    stage_wait(&stage, ALL_SENT("payin", "5410"));
    stage_stop(&stage);
    stage_read(&stage, STAGE_PAYIN, &reading);
    assert_true(reading.records >= 5410);
    expect_complete(&stage, "payin", &reading);
    stage_close(&stage);
}

static void acknowledge(struct stage *stage, int partition, int64_t page)
{
    char text[512];
    (void)snprintf(text, sizeof(text),
                   "INSERT INTO reader_ack VALUES ('ledger', 'dc2', '" STAGE_LEDGER
                   "', %d, %lld, %lld, 1) ON CONFLICT (stream, reader, topic, partition) DO UPDATE"
                   " SET page = excluded.page, heard_at_us = excluded.heard_at_us",
                   partition, (long long)page, (long long)gb_clock_wall_us());
    gb_test_sql(stage->owner, text);
}

/* Speaks for so long, standing still at these pages. */
static void stand_still(struct stage *stage, const int64_t pages[STAGE_PARTITIONS], int64_t run_ms)
{
    for (int64_t until_us = gb_clock_mono_us() + run_ms * 1000; gb_clock_mono_us() < until_us;) {
        for (int i = 0; i < STAGE_PARTITIONS; i++)
            acknowledge(stage, i, pages[i]);
        stage_run_ms(stage, 100);
    }
}

/* A reader that lives and misses something of one partition gets that, and only that, again. */
static void test_what_is_missed_is_sent_again(void **state)
{
    (void)state;
    struct stage stage;
    struct reading reading;
    int64_t pages[STAGE_PARTITIONS];
    stage_open(&stage, server);
    stage_start(&stage, "dc1");
    for (int i = 0; i < 40; i++) {
        write_entry(stage.owner, 1 + i % SCENE_ACCOUNTS);
        gb_sender_wake(&stage.sender, GB_WAKE_ENTRIES);
    }
    stage_wait(&stage, ALL_SENT("ledger", "40"));
    stage_run_ms(&stage, 900);
    stage_read(&stage, STAGE_LEDGER, &reading);
    assert_int_equal(reading.records, 40); /* nobody has spoken: nothing twice */
    int64_t all = reading.progress[0].complete == 0 ? -1 : 0;
    assert_int_equal(all, 0);
    for (int i = 0; i < STAGE_PARTITIONS; i++)
        pages[i] = cut_page(&stage, "ledger", i);
    pages[0] = 0; /* it has nothing of the first partition */
    stand_still(&stage, pages, 1500);
    struct reading again;
    stage_read(&stage, STAGE_LEDGER, &again);
    size_t first_partition = again.records - 40;
    assert_true(first_partition > 0);
    assert_int_equal(again.repeats, again.records - 40);
    pages[0] = cut_page(&stage, "ledger", 0);
    stand_still(&stage, pages, 300);
    stage_read(&stage, STAGE_LEDGER, &reading);
    size_t settled = reading.records;
    stand_still(&stage, pages, 1200);
    stage_read(&stage, STAGE_LEDGER, &reading);
    assert_int_equal(reading.records, settled); /* it has all: nothing more */
    stage_close(&stage);
}

/* Standing still without end costs less and less. */
static void test_going_back_backs_off(void **state)
{
    (void)state;
    struct stage stage;
    struct reading reading;
    const int64_t nothing[STAGE_PARTITIONS] = {0};
    stage_open(&stage, server);
    stage_start(&stage, "dc1");
    for (int i = 0; i < 40; i++)
        write_entry(stage.owner, 1 + i % SCENE_ACCOUNTS);
    stage_wait(&stage, ALL_SENT("ledger", "40"));
    stand_still(&stage, nothing, 3600); /* after 0.9 s, and 1.8 s more */
    stage_read(&stage, STAGE_LEDGER, &reading);
    assert_true(reading.records >= 40 * 2);
    assert_true(reading.records <= 40 * 3);
    stage_close(&stage);
}

/* A backlog of entries of all accounts, committed a hundred at a time as the engine might. */
static void write_many(struct stage *stage, int count)
{
    char text[1024];
    (void)snprintf(
        text, sizeof(text),
        "DO $$ BEGIN FOR i IN 0 .. %d LOOP INSERT INTO ledger (account_no, version, kind, status,"
        " amount, balance_after, held_after, credits_total, debits_total, out_total, in_total,"
        " account_version, created_at_us, client_no, key) SELECT 1 + n %% %d, 1 + n / %d, 1, 1, 1,"
        " 1, 0, 1, 0, 0, 0, 1, 1, 1, 'key-' || n FROM generate_series(i * 100, i * 100 + 99) n;"
        " COMMIT; END LOOP; END $$",
        count / 100 - 1, SCENE_ACCOUNTS, SCENE_ACCOUNTS);
    gb_test_sql(stage->owner, text);
    gb_test_sql(stage->owner, "UPDATE share SET version = (SELECT max(version) FROM ledger l"
                              " WHERE l.account_no = share.account_no)");
}

/* The mock keeps 5 MB of a partition: all that is sent in the test must fit. */
enum { OLD_ROWS = 8000, RTT_MS = 50, LIVE_MS = 3000, FLOW_MS = 700 };

static void set_rtt(struct stage *stage, int rtt_ms)
{
    assert_int_equal(rd_kafka_mock_broker_set_rtt(stage->mock.cluster, 1, rtt_ms), 0);
}

/* The reader has nothing and says so, while entries are made all the time. Returns for how long. */
static int64_t stand_still_under_traffic(struct stage *stage)
{
    int64_t began_us = gb_clock_mono_us();
    for (int i = 0; gb_clock_mono_us() < began_us + LIVE_MS * 1000; i++) {
        write_entry(stage->owner, 1 + i % SCENE_ACCOUNTS);
        gb_sender_wake(&stage->sender, GB_WAKE_ENTRIES);
        for (int p = 0; p < STAGE_PARTITIONS && i % 4 == 0; p++)
            acknowledge(stage, p, 0);
        stage_run_ms(stage, 20);
    }
    return (gb_clock_mono_us() - began_us) / 1000;
}

/* Did live pages leave all the time? This machine may have stood still itself. */
static bool flowed(struct stage *stage, int64_t old_pages)
{
    char text[512];
    (void)snprintf(text, sizeof(text),
                   "SELECT max(gap_us) / 1000 FROM (SELECT cut_at_us - lag(cut_at_us) OVER (ORDER"
                   " BY number) AS gap_us FROM page WHERE stream = 'ledger' AND number > %lld) g",
                   (long long)old_pages);
    return gb_test_sql_int(stage->owner, text) < FLOW_MS;
}

/* Old records that were sent again within so long: at most what is let into the queue at once, in
 * each turn, which lasts for as long as Kafka takes for it. Without live traffic all follow. */
static bool heal_under_traffic(struct stage *stage)
{
    static const char all_again[] =
        "SELECT CASE WHEN (SELECT bool_and(again = 0) FROM stream_sent WHERE stream = 'ledger')"
        " AND EXISTS (SELECT FROM reader_resend) THEN 1 ELSE 0 END";
    const int64_t turn_records =
        (stage->settings.in_flight_max + stage->settings.page_records_max) / 2;
    const int64_t nothing[STAGE_PARTITIONS] = {0};
    struct reading reading;
    write_many(stage, OLD_ROWS);
    stage_start(stage, "dc1");
    stage_wait(stage, ALL_SENT("ledger", "8000"));
    int64_t old_pages = gb_test_sql_int(stage->owner, "SELECT max(number) FROM page");
    set_rtt(stage, RTT_MS);
    int64_t took_ms = stand_still_under_traffic(stage);
    stage_stop(stage);
    set_rtt(stage, 0);
    stage_read(stage, STAGE_LEDGER, &reading);
    print_message("%lld ms of traffic: %zu old records again\n", (long long)took_ms,
                  reading.repeats);
    if (!flowed(stage, old_pages))
        return false;
    assert_true(reading.repeats > 0);
    assert_true((int64_t)reading.repeats <= turn_records * (took_ms / (11 * RTT_MS) + 2));
    gb_test_sql(stage->owner, "DELETE FROM reader_resend");
    stage_start(stage, "dc1");
    /* It goes on saying so without a pause: silence would be given time. */
    for (int i = 0; gb_test_sql_int(stage->owner, all_again) == 0; i++) {
        assert_true(i < 3 * STAGE_DEADLINE_MS / 200);
        stand_still(stage, nothing, 200);
    }
    stage_stop(stage);
    stage_read(stage, STAGE_LEDGER, &reading);
    assert_true(reading.repeats >= OLD_ROWS);
    return true;
}

static void test_old_pages_leave_room(void **state)
{
    (void)state;
    bool done = false;
    for (int i = 0; i < 5 && !done; i++) {
        struct stage stage;
        stage_open(&stage, server);
        done = heal_under_traffic(&stage);
        stage_close(&stage);
    }
    assert_true(done);
}

struct letters {
    size_t count;
    size_t bytes;
    size_t empty;
    bool header; /* one has the header that its row gave it, and none of ours */
};

static bool read_letter(void *context, const struct gb_record *record)
{
    struct letters *letters = context;
    letters->count++;
    letters->bytes += record->value.size;
    letters->empty += record->value.size == 0;
    struct gb_bytes value = gb_record_header(record, "why");
    if (value.data != NULL)
        letters->header = value.size == 3 && memcmp(value.data, "not", 3) == 0 &&
                          gb_record_header(record, "geobill-page").data == NULL;
    return true;
}

/* Rows of the outbox leave as they are, in pages bounded in bytes; one that Kafka never takes
 * leaves empty, so that the others can go on. */
static void test_dead_letters(void **state)
{
    (void)state;
    struct stage stage;
    struct letters letters = {.count = 0};
    struct gb_err err = {.message = ""};
    stage_open(&stage, server);
    gb_test_sql(
        stage.owner,
        "INSERT INTO outbox (stream, topic, id, aggregatetype, aggregateid, type, payload,"
        " headers, created_at_us) SELECT 'dlq', 'geobill.dc1.dlq.v1', gen_random_uuid(),"
        " 'account', 'a', 'x', convert_to(repeat('x', CASE n WHEN 3 THEN 2000000 ELSE 700000"
        " END), 'UTF8'), CASE n WHEN 1 THEN '\\x0003776879000000036e6f74'::bytea END, 1"
        " FROM generate_series(1, 7) n");
    stage_start(&stage, "dc1");
    stage_wait(&stage, ALL_SENT("dlq", "7"));
    stage_stop(&stage);
    assert_true(gb_test_sql_int(stage.owner, "SELECT count(*) FROM page") >= 2);
    const struct gb_topic_range range = {"dc1", "geobill.dc1.dlq.v1", 0, -1, STAGE_DEADLINE_MS};
    if (gb_topic_read(stage.config, &range, read_letter, &letters, &err) != GB_OK)
        fail_msg("%s", err.message);
    assert_int_equal(letters.count, 7);
    assert_int_equal(letters.empty, 1);
    assert_int_equal(letters.bytes, 6 * 700000);
    assert_true(letters.header);
    stage_close(&stage);
}

static void live(struct stage *stage, const char *role)
{
    char text[512];
    (void)snprintf(text, sizeof(text),
                   "INSERT INTO daemon VALUES ('%s', '1', 1, '', '', 1, %lld) ON CONFLICT (role,"
                   " instance) DO UPDATE SET beat_at_us = excluded.beat_at_us",
                   role, (long long)gb_clock_wall_us());
    gb_test_sql(stage->owner, text);
}

/* The peer hears what our readers have, as long as they live, and how far our streams are. */
static void test_status_to_the_peer(void **state)
{
    (void)state;
    struct stage stage;
    struct reading reading;
    stage_open(&stage, server);
    gb_test_sql(stage.owner, "TRUNCATE daemon;"
                             "INSERT INTO progress (source, stream, topic, partition, complete)"
                             " VALUES ('dc2', 'ledger', 'geobill.dc2.ledger.v1', 1, 17)");
    struct gb_stream ledger;
    gb_stream_init(&ledger, "ledger", &gb_stream_kind_ledger, STAGE_LEDGER, STAGE_PARTITIONS);
    uint32_t target = gb_stream_target(&ledger, STAGE_LEDGER, 2);
    ledger.source.partitions[target].cut = 42;
    gb_board_put(&stage.board, &ledger);
    gb_stream_done(&ledger);
    stage_start(&stage, "dc2");
    stage_run_ms(&stage, 1200);
    stage_read(&stage, STAGE_REPLY_DC2, &reading);
    assert_true(reading.statuses >= 2 && reading.statuses <= 8);
    assert_int_equal(reading.acks, 0); /* none of our readers lives */
    assert_int_equal(reading.ledger_head, 42);
    live(&stage, "projector");
    stage_run_ms(&stage, 700);
    stage_read(&stage, STAGE_REPLY_DC2, &reading);
    assert_int_equal(reading.acks, STAGE_PARTITIONS); /* of the ledger, one of them 17 */
    live(&stage, "consumer");
    stage_run_ms(&stage, 700);
    stage_read(&stage, STAGE_REPLY_DC2, &reading);
    assert_int_equal(reading.acks, 4 * STAGE_PARTITIONS);
    stage_close(&stage);
}

/* Pages of pay-ins go when the consumer has them; the last of each partition and the ledger's stay.
 */
static void test_pages_are_forgotten(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, server);
    stage_start(&stage, "dc1");
    for (int i = 0; i < 30; i++) {
        stage_accept(&stage, 1, 1);
        write_entry(stage.owner, 1);
        stage_run_ms(&stage, 20);
    }
    stage_wait(&stage, ALL_SENT("payin", "30"));
    stage_wait(&stage, ALL_SENT("ledger", "30"));
    int64_t ledger_pages = gb_test_sql_int(stage.owner, "SELECT count(*) FROM page WHERE stream = "
                                                        "'ledger'");
    gb_test_sql(stage.owner, "UPDATE page SET cut_at_us = cut_at_us - 120000000");
    stage_run_ms(&stage, 700);
    assert_int_equal(gb_test_sql_int(stage.owner, "SELECT min(number) FROM page WHERE stream = "
                                                  "'payin'"),
                     1);
    gb_test_sql(stage.owner, "INSERT INTO progress (source, stream, topic, partition, complete)"
                             " SELECT 'dc1', 'payin', topic, partition, cut FROM stream_sent"
                             " WHERE stream = 'payin'");
    stage_wait(&stage, "(SELECT count(*) FROM page WHERE stream = 'payin') = 1");
    assert_int_equal(gb_test_sql_int(stage.owner, "SELECT count(*) FROM page WHERE stream = "
                                                  "'ledger'"),
                     ledger_pages);
    assert_int_equal(gb_test_sql_int(stage.owner, "SELECT count(*) FROM operation"), 30);
    /* What comes next still follows the one that stayed. */
    stage_accept(&stage, 1, 1);
    stage_wait(&stage, "(SELECT max(previous[1]) + 1 = max(number) FROM page"
                       " WHERE stream = 'payin')");
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_arrives_once),
        cmocka_unit_test(test_cluster_that_is_away),
        cmocka_unit_test(test_what_is_missed_is_sent_again),
        cmocka_unit_test(test_going_back_backs_off),
        cmocka_unit_test(test_old_pages_leave_room),
        cmocka_unit_test(test_status_to_the_peer),
        cmocka_unit_test(test_pages_are_forgotten),
        cmocka_unit_test(test_dead_letters),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
