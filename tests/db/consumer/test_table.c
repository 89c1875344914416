/* Own pay-ins that Kafka does not deliver: read from the table, by one of those who could, the very
 * records that Kafka would have brought; and whatever comes of both ways, it is booked once. Pages
 * are cut and records made by the publisher's own code. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/clock.h"
#include "table_scene.h"

static int64_t late(void)
{
    return fixture_int("SELECT count(*) FROM late_partition");
}

static void kafka_has_its_time_and_then_no_page_waits(void **state)
{
    (void)state;
    struct consumer consumer;
    consumer_start(&consumer, "1");
    accept_and_cut(20);
    assert_int_equal(steps(&consumer, 1), 0);
    assert_int_equal(steps(&consumer, AFTER_US), 0);
    assert_int_equal(late(), 0);
    assert_int_equal(steps(&consumer, AFTER_US + 1), 20);
    check_booked(20);
    check_complete();
    /* From now on at once, whatever the size. */
    for (int i = 0; i < 3; i++) {
        accept_and_cut(1 + 130 * i);
        assert_int_equal(steps(&consumer, AFTER_US + 2 + i), 1 + 130 * i);
        check_booked(scene_accepted);
    }
    assert_int_equal(steps(&consumer, AFTER_US + 9), 0);
    assert_true(consumer.wait_ms > 0 && consumer.wait_ms <= 20);
    check_complete();
    consumer_stop(&consumer);

    /* One that starts only now does not wait either. */
    consumer_start(&consumer, "1");
    accept_and_cut(5);
    assert_int_equal(steps(&consumer, 1), 5);
    check_booked(scene_accepted);
    consumer_stop(&consumer);
}

