/* Bytes that nobody of ours has written: refused as poison, with the field's name, and nothing is
 * taken from the arena for what they only claim. */
#include "unit/wire/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/wire/samples.h"
#include "wire/registry.h"

enum { FRAME_BYTES = 5, MESSAGE_BYTES_MAX = 1 << 17 };

struct part {
    const char *bytes;
    size_t size;
};
#define PART(bytes)                                                                                \
    {                                                                                              \
        (bytes), sizeof(bytes) - 1                                                                 \
    }

/* A pay-in and a status that are right, field by field. */
static const struct part PAYIN[] = {
    PART("\6dc1"), PART("\2"), PART("\2a"), PART("\2"), PART("\6EUR"), PART("\6dc1"), PART("\2"),
    PART("\2k"),   PART("\2"), PART("\0"),  PART("\0"), PART("\0"),    PART("\0"),
};
static const struct part STATUS[] = {
    PART("\6dc1"), PART("\2"), PART("\0"), PART("\0"), PART("\0"),
};
static const struct part RESULT[] = {
    PART("\6dc1"), PART("\2"),  PART("\2a"), PART("\2"), PART("\6EUR"),
    PART("\2"),    PART("\2k"), PART("\4"),  PART("\0"), PART("\0"),
};
enum { PAYIN_PARTS = 13, STATUS_PARTS = 5, RESULT_PARTS = 10 };
enum { DC = 0, INCARNATION = 1, ACCOUNT_ID = 2, ACCOUNT_NO = 3, CURRENCY = 4, OWNER = 5 };
enum { KEY = 7, AMOUNT = 8, REFERENCE = 9, METADATA = 10, AWAITED = 12 };
enum { ACKS = 3, HEADS = 4, STATE = 7 };

static struct gb_arena *arena;

static void put(struct gb_bytes *message, const void *bytes, size_t size)
{
    GB_CHECK(message->size + size <= MESSAGE_BYTES_MAX);
    memcpy((uint8_t *)(uintptr_t)message->data + message->size, bytes, size);
    message->size += size;
}

static struct gb_bytes framed(enum gb_message_kind kind)
{
    struct gb_bytes message = {gb_arena_alloc(arena, MESSAGE_BYTES_MAX), 0};
    int32_t id = gb_registry_written(kind)->id;
    const uint8_t frame[FRAME_BYTES] = {0, 0, 0, (uint8_t)(id >> 8), (uint8_t)id};
    GB_CHECK(message.data != NULL);
    put(&message, frame, sizeof(frame));
    return message;
}

/* The parts, with `bytes` in place of part `at`. */
static struct gb_bytes joined(enum gb_message_kind kind, const struct part *parts, size_t count,
                              size_t at, const void *bytes, size_t size)
{
    struct gb_bytes message = framed(kind);
    for (size_t i = 0; i < count; i++) {
        if (i == at)
            put(&message, bytes, size);
        else
            put(&message, parts[i].bytes, parts[i].size);
    }
    return message;
}

static enum gb_result decoded(enum gb_message_kind kind, struct gb_bytes message,
                              struct gb_err *err)
{
    void *ret = gb_arena_alloc(arena, gb_registry_codec(kind)->size);
    GB_CHECK(ret != NULL);
    return gb_codec_decode(kind, message, arena, ret, err);
}

