#include <signal.h>
#include <string.h>

#include "runtime/result.h"
#include "unit/runtime/child.h"
#include "unit/runtime/cm.h"

static void fills_and_returns(void **state)
{
    (void)state;
    struct gb_err err = {.outcome_unknown = true};
    assert_int_equal(gb_err_set(&err, GB_RETRY, "08006", "%s is away, try %d", "db", 3), GB_RETRY);
    assert_int_equal(err.result, GB_RETRY);
    assert_false(err.outcome_unknown);
    assert_string_equal(err.code, "08006");
    assert_string_equal(err.message, "db is away, try 3");
}

static void takes_no_error(void **state)
{
    (void)state;
    assert_int_equal(gb_err_set(NULL, GB_FATAL, "X", "%d", 1), GB_FATAL);
}

static void may_wrap_itself(void **state)
{
    (void)state;
    struct gb_err err;
    gb_err_set(&err, GB_POISON, "INNER", "inner");
    gb_err_set(&err, GB_FATAL, err.code, "outer: %s", err.message);
    assert_string_equal(err.message, "outer: inner");
    assert_string_equal(err.code, "INNER");
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    struct gb_err err;
    char long_text[2000];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    gb_err_set(&err, GB_POISON, long_text, "%s", long_text);
    assert_int_equal(strlen(err.code), sizeof(err.code) - 1);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(gb_result_name(GB_OK), "GB_OK");
    assert_string_equal(gb_result_name(GB_RETRY), "GB_RETRY");
    assert_string_equal(gb_result_name(GB_POISON), "GB_POISON");
    assert_string_equal(gb_result_name(GB_FATAL), "GB_FATAL");
    assert_string_equal(gb_result_name((enum gb_result)77), "GB_UNKNOWN");
}

static int break_a_check(void *context)
{
    const int *number = context;
    GB_CHECK(*number == 1);
    return 0;
}

static void a_check_aborts_and_says_where(void **state)
{
    (void)state;
    static struct child child;
    int number = 2;
    child_run(&child, break_a_check, &number);
    assert_int_equal(child.signal, SIGABRT);
    assert_non_null(strstr(child.stderr_text, "test_result.c:"));
    assert_non_null(strstr(child.stderr_text, "*number == 1"));
    number = 1;
    child_run(&child, break_a_check, &number);
    assert_int_equal(child.code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_and_returns),
        cmocka_unit_test(takes_no_error),
        cmocka_unit_test(may_wrap_itself),
        cmocka_unit_test(cuts_what_is_too_long),
        cmocka_unit_test(names),
        cmocka_unit_test(a_check_aborts_and_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
