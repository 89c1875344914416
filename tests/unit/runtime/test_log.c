#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "runtime/log.h"
#include "unit/runtime/child.h"
#include "unit/runtime/cm.h"

static struct child child;

/* The lines that the child wrote, each of them checked to be JSON. The caller frees. */
static json_t *logged(int (*body)(void *context), void *context)
{
    child_run(&child, body, context);
    assert_int_equal(child.code, 0);
    json_t *lines = json_array();
    for (char *line = child.stderr_text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_error_t error;
        json_t *object = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, &error);
        if (object == NULL)
            fail_msg("not JSON: %s: %.*s", error.text, (int)(end - line), line);
        assert_true(end - line < PIPE_BUF);
        json_array_append_new(lines, object);
    }
    return lines;
}

static const char *text_of(const json_t *lines, size_t line, const char *name)
{
    return json_string_value(json_object_get(json_array_get(lines, line), name));
}

static int log_all_kinds(void *context)
{
    (void)context;
    struct gb_trace trace;
    struct gb_err err;
    if (!gb_trace_parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", &trace))
        return 1;
    gb_err_set(&err, GB_RETRY, "08006", "away");
    gb_log_init("geobill-api", "dc1", GB_LOG_INFO);
    gb_log(GB_LOG_INFO, "started");
    gb_log(GB_LOG_WARNING, "page sent", GB_F_TEXT("stream", "ledger"), GB_F_INT("page", INT64_MIN),
           GB_F_TRACE(&trace), GB_F_ERR(&err), GB_F_TEXT("peer", NULL));
    return 0;
}

static void writes_every_kind_of_field(void **state)
{
    (void)state;
    json_t *lines = logged(log_all_kinds, NULL);
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(text_of(lines, 0, "level"), "info");
    assert_string_equal(text_of(lines, 0, "program"), "geobill-api");
    assert_string_equal(text_of(lines, 0, "dc"), "dc1");
    assert_string_equal(text_of(lines, 0, "message"), "started");
    assert_int_equal(strlen(text_of(lines, 0, "time")), 27);
    assert_string_equal(text_of(lines, 1, "level"), "warning");
    assert_string_equal(text_of(lines, 1, "stream"), "ledger");
    assert_string_equal(text_of(lines, 1, "trace_id"), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_string_equal(text_of(lines, 1, "error_code"), "08006");
    assert_string_equal(text_of(lines, 1, "error"), "away");
    const json_t *line = json_array_get(lines, 1);
    assert_true(json_integer_value(json_object_get(line, "page")) == INT64_MIN);
    assert_true(json_is_null(json_object_get(line, "peer")));
    json_decref(lines);
}

static int log_levels(void *context)
{
    gb_log_init("geobill", NULL, *(const enum gb_log_level *)context);
    gb_log(GB_LOG_DEBUG, "debug");
    gb_log(GB_LOG_INFO, "info");
    gb_log(GB_LOG_WARNING, "warning");
    gb_log(GB_LOG_ERROR, "error");
    return 0;
}

static void drops_lines_below_the_level(void **state)
{
    (void)state;
    for (int level = GB_LOG_DEBUG; level <= GB_LOG_ERROR; level++) {
        enum gb_log_level given = (enum gb_log_level)level;
        json_t *lines = logged(log_levels, &given);
        assert_int_equal(json_array_size(lines), 4 - level);
        for (size_t i = 0; i < json_array_size(lines); i++)
            assert_string_equal(text_of(lines, i, "message"), text_of(lines, i, "level"));
        assert_null(json_object_get(json_array_get(lines, 0), "dc"));
        json_decref(lines);
    }
}

static int log_value(void *context)
{
    gb_log(GB_LOG_INFO, "value", GB_F_TEXT("key", context));
    return 0;
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        const char *given, *back;
    } cases[] = {
        {"", ""},
        {"a\"b\\c/d", "a\"b\\c/d"},
        {"\x01\x1f\n\r\t\x7f", "\x01\x1f\n\r\t\x7f"},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xb6 \xed\x9f\xbf \xf4\x8f\xbf\xbf",
         "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xb6 \xed\x9f\xbf \xf4\x8f\xbf\xbf"},
        /* Not UTF-8: lone bytes, overlong forms, a surrogate, above the last, cut off. */
        {"\x80", "\xef\xbf\xbd"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf5", "\xef\xbf\xbd"},
        {"a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc3(", "\xef\xbf\xbd("},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char given[64];
        (void)snprintf(given, sizeof(given), "%s", cases[i].given);
        json_t *lines = logged(log_value, given);
        assert_int_equal(json_array_size(lines), 1);
        assert_string_equal(text_of(lines, 0, "key"), cases[i].back);
        json_decref(lines);
    }
}

static int log_long_values(void *context)
{
    static char text[3000];
    memset(text, *(const char *)context, sizeof(text) - 1);
    gb_log(GB_LOG_INFO, text, GB_F_INT("page", 1), GB_F_TEXT("a", text), GB_F_TEXT("b", text),
           GB_F_TEXT("c", text), GB_F_TEXT("d", text), GB_F_INT("last", 1));
    return 0;
}

static void bounds_values_and_lines(void **state)
{
    (void)state;
    char fill = 'x';
    json_t *lines = logged(log_long_values, &fill);
    assert_int_equal(strlen(text_of(lines, 0, "a")), 1024 + 3);
    assert_string_equal(text_of(lines, 0, "a") + 1023, "x...");
    const json_t *line = json_array_get(lines, 0);
    assert_int_equal(json_integer_value(json_object_get(line, "page")), 1);
    assert_int_equal(json_integer_value(json_object_get(line, "truncated")), 1);
    assert_null(json_object_get(line, "d"));
    assert_null(json_object_get(line, "last"));
    json_decref(lines);
    fill = '\x01'; /* six bytes each: not even the message fits with the rest */
    lines = logged(log_long_values, &fill);
    assert_int_equal(json_array_size(lines), 1);
    json_decref(lines);
}

static int log_cut_character(void *context)
{
    char text[1200] = "";
    memset(text, 'x', 1022);
    memcpy(text + 1022, "\xf0\x9f\x92\xb6", 5);
    (void)context;
    gb_log(GB_LOG_INFO, "cut", GB_F_TEXT("key", text));
    return 0;
}

static void does_not_cut_a_character(void **state)
{
    (void)state;
    json_t *lines = logged(log_cut_character, NULL);
    assert_string_equal(text_of(lines, 0, "key") + 1020, "xx...");
    json_decref(lines);
}

static int log_noise(void *context)
{
    unsigned seed = *(const unsigned *)context;
    for (int line = 0; line < 12; line++) {
        char text[400];
        size_t size = (size_t)rand_r(&seed) % sizeof(text);
        for (size_t i = 0; i < size; i++)
            text[i] = (char)(rand_r(&seed) >> 7);
        text[size == sizeof(text) ? size - 1 : size] = '\0';
        gb_log(GB_LOG_INFO, text, GB_F_TEXT("a", text), GB_F_TEXT("b", text + size / 2));
    }
    return 0;
}

static void noise_stays_json(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 50; seed++) {
        json_t *lines = logged(log_noise, &seed);
        assert_int_equal(json_array_size(lines), 12);
        json_decref(lines);
    }
}

static void reads_levels(void **state)
{
    (void)state;
    enum gb_log_level level = GB_LOG_DEBUG;
    assert_true(gb_log_level_parse("error", &level));
    assert_int_equal(level, GB_LOG_ERROR);
    assert_true(gb_log_level_parse("debug", &level));
    assert_int_equal(level, GB_LOG_DEBUG);
    assert_false(gb_log_level_parse("INFO", &level));
    assert_false(gb_log_level_parse("", &level));
    assert_int_equal(level, GB_LOG_DEBUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_every_kind_of_field),
        cmocka_unit_test(drops_lines_below_the_level),
        cmocka_unit_test(escapes),
        cmocka_unit_test(bounds_values_and_lines),
        cmocka_unit_test(does_not_cut_a_character),
        cmocka_unit_test(noise_stays_json),
        cmocka_unit_test(reads_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