static void assert_poison(enum gb_message_kind kind, struct gb_bytes message, const char *code,
                          const char *says)
{
    struct gb_err err = {.message = ""};
    assert_int_equal(decoded(kind, message, &err), GB_POISON);
    assert_string_equal(err.code, code);
    if (strstr(err.message, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, says);
}

static void assert_payin_poison(size_t at, const void *bytes, size_t size, const char *code,
                                const char *says)
{
    gb_arena_reset(arena);
    assert_poison(GB_MESSAGE_PAYIN, joined(GB_MESSAGE_PAYIN, PAYIN, PAYIN_PARTS, at, bytes, size),
                  code, says);
}

/* The parts as they are must be right, or no refusal below would mean anything. */
static void the_parts_are_right(void **state)
{
    (void)state;
    assert_int_equal(decoded(GB_MESSAGE_PAYIN,
                             joined(GB_MESSAGE_PAYIN, PAYIN, PAYIN_PARTS, DC, "\6dc1", 4), NULL),
                     GB_OK);
    assert_int_equal(decoded(GB_MESSAGE_STATUS,
                             joined(GB_MESSAGE_STATUS, STATUS, STATUS_PARTS, DC, "\6dc1", 4), NULL),
                     GB_OK);
    assert_int_equal(decoded(GB_MESSAGE_RESULT,
                             joined(GB_MESSAGE_RESULT, RESULT, RESULT_PARTS, DC, "\6dc1", 4), NULL),
                     GB_OK);
}

/* Six bytes of body that claim a text of 2 GiB: avro-c allocates that. */
static void two_gibibytes_are_not_allocated(void **state)
{
    (void)state;
    static const struct part claims[] = {
        PART("\xfe\xff\xff\xff\x0f\x61"),                 /* 2^31 - 1 */
        PART("\x80\x80\x80\x80\x10\x61"),                 /* 2^31 */
        PART("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* 2^63 - 1 */
        PART("\x0e"
             "dc1"), /* 7, of which 3 are there */
    };
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        gb_arena_reset(arena);
        struct gb_bytes message = framed(GB_MESSAGE_PAYIN);
        struct gb_message_payin payin;
        struct gb_err err;
        put(&message, claims[i].bytes, claims[i].size);
        size_t used = gb_arena_used(arena);
        assert_int_equal(gb_wire_payin_decode(message, arena, &payin, &err), GB_POISON);
        assert_string_equal(err.message, "dc: longer than the message");
        assert_int_equal(gb_arena_used(arena), used);
    }
}

static void numbers_have_their_width(void **state)
{
    (void)state;
    assert_payin_poison(DC, "\1", 1, "AVRO_INVALID", "dc: a negative length");
    assert_payin_poison(DC, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, "AVRO_INVALID",
                        "a negative length");
    assert_payin_poison(ACCOUNT_NO, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 10, "AVRO_INVALID",
                        "account_no: a number of more than 64 bits");
    assert_payin_poison(ACCOUNT_NO, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11,
                        "AVRO_INVALID", "more than 64 bits");
    assert_payin_poison(INCARNATION, "\x80\x80\x80\x80\x10", 5, "AVRO_INVALID",
                        "incarnation: an int of more than 32 bits");
    assert_payin_poison(INCARNATION, "\1", 1, "FIELD_INVALID", "incarnation: is out of range");
    assert_payin_poison(AWAITED, "\2", 1, "AVRO_INVALID", "awaited: neither true nor false");
    gb_arena_reset(arena); /* the widest numbers there are, and one written longer than needed */
    struct gb_bytes wide = joined(GB_MESSAGE_PAYIN, PAYIN, PAYIN_PARTS, ACCOUNT_NO,
                                  "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
    assert_int_equal(decoded(GB_MESSAGE_PAYIN, wide, NULL), GB_OK);
    wide = joined(GB_MESSAGE_PAYIN, PAYIN, PAYIN_PARTS, INCARNATION, "\xfe\xff\xff\xff\x0f", 5);
    assert_int_equal(decoded(GB_MESSAGE_PAYIN, wide, NULL), GB_OK);
    wide = joined(GB_MESSAGE_PAYIN, PAYIN, PAYIN_PARTS, AMOUNT, "\x82\x00", 2);
    assert_int_equal(decoded(GB_MESSAGE_PAYIN, wide, NULL), GB_OK);
}

static void text_holds_no_zero_and_is_utf_8(void **state)
{
    (void)state;
    static const size_t texts[] = {DC, ACCOUNT_ID, CURRENCY, OWNER, KEY};
    static const char *const names[] = {"dc", "account_id", "currency", "owner", "key"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char says[64];
        (void)snprintf(says, sizeof(says), "%s: holds a zero byte", names[i]);
        assert_payin_poison(texts[i], "\4a\0", 3, "FIELD_INVALID", says);
        assert_payin_poison(texts[i], "\0", 1, "FIELD_INVALID", names[i]);
        assert_payin_poison(texts[i], "\2\x80", 2, "FIELD_INVALID", names[i]);
    }
    assert_payin_poison(DC,
                        "\x10"
                        "dc123456",
                        9, "FIELD_INVALID", "dc: is too long");
    assert_payin_poison(CURRENCY,
                        "\x08"
                        "EURO",
                        5, "FIELD_INVALID", "currency: is too long");
    static const struct part invalid[] = {
        PART("\2\2\x80"),
        PART("\2\2\xff"),
        PART("\2\4\xc0\x80"),
        PART("\2\4\xc3("),
        PART("\2\2\xc3"),
        PART("\2\6\xe0\x80\xaf"),
        PART("\2\6\xed\xa0\x80"),
        PART("\2\4\xe2\x82"),
        PART("\2\x8\xf0\x80\x80\xaf"),
        PART("\2\x8\xf4\x90\x80\x80"),
        PART("\2\x8\xf8\x88\x80\x80"),
        PART("\2\6\xf0\x9f\x98"),
        PART("\2\2\n"),
        PART("\2\2\x7f"),
        PART("\2\x6\xef\xbf"),
    };
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]) - 1; i++)
        assert_payin_poison(REFERENCE, invalid[i].bytes, invalid[i].size, "FIELD_INVALID",
                            "reference: does not have its form");
    assert_payin_poison(REFERENCE, "\2\4a\0", 4, "FIELD_INVALID", "reference: holds a zero byte");
    assert_payin_poison(METADATA, "\2\6{\0}", 5, "FIELD_INVALID", "metadata: holds a zero byte");
    assert_payin_poison(METADATA, "\2\6{\xff}", 5, "FIELD_INVALID", "metadata");
}

