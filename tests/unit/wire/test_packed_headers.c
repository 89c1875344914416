#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/packed_headers.h"

static void headers_are_packed_and_come_back(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(4096);
    const struct gb_header headers[] = {{"ab", {"xyz", 3}}, {"c", {NULL, 0}}};
    struct gb_bytes packed = gb_headers_pack(headers, 2, arena);
    static const uint8_t expected[] = {0,   2,   'a', 'b', 0,   0, 0, 3, 'x',
                                       'y', 'z', 0,   1,   'c', 0, 0, 0, 0};
    assert_int_equal(packed.size, sizeof(expected));
    assert_memory_equal(packed.data, expected, sizeof(expected));
    struct gb_header *back;
    size_t count;
    assert_true(gb_headers_unpack(packed, arena, &back, &count));
    assert_int_equal(count, 2);
    assert_string_equal(back[0].name, "ab");
    assert_int_equal(back[0].value.size, 3);
    assert_memory_equal(back[0].value.data, "xyz", 3);
    assert_string_equal(back[1].name, "c");
    assert_int_equal(back[1].value.size, 0);
    gb_arena_free(arena);
}

static void what_ends_too_early_is_none(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(4096);
    struct gb_header *back;
    size_t count;
    static const uint8_t whole[] = {0, 1, 'a', 0, 0, 0, 2, 'x', 'y'};
    for (size_t size = 1; size < sizeof(whole); size++)
        assert_false(gb_headers_unpack((struct gb_bytes){whole, size}, arena, &back, &count));
    assert_true(gb_headers_unpack((struct gb_bytes){NULL, 0}, arena, &back, &count));
    assert_int_equal(count, 0);
    gb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_packed_and_come_back),
        cmocka_unit_test(what_ends_too_early_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
