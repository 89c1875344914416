#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus/consumer.h"
#include "bus/topics.h"
#include "mock.h"
#include "runtime/clock.h"

static const struct gb_topic_want missing[] = {
    {.name = "missing", .partitions = 4, .replication = 1, .retention_ms = 1000}};

/* The mock cluster knows no admin requests: that they come back in time, and that what is not there
 * is told by the metadata, is what can be tested here; the rest is tested against the real broker.
 */
static void what_does_not_exist_has_no_partitions(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct gb_topic_state states[1];
    struct gb_err err;
    mock_topic(&mock, "other", 2);
    assert_int_equal(gb_topics_describe(mock.config,
                                        &(struct gb_topic_wants){"dc1", missing, 1, 5000}, states,
                                        &err),
                     GB_OK);
    assert_int_equal(states[0].partitions, 0);
    mock_close(&mock);
}

static void a_broker_that_does_not_answer_is_given_up_in_time(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct gb_topic_state states[1];
    struct gb_err err;
    bool created[1] = {true};
    mock_down(&mock);
    int64_t start_us = gb_clock_mono_us();
    assert_int_equal(gb_topics_describe(mock.config,
                                        &(struct gb_topic_wants){"dc1", missing, 1, 500}, states,
                                        &err),
                     GB_RETRY);
    assert_int_equal(gb_topics_create(mock.config, &(struct gb_topic_wants){"dc1", missing, 1, 500},
                                      created, &err),
                     GB_RETRY);
    assert_false(created[0]);
    assert_true(gb_clock_mono_us() - start_us < 5000000);
    mock_close(&mock);
}

static bool count(void *context, const struct gb_record *record)
{
    (void)record;
    (*(int *)context)++;
    return true;
}

static void reading_an_empty_or_missing_topic_ends(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct gb_err err;
    int records = 0;
    mock_topic(&mock, "empty", 1);
    assert_int_equal(gb_topic_read(mock.config,
                                   &(struct gb_topic_range){"dc1", "empty", 0, -1, 5000}, count,
                                   &records, &err),
                     GB_OK);
    assert_int_equal(gb_topic_read(mock.config,
                                   &(struct gb_topic_range){"dc1", "empty", 0, 1000, 5000}, count,
                                   &records, &err),
                     GB_OK);
    assert_int_not_equal(gb_topic_read(mock.config,
                                       &(struct gb_topic_range){"dc1", "empty", 5, -1, 1000}, count,
                                       &records, &err),
                         GB_OK);
    mock_down(&mock);
    assert_int_equal(gb_topic_read(mock.config,
                                   &(struct gb_topic_range){"dc1", "empty", 0, -1, 500}, count,
                                   &records, &err),
                     GB_RETRY);
    assert_int_equal(records, 0);
    mock_close(&mock);
}

static void nothing_asked_is_nothing_done(void **state)
{
    (void)state;
    struct mock mock = mock_open("");
    struct gb_err err;
    assert_int_equal(
        gb_topics_create(mock.config, &(struct gb_topic_wants){"dc1", NULL, 0, 100}, NULL, &err),
        GB_OK);
    mock_close(&mock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_exist_has_no_partitions),
        cmocka_unit_test(a_broker_that_does_not_answer_is_given_up_in_time),
        cmocka_unit_test(reading_an_empty_or_missing_topic_ends),
        cmocka_unit_test(nothing_asked_is_nothing_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