static void branches_and_symbols_exist(void **state)
{
    (void)state;
    static const struct part choices[] = {PART("\4"), PART("\1"), PART("\x80\x01"),
                                          PART("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")};
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
        assert_payin_poison(REFERENCE, choices[i].bytes, choices[i].size, "AVRO_INVALID",
                            "reference: no such symbol or branch");
    static const struct {
        const char *symbol, *code, *says;
    } symbols[] = {
        {"\x00", "FIELD_INVALID", "state: is of a kind not known here"}, /* UNKNOWN */
        {"\x02", "FIELD_INVALID", "state: is not one of a decided pay-in"},
        {"\x0c", "AVRO_INVALID", "state: no such symbol or branch"},
        {"\x01", "AVRO_INVALID", "state: no such symbol or branch"},
        {"\x0a", "FIELD_INVALID", "reason"}, /* REFUSED without one */
    };
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
        assert_poison(GB_MESSAGE_RESULT,
                      joined(GB_MESSAGE_RESULT, RESULT, RESULT_PARTS, STATE, symbols[i].symbol, 1),
                      symbols[i].code, symbols[i].says);
}

static const char PAGE[] =
    "\2p\2t\0\2\0"; /* one item: stream p, topic t, partition 0, page 1, no records */
enum { PAGE_BYTES = sizeof(PAGE) - 1 };

