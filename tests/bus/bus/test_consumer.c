#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/consumer.h"
#include "bus/producer.h"
#include "mock.h"
#include "runtime/clock.h"

#define PARTITIONS 4
#define JOIN_TIMEOUT_US 15000000 /* the mock cluster's group takes three seconds to form */

/* A member of the group and what it was told. */
struct member {
    struct gb_consumer *consumer;
    int64_t start[PARTITIONS]; /* given at each assignment */
    bool has[PARTITIONS];
    int assignments;
    int revocations;
    int to_fail; /* assignments that fail */
};

static enum gb_result take(void *context, struct gb_assignment *assignments, size_t count,
                           struct gb_err *err)
{
    struct member *member = context;
    member->assignments++;
    if (member->to_fail > 0) {
        member->to_fail--;
        return gb_err_set(err, GB_RETRY, "DATABASE_AWAY", "on purpose");
    }
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(assignments[i].topic, "t");
        assignments[i].next_offset = member->start[assignments[i].partition];
        member->has[assignments[i].partition] = true;
    }
    return GB_OK;
}

static void give(void *context, const struct gb_assignment *assignments, size_t count, bool lost)
{
    (void)lost;
    struct member *member = context;
    member->revocations++;
    for (size_t i = 0; i < count; i++)
        member->has[assignments[i].partition] = false;
}

static void member_open(struct member *member, const struct gb_config *config, const char *instance)
{
    static const char *const topics[] = {"t"};
    struct gb_err err;
    const struct gb_consumer_options options = {
        .config = config,
        .cluster = "dc1",
        .group = "group",
        .client_id = "test",
        .instance_id = instance,
        .session_timeout_ms = 6000,
        .topics = topics,
        .topics_count = 1,
        .assigned = take,
        .revoked = give,
        .context = member,
    };
    assert_int_equal(gb_consumer_open(&options, &member->consumer, &err), GB_OK);
}

static void ignore(void *context, uint64_t tag, bool ok, const struct gb_err *err)
{
    (void)tag;
    (void)err;
    assert_true(ok);
    (*(int *)context)++;
}

/* `count` records of so many bytes to each partition. */
static void produce_sized(const struct mock *mock, int count, size_t size)
{
    static const char value[1024];
    struct gb_err err;
    int delivered = 0;
    struct gb_producer *producer;
    const struct gb_producer_options options = {
        .config = mock->config,
        .cluster = "dc1",
        .client_id = "test",
        .linger_ms = 2,
        .message_timeout_ms = 10000,
        .in_flight_max = 100000,
        .delivered = ignore,
        .context = &delivered,
    };
    assert_int_equal(gb_producer_open(&options, &producer, &err), GB_OK);
    for (int i = 0; i < count * PARTITIONS; i++) {
        struct gb_record record = {
            .topic = "t", .partition = i % PARTITIONS, .key = {"k", 1}, .value = {value, size}};
        assert_int_equal(gb_producer_send(producer, &record, 0, &err), GB_OK);
    }
    int64_t deadline_us = gb_clock_mono_us() + 10000000;
    while (delivered < count * PARTITIONS && gb_clock_mono_us() < deadline_us)
        (void)gb_producer_poll(producer, 20);
    assert_int_equal(delivered, count * PARTITIONS);
    gb_producer_close(producer);
}

static void produce(const struct mock *mock, int count)
{
    produce_sized(mock, count, 4);
}

/* Polls once; failures that librdkafka mends are fine. */
static size_t poll_once(struct member *member, size_t max, int64_t timeout_ms,
                        const struct gb_record **ret_records)
{
    size_t count = 0;
    struct gb_err err;
    enum gb_result result =
        gb_consumer_poll(member->consumer, max, timeout_ms, ret_records, &count, &err);
    assert_true(result == GB_OK || result == GB_RETRY);
    assert_true(count <= max);
    return count;
}

/* Reads until every partition has come up to `end`; each must start where `next` says and have no
 * gap. */
