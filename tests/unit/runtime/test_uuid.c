#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/clock.h"
#include "runtime/uuid.h"
#include "unit/runtime/cm.h"

static void is_a_version_7_of_now(void **state)
{
    (void)state;
    int64_t before_ms = gb_clock_wall_us() / 1000;
    struct gb_uuid uuid = gb_uuid_v7();
    int64_t after_ms = gb_clock_wall_us() / 1000;
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | uuid.bytes[i];
    assert_true(ms >= before_ms && ms <= after_ms + 1);
    assert_int_equal(uuid.bytes[6] >> 4, 7);
    assert_int_equal(uuid.bytes[8] >> 6, 2);
}

static void each_is_above_the_one_before(void **state)
{
    (void)state;
    struct gb_uuid last = gb_uuid_v7();
    for (int i = 0; i < 100000; i++) {
        struct gb_uuid next = gb_uuid_v7();
        assert_true(memcmp(last.bytes, next.bytes, 8) < 0);
        last = next;
    }
}

enum { THREADS = 4, PER_THREAD = 20000 };

static void *make_many(void *context)
{
    struct gb_uuid *uuids = context;
    for (int i = 0; i < PER_THREAD; i++)
        uuids[i] = gb_uuid_v7();
    return NULL;
}

static int compare_time(const void *one, const void *other)
{
    return memcmp(one, other, 8);
}

static void no_two_threads_get_the_same_tick(void **state)
{
    (void)state;
    static struct gb_uuid uuids[THREADS * PER_THREAD];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_many, uuids + i * PER_THREAD), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    qsort(uuids, THREADS * PER_THREAD, sizeof(uuids[0]), compare_time);
    for (int i = 1; i < THREADS * PER_THREAD; i++) {
        uint8_t tick[2][8];
        memcpy(tick[0], uuids[i - 1].bytes, 8);
        memcpy(tick[1], uuids[i].bytes, 8);
        assert_memory_not_equal(tick[0], tick[1], 8);
    }
}

static void random_bytes_differ(void **state)
{
    (void)state;
    unsigned char one[100] = {0}, other[100] = {0};
    gb_random(one, sizeof(one));
    gb_random(other, sizeof(other));
    assert_memory_not_equal(one, other, sizeof(one));
    gb_random(one, 0);
    static unsigned char large[100000];
    gb_random(large, sizeof(large));
    size_t zeros = 0;
    for (size_t i = 0; i < sizeof(large); i++)
        zeros += large[i] == 0;
    assert_true(zeros > 200 && zeros < 700);
}

static void formats(void **state)
{
    (void)state;
    struct gb_uuid uuid = {{0x01, 0x8f, 0xa0, 0xb1, 0xc2, 0xd3, 0x7e, 0x45, 0x89, 0xab, 0xcd, 0xef,
                            0x00, 0x11, 0x22, 0xff}};
    char text[GB_UUID_TEXT_SIZE];
    gb_uuid_format(uuid, text);
    assert_string_equal(text, "018fa0b1-c2d3-7e45-89ab-cdef001122ff");
    struct gb_uuid read;
    assert_true(gb_uuid_parse("018FA0b1-c2d3-7e45-89ab-cdef001122ff", &read));
    assert_memory_equal(read.bytes, uuid.bytes, sizeof(uuid.bytes));
}

static void what_is_no_uuid_is_refused(void **state)
{
    (void)state;
    struct gb_uuid uuid;
    static const char *const cases[] = {"",
                                        "018fa0b1-c2d3-7e45-89ab-cdef001122f",
                                        "018fa0b1-c2d3-7e45-89ab-cdef001122ff0",
                                        "018fa0b1c2d3-7e45-89ab-cdef00-1122ff",
                                        "018fa0b1-c2d3-7e45-89ab-cdef001122fg",
                                        "018fa0b1-c2d3-7e45-89ab0cdef001122ff",
                                        "018fa0b10c2d3-7e45-89ab-cdef001122ff"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_false(gb_uuid_parse(cases[i], &uuid));
}

static void hex_goes_there_and_back(void **state)
{
    (void)state;
    unsigned char bytes[3] = {0};
    char text[7];
    gb_hex_format("\x00\x7f\xfe", 3, text);
    assert_string_equal(text, "007ffe");
    assert_true(gb_hex_parse("007fFE", bytes, 3));
    assert_memory_equal(bytes, "\x00\x7f\xfe", 3);
    gb_hex_format("", 0, text);
    assert_string_equal(text, "");
    assert_true(gb_hex_parse("", bytes, 0));
}

static void hex_refuses(void **state)
{
    (void)state;
    unsigned char bytes[3];
    static const char *const cases[] = {"",       "0",      "00112",  "0011223", "00112233",
                                        "00112g", "0011 2", "g01122", "0011é"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_false(gb_hex_parse(cases[i], bytes, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_version_7_of_now),
        cmocka_unit_test(each_is_above_the_one_before),
        cmocka_unit_test(no_two_threads_get_the_same_tick),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(formats),
        cmocka_unit_test(what_is_no_uuid_is_refused),
        cmocka_unit_test(hex_goes_there_and_back),
        cmocka_unit_test(hex_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
