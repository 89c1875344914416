#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/money.h"

static void currency_takes_three_capitals(void **state)
{
    (void)state;
    struct gb_currency eur;
    assert_true(gb_currency_parse("EUR", &eur));
    assert_string_equal(eur.code, "EUR");
    static const char *const none[] = {"",    "E",   "EU",  "EURO", "eur",   "EuR",
                                       "EU1", "@UR", "[UR", "E R",  "EU\xc3"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_false(gb_currency_parse(none[i], &eur));
        assert_string_equal(eur.code, "EUR");
    }
}

static void currencies_compare(void **state)
{
    (void)state;
    struct gb_currency a, b, c;
    assert_true(gb_currency_parse("AAA", &a));
    assert_true(gb_currency_parse("AAA", &b));
    assert_true(gb_currency_parse("AAB", &c));
    assert_true(gb_currency_equal(a, b));
    assert_false(gb_currency_equal(a, c));
}

static void sums_stop_at_the_ends(void **state)
{
    (void)state;
    int64_t sum = 77;
    assert_true(gb_money_add(INT64_MAX - 1, 1, &sum));
    assert_true(sum == INT64_MAX);
    assert_false(gb_money_add(INT64_MAX, 1, &sum));
    assert_true(sum == INT64_MAX);
    assert_true(gb_money_subtract(INT64_MIN + 1, 1, &sum));
    assert_true(sum == INT64_MIN);
    assert_false(gb_money_subtract(INT64_MIN, 1, &sum));
    assert_true(sum == INT64_MIN);
    assert_true(gb_money_subtract(5, 7, &sum));
    assert_true(sum == -2);
}

static void amounts_have_bounds(void **state)
{
    (void)state;
    assert_false(gb_amount_valid(INT64_MIN));
    assert_false(gb_amount_valid(-1));
    assert_false(gb_amount_valid(0));
    assert_true(gb_amount_valid(1));
    assert_true(gb_amount_valid(GB_AMOUNT_MAX));
    assert_false(gb_amount_valid(GB_AMOUNT_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(currency_takes_three_capitals),
        cmocka_unit_test(currencies_compare),
        cmocka_unit_test(sums_stop_at_the_ends),
        cmocka_unit_test(amounts_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
