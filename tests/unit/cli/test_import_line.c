/* Lines of CSV: plain fields, RFC 4180's quotes, and what is no field at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/import_line.h"

enum { FIELDS_MAX = 4 };

struct line_case {
    const char *line;
    const char *problem; /* NULL: none */
    size_t count;
    const char *fields[FIELDS_MAX];
};

static const struct line_case cases[] = {
    {"a,b,c", NULL, 3, {"a", "b", "c"}},
    {"", NULL, 1, {""}},
    {",", NULL, 2, {"", ""}},
    {"a,,", NULL, 3, {"a", "", ""}},
    {" a ,b", NULL, 2, {" a ", "b"}},
    {"\"a\",\"b\"", NULL, 2, {"a", "b"}},
    {"\"a,b\",c", NULL, 2, {"a,b", "c"}},
    {"\"say \"\"hi\"\"\",c", NULL, 2, {"say \"hi\"", "c"}},
    {"\"\",\"\"", NULL, 2, {"", ""}},
    {"\"\"\"\"", NULL, 1, {"\""}},
    {"a,\"\"", NULL, 2, {"a", ""}},
    {"1,2,3,4,5,6", NULL, 6, {"1", "2", "3", "4"}},
    {"\"a", "a quoted field does not end on its line", 0, {0}},
    {"\"a\"\"", "a quoted field does not end on its line", 0, {0}},
    {"b,\"", "a quoted field does not end on its line", 0, {0}},
    {"\"a\"b,c", "text behind the closing quote of a field", 0, {0}},
    {"a\"b\",c", "a quote inside a field that does not begin with one", 0, {0}},
};

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char line[64], *fields[FIELDS_MAX];
        size_t count, size = strlen(cases[i].line);
        memset(line, 'X', sizeof(line)); /* what stands behind must not matter */
        memcpy(line, cases[i].line, size);
        const char *problem = gb_import_split(line, size, fields, FIELDS_MAX, &count);
        if (cases[i].problem) {
            assert_non_null(problem);
            assert_string_equal(problem, cases[i].problem);
            continue;
        }
        assert_null(problem);
        assert_int_equal(count, cases[i].count);
        for (size_t field = 0; field < count && field < FIELDS_MAX; field++)
            assert_string_equal(fields[field], cases[i].fields[field]);
        assert_int_equal(line[size + 1], 'X');
    }
}

static void test_a_zero_byte_is_no_text(void **state)
{
    (void)state;
    char line[] = "a\0b,c", *fields[FIELDS_MAX];
    size_t count;
    assert_string_equal(gb_import_split(line, 5, fields, FIELDS_MAX, &count), "a zero byte");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_a_zero_byte_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
