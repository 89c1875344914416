#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/stream.h"

static struct gb_stream_mark mark(int64_t page, int64_t previous, int32_t index, int32_t count)
{
    return (struct gb_stream_mark){.page = page,
                                   .previous = previous,
                                   .index = index,
                                   .count = count,
                                   .incarnation = 1,
                                   .cut_at_us = page * 100};
}

static bool apply(struct gb_stream_progress *progress, struct gb_stream_mark m)
{
    return gb_stream_progress_apply(progress, &m);
}

static void impossible_marks_are_seen(void **state)
{
    (void)state;
    struct gb_stream_mark good = mark(5, 4, 1, 2);
    struct gb_stream_mark bad[] = {good, good, good, good, good, good, good, good};
    assert_true(gb_stream_mark_valid(&good));
    bad[0].page = 0;
    bad[1].previous = -1;
    bad[2].previous = 5;
    bad[3].count = 0;
    bad[4].index = -1;
    bad[5].index = 2;
    bad[6].incarnation = 0;
    bad[7].cut_at_us = -1;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gb_stream_progress progress = {.incarnation = 1, .complete = 4};
        struct gb_stream_progress before = progress;
        assert_false(gb_stream_mark_valid(&bad[i]));
        assert_false(apply(&progress, bad[i]));
        assert_memory_equal(&progress, &before, sizeof(before));
    }
}

static void pages_complete_in_order(void **state)
{
    (void)state;
    struct gb_stream_progress progress = {0};
    assert_true(apply(&progress, mark(2, 0, 0, 1)));
    assert_int_equal(progress.complete, 2);
    assert_int_equal(progress.complete_cut_at_us, 200);
    assert_false(apply(&progress, mark(5, 2, 0, 3)));
    assert_false(apply(&progress, mark(5, 2, 1, 3)));
    assert_int_equal(progress.next_index, 2);
    assert_true(apply(&progress, mark(5, 2, 2, 3)));
    assert_int_equal(progress.complete, 5);
    assert_int_equal(progress.page, 0);
}

static void repeats_change_nothing(void **state)
{
    (void)state;
    struct gb_stream_progress progress = {0};
    assert_true(apply(&progress, mark(2, 0, 0, 1)));
    assert_false(apply(&progress, mark(2, 0, 0, 1)));
    assert_false(apply(&progress, mark(1, 0, 0, 1)));
    assert_false(apply(&progress, mark(3, 2, 0, 3)));
    assert_false(apply(&progress, mark(3, 2, 1, 3)));
    assert_false(apply(&progress, mark(3, 2, 0, 3))); /* sent again from its start */
    assert_int_equal(progress.next_index, 2);
    assert_false(apply(&progress, mark(3, 2, 1, 3)));
    assert_int_equal(progress.next_index, 2);
    assert_true(apply(&progress, mark(3, 2, 2, 3)));
}

static void a_hole_is_not_passed(void **state)
{
    (void)state;
    struct gb_stream_progress progress = {.incarnation = 1, .complete = 2};
    assert_false(apply(&progress, mark(4, 3, 0, 1)));
    assert_int_equal(progress.complete, 2);
    assert_false(apply(&progress, mark(3, 2, 0, 2)));
    assert_false(apply(&progress, mark(5, 4, 0, 1))); /* does not disturb the page in progress */
    assert_true(apply(&progress, mark(3, 2, 1, 2)));
    assert_true(apply(&progress, mark(4, 3, 0, 1)));
}

static void a_missing_record_stops_the_page(void **state)
{
    (void)state;
    struct gb_stream_progress progress = {.incarnation = 1, .complete = 2};
    assert_false(apply(&progress, mark(3, 2, 1, 3)));
    assert_false(apply(&progress, mark(3, 2, 0, 3)));
    assert_false(apply(&progress, mark(3, 2, 2, 3)));
    assert_int_equal(progress.complete, 2);
    assert_false(apply(&progress, mark(3, 2, 1, 3)));
    assert_true(apply(&progress, mark(3, 2, 2, 3)));
}

static void another_page_starts_over(void **state)
{
    (void)state;
    struct gb_stream_progress progress = {.incarnation = 1, .complete = 2};
    assert_false(apply(&progress, mark(3, 2, 0, 3)));
    /* The same number with other content, each of its signs alone. */
    assert_false(apply(&progress, mark(3, 1, 1, 3)));
    assert_false(apply(&progress, mark(3, 2, 1, 2)));
    assert_int_equal(progress.next_index, 1);
    assert_false(apply(&progress, mark(3, 1, 0, 3)));
    assert_int_equal(progress.previous, 1);
    assert_false(apply(&progress, mark(3, 1, 0, 2)));
    assert_int_equal(progress.count, 2);
    assert_int_equal(progress.next_index, 1);
    assert_true(apply(&progress, mark(3, 1, 1, 2)));
    /* A merged page: its previous is one that was complete long before. */
    assert_true(apply(&progress, mark(9, 2, 0, 1)));
    assert_int_equal(progress.complete, 9);
}

static void incarnations_replace_each_other(void **state)
{
    (void)state;
    struct gb_stream_progress progress = {0};
    struct gb_stream_mark later = mark(1, 0, 0, 1);
    assert_true(apply(&progress, mark(7, 0, 0, 1)));
    assert_false(apply(&progress, mark(8, 7, 0, 2)));
    later.incarnation = 2;
    assert_true(apply(&progress, later));
    assert_int_equal(progress.incarnation, 2);
    assert_int_equal(progress.complete, 1);
    assert_false(apply(&progress, mark(8, 7, 1, 2)));
    assert_int_equal(progress.complete, 1);
    later.incarnation = 3;
    later.page = 6;
    later.previous = 5;
    assert_false(apply(&progress, later)); /* a hole, but nothing of the old counts any more */
    assert_int_equal(progress.complete, 0);
}

