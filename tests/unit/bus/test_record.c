#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "bus/record.h"

static int32_t hash_of(const char *key)
{
    return gb_partition_of((struct gb_bytes){key, strlen(key)}, INT32_MAX);
}

/* The vectors of Kafka's own UtilsTest.testMurmur2, made positive as its DefaultPartitioner does.
 */
static void murmur2_is_javas(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int32_t hash;
    } vectors[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        assert_int_equal(hash_of(vectors[i].key), vectors[i].hash & 0x7fffffff);
}

static void every_partition_is_in_range_and_used(void **state)
{
    (void)state;
    int used[7] = {0};
    for (int i = 0; i < 700; i++) {
        int32_t partition = gb_partition_of((struct gb_bytes){&i, sizeof(i)}, 7);
        assert_in_range(partition, 0, 6);
        used[partition]++;
    }
    for (int i = 0; i < 7; i++)
        assert_true(used[i] > 50);
    assert_int_equal(gb_partition_of((struct gb_bytes){"x", 1}, 1), 0);
    assert_int_equal(gb_partition_of((struct gb_bytes){NULL, 0}, 1), 0);
}

static void header_is_the_first_of_its_name(void **state)
{
    (void)state;
    const struct gb_header headers[] = {
        {"ce_type", {"one", 3}},
        {"ce_id", {"", 0}},
        {"ce_type", {"two", 3}},
    };
    const struct gb_record record = {.headers = headers, .headers_count = 3};
    assert_memory_equal(gb_record_header(&record, "ce_type").data, "one", 3);
    assert_non_null(gb_record_header(&record, "ce_id").data);
    assert_int_equal(gb_record_header(&record, "ce_id").size, 0);
    assert_null(gb_record_header(&record, "CE_TYPE").data);
}

static void topics_are_named_by_datacenter_and_family(void **state)
{
    (void)state;
    char topic[GB_TOPIC_SIZE];
    gb_topic_name(topic, "dc9999", "reserve-reply");
    assert_string_equal(topic, "geobill.dc9999.reserve-reply.v1");
    assert_string_equal(GB_TOPIC_CATALOGUE, "geobill.catalogue.v1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(murmur2_is_javas),
        cmocka_unit_test(every_partition_is_in_range_and_used),
        cmocka_unit_test(header_is_the_first_of_its_name),
        cmocka_unit_test(topics_are_named_by_datacenter_and_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