static size_t put_number(uint8_t *at, int64_t number)
{
    uint64_t bits = (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
    size_t size = 0;
    for (; bits > 0x7f; bits >>= 7)
        at[size++] = (uint8_t)(bits | 0x80);
    at[size++] = (uint8_t)bits;
    return size;
}

/* One block of an array; `claim` items and, when that is negative, `bytes`; `items` are there. */
static size_t put_block(uint8_t *at, int64_t claim, int64_t bytes, size_t items)
{
    size_t size = put_number(at, claim);
    if (claim < 0)
        size += put_number(at + size, bytes);
    for (size_t i = 0; i < items; i++, size += PAGE_BYTES)
        memcpy(at + size, PAGE, PAGE_BYTES);
    return size;
}

static void array_blocks_come_in_both_forms(void **state)
{
    (void)state;
    uint8_t blocks[256];
    size_t size = put_block(blocks, 2, 0, 2);
    size += put_block(blocks + size, -3, 3 * PAGE_BYTES, 3);
    size += put_block(blocks + size, 1, 0, 1);
    size += put_block(blocks + size, 0, 0, 0);
    struct gb_message_status status;
    struct gb_bytes message = joined(GB_MESSAGE_STATUS, STATUS, STATUS_PARTS, ACKS, blocks, size);
    assert_int_equal(gb_wire_status_decode(message, arena, &status, NULL), GB_OK);
    assert_int_equal(status.acks_count, 6);
    assert_int_equal(status.heads_count, 0);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(status.acks[i].stream, "p");
        assert_string_equal(status.acks[i].topic, "t");
        assert_true(status.acks[i].partition == 0 && status.acks[i].page == 1);
    }
}

static void array_blocks_are_held_to_what_they_say(void **state)
{
    (void)state;
    static const struct {
        int64_t claim, bytes;
        size_t items;
        const char *says;
    } wrong[] = {
        {-1, PAGE_BYTES - 1, 1, "acks: a block of another size than it says"},
        {-1, PAGE_BYTES + 1, 1, "acks: a block of another size than it says"},
        {-1, 0, 1, "acks: a block of another size than it says"},
        {-1, -1, 1, "acks: a negative length"},
        {-1, INT64_MAX, 1, "acks: longer than the message"},
        {-1, INT64_MIN, 1, "acks: a negative length"},
        {4097, 0, 0, "acks: too many items"},
        {-4097, 0, 0, "acks: too many items"},
        {INT64_MAX, 0, 0, "acks: too many items"},
        {INT64_MIN, 0, 0, "acks: too many items"},
        {INT64_MIN + 1, 0, 0, "acks: too many items"},
        {4096, 0, 0, "acks.partition: ends within a number"}, /* none of them is there */
        {2, 0, 1, "acks.partition: ends within a number"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t blocks[64];
        gb_arena_reset(arena);
        size_t size = put_block(blocks, wrong[i].claim, wrong[i].bytes, wrong[i].items);
        size += put_block(blocks + size, 0, 0, 0);
        struct gb_bytes message =
            joined(GB_MESSAGE_STATUS, STATUS, STATUS_PARTS, ACKS, blocks, size);
        struct gb_message_status status;
        struct gb_err err;
        size_t used = gb_arena_used(arena);
        assert_int_equal(gb_wire_status_decode(message, arena, &status, &err), GB_POISON);
        if (strncmp(err.message, wrong[i].says, strlen(wrong[i].says)) != 0)
            fail_msg("\"%s\", not \"%s\"", err.message, wrong[i].says);
        assert_int_equal(gb_arena_used(arena), used); /* counted before anything is taken */
    }
}

/* `acks` and `heads` items in blocks of one, so that only the sum can be at fault. The odd or
 * the even ones say their size. */
static enum gb_result decode_items(size_t acks, size_t heads, bool odd, struct gb_err *err)
{
    struct gb_bytes message = framed(GB_MESSAGE_STATUS);
    put(&message, "\6dc1\2\0", 6);
    for (size_t i = 0; i < acks + heads; i++) {
        if (i == acks)
            put(&message, "\0", 1);
        uint8_t block[32];
        put(&message, block, put_block(block, i % 2 == odd ? -1 : 1, PAGE_BYTES, 1));
    }
    put(&message, "\0\0", heads == 0 ? 2 : 1);
    return decoded(GB_MESSAGE_STATUS, message, err);
}

static void items_are_bounded_over_all_arrays(void **state)
{
    (void)state;
    static const size_t splits[] = {0, 1, 2048, 4096};
    struct gb_err err;
    for (size_t i = 0; i < 2 * sizeof(splits) / sizeof(splits[0]); i++) {
        size_t split = splits[i / 2];
        bool odd = i % 2 == 1;
        gb_arena_reset(arena);
        assert_int_equal(decode_items(split, 4096 - split, odd, &err), GB_OK);
        gb_arena_reset(arena);
        assert_int_equal(decode_items(split, 4097 - split, odd, &err), GB_POISON);
        assert_string_equal(err.message, "heads: too many items");
    }
    assert_int_equal(decode_items(4097, 0, true, &err), GB_POISON);
    assert_string_equal(err.message, "acks: too many items");
}

/* Within an item too, and with the name of the array around it. */
static void items_are_checked(void **state)
{
    (void)state;
    assert_poison(GB_MESSAGE_STATUS,
                  joined(GB_MESSAGE_STATUS, STATUS, STATUS_PARTS, HEADS, "\2\2P\2t\0\2\0\0", 9),
                  "FIELD_INVALID", "heads.stream: does not have its form");
    assert_poison(GB_MESSAGE_STATUS,
                  joined(GB_MESSAGE_STATUS, STATUS, STATUS_PARTS, HEADS, "\2\2p\2t\1\2\0\0", 9),
                  "FIELD_INVALID", "heads.partition: is out of range");
    assert_poison(GB_MESSAGE_STATUS,
                  joined(GB_MESSAGE_STATUS, STATUS, STATUS_PARTS, HEADS, "\2\2p\4t\0\0\2\0\0", 10),
                  "FIELD_INVALID", "heads.topic: holds a zero byte");
    assert_poison(GB_MESSAGE_STATUS,
                  joined(GB_MESSAGE_STATUS, STATUS, STATUS_PARTS, HEADS, "\2\2p\2t\0\2\1\0", 9),
                  "FIELD_INVALID", "heads.records: is out of range");
}

static void every_end_too_early_or_too_late_is_poison(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        gb_arena_reset(arena);
        struct gb_bytes whole = sample_bytes(SAMPLES[i].hex, arena);
        uint8_t *longer = gb_arena_alloc(arena, whole.size + 1);
        struct gb_err err;
        for (size_t size = 0; size < whole.size; size++) {
            void *cut = malloc(size == 0 ? 1 : size); /* no arena: whoever reads on is found */
            memcpy(cut, whole.data, size);
            assert_int_equal(decoded(SAMPLES[i].kind, (struct gb_bytes){cut, size}, &err),
                             GB_POISON);
            assert_null(strstr(err.message, "after the message"));
            free(cut);
        }
        memcpy(longer, whole.data, whole.size);
        assert_poison(SAMPLES[i].kind, (struct gb_bytes){longer, whole.size + 1}, "AVRO_INVALID",
                      "1 bytes after the message");
    }
}