static const struct gb_stream_limits LIMITS = {
    .silent_after_us = 10000, .resend_after_us = 1000, .resend_backoff_us_max = 5000};

static struct gb_stream_reader standing_still(void)
{
    return (struct gb_stream_reader){
        .sent = 9, .acknowledged = 8, .heard_at_us = 100000, .moved_at_us = 100000};
}

static void what_is_missing_is_seen(void **state)
{
    (void)state;
    const struct gb_stream_progress at_5 = {.incarnation = 2, .complete = 5, .page = 7, .count = 3};
    struct gb_stream_mark mark = {.page = 8, .previous = 6, .count = 1, .incarnation = 2};
    assert_true(gb_stream_progress_misses(&at_5, &mark));
    mark.previous = 5;
    assert_false(gb_stream_progress_misses(&at_5, &mark));
    mark.previous = 3; /* pages were forgotten at the source */
    assert_false(gb_stream_progress_misses(&at_5, &mark));
    mark.page = 5; /* a repeat misses nothing, */
    mark.previous = 4;
    assert_false(gb_stream_progress_misses(&at_5, &mark));
    mark.incarnation = 1; /* nor does what is over, */
    mark.page = 9;
    mark.previous = 8;
    assert_false(gb_stream_progress_misses(&at_5, &mark));
    mark.incarnation = 3; /* and a new one begins with nothing. */
    mark.previous = 4;
    assert_true(gb_stream_progress_misses(&at_5, &mark));
    mark.previous = 0;
    assert_false(gb_stream_progress_misses(&at_5, &mark));
    mark.count = 0;
    mark.previous = 8;
    assert_false(gb_stream_progress_misses(&at_5, &mark));
}

static void what_was_applied_is_known(void **state)
{
    (void)state;
    struct gb_stream_progress progress = {
        .incarnation = 1, .complete = 5, .complete_cut_at_us = 500, .page = 6, .next_index = 1};
    struct gb_stream_mark known = mark(5, 4, 0, 1);
    assert_true(gb_stream_progress_has(&progress, &known));
    known = mark(2, 0, 3, 9);
    assert_true(gb_stream_progress_has(&progress, &known));
    known = mark(6, 5, 0, 2); /* one of a page that is not complete may be */
    known.cut_at_us = 500;
    assert_false(gb_stream_progress_has(&progress, &known));
    known = mark(4, 3, 0, 1);
    known.cut_at_us = 501; /* another page of that number */
    assert_false(gb_stream_progress_has(&progress, &known));
    known = mark(4, 3, 0, 1);
    known.incarnation = 2;
    assert_false(gb_stream_progress_has(&progress, &known));
    known = mark(4, 3, 1, 1);
    assert_false(gb_stream_progress_has(&progress, &known));
}

static void only_a_reader_that_stands_still_is_sent_to_again(void **state)
{
    (void)state;
    struct gb_stream_reader reader = standing_still();
    assert_false(gb_stream_reader_goes_back(&reader, &LIMITS, 101000));
    assert_true(gb_stream_reader_goes_back(&reader, &LIMITS, 101001));
    reader.acknowledged = 9;
    assert_false(gb_stream_reader_goes_back(&reader, &LIMITS, 101001));
    reader.acknowledged = 10;
    assert_false(gb_stream_reader_goes_back(&reader, &LIMITS, 101001));
}

static void a_silent_reader_is_sent_nothing_twice(void **state)
{
    (void)state;
    struct gb_stream_reader reader = standing_still();
    assert_true(gb_stream_reader_goes_back(&reader, &LIMITS, 110000));
    assert_false(gb_stream_reader_goes_back(&reader, &LIMITS, 110001));
    reader.heard_at_us = 0;
    assert_false(gb_stream_reader_goes_back(&reader, &LIMITS, 5000));
}

static void going_back_waits_longer_each_time(void **state)
{
    (void)state;
    static const int64_t waits_us[] = {1000, 2000, 4000, 5000, 5000};
    for (int32_t resends = 0; resends < 5; resends++) {
        struct gb_stream_reader reader = standing_still();
        reader.resends = resends;
        assert_false(gb_stream_reader_goes_back(&reader, &LIMITS, 100000 + waits_us[resends]));
        assert_true(gb_stream_reader_goes_back(&reader, &LIMITS, 100001 + waits_us[resends]));
    }
    struct gb_stream_reader reader = standing_still();
    reader.resends = INT32_MAX;
    assert_true(gb_stream_reader_goes_back(&reader, &LIMITS, 105001));
}

static void a_clock_set_back_does_not_stop_it(void **state)
{
    (void)state;
    struct gb_stream_reader reader = standing_still();
    assert_false(gb_stream_reader_goes_back(&reader, &LIMITS, 99000));
    assert_true(gb_stream_reader_goes_back(&reader, &LIMITS, 98999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impossible_marks_are_seen),
        cmocka_unit_test(pages_complete_in_order),
        cmocka_unit_test(repeats_change_nothing),
        cmocka_unit_test(a_hole_is_not_passed),
        cmocka_unit_test(a_missing_record_stops_the_page),
        cmocka_unit_test(another_page_starts_over),
        cmocka_unit_test(incarnations_replace_each_other),
        cmocka_unit_test(what_is_missing_is_seen),
        cmocka_unit_test(what_was_applied_is_known),
        cmocka_unit_test(only_a_reader_that_stands_still_is_sent_to_again),
        cmocka_unit_test(a_silent_reader_is_sent_nothing_twice),
        cmocka_unit_test(going_back_waits_longer_each_time),
        cmocka_unit_test(a_clock_set_back_does_not_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
