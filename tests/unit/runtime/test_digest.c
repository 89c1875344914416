#include <string.h>

#include "runtime/digest.h"
#include "runtime/uuid.h"
#include "unit/runtime/cm.h"

static void assert_hex(const uint8_t digest[GB_DIGEST_SIZE], const char *want)
{
    char text[2 * GB_DIGEST_SIZE + 1];
    gb_hex_format(digest, GB_DIGEST_SIZE, text);
    assert_string_equal(text, want);
}

static void known_digests(void **state)
{
    (void)state;
    uint8_t digest[GB_DIGEST_SIZE];
    gb_sha256("abc", 3, digest);
    assert_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    gb_sha256(NULL, 0, digest);
    assert_hex(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void parts_carry_their_length(void **state)
{
    (void)state;
    uint8_t digest[GB_DIGEST_SIZE], other[GB_DIGEST_SIZE];
    const struct gb_bytes one[] = {{"ab", 2}, {"c", 1}}, two[] = {{"a", 1}, {"bc", 2}};
    const struct gb_bytes more[] = {{"ab", 2}, {"c", 1}, {NULL, 0}};
    gb_sha256_parts(one, 2, digest);
    gb_sha256("\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\1c", 19, other);
    assert_memory_equal(digest, other, sizeof(digest));
    gb_sha256_parts(two, 2, other);
    assert_memory_not_equal(digest, other, sizeof(digest));
    gb_sha256_parts(more, 3, other);
    assert_memory_not_equal(digest, other, sizeof(digest));
    gb_sha256_parts(NULL, 0, other);
    assert_hex(other, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test(parts_carry_their_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
