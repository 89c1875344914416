#include <time.h>

#include "runtime/clock.h"
#include "runtime/deadline.h"
#include "unit/runtime/cm.h"

static void writes_known_moments(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {951782400000000, "2000-02-29T00:00:00.000000Z"},
        {1795397935123456, "2026-11-23T01:38:55.123456Z"},
        {253402300799999999, "9999-12-31T23:59:59.999999Z"},
        {-30610224000000000, "1000-01-01T00:00:00.000000Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[GB_CLOCK_TEXT_SIZE];
        int64_t back = 7;
        gb_clock_format(cases[i].us, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(gb_clock_parse(text, &back), GB_OK);
        assert_true(back == cases[i].us);
    }
}

static void writes_the_ends_of_the_range(void **state)
{
    (void)state;
    char text[GB_CLOCK_TEXT_SIZE];
    gb_clock_format(INT64_MAX, text);
    assert_string_equal(text, "294247-01-10T04:00:54.775807Z");
    gb_clock_format(INT64_MIN, text);
    assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
}

static void reads_every_day_as_timegm_does(void **state)
{
    (void)state;
    for (time_t day = -2000000000; day < 6000000000; day += 86400 + 3607) {
        char text[GB_CLOCK_TEXT_SIZE];
        int64_t back = 7;
        gb_clock_format((int64_t)day * 1000000, text);
        assert_int_equal(gb_clock_parse(text, &back), GB_OK);
        assert_true(back == (int64_t)day * 1000000);
    }
}

static void reads_short_fractions(void **state)
{
    (void)state;
    int64_t us = 0;
    assert_int_equal(gb_clock_parse("1970-01-01T00:00:01Z", &us), GB_OK);
    assert_true(us == 1000000);
    assert_int_equal(gb_clock_parse("1970-01-01T00:00:00.5Z", &us), GB_OK);
    assert_true(us == 500000);
    assert_int_equal(gb_clock_parse("1970-01-01T00:00:00.000012Z", &us), GB_OK);
    assert_true(us == 12);
}

static void refuses_what_is_no_moment(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2026-11-23",
        "2026-11-23T01:38:55",
        "2026-11-23T01:38:55+00:00",
        "2026-11-23t01:38:55Z",
        "2026-11-23 01:38:55Z",
        "2026-11-23T01:38:55.Z",
        "2026-11-23T01:38:55.1234567Z",
        "2026-11-23T01:38:55.123456Zx",
        "2026-00-23T01:38:55Z",
        "2026-13-23T01:38:55Z",
        "2026-11-00T01:38:55Z",
        "2026-11-31T01:38:55Z",
        "2026-02-29T01:38:55Z",
        "2100-02-29T01:38:55Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T01:60:00Z",
        "2026-11-23T01:38:60Z",
        "-026-11-23T01:38:55Z",
        " 2026-11-23T01:38:55Z",
        "2026-1a-23T01:38:55Z",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t us = 42;
        assert_int_equal(gb_clock_parse(cases[i], &us), GB_POISON);
        assert_true(us == 42);
    }
}

static void clocks_go_on(void **state)
{
    (void)state;
    int64_t mono_us = gb_clock_mono_us();
    assert_true(gb_clock_mono_us() >= mono_us);
    assert_true(gb_clock_wall_us() > 1700000000000000);
}

static void backoff_stays_in_its_range_and_uses_all_of_it(void **state)
{
    (void)state;
    static const struct {
        unsigned attempt;
        int64_t base_ms, cap_ms, most_ms;
    } cases[] = {
        {0, 10, 1000, 10}, {1, 10, 1000, 20},       {3, 10, 1000, 80}, {20, 10, 1000, 1000},
        {0, 50, 20, 20},   {4000000000, 1, 30, 30}, {3, 0, 1000, 0},   {3, 10, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t lowest = INT64_MAX, highest = 0;
        for (int round = 0; round < 2000; round++) {
            int64_t ms = gb_backoff_ms(cases[i].attempt, cases[i].base_ms, cases[i].cap_ms);
            assert_true(ms >= 0 && ms <= cases[i].most_ms);
            lowest = ms < lowest ? ms : lowest;
            highest = ms > highest ? ms : highest;
        }
        assert_true(lowest <= cases[i].most_ms / 10);
        assert_true(highest >= cases[i].most_ms * 9 / 10);
    }
    assert_true(gb_backoff_ms(63, INT64_MAX, INT64_MAX) >= 0);
}

static void deadlines_are_ahead_and_bounded(void **state)
{
    (void)state;
    int64_t now_us = gb_clock_mono_us();
    struct timespec soon = gb_deadline_after_ms(1500), past = gb_deadline_after_ms(-5);
    struct timespec never = gb_deadline_after_ms(INT64_MAX);
    int64_t soon_us = soon.tv_sec * INT64_C(1000000) + soon.tv_nsec / 1000;
    int64_t past_us = past.tv_sec * INT64_C(1000000) + past.tv_nsec / 1000;
    assert_true(soon_us - now_us >= 1500000 && soon_us - now_us < 3000000);
    assert_true(past_us - now_us >= 0 && past_us - now_us < 1500000);
    assert_true(never.tv_sec > soon.tv_sec + 3000000000 && never.tv_nsec < 1000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_known_moments),
        cmocka_unit_test(writes_the_ends_of_the_range),
        cmocka_unit_test(reads_every_day_as_timegm_does),
        cmocka_unit_test(reads_short_fractions),
        cmocka_unit_test(refuses_what_is_no_moment),
        cmocka_unit_test(clocks_go_on),
        cmocka_unit_test(backoff_stays_in_its_range_and_uses_all_of_it),
        cmocka_unit_test(deadlines_are_ahead_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