/* Whatever one byte becomes: taken or poison, never another word, and never much memory. */
static void every_other_byte_is_survived(void **state)
{
    (void)state;
    struct gb_arena *large = arena;
    arena = gb_arena_new(1 << 14); /* is reset quickly, and is enough */
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        size_t size = strlen(SAMPLES[i].hex) / 2;
        for (size_t at = 0; at < size; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                gb_arena_reset(arena);
                struct gb_bytes message = sample_bytes(SAMPLES[i].hex, arena);
                ((uint8_t *)(uintptr_t)message.data)[at] = (uint8_t)byte;
                enum gb_result result = decoded(SAMPLES[i].kind, message, NULL);
                assert_true(result == GB_OK || result == GB_POISON);
                assert_true(gb_arena_used(arena) < 64 * size + 1024);
            }
        }
    }
    gb_arena_free(arena);
    arena = large;
}

/* Much too long a text is refused before it is copied. */
static void long_text_is_not_copied(void **state)
{
    (void)state;
    static char text[100004];
    memset(text, 'a', sizeof(text));
    text[0] = 2;
    size_t size = 1 + put_number((uint8_t *)text + 1, 100000);
    assert_int_equal(size, 4);
    struct gb_bytes message =
        joined(GB_MESSAGE_PAYIN, PAYIN, PAYIN_PARTS, REFERENCE, text, sizeof(text));
    struct gb_message_payin payin;
    struct gb_err err;
    size_t used = gb_arena_used(arena);
    assert_int_equal(gb_wire_payin_decode(message, arena, &payin, &err), GB_POISON);
    assert_string_equal(err.message, "reference: is too long");
    assert_true(gb_arena_used(arena) - used < 1000);
}

