#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/dead_letter.h"

static void headers_are_packed_as_the_publisher_reads_them(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(4096);
    const struct gb_header headers[] = {{"ab", {"xyz", 3}}, {"c", {NULL, 0}}};
    struct gb_bytes packed = gb_headers_pack(headers, 2, arena);
    static const uint8_t expected[] = {0,   2,   'a', 'b', 0,   0, 0, 3, 'x',
                                       'y', 'z', 0,   1,   'c', 0, 0, 0, 0};
    assert_int_equal(packed.size, sizeof(expected));
    assert_memory_equal(packed.data, expected, sizeof(expected));
    gb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_packed_as_the_publisher_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
