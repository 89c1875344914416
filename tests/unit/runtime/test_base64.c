/* The examples of RFC 4648, section 10, and bytes that are no text. */
#include <string.h>

#include "runtime/base64.h"
#include "unit/runtime/cm.h"

static void test_examples(void **state)
{
    (void)state;
    static const char *const examples[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    struct gb_arena *arena = gb_arena_new(4096);
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct gb_bytes bytes = {examples[i][0], strlen(examples[i][0])};
        assert_string_equal(gb_base64(bytes, arena), examples[i][1]);
    }
    assert_string_equal(gb_base64((struct gb_bytes){NULL, 0}, arena), "");
    assert_string_equal(gb_base64((struct gb_bytes){"\xfb\xef\x00", 3}, arena), "++8A");
    gb_arena_free(arena);
}

static void test_full(void **state)
{
    (void)state;
    static const char many[8192];
    struct gb_arena *arena = gb_arena_new(4096);
    assert_null(gb_base64((struct gb_bytes){many, sizeof(many)}, arena));
    gb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