/* A version may write more than the member takes: a long for an int, null for what must be there.
 */
static void wider_versions_are_held_to_the_member(void **state)
{
    (void)state;
    static const char text[] = "{\"type\":\"record\",\"name\":\"Status\",\"fields\":["
                               "{\"name\":\"dc\",\"type\":[\"null\",\"string\"]},"
                               "{\"name\":\"incarnation\",\"type\":\"long\"},"
                               "{\"name\":\"sent_at_us\",\"type\":\"long\"}]}";
    const struct gb_schema schema = {.type = "geobill.status.v1",
                                     .version = 2,
                                     .id = 0x7777,
                                     .sha256 = "",
                                     .text = text,
                                     .size = sizeof(text) - 1};
    static const struct {
        struct part body;
        const char *wrong; /* NULL: taken */
    } bodies[] = {
        {PART("\0\0\0\x77\x77\2\6dc1\2\0"), NULL},
        {PART("\0\0\0\x77\x77\0\2\0"), "dc: is missing"},
        {PART("\0\0\0\x77\x77\2\6dc1\x82\x80\x80\x80\x20\0"), "incarnation: is out of range"},
    };
    assert_int_equal(gb_registry_add(&schema, NULL), GB_OK);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct gb_bytes message = {bodies[i].body.bytes, bodies[i].body.size};
        if (bodies[i].wrong == NULL)
            assert_int_equal(decoded(GB_MESSAGE_STATUS, message, NULL), GB_OK);
        else
            assert_poison(GB_MESSAGE_STATUS, message, "FIELD_INVALID", bodies[i].wrong);
    }
}

static void schemas_are_known_and_of_the_kind(void **state)
{
    (void)state;
    struct gb_bytes message = sample_bytes(SAMPLES[0].hex, arena);
    assert_poison(GB_MESSAGE_STATUS, message, "SCHEMA_UNKNOWN", "geobill.status.v1");
    ((uint8_t *)(uintptr_t)message.data)[1] = 0x80;
    assert_poison(GB_MESSAGE_PAYIN, message, "SCHEMA_UNKNOWN", "-2147483547");
}

static int open_all(void **state)
{
    (void)state;
    arena = gb_arena_new(8 << 20);
    return gb_wire_init(NULL) == GB_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    gb_arena_free(arena);
    gb_wire_done();
    return 0;
}

static int reset(void **state)
{
    (void)state;
    gb_arena_reset(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_parts_are_right, reset),
        cmocka_unit_test_setup(two_gibibytes_are_not_allocated, reset),
        cmocka_unit_test_setup(numbers_have_their_width, reset),
        cmocka_unit_test_setup(text_holds_no_zero_and_is_utf_8, reset),
        cmocka_unit_test_setup(branches_and_symbols_exist, reset),
        cmocka_unit_test_setup(array_blocks_come_in_both_forms, reset),
        cmocka_unit_test_setup(array_blocks_are_held_to_what_they_say, reset),
        cmocka_unit_test_setup(items_are_bounded_over_all_arrays, reset),
        cmocka_unit_test_setup(items_are_checked, reset),
        cmocka_unit_test_setup(every_end_too_early_or_too_late_is_poison, reset),
        cmocka_unit_test_setup(every_other_byte_is_survived, reset),
        cmocka_unit_test_setup(long_text_is_not_copied, reset),
        cmocka_unit_test_setup(wider_versions_are_held_to_the_member, reset),
        cmocka_unit_test_setup(schemas_are_known_and_of_the_kind, reset),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
