/* Why a message is a dead letter: in words, and in the headers of other programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/letter_dialect.h"
#include "wire/letter_reason.h"

#define TEXT(name, text)                                                                           \
    {                                                                                              \
        name,                                                                                      \
        {                                                                                          \
            text, sizeof(text) - 1                                                                 \
        }                                                                                          \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct gb_arena *arena;
static struct gb_foreign_letter letter;

static int setup(void **state)
{
    (void)state;
    arena = gb_arena_new(65536);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gb_arena_free(arena);
    return 0;
}

static void connect_writes_text(void **state)
{
    (void)state;
    const struct gb_header headers[] = {
        TEXT("ce_id", "1"),
        TEXT("__connect.errors.topic", "geobill.dc1.ledger.v1"),
        TEXT("__connect.errors.partition", "3"),
        TEXT("__connect.errors.offset", "1234567890123"),
        TEXT("__connect.errors.connector.name", "warehouse"),
        TEXT("__connect.errors.task.id", "0"),
        TEXT("__connect.errors.stage", "VALUE_CONVERTER"),
        TEXT("__connect.errors.exception.class.name", "org.apache.kafka.E"),
        TEXT("__connect.errors.exception.message", "no\nroom"),
        TEXT("ce_type", "t"),
    };
    gb_foreign_letter_read(headers, COUNT(headers), arena, &letter);
    assert_int_equal(letter.dialect, GB_DIALECT_CONNECT);
    assert_string_equal(letter.topic, "geobill.dc1.ledger.v1");
    assert_int_equal(letter.partition, 3);
    assert_true(letter.offset == 1234567890123);
    assert_int_equal(letter.timestamp_ms, -1);
    assert_string_equal(letter.who, "connect warehouse");
    assert_string_equal(letter.why, "org.apache.kafka.E: no?room");
    assert_int_equal(letter.headers_count, 2);
    assert_string_equal(letter.headers[0].name, "ce_id");
    assert_string_equal(letter.headers[1].name, "ce_type");
}

static void spring_writes_numbers_as_bytes(void **state)
{
    (void)state;
    const struct gb_header headers[] = {
        TEXT("kafka_dlt-original-topic", "geobill.dc1.payin.v1"),
        TEXT("kafka_dlt-original-partition", "\0\0\0\2"),
        TEXT("kafka_dlt-original-offset", "\0\0\0\0\0\0\1\0"),
        TEXT("kafka_dlt-original-timestamp", "\0\0\1\217\0\0\0\0"),
        TEXT("kafka_dlt-original-consumer-group", "reports"),
        TEXT("kafka_dlt-exception-fqcn", "java.lang.E"),
        TEXT("kafka_dlt-exception-message", "first"),
        TEXT("kafka_dlt-exception-message", "last"),
    };
    gb_foreign_letter_read(headers, COUNT(headers), arena, &letter);
    assert_int_equal(letter.dialect, GB_DIALECT_SPRING);
    assert_string_equal(letter.topic, "geobill.dc1.payin.v1");
    assert_int_equal(letter.partition, 2);
    assert_int_equal(letter.offset, 256);
    assert_true(letter.timestamp_ms == INT64_C(0x18f00000000));
    assert_string_equal(letter.who, "spring reports");
    assert_string_equal(letter.why, "java.lang.E: last");
    assert_int_equal(letter.headers_count, 0);
}

static void what_is_not_said_is_not_invented(void **state)
{
    (void)state;
    const struct gb_header headers[] = {
        TEXT("__connect.errors.topic", "t"),
        TEXT("__connect.errors.partition", "-3"),
        TEXT("__connect.errors.offset", "99999999999999999999"),
    };
    gb_foreign_letter_read(headers, COUNT(headers), arena, &letter);
    assert_int_equal(letter.dialect, GB_DIALECT_CONNECT);
    assert_int_equal(letter.partition, -1);
    assert_int_equal(letter.offset, -1);
    assert_string_equal(letter.who, "connect");
    assert_string_equal(letter.why, "no exception");

    const struct gb_header spring[] = {
        TEXT("kafka_dlt-original-topic", "t"),
        TEXT("kafka_dlt-original-partition", "12"),
        TEXT("kafka_dlt-original-offset", "\377\377\377\377\377\377\377\377"),
    };
    gb_foreign_letter_read(spring, COUNT(spring), arena, &letter);
    assert_int_equal(letter.dialect, GB_DIALECT_SPRING);
    assert_int_equal(letter.partition, -1);
    assert_int_equal(letter.offset, -1);
}

static void expect_none(const struct gb_header *headers, size_t count)
{
    gb_foreign_letter_read(headers, count, arena, &letter);
    assert_int_equal(letter.dialect, GB_DIALECT_NONE);
    assert_string_equal(letter.topic, "");
}

static void a_topic_that_cannot_be_is_none(void **state)
{
    (void)state;
    char large[251];
    memset(large, 'a', sizeof(large));
    const struct gb_header space[] = {TEXT("__connect.errors.topic", "a b")};
    const struct gb_header zero[] = {TEXT("__connect.errors.topic", "a\0b")};
    const struct gb_header empty[] = {{"__connect.errors.topic", {NULL, 0}}};
    const struct gb_header too_large[] = {{"__connect.errors.topic", {large, 250}}};
    const struct gb_header missing[] = {TEXT("kafka_dlt-exception-message", "x")};
    const struct gb_header foreign[] = {TEXT("errors.topic", "t")};
    expect_none(space, 1);
    expect_none(zero, 1);
    expect_none(empty, 1);
    expect_none(too_large, 1);
    expect_none(missing, 1);
    expect_none(foreign, 1);
    expect_none(NULL, 0);
}

/* Also when another program failed at one of ours and wrote its headers below. */
static void ours_is_ours(void **state)
{
    (void)state;
    const struct gb_header headers[] = {
        TEXT("__connect.errors.topic", "geobill.dc1.dlq.v1"),
        TEXT("__geobill.errors.topic", "geobill.dc1.payin.v1"),
    };
    gb_foreign_letter_read(headers, 2, arena, &letter);
    assert_int_equal(letter.dialect, GB_DIALECT_OWN);
}

