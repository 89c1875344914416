#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/consumer.h"
#include "bus/producer.h"
#include "mock.h"
#include "runtime/clock.h"

#define TAGS_MAX 20000

/* What became of each tag. */
struct reports {
    int delivered[TAGS_MAX];
    int failed[TAGS_MAX];
    int total;
    char last_code[48];
};

static void note(void *context, uint64_t tag, bool ok, const struct gb_err *err)
{
    struct reports *reports = context;
    assert_true(tag < TAGS_MAX);
    assert_true(ok == (err == NULL));
    if (ok)
        reports->delivered[tag]++;
    else
        reports->failed[tag]++;
    if (!ok)
        (void)snprintf(reports->last_code, sizeof(reports->last_code), "%s", err->code);
    reports->total++;
}

static struct reports *reports_new(void)
{
    struct reports *reports = calloc(1, sizeof(*reports));
    assert_non_null(reports);
    return reports;
}

static struct gb_producer *producer_new(const struct gb_config *config, struct reports *reports,
                                        int64_t timeout_ms, int32_t in_flight_max)
{
    const struct gb_producer_options options = {
        .config = config,
        .cluster = "dc1",
        .client_id = "test",
        .linger_ms = 1,
        .message_timeout_ms = timeout_ms,
        .in_flight_max = in_flight_max,
        .delivered = note,
        .context = reports,
    };
    struct gb_producer *producer;
    struct gb_err err;
    assert_int_equal(gb_producer_open(&options, &producer, &err), GB_OK);
    return producer;
}

static struct gb_record record_of(const char *topic, int32_t partition, const char *value)
{
    static const struct gb_header headers[] = {{"first", {"1", 1}}, {"second", {"two", 3}}};
    return (struct gb_record){
        .topic = topic,
        .partition = partition,
        .key = {"key", 3},
        .value = {value, strlen(value)},
        .headers = headers,
        .headers_count = 2,
    };
}

static void send_ok(struct gb_producer *producer, const char *topic, int32_t partition,
                    uint64_t tag)
{
    char value[24];
    struct gb_err err;
    (void)snprintf(value, sizeof(value), "%llu", (unsigned long long)tag);
    struct gb_record record = record_of(topic, partition, value);
    assert_int_equal(gb_producer_send(producer, &record, tag, &err), GB_OK);
}

static void wait_for(struct gb_producer *producer, const struct reports *reports, int total,
                     int64_t timeout_ms)
{
    int64_t deadline_us = gb_clock_mono_us() + timeout_ms * 1000;
    while (reports->total < total && gb_clock_mono_us() < deadline_us)
        (void)gb_producer_poll(producer, 20);
    assert_int_equal(reports->total, total);
    assert_int_equal(gb_producer_in_flight(producer), 0);
}

static bool is_in_order(void *context, const struct gb_record *record)
{
    int *next = context;
    char value[24];
    (void)snprintf(value, sizeof(value), "%d", *next);
    assert_int_equal(record->offset, *next);
    assert_int_equal(record->value.size, strlen(value));
    assert_memory_equal(record->value.data, value, record->value.size);
    assert_int_equal(record->headers_count, 2);
    assert_memory_equal(gb_record_header(record, "second").data, "two", 3);
    assert_memory_equal(record->key.data, "key", 3);
    assert_true(record->timestamp_ms > 0);
    (*next)++;
    return true;
}

/* All tags 0..count-1 delivered once, and on the topic in order. */
static void assert_all_delivered(const struct mock *mock, const struct reports *reports,
                                 const char *topic, int32_t partition, int count)
{
    struct gb_err err;
    int next = 0;
    for (int i = 0; i < count; i++) {
        assert_int_equal(reports->delivered[i], 1);
        assert_int_equal(reports->failed[i], 0);
    }
    const struct gb_topic_range range = {"dc1", topic, partition, -1, 10000};
    assert_int_equal(gb_topic_read(mock->config, &range, is_in_order, &next, &err), GB_OK);
    assert_int_equal(next, count);
}

static void records_arrive_in_order_with_headers(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct reports *reports = reports_new();
    mock_topic(&mock, "t", 4);
    struct gb_producer *producer = producer_new(mock.config, reports, 5000, 5000);
    for (uint64_t tag = 0; tag < 2000; tag++)
        send_ok(producer, "t", 3, tag);
    assert_int_equal(gb_producer_in_flight(producer), 2000);
    wait_for(producer, reports, 2000, 5000);
    assert_true(gb_producer_connected(producer));
    assert_false(gb_producer_broken(producer, NULL));
    gb_producer_close(producer);
    assert_all_delivered(&mock, reports, "t", 3, 2000);
    free(reports);
    mock_close(&mock);
}