static void read_up_to(struct member *member, int64_t next[PARTITIONS], int64_t end)
{
    int64_t deadline_us = gb_clock_mono_us() + JOIN_TIMEOUT_US;
    bool done = false;
    while (!done && gb_clock_mono_us() < deadline_us) {
        const struct gb_record *records;
        size_t count = poll_once(member, 1000, 100, &records);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(records[i].offset, next[records[i].partition]++);
        done = true;
        for (int p = 0; p < PARTITIONS; p++)
            done = done && next[p] >= end;
    }
    for (int p = 0; p < PARTITIONS; p++)
        assert_int_equal(next[p], end);
}

/* Reads on from `offset` there. A seek that librdkafka could not do in time (GB_RETRY: a busy
 * machine) joins anew instead and asks for all positions, so the caller's are kept up to date
 * before: either way nothing is skipped. */
static void seek(struct member *member, int64_t next[PARTITIONS], int32_t partition, int64_t offset)
{
    struct gb_err err;
    next[partition] = offset;
    for (int p = 0; p < PARTITIONS; p++)
        member->start[p] = next[p];
    enum gb_result result = gb_consumer_seek(member->consumer, "t", partition, offset, &err);
    assert_true(result == GB_OK || result == GB_RETRY);
}

/* Whoever takes records more slowly than they can be read finds some all the same whenever he asks:
 * librdkafka does not sleep the second that it would each time that its read-ahead is full. */
static void drains(const struct mock *mock, struct member *member, int64_t next[PARTITIONS],
                   int count)
{
    produce_sized(mock, count, 700);
    int64_t left = (int64_t)count * PARTITIONS;
    int idle = 0;
    while (left > 0 && idle < 12) {
        const struct gb_record *records;
        size_t found = poll_once(member, 1000, 100, &records);
        idle += found == 0;
        left -= (int64_t)found;
        for (size_t i = 0; i < found; i++)
            assert_int_equal(records[i].offset, next[records[i].partition]++);
        (void)usleep(30000);
    }
    print_message("%d polls in vain\n", idle);
    assert_int_equal(left, 0);
}

/* One long life of one member: joining takes three seconds, so the cases share it. */
static void positions_are_the_callers(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct member member = {.start = {-1, 10, 2999, 1000000}, .to_fail = 1};
    mock_topic(&mock, "t", PARTITIONS);
    produce(&mock, 3000);
    member_open(&member, mock.config, "group.1");

    /* From the beginning, from an offset, from the last; out of range starts at the beginning. The
     * first assignment failed and was made good by joining again. */
    int64_t next[PARTITIONS] = {0, 10, 2999, 0};
    read_up_to(&member, next, 3000);
    assert_true(member.assignments >= 2);
    assert_int_equal(gb_consumer_assigned(member.consumer), PARTITIONS);
    assert_true(gb_consumer_connected(member.consumer));

    /* Back in one partition while the read-ahead is full of later records. */
    for (int p = 0; p < PARTITIONS; p++)
        seek(&member, next, p, 0);
    const struct gb_record *records;
    size_t count = 0;
    for (int64_t deadline_us = gb_clock_mono_us() + 5000000;
         count == 0 && gb_clock_mono_us() < deadline_us;)
        count = poll_once(&member, 500, 100, &records);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(records[i].offset, next[records[i].partition]++);
    gb_consumer_release(member.consumer);
    for (int round = 0; round < 20; round++) {
        seek(&member, next, round % PARTITIONS, 5 * round);
        count = poll_once(&member, 50, 200, &records);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(records[i].offset, next[records[i].partition]++);
    }
    read_up_to(&member, next, 3000);

    /* Out and in again: positions are asked anew, nothing of the old assignment comes out. */
    for (int p = 0; p < PARTITIONS; p++)
        seek(&member, next, p, 0);
    for (int p = 0; p < PARTITIONS; p++)
        next[p] = member.start[p] = 1500 + p;
    int before = member.assignments;
    gb_consumer_rejoin(member.consumer);
    read_up_to(&member, next, 3000);
    assert_true(member.assignments > before);
    assert_true(member.revocations > 0);
    drains(&mock, &member, next, 5000);

    /* Closed while records are still coming. */
    for (int p = 0; p < PARTITIONS; p++)
        seek(&member, next, p, 0);
    count = 0;
    for (int64_t deadline_us = gb_clock_mono_us() + JOIN_TIMEOUT_US;
         count == 0 && gb_clock_mono_us() < deadline_us;)
        count = poll_once(&member, 1, 100, &records);
    assert_int_equal(count, 1);
    gb_consumer_close(member.consumer);
    mock_close(&mock);
}

