#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/supply.h"

#define AFTER_US 2000

static bool look(struct gb_supply *supply, int64_t cut, int64_t complete, int64_t now_us)
{
    return gb_supply_look(supply, cut, (struct gb_stream_reached){.page = complete}, now_us,
                          AFTER_US);
}

static void who_stands_still_behind_is_late(void **state)
{
    (void)state;
    struct gb_supply supply = {0};
    assert_false(look(&supply, 5, 5, 100));
    assert_false(look(&supply, 5, 5, 100000));
    assert_false(look(&supply, 6, 5, 100001)); /* since now */
    assert_false(look(&supply, 9, 5, 102000));
    assert_true(look(&supply, 9, 5, 102001));
    assert_true(look(&supply, 9, 5, 202001));
}

static void who_moves_or_has_all_is_not(void **state)
{
    (void)state;
    struct gb_supply supply = {0};
    for (int64_t page = 1; page < 100; page++)
        assert_false(look(&supply, 1000, page, page * (AFTER_US - 1)));
    assert_int_equal(supply.still_since_us, INT64_C(99) * (AFTER_US - 1));
    assert_false(look(&supply, 1000, 1000, 999999));
    assert_int_equal(supply.still_since_us, 0);
    /* Behind again: the time in between does not count. */
    assert_false(look(&supply, 1001, 1000, 9999999));
}

static void who_moves_within_a_page_is_not(void **state)
{
    (void)state;
    struct gb_supply supply = {0};
    int64_t now_us = 100;
    for (int32_t records = 0; records < 10; records++, now_us += AFTER_US - 1)
        assert_false(
            gb_supply_look(&supply, 9, (struct gb_stream_reached){5, records}, now_us, AFTER_US));
    now_us -= AFTER_US - 1;
    assert_false(gb_supply_look(&supply, 9, (struct gb_stream_reached){5, 4}, now_us + AFTER_US - 1,
                                AFTER_US));
    assert_true(
        gb_supply_look(&supply, 9, (struct gb_stream_reached){5, 4}, now_us + AFTER_US, AFTER_US));
}

static void who_has_nothing_to_read_rests(void **state)
{
    (void)state;
    struct gb_supply supply = {0};
    assert_false(gb_supply_rests(&supply, 999999, AFTER_US));
    (void)look(&supply, 5, 5, 100);
    (void)look(&supply, 5, 5, 200);
    assert_false(gb_supply_rests(&supply, 4099, AFTER_US));
    assert_true(gb_supply_rests(&supply, 4100, AFTER_US));
    (void)look(&supply, 6, 5, 4101);
    assert_false(gb_supply_rests(&supply, 999999, AFTER_US));
    (void)look(&supply, 6, 6, 4102);
    assert_false(gb_supply_rests(&supply, 8101, AFTER_US));
    assert_true(gb_supply_rests(&supply, 8102, AFTER_US));
}

static void a_claim_is_renewed_in_time_and_taken_when_it_is_over(void **state)
{
    (void)state;
    assert_int_equal(gb_claim_judge(true, 0, AFTER_US), GB_CLAIM_KEEP);
    assert_int_equal(gb_claim_judge(true, 1000, AFTER_US), GB_CLAIM_KEEP);
    assert_int_equal(gb_claim_judge(true, 1001, AFTER_US), GB_CLAIM_TAKE);
    assert_int_equal(gb_claim_judge(false, 1001, AFTER_US), GB_CLAIM_LEAVE);
    assert_int_equal(gb_claim_judge(false, 2000, AFTER_US), GB_CLAIM_LEAVE);
    assert_int_equal(gb_claim_judge(false, 2001, AFTER_US), GB_CLAIM_TAKE);
    assert_int_equal(gb_claim_judge(false, -1, AFTER_US), GB_CLAIM_LEAVE);
    assert_int_equal(gb_claim_judge(false, -2001, AFTER_US), GB_CLAIM_TAKE);
    assert_int_equal(gb_claim_judge(true, -1, AFTER_US), GB_CLAIM_KEEP);
    assert_int_equal(gb_claim_judge(true, -2001, AFTER_US), GB_CLAIM_TAKE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_stands_still_behind_is_late),
        cmocka_unit_test(who_moves_or_has_all_is_not),
        cmocka_unit_test(who_moves_within_a_page_is_not),
        cmocka_unit_test(who_has_nothing_to_read_rests),
        cmocka_unit_test(a_claim_is_renewed_in_time_and_taken_when_it_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