static bool same(struct gb_bytes a, struct gb_bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static void check_same(const struct gb_record *a, const struct gb_record *b)
{
    assert_string_equal(a->topic, b->topic);
    assert_int_equal(a->partition, b->partition);
    assert_int_equal(a->offset, b->offset);
    assert_true(same(a->key, b->key));
    assert_true(same(a->value, b->value));
    assert_int_equal(a->headers_count, b->headers_count);
    for (size_t i = 0; i < a->headers_count; i++) {
        assert_string_equal(a->headers[i].name, b->headers[i].name);
        assert_true(same(a->headers[i].value, b->headers[i].value));
    }
}

static void the_records_are_those_that_kafka_would_bring(void **state)
{
    (void)state;
    static struct seen sent, fed;
    struct consumer consumer;
    seen_init(&sent);
    seen_init(&fed);
    consumer_start(&consumer, "1");
    consumer.fed = &fed;
    accept_and_cut(1);
    fixture_sql("UPDATE operation SET trace_id = gen_random_uuid(), span_id = 77, awaited = true,"
                " reference = NULL WHERE key = 't-0'");
    accept_and_cut(120);
    accept_and_cut(7);
    (void)steps(&consumer, 1);
    (void)steps(&consumer, AFTER_US + 1);
    send_all(&sent, 1);
    assert_int_equal(fed.count, sent.count);
    assert_int_equal(sent.count, 128);
    for (size_t i = 0; i < sent.count; i++)
        check_same(&fed.records[i], &sent.records[i]);
    consumer_stop(&consumer);
    gb_arena_free(sent.arena);
    gb_arena_free(fed.arena);
}

static void kafka_repeats_it_all_and_nothing_is_doubled(void **state)
{
    (void)state;
    static struct seen sent;
    struct consumer consumer;
    seen_init(&sent);
    consumer_start(&consumer, "1");
    accept_and_cut(10);
    take_all(&consumer);
    send_all(&sent, 1);
    /* Kafka brought some of a page when it went. */
    assert_int_equal(run(&consumer, sent.records, 4, true), GB_OK);
    accept_and_cut(120);
    (void)steps(&consumer, 1);
    (void)steps(&consumer, AFTER_US + 1);
    check_booked(130);
    check_complete();
    /* It is back, with all that it ever had, and what follows. */
    sent.count = 0;
    accept_and_cut(60);
    send_all(&sent, 1);
    for (size_t i = 0; i < sent.count; i += 7)
        assert_int_equal(
            run(&consumer, sent.records + i, sent.count - i < 7 ? sent.count - i : 7, true), GB_OK);
    check_booked(190);
    check_complete();
    assert_int_equal(steps(&consumer, AFTER_US + 2), 0);
    assert_int_equal(late(), 0); /* its last page was news */
    consumer_stop(&consumer);
    gb_arena_free(sent.arena);
}

static void old_pages_are_no_sign_of_kafka(void **state)
{
    (void)state;
    static struct seen sent;
    struct consumer consumer;
    int64_t now_us = 1;
    seen_init(&sent);
    consumer_start(&consumer, "1");
    accept_and_cut(40);
    (void)steps(&consumer, now_us);
    (void)steps(&consumer, now_us += AFTER_US);
    assert_int_equal(late(), PARTITIONS);
    /* Two renewals later what was complete then is old. */
    for (int i = 0; i < 2; i++) {
        fixture_sql("UPDATE late_partition SET claimed_at_us = claimed_at_us - 1500000");
        (void)steps(&consumer, now_us += 1500000);
    }
    take_all(&consumer);
    send_all(&sent, 1);
    assert_int_equal(run(&consumer, sent.records, sent.count, true), GB_OK);
    (void)steps(&consumer, ++now_us);
    assert_int_equal(late(), PARTITIONS);
    /* The newest is one, also when the table was faster; of its partitions only. */
    accept_and_cut(1);
    assert_int_equal(steps(&consumer, ++now_us), 1);
    sent.count = 0;
    send_all(&sent, scene_stream.source.last);
    assert_int_equal(sent.count, 1);
    assert_int_equal(run(&consumer, sent.records, 1, true), GB_OK);
    (void)steps(&consumer, ++now_us);
    assert_int_equal(late(), PARTITIONS - 1);
    /* It goes away again, and has its time again. */
    accept_and_cut(40);
    (void)steps(&consumer, ++now_us);
    assert_int_equal(late(), PARTITIONS - 1);
    (void)steps(&consumer, now_us += AFTER_US);
    assert_int_equal(late(), PARTITIONS);
    check_booked(81);
    check_complete();
    consumer_stop(&consumer);
    gb_arena_free(sent.arena);
}

/* Nothing comes that could show that Kafka is back: it is tried. */
static void at_rest_kafka_is_tried_again(void **state)
{
    (void)state;
    struct consumer consumer;
    int64_t now_us = 1;
    consumer_start(&consumer, "1");
    accept_and_cut(40);
    (void)steps(&consumer, now_us);
    (void)steps(&consumer, now_us += AFTER_US);
    (void)steps(&consumer, now_us += 3 * AFTER_US);
    assert_int_equal(late(), PARTITIONS); /* it is not there */
    consumer.delivers = true;
    (void)steps(&consumer, ++now_us);
    assert_int_equal(late(), 0);
    accept_and_cut(40);
    assert_int_equal(steps(&consumer, ++now_us), 0);
    assert_int_equal(steps(&consumer, now_us += AFTER_US), 40);
    check_booked(80);
    check_complete();
    consumer_stop(&consumer);
}

static void a_lost_record_is_read_from_the_table(void **state)
{
    (void)state;
    static struct seen sent, fed;
    struct consumer consumer;
    seen_init(&sent);
    seen_init(&fed);
    consumer_start(&consumer, "1");
    consumer.fed = &fed;
    take_all(&consumer);
    accept_and_cut(30);
    accept_and_cut(30);
    send_all(&sent, 1);
    size_t lost = 11;
    int32_t partition = sent.records[lost].partition;
    assert_int_equal(run(&consumer, sent.records, lost, true), GB_OK);
    assert_int_equal(run(&consumer, sent.records + lost + 1, sent.count - lost - 1, true), GB_OK);
    (void)steps(&consumer, 1);
    (void)steps(&consumer, AFTER_US + 1);
    assert_true(consumer.fed_count > 0);
    for (size_t i = 0; i < fed.count; i++)
        assert_int_equal(fed.records[i].partition, partition);
    assert_int_equal(late(), 0); /* but for that one Kafka delivers */
    check_booked(60);
    check_complete();
    consumer_stop(&consumer);
    gb_arena_free(sent.arena);
    gb_arena_free(fed.arena);
}

static void one_of_two_reads_and_the_other_when_it_is_gone(void **state)
{
    (void)state;
    struct consumer first, second;
    consumer_start(&first, "1");
    consumer_start(&second, "2");
    accept_and_cut(10);
    (void)steps(&first, 1);
    (void)steps(&second, 1);
    assert_int_equal(steps(&first, AFTER_US + 1), 10);
    accept_and_cut(10);
    assert_int_equal(steps(&second, AFTER_US + 1), 0);
    assert_int_equal(steps(&first, AFTER_US + 2), 10);
    /* The first is frozen: its claims get old. */
    accept_and_cut(10);
    fixture_sql("UPDATE late_partition SET claimed_at_us = claimed_at_us - 2100000");
    assert_int_equal(steps(&second, AFTER_US + 3), 10);
    assert_int_equal(fixture_int("SELECT count(*) FROM late_partition WHERE reader = '2'"),
                     PARTITIONS);
    /* It wakes, and leaves it to the other. */
    accept_and_cut(10);
    assert_int_equal(steps(&first, AFTER_US + 4), 0);
    assert_int_equal(steps(&second, AFTER_US + 5), 10);
    check_booked(40);
    check_complete();
    consumer_stop(&first);
    consumer_stop(&second);
}

/* The rows differ from what was cut: nothing of it is booked. */
static void a_page_that_is_not_as_it_was_cut_is_not_read(void **state)
{
    (void)state;
    struct consumer consumer;
    consumer_start(&consumer, "1");
    accept_and_cut(10);
    (void)steps(&consumer, 1);
    fixture_sql("UPDATE page SET records = records + 1");
    assert_int_equal(step(&consumer, AFTER_US + 1), GB_OK); /* writes down that it is late */
    assert_int_equal(step(&consumer, AFTER_US + 1), GB_RETRY);
    assert_string_equal(consumer.err.code, "PAGE_CHANGED");
    check_booked(0);
    fixture_sql("UPDATE page SET records = records - 1, counts[1] = counts[1] - 1,"
                " counts[2] = counts[2] + 1");
    assert_int_equal(step(&consumer, AFTER_US + 2), GB_RETRY);
    check_booked(0);
    consumer_stop(&consumer);
}

/* --- everybody at once --- */

struct racer {
    struct consumer consumer;
    struct seen *sent; /* NULL: reads the table */
    bool *over;
    int failures;
};

/* Whoever fails goes on as the lane does. */
static void recover(struct racer *racer)
{
    struct gb_err err;
    if (racer->consumer.err.result != GB_RETRY)
        abort();
    racer->failures++;
    if (gb_applier_recover(racer->consumer.applier, racer->consumer.pg, &err) != GB_OK)
        abort();
}

static void *read_on(void *argument)
{
    struct racer *racer = argument;
    while (!__atomic_load_n(racer->over, __ATOMIC_ACQUIRE)) {
        if (step(&racer->consumer, gb_clock_mono_us()) != GB_OK)
            recover(racer);
    }
    return NULL;
}

static void *deliver(void *argument)
{
    struct racer *racer = argument;
    for (size_t i = 0; i < racer->sent->count;) {
        size_t left = racer->sent->count - i, count = left < 13 ? left : 13;
        if (run(&racer->consumer, racer->sent->records + i, count, true) == GB_OK)
            i += count;
        else
            recover(racer);
    }
    return NULL;
}

static void all_ways_at_once_book_it_once(void **state)
{
    (void)state;
    static struct seen sent;
    static struct racer racers[3];
    pthread_t threads[3];
    bool over = false;
    seen_init(&sent);
    for (int i = 0; i < 20; i++)
        accept_and_cut(60);
    send_all(&sent, 1);
    for (int i = 0; i < 3; i++) {
        racers[i] = (struct racer){.over = &over};
        consumer_start(&racers[i].consumer,
                       "1"); /* both readers believe that the claim is theirs */
    }
    take_all(&racers[2].consumer);
    racers[2].sent = &sent;
    fixture_sql("INSERT INTO late_partition SELECT '" TOPIC "', n, 0, '1', 1,"
                " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
                " FROM generate_series(0, 3) n");
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i == 2 ? deliver : read_on, &racers[i]),
                         0);
    assert_int_equal(pthread_join(threads[2], NULL), 0);
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 2; i++) /* what is left, if anything */
        (void)steps(&racers[i].consumer, gb_clock_mono_us());
    print_message("read from the table: %zu and %zu of %zu, tried again: %d, %d, %d\n",
                  racers[0].consumer.fed_count, racers[1].consumer.fed_count, sent.count,
                  racers[0].failures, racers[1].failures, racers[2].failures);
    assert_true(racers[0].consumer.fed_count + racers[1].consumer.fed_count > 0);
    check_booked(1200);
    check_complete();
    for (int i = 0; i < 3; i++)
        consumer_stop(&racers[i].consumer);
    gb_arena_free(sent.arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_before_each, scene_after_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kafka_has_its_time_and_then_no_page_waits),
        TEST(the_records_are_those_that_kafka_would_bring),
        TEST(kafka_repeats_it_all_and_nothing_is_doubled),
        TEST(old_pages_are_no_sign_of_kafka),
        TEST(at_rest_kafka_is_tried_again),
        TEST(a_lost_record_is_read_from_the_table),
        TEST(one_of_two_reads_and_the_other_when_it_is_gone),
        TEST(a_page_that_is_not_as_it_was_cut_is_not_read),
        TEST(all_ways_at_once_book_it_once),
    };
    return cmocka_run_group_tests(tests, scene_setup, fixture_teardown);
}
