/* Where a movement goes: the same for ever, or a file imported again would be booked twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/import_plan.h"

/* The expected places were computed with another implementation:
 * int.from_bytes(hashlib.sha256(b"<seed>:<reference>").digest()[:8], "big") % count */
static void test_the_choice_never_changes(void **state)
{
    (void)state;
    const struct {
        int64_t seed;
        const char *reference;
        size_t count, place;
    } vectors[] = {
        {0, "171812", 3, 1}, {0, "452728", 3, 2},  {0, "725751", 3, 2},
        {1, "171812", 3, 2}, {-1, "171812", 3, 2}, {0, "171812", 2, 0},
        {0, "", 16, 12},     {0, "r,\"1", 16, 11}, {INT64_MAX, "s1000", 16, 3},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        assert_int_equal(gb_import_choose(vectors[i].seed, vectors[i].reference, vectors[i].count),
                         vectors[i].place);
}

static void test_the_choice_is_even(void **state)
{
    (void)state;
    enum { REFERENCES = 30000, COUNT = 3 };
    int found[COUNT] = {0};
    for (int i = 0; i < REFERENCES; i++) {
        char reference[16];
        snprintf(reference, sizeof(reference), "%d", i);
        found[gb_import_choose(0, reference, COUNT)]++;
    }
    for (int i = 0; i < COUNT; i++)
        assert_in_range(found[i], REFERENCES / COUNT - 500, REFERENCES / COUNT + 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_choice_never_changes),
        cmocka_unit_test(test_the_choice_is_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
