/* Problems as JSON text: escapes, broken UTF-8, what may be left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/problem.h"

static struct gb_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = gb_arena_new(64 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gb_arena_free(arena);
    return 0;
}

static void test_quote(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\t\x01\x1f\x7f", "\"\\u000a\\u0009\\u0001\\u001f\\u007f\""},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xff", "\"\xef\xbf\xbd\""},                 /* never a first byte */
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* over-long */
        {"\xe0\x80\x80x", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* surrogate */
        {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* ends too early */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(gb_json_quote(cases[i].from, arena), cases[i].to);
}

static void test_everything(void **state)
{
    (void)state;
    struct gb_problem problem = {
        .status = 422,
        .code = "IDEMPOTENCY_MISMATCH",
        .title = "Same key, other content",
        .detail = "amount is \"5\"",
        .instance = "/v1/operations/k",
        .field = "amount",
    };
    struct gb_bytes text = gb_problem_write(&problem, arena);
    assert_string_equal(
        text.data,
        "{\"type\":\"urn:geobill:problem:IDEMPOTENCY_MISMATCH\",\"title\":\"Same key, other "
        "content\",\"status\":422,\"detail\":\"amount is \\\"5\\\"\",\"instance\":"
        "\"/v1/operations/k\",\"code\":\"IDEMPOTENCY_MISMATCH\",\"retryable\":false,"
        "\"field\":\"amount\"}");
    assert_int_equal(text.size, strlen(text.data));
}

static void test_as_little_as_possible(void **state)
{
    (void)state;
    struct gb_problem problem = {
        .status = 503, .code = "INTAKE_FULL", .title = "Full", .retryable = true};
    assert_string_equal(
        gb_problem_write(&problem, arena).data,
        "{\"type\":\"urn:geobill:problem:INTAKE_FULL\",\"title\":\"Full\",\"status\":503,"
        "\"code\":\"INTAKE_FULL\",\"retryable\":true}");
}

static void test_a_full_arena_gives_nothing(void **state)
{
    (void)state;
    struct gb_problem problem = {.status = 503, .code = "C", .title = "T", .detail = "D"};
    for (size_t room = 0; room < 400; room += 16) {
        struct gb_arena *small = gb_arena_new(room);
        struct gb_bytes text = gb_problem_write(&problem, small);
        assert_true(text.data == NULL ? text.size == 0 : text.size == strlen(text.data));
        if (room == 0)
            assert_null(text.data);
        gb_arena_free(small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quote, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_as_little_as_possible, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_arena_gives_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