static void poll_both(struct member *first, struct member *second,
                      bool (*until)(const struct member *, const struct member *))
{
    int64_t deadline_us = gb_clock_mono_us() + 2 * JOIN_TIMEOUT_US;
    while (!until(first, second) && gb_clock_mono_us() < deadline_us) {
        const struct gb_record *records;
        (void)poll_once(first, 100, 20, &records);
        if (second->consumer != NULL)
            (void)poll_once(second, 100, 20, &records);
    }
    assert_true(until(first, second));
}

static bool first_has_all(const struct member *first, const struct member *second)
{
    (void)second;
    return gb_consumer_assigned(first->consumer) == PARTITIONS;
}

static bool both_have_half(const struct member *first, const struct member *second)
{
    return gb_consumer_assigned(first->consumer) == 2 &&
           gb_consumer_assigned(second->consumer) == 2;
}

static void two_members_share_and_take_over(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct member first = {.start = {0}};
    struct member second = {.start = {0}};
    mock_topic(&mock, "t", PARTITIONS);
    member_open(&first, mock.config, NULL);
    poll_both(&first, &second, first_has_all);
    member_open(&second, mock.config, NULL);
    poll_both(&first, &second, both_have_half);
    for (int p = 0; p < PARTITIONS; p++)
        assert_true(first.has[p] != second.has[p]);
    gb_consumer_close(second.consumer);
    second.consumer = NULL;
    poll_both(&first, &second, first_has_all);
    gb_consumer_close(first.consumer);
    mock_close(&mock);
}

static void a_broker_that_is_away_costs_no_cpu_and_is_found_again(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct member member = {.start = {0}};
    const struct gb_record *records;
    int64_t next[PARTITIONS] = {0};
    mock_topic(&mock, "t", PARTITIONS);
    produce(&mock, 10);
    member_open(&member, mock.config, "group.1");
    read_up_to(&member, next, 10);
    mock_down(&mock);
    int64_t cpu_us = mock_cpu_us();
    int polls = 0;
    int64_t start_us = gb_clock_mono_us();
    for (; gb_clock_mono_us() - start_us < 2000000; polls++)
        assert_int_equal(poll_once(&member, 100, 100, &records), 0);
    assert_true(polls < 60);
    assert_true(mock_cpu_us() - cpu_us < 500000);
    assert_false(gb_consumer_connected(member.consumer));
    mock_up(&mock);
    produce(&mock, 10);
    for (int p = 0; p < PARTITIONS; p++)
        member.start[p] = next[p]; /* if it has to join anew */
    int64_t deadline_us = gb_clock_mono_us() + JOIN_TIMEOUT_US;
    int64_t more = 0;
    while (more < 10 * PARTITIONS && gb_clock_mono_us() < deadline_us)
        more += (int64_t)poll_once(&member, 100, 100, &records);
    assert_int_equal(more, 10 * PARTITIONS);
    /* Closing does not wait for a broker that is away. */
    mock_down(&mock);
    start_us = gb_clock_mono_us();
    gb_consumer_close(member.consumer);
    assert_true(gb_clock_mono_us() - start_us < 6000000);
    mock_close(&mock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_the_callers),
        cmocka_unit_test(two_members_share_and_take_over),
        cmocka_unit_test(a_broker_that_is_away_costs_no_cpu_and_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