static void errors_of_the_broker_are_retried_in_order(void **state)
{
    (void)state;
    struct mock mock = mock_open("retry.backoff.ms=10\n");
    struct reports *reports = reports_new();
    mock_topic(&mock, "t", 1);
    rd_kafka_mock_push_request_errors(
        mock.cluster, MOCK_PRODUCE, 4, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR__TRANSPORT,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    struct gb_producer *producer = producer_new(mock.config, reports, 8000, 5000);
    for (uint64_t tag = 0; tag < 300; tag++)
        send_ok(producer, "t", 0, tag);
    wait_for(producer, reports, 300, 8000);
    gb_producer_close(producer);
    size_t left = 99;
    assert_int_equal(rd_kafka_mock_broker_error_stack_cnt(mock.cluster, 1, MOCK_PRODUCE, &left), 0);
    assert_all_delivered(&mock, reports, "t", 0, 300);
    free(reports);
    mock_close(&mock);
}

/* Fills the producer up to its bound; the next record is refused. */
static void fill(struct gb_producer *producer, uint64_t *tag)
{
    struct gb_err err;
    char value[1000];
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    struct gb_record record = record_of("t", 0, value);
    enum gb_result result = GB_OK;
    while ((result = gb_producer_send(producer, &record, *tag, &err)) == GB_OK)
        (*tag)++;
    assert_int_equal(result, GB_RETRY);
    assert_string_equal(err.code, "IN_FLIGHT_MAX");
}

static void a_broker_that_is_away_costs_no_memory_and_no_cpu(void **state)
{
    (void)state;
    enum { IN_FLIGHT = 1000, ROUNDS = 8 };
    struct mock mock = mock_open("");
    struct reports *reports = reports_new();
    mock_topic(&mock, "t", 1);
    struct gb_producer *producer = producer_new(mock.config, reports, 300, IN_FLIGHT);
    int first = 0; /* the connection itself may take longer than a message has */
    while (reports->delivered[0] == 0 && first < 20) {
        send_ok(producer, "t", 0, 0);
        wait_for(producer, reports, ++first, 5000);
    }
    mock_down(&mock);
    uint64_t tag = 1;
    fill(producer, &tag);
    wait_for(producer, reports, first + IN_FLIGHT, 5000);
    int64_t before_bytes = mock_heap_bytes();
    int64_t before_us = mock_cpu_us();
    int64_t start_us = gb_clock_mono_us();
    for (int round = 1; round < ROUNDS; round++) {
        fill(producer, &tag);
        wait_for(producer, reports, first + (round + 1) * IN_FLIGHT, 5000);
    }
    int64_t cpu_us = mock_cpu_us() - before_us;
    int64_t wall_us = gb_clock_mono_us() - start_us;
    assert_true(wall_us > ROUNDS / 2 * 300000);
    assert_true(cpu_us < wall_us / 4);
    assert_true(mock_heap_bytes() - before_bytes <
                (256 << 10)); /* a round is 1 MB; seven were sent */
    assert_int_equal(reports->delivered[0], 1);
    for (int i = 1; i <= ROUNDS * IN_FLIGHT; i++)
        assert_int_equal(reports->failed[i], 1);
    assert_string_equal(reports->last_code, "_MSG_TIMED_OUT");
    assert_false(gb_producer_connected(producer));
    assert_false(gb_producer_broken(producer, NULL));
    gb_producer_close(producer);
    free(reports);
    mock_close(&mock);
}

static void a_broker_that_comes_back_gets_what_waited(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct reports *reports = reports_new();
    mock_topic(&mock, "t", 1);
    struct gb_producer *producer = producer_new(mock.config, reports, 15000, 1000);
    send_ok(producer, "t", 0, 0);
    wait_for(producer, reports, 1, 5000);
    mock_down(&mock);
    for (uint64_t tag = 1; tag < 100; tag++)
        send_ok(producer, "t", 0, tag);
    (void)gb_producer_poll(producer, 300);
    assert_int_equal(gb_producer_in_flight(producer), 99);
    mock_up(&mock);
    wait_for(producer, reports, 100, 10000);
    gb_producer_close(producer);
    assert_all_delivered(&mock, reports, "t", 0, 100);
    free(reports);
    mock_close(&mock);
}

static void a_missing_topic_or_partition_is_a_failed_delivery(void **state)
{
    (void)state;
    struct mock mock = mock_open("topic.metadata.propagation.max.ms=200\n");
    struct reports *reports = reports_new();
    mock_topic(&mock, "t", 2);
    rd_kafka_mock_topic_set_error(mock.cluster, "missing", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    struct gb_producer *producer = producer_new(mock.config, reports, 2000, 10);
    send_ok(producer, "missing", 0, 0);
    send_ok(producer, "t", 7, 1);
    wait_for(producer, reports, 2, 8000);
    /* Now librdkafka knows, and refuses at once: still a report, still bounded. */
    for (uint64_t tag = 2; tag < 12; tag++)
        send_ok(producer, tag % 2 == 0 ? "missing" : "t", 7, tag);
    struct gb_record record = record_of("missing", 0, "one too many");
    struct gb_err err;
    assert_int_equal(gb_producer_send(producer, &record, 12, &err), GB_RETRY);
    wait_for(producer, reports, 12, 8000);
    for (int i = 0; i < 12; i++)
        assert_int_equal(reports->failed[i], 1);
    assert_false(gb_producer_broken(producer, NULL));
    rd_kafka_mock_topic_set_error(mock.cluster, "missing", RD_KAFKA_RESP_ERR_NO_ERROR);
    send_ok(producer, "t", 1, 13);
    wait_for(producer, reports, 13, 5000);
    assert_int_equal(reports->delivered[13], 1);
    gb_producer_close(producer);
    free(reports);
    mock_close(&mock);
}

static void a_record_that_is_too_large_is_poison(void **state)
{
    (void)state;
    struct mock mock = mock_open("message.max.bytes=2000\n");
    struct reports *reports = reports_new();
    struct gb_err err;
    char value[4000];
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    mock_topic(&mock, "t", 1);
    struct gb_producer *producer = producer_new(mock.config, reports, 2000, 10);
    struct gb_record record = record_of("t", 0, value);
    assert_int_equal(gb_producer_send(producer, &record, 1, &err), GB_POISON);
    assert_string_equal(err.code, "MSG_SIZE_TOO_LARGE");
    assert_int_equal(gb_producer_in_flight(producer), 0);
    gb_producer_close(producer);
    free(reports);
    mock_close(&mock);
}

static void a_fatal_error_says_broken(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct reports *reports = reports_new();
    struct gb_err err = {.message = ""};
    mock_topic(&mock, "t", 1);
    rd_kafka_mock_push_request_errors(mock.cluster, MOCK_INIT_PRODUCER_ID, 1,
                                      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
    struct gb_producer *producer = producer_new(mock.config, reports, 2000, 10);
    int64_t deadline_us = gb_clock_mono_us() + 5000000;
    while (!gb_producer_broken(producer, &err) && gb_clock_mono_us() < deadline_us)
        (void)gb_producer_poll(producer, 20);
    assert_true(gb_producer_broken(producer, &err));
    assert_int_equal(err.result, GB_FATAL);
    struct gb_record record = record_of("t", 0, "x");
    assert_int_equal(gb_producer_send(producer, &record, 1, &err), GB_FATAL);
    gb_producer_close(producer);
    /* Opened anew it works. */
    producer = producer_new(mock.config, reports, 2000, 10);
    send_ok(producer, "t", 0, 2);
    wait_for(producer, reports, 1, 5000);
    assert_int_equal(reports->delivered[2], 1);
    gb_producer_close(producer);
    free(reports);
    mock_close(&mock);
}

static void settings_that_librdkafka_refuses_are_fatal(void **state)
{
    (void)state;
    static const char *const wrong[] = {"no.such.setting=1\n", "linger.ms=many\n",
                                        "sasl.mechanism=NONSENSE\nsecurity.protocol=SASL_SSL\n"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct gb_config *config = mock_config("127.0.0.1:1", wrong[i]);
        struct gb_err err;
        struct gb_producer *producer;
        const struct gb_producer_options options = {
            .config = config,
            .cluster = "dc1",
            .client_id = "test",
            .message_timeout_ms = 1000,
            .in_flight_max = 10,
            .delivered = note,
        };
        assert_int_equal(gb_producer_open(&options, &producer, &err), GB_FATAL);
        assert_string_equal(err.code, "KAFKA_SETTING");
        assert_null(producer);
        gb_config_free(config);
    }
}

static void a_cluster_without_brokers_in_the_settings_is_fatal(void **state)
{
    (void)state;
    struct gb_config *config = mock_config("127.0.0.1:1", "");
    struct gb_err err;
    struct gb_producer *producer;
    const struct gb_producer_options options = {
        .config = config,
        .cluster = "dc2",
        .client_id = "test",
        .message_timeout_ms = 1000,
        .in_flight_max = 10,
        .delivered = note,
    };
    assert_int_equal(gb_producer_open(&options, &producer, &err), GB_FATAL);
    assert_non_null(strstr(err.message, "[kafka.dc2]"));
    gb_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_arrive_in_order_with_headers),
        cmocka_unit_test(errors_of_the_broker_are_retried_in_order),
        cmocka_unit_test(a_broker_that_is_away_costs_no_memory_and_no_cpu),
        cmocka_unit_test(a_broker_that_comes_back_gets_what_waited),
        cmocka_unit_test(a_missing_topic_or_partition_is_a_failed_delivery),
        cmocka_unit_test(a_record_that_is_too_large_is_poison),
        cmocka_unit_test(a_fatal_error_says_broken),
        cmocka_unit_test(settings_that_librdkafka_refuses_are_fatal),
        cmocka_unit_test(a_cluster_without_brokers_in_the_settings_is_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
