/* Pages under way: what counts as sent, and where a stream goes back to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/flights.h"

struct bench {
    struct gb_stream_source source;
    struct gb_stream_partition partitions[2];
    struct gb_flights *flights;
    struct gb_flight_part parts[GB_FLIGHTS_MAX][2];
    int failures;
    int64_t failed_page;
};

/* A stream with two partitions whose pages 1 .. 9 are stored. */
static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    bench->flights = calloc(1, sizeof(*bench->flights));
    for (int i = 0; i < GB_FLIGHTS_MAX; i++) {
        bench->flights->ring[i].parts = bench->parts[i];
        bench->flights->ring[i].parts_size = 2;
    }
    bench->source = (struct gb_stream_source){
        .partitions = bench->partitions, .partitions_count = 2, .last = 9, .next = 1};
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    free(bench->flights);
    free(bench);
    return 0;
}

static void failed(void *context, struct gb_stream_source *source, int64_t page)
{
    struct bench *bench = context;
    assert_ptr_equal(source, &bench->source);
    bench->failures++;
    bench->failed_page = page;
}

/* Hands over one record for each of the partitions given (0, 1 or both). Returns the first's tag.
 */
static uint64_t send(struct bench *bench, int64_t page, bool first, bool second, bool again)
{
    struct gb_flight *flight = gb_flights_begin(bench->flights, &bench->source, page, again);
    for (uint32_t target = 0; target < 2; target++) {
        if (target == 0 ? !first : !second)
            continue;
        gb_flight_add_part(flight, target);
        gb_flight_sent(flight, (uint32_t)flight->parts_count - 1);
    }
    if (!again)
        bench->source.next = page + 1;
    return gb_flights_tag(bench->flights, 0);
}

static void deliver(struct bench *bench, uint64_t tag, bool ok)
{
    uint32_t part;
    struct gb_flight *flight = gb_flights_find(bench->flights, tag, &part);
    if (flight != NULL)
        gb_flight_reported(flight, part, ok);
    gb_flights_settle(bench->flights, failed, bench);
}

static int64_t sent(const struct bench *bench, uint32_t target)
{
    return bench->partitions[target].sent;
}

static void test_partitions_move_on_alone(void **state)
{
    struct bench *bench = *state;
    uint64_t one = send(bench, 1, true, true, false);
    uint64_t two = send(bench, 2, false, true, false);
    uint64_t three = send(bench, 3, true, false, false);
    deliver(bench, one, true); /* partition 0 of page 1 */
    assert_int_equal(sent(bench, 0), 1);
    assert_int_equal(sent(bench, 1), 0);
    deliver(bench, three, true);
    assert_int_equal(sent(bench, 0), 3);
    deliver(bench, two, true); /* page 1 is missing there */
    assert_int_equal(sent(bench, 1), 0);
    assert_int_equal(gb_flights_complete(bench->flights, &bench->source), 0);
    deliver(bench, one + 1, true);
    assert_int_equal(sent(bench, 1), 2);
    assert_true(gb_flights_empty(bench->flights));
    assert_int_equal(gb_flights_complete(bench->flights, &bench->source), 3);
    assert_int_equal(bench->failures, 0);
}

static void test_failure_goes_back_and_later_pages_do_not_count(void **state)
{
    struct bench *bench = *state;
    uint64_t one = send(bench, 1, true, false, false);
    uint64_t two = send(bench, 2, true, false, false);
    uint64_t three = send(bench, 3, true, false, false);
    deliver(bench, one, true);
    deliver(bench, two, false);
    assert_int_equal(bench->failures, 1);
    assert_int_equal(bench->failed_page, 2);
    assert_int_equal(bench->source.next, 2);
    deliver(bench, three, true); /* arrived, behind a hole */
    assert_int_equal(sent(bench, 0), 1);
    assert_int_equal(gb_flights_complete(bench->flights, &bench->source), 1);
    deliver(bench, send(bench, 2, true, false, false), true);
    assert_int_equal(sent(bench, 0), 2);
    deliver(bench, two, true); /* a report of long ago is nobody's */
    assert_int_equal(sent(bench, 0), 2);
    assert_int_equal(bench->failures, 1);
}

static void test_sent_again_says_nothing_of_sent(void **state)
{
    struct bench *bench = *state;
    deliver(bench, send(bench, 1, true, false, false), true);
    deliver(bench, send(bench, 2, true, false, false), true);
    uint64_t again = send(bench, 1, true, false, true);
    deliver(bench, again, false);
    assert_int_equal(sent(bench, 0), 2);
    assert_int_equal(bench->source.next, 3);
    assert_int_equal(bench->partitions[0].again, 1); /* again from there */
    assert_int_equal(bench->partitions[1].again, 0);
}

static void test_lost_producer_loses_all(void **state)
{
    struct bench *bench = *state;
    uint64_t one = send(bench, 4, true, false, false);
    (void)send(bench, 5, true, true, false);
    (void)send(bench, 2, false, true, true);
    gb_flights_lose(bench->flights);
    assert_true(gb_flights_empty(bench->flights));
    assert_int_equal(bench->source.next, 4);
    assert_int_equal(bench->partitions[1].again, 2);
    deliver(bench, one, true);
    assert_int_equal(sent(bench, 0), 0);
}

static void test_bounded(void **state)
{
    struct bench *bench = *state;
    uint64_t first = send(bench, 1, true, false, false);
    for (int i = 1; i < GB_FLIGHTS_MAX; i++)
        (void)send(bench, 1 + i, true, false, false);
    assert_true(gb_flights_full(bench->flights));
    deliver(bench, first, true);
    assert_false(gb_flights_full(bench->flights));
    assert_int_equal(sent(bench, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_partitions_move_on_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failure_goes_back_and_later_pages_do_not_count, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_sent_again_says_nothing_of_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_producer_loses_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
