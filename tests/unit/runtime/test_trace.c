#include <string.h>

#include "runtime/trace.h"
#include "unit/runtime/cm.h"

static const char known[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

static void reads_and_writes(void **state)
{
    (void)state;
    struct gb_trace trace;
    char text[GB_TRACEPARENT_SIZE];
    assert_true(gb_trace_parse(known, &trace));
    assert_int_equal(trace.trace_id.bytes[0], 0x4b);
    assert_int_equal(trace.trace_id.bytes[15], 0x36);
    assert_true(trace.span_id == INT64_C(0x00f067aa0ba902b7));
    gb_trace_format(trace, text);
    assert_string_equal(text, known);
}

static void a_span_with_the_highest_bit_survives(void **state)
{
    (void)state;
    struct gb_trace trace;
    char text[GB_TRACEPARENT_SIZE];
    const char *given = "00-00000000000000000000000000000001-fffffffffffffffe-01";
    assert_true(gb_trace_parse(given, &trace));
    gb_trace_format(trace, text);
    assert_string_equal(text, given);
}

static void reads_later_versions(void **state)
{
    (void)state;
    struct gb_trace trace;
    assert_true(
        gb_trace_parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", &trace));
    assert_true(gb_trace_parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", &trace));
}

static void refuses(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bx-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
        "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gb_trace trace = {.span_id = 42};
        assert_false(gb_trace_parse(cases[i], &trace));
        assert_true(trace.span_id == 42);
    }
}

static void new_ones_are_valid_and_differ(void **state)
{
    (void)state;
    struct gb_trace one = gb_trace_new(), other = gb_trace_new(), back;
    char text[GB_TRACEPARENT_SIZE];
    assert_memory_not_equal(one.trace_id.bytes, other.trace_id.bytes, 16);
    assert_true(one.span_id != 0 && one.span_id != other.span_id);
    gb_trace_format(one, text);
    assert_true(gb_trace_parse(text, &back));
    assert_memory_equal(back.trace_id.bytes, one.trace_id.bytes, 16);
    assert_true(back.span_id == one.span_id);
}

static void a_child_keeps_the_trace(void **state)
{
    (void)state;
    struct gb_trace parent = gb_trace_new(), child = gb_trace_child(parent);
    assert_memory_equal(parent.trace_id.bytes, child.trace_id.bytes, 16);
    assert_true(child.span_id != parent.span_id && child.span_id != 0);
}

static void takes_a_trace_id(void **state)
{
    (void)state;
    struct gb_trace trace;
    assert_true(gb_trace_parse_id("4BF92F35-77b3-4da6-a3ce-929d0e0e4736", &trace));
    assert_int_equal(trace.trace_id.bytes[15], 0x36);
    assert_true(trace.span_id != 0);
    assert_true(gb_trace_parse_id("4bf92f3577b34da6a3ce929d0e0e4736", &trace));
    assert_false(gb_trace_parse_id("", &trace));
    assert_false(gb_trace_parse_id("4bf92f3577b34da6a3ce929d0e0e473", &trace));
    assert_false(gb_trace_parse_id("4bf92f3577b34da6a3ce929d0e0e47361", &trace));
    assert_false(gb_trace_parse_id("4bf92f3577b34da6a3ce929d0e0e473g", &trace));
    assert_false(gb_trace_parse_id("00000000000000000000000000000000", &trace));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(a_span_with_the_highest_bit_survives),
        cmocka_unit_test(reads_later_versions),
        cmocka_unit_test(refuses),
        cmocka_unit_test(new_ones_are_valid_and_differ),
        cmocka_unit_test(a_child_keeps_the_trace),
        cmocka_unit_test(takes_a_trace_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
