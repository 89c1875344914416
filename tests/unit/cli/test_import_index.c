/* Texts get the numbers 0, 1, 2 … in the order in which they first come, through every growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/import_index.h"

enum { TEXTS = 50000, TEXT_SIZE = 16 };

static void test_numbers_are_kept(void **state)
{
    (void)state;
    struct gb_import_index *index = gb_import_index_new();
    char *texts = calloc(TEXTS, TEXT_SIZE);
    assert_non_null(texts);
    for (uint32_t i = 0; i < TEXTS; i++) {
        bool is_new;
        char *text = texts + (size_t)i * TEXT_SIZE;
        snprintf(text, TEXT_SIZE, "%u", i * 7);
        assert_int_equal(gb_import_index_add(index, text, &is_new), i);
        assert_true(is_new);
        assert_int_equal(gb_import_index_add(index, texts, &is_new), 0);
        assert_false(is_new);
    }
    for (uint32_t i = 0; i < TEXTS; i++) {
        bool is_new;
        char text[TEXT_SIZE];
        snprintf(text, sizeof(text), "%u", i * 7);
        assert_int_equal(gb_import_index_add(index, text, &is_new), i);
        assert_false(is_new);
    }
    free(texts);
    gb_import_index_free(index);
    gb_import_index_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers_are_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