/* A stranger's text has a bound. */
static void long_text_is_cut(void **state)
{
    (void)state;
    char large[5000];
    memset(large, 'x', sizeof(large));
    const struct gb_header headers[] = {
        TEXT("__connect.errors.topic", "t"),
        {"__connect.errors.exception.message", {large, sizeof(large)}},
        {"__connect.errors.exception.class.name", {large, sizeof(large)}},
        {"__connect.errors.connector.name", {large, sizeof(large)}},
    };
    gb_foreign_letter_read(headers, COUNT(headers), arena, &letter);
    assert_int_equal(strlen(letter.why), 150 + 2 + 300);
    assert_int_equal(strlen(letter.who), 8 + 100);
}

static void reasons_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < gb_letter_reasons_count; i++) {
        const struct gb_letter_reason *row = &gb_letter_reasons[i];
        assert_true(row->what[0] != '\0' && row->advice[0] != '\0');
        if (strlen(row->code) != 2)
            assert_ptr_equal(gb_letter_reason_of(row->code), row);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(row->code, gb_letter_reasons[k].code);
    }
    assert_string_equal(gb_letter_reason_of("22003")->code, "22");
    assert_string_equal(gb_letter_reason_of("23514")->code, "23");
    assert_string_equal(gb_letter_reason_of("FOREIGN_FAILURE")->code, "FOREIGN_FAILURE");
    /* None of ours: words, and no code. */
    static const char *const unknown[] = {"24000", "2", "", "22", "NO_SUCH", "FOREIGN_FAILURE2"};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        const struct gb_letter_reason *row = gb_letter_reason_of(unknown[i]);
        assert_string_equal(row->code, strcmp(unknown[i], "22") == 0 ? "22" : "");
        assert_true(row->what[0] != '\0');
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(connect_writes_text),
        TEST(spring_writes_numbers_as_bytes),
        TEST(what_is_not_said_is_not_invented),
        TEST(a_topic_that_cannot_be_is_none),
        TEST(ours_is_ours),
        TEST(long_text_is_cut),
        cmocka_unit_test(reasons_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
