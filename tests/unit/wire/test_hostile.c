/* Bytes that are cut, changed or made to hurt: refused in bounded memory, or read as something
 * right. */
#include "unit/wire/cm.h"

#include <string.h>

#include "unit/wire/samples.h"
#include "wire/codec.h"
#include "wire/print_message.h"
#include "wire/registry.h"

static struct gb_arena *arena;

static enum gb_result decode(enum gb_message_kind kind, const void *bytes, size_t size,
                             struct gb_err *err)
{
    void *message = gb_arena_alloc(arena, gb_registry_codec(kind)->size);
    return gb_codec_decode(kind, (struct gb_bytes){bytes, size}, arena, message, err);
}

/* Copied to its exact size, so that AddressSanitizer sees a byte too many. */
static struct gb_err decode_exact(enum gb_message_kind kind, struct gb_bytes bytes, size_t size)
{
    struct gb_err err = {.result = GB_OK};
    uint8_t *copy = test_malloc(size == 0 ? 1 : size);
    memcpy(copy, bytes.data, size);
    err.result = decode(kind, copy, size, &err);
    test_free(copy);
    return err;
}

static void every_cut_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        gb_arena_reset(arena);
        struct gb_bytes whole = sample_bytes(SAMPLES[i].hex, arena);
        for (size_t size = 0; size < whole.size; size++) {
            struct gb_err err = decode_exact(SAMPLES[i].kind, whole, size);
            assert_int_equal(err.result, GB_POISON);
            assert_string_equal(err.code, size < 5 ? "FRAME_INVALID" : "AVRO_INVALID");
        }
        assert_int_equal(decode_exact(SAMPLES[i].kind, whole, whole.size).result, GB_OK);
    }
}

static void nothing_may_follow(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        struct gb_bytes longer =
            sample_bytes(gb_arena_printf(arena, "%s00", SAMPLES[i].hex), arena);
        struct gb_err err;
        assert_int_equal(decode(SAMPLES[i].kind, longer.data, longer.size, &err), GB_POISON);
        assert_string_equal(err.code, "AVRO_INVALID");
    }
}

/* Every byte of every sample with every other value: what is taken can be written again. */
static void every_changed_byte_is_right_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        uint8_t bytes[512];
        size_t size = strlen(SAMPLES[i].hex) / 2, codec = gb_registry_codec(SAMPLES[i].kind)->size;
        assert_true(size <= sizeof(bytes) && gb_hex_parse(SAMPLES[i].hex, bytes, size));
        for (size_t at = 0; at < size; at++) {
            for (unsigned flip = 1; flip < 256; flip++) {
                gb_arena_reset(arena);
                struct gb_bytes framed = {bytes, size}, again;
                void *message = gb_arena_alloc(arena, codec);
                bytes[at] ^= (uint8_t)flip;
                enum gb_result result =
                    gb_codec_decode(SAMPLES[i].kind, framed, arena, message, NULL);
                bytes[at] ^= (uint8_t)flip;
                assert_true(gb_arena_used(arena) <= codec + 16 + 32 * size);
                if (result == GB_OK)
                    assert_int_equal(gb_codec_encode(SAMPLES[i].kind, message, arena, &again, NULL),
                                     GB_OK);
                else
                    assert_int_equal(result, GB_POISON);
            }
        }
    }
}

struct hostile {
    const char *what;
    enum gb_message_kind kind;
    const char *hex;
    const char *code;
};

#define PAYIN_HEAD "0000000065"
#define STATUS_HEAD                                                                                \
    "000000006a"                                                                                   \
    "06646331"                                                                                     \
    "02"                                                                                           \
    "00"
#define PAGE "027002740000" /* stream p, topic t, partition 0, page 0 */

static const struct hostile HOSTILE[] = {
    {"nothing", GB_MESSAGE_PAYIN, "", "FRAME_INVALID"},
    {"a frame cut short", GB_MESSAGE_PAYIN, "00000000", "FRAME_INVALID"},
    {"another first byte", GB_MESSAGE_PAYIN, "0100000065", "FRAME_INVALID"},
    {"an unknown schema", GB_MESSAGE_PAYIN, "00000003e7", "SCHEMA_UNKNOWN"},
    {"a negative schema id", GB_MESSAGE_PAYIN, "00ffffffff", "SCHEMA_UNKNOWN"},
    {"another message's schema", GB_MESSAGE_PAYIN, "000000006a06646331020000", "SCHEMA_UNKNOWN"},
    {"no body", GB_MESSAGE_PAYIN, PAYIN_HEAD, "AVRO_INVALID"},
    {"a text of 2 GiB", GB_MESSAGE_PAYIN, PAYIN_HEAD "feffffff0f", "AVRO_INVALID"},
    {"a text of 2^63 - 1", GB_MESSAGE_PAYIN, PAYIN_HEAD "feffffffffffffffff01", "AVRO_INVALID"},
    {"a text of -1", GB_MESSAGE_PAYIN, PAYIN_HEAD "01", "AVRO_INVALID"},
    {"a text of -2^63", GB_MESSAGE_PAYIN, PAYIN_HEAD "ffffffffffffffffff01", "AVRO_INVALID"},
    {"a number of eleven bytes", GB_MESSAGE_PAYIN, PAYIN_HEAD "8080808080808080808000",
     "AVRO_INVALID"},
    {"a number of 65 bits", GB_MESSAGE_PAYIN, PAYIN_HEAD "80808080808080808002", "AVRO_INVALID"},
    {"an int of 33 bits", GB_MESSAGE_PAYIN,
     PAYIN_HEAD "0664633180808080"
                "10",
     "AVRO_INVALID"},
    {"an array of 2^62", GB_MESSAGE_STATUS,
     STATUS_HEAD "8080808080808080"
                 "8001",
     "AVRO_INVALID"},
    {"an array of -2^63", GB_MESSAGE_STATUS, STATUS_HEAD "ffffffffffffffffff01", "AVRO_INVALID"},
    {"an array of 4097", GB_MESSAGE_STATUS, STATUS_HEAD "8240", "AVRO_INVALID"},
    {"an array without its end", GB_MESSAGE_STATUS, STATUS_HEAD "02" PAGE, "AVRO_INVALID"},
    {"a block longer than it says", GB_MESSAGE_STATUS, STATUS_HEAD "010a" PAGE "0000",
     "AVRO_INVALID"},
    {"a block shorter than it says", GB_MESSAGE_STATUS, STATUS_HEAD "010e" PAGE "0000",
     "AVRO_INVALID"},
    {"a block of a negative size", GB_MESSAGE_STATUS, STATUS_HEAD "0101" PAGE "0000",
     "AVRO_INVALID"},
    {"a block larger than the message", GB_MESSAGE_STATUS, STATUS_HEAD "01fe01" PAGE "0000",
     "AVRO_INVALID"},
};

static void what_hurts_is_refused_without_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(HOSTILE) / sizeof(HOSTILE[0]); i++) {
        gb_arena_reset(arena);
        struct gb_bytes bytes = sample_bytes(HOSTILE[i].hex, arena);
        void *message = gb_arena_alloc(arena, gb_registry_codec(HOSTILE[i].kind)->size);
        size_t before = gb_arena_used(arena);
        struct gb_err err = {.code = "taken"};
        enum gb_result result = gb_codec_decode(HOSTILE[i].kind, bytes, arena, message, &err);
        if (result != GB_POISON || strcmp(err.code, HOSTILE[i].code) != 0)
            fail_msg("%s: %s %s", HOSTILE[i].what, err.code, err.message);
        assert_true(gb_arena_used(arena) - before <= 32); /* "dc1" at most */
    }
}

/* Blocks may say their size, and an array may come in several. */
static void blocks_are_read(void **state)
{
    (void)state;
    static const char hex[] = STATUS_HEAD "010c" PAGE "04" PAGE PAGE "00"
                                          "00";
    struct gb_bytes bytes = sample_bytes(hex, arena);
    struct gb_message_status status;
    assert_int_equal(gb_wire_status_decode(bytes, arena, &status, NULL), GB_OK);
    assert_int_equal(status.acks_count, 3);
    assert_int_equal(status.heads_count, 0);
    assert_string_equal(status.acks[2].topic, "t");
}

/* One byte of a sample at a known place, with another value. */
static struct gb_err with_byte(size_t sample, const char *before, uint8_t byte)
{
    struct gb_bytes bytes = sample_bytes(SAMPLES[sample].hex, arena);
    const char *at = strstr(SAMPLES[sample].hex, before);
    assert_non_null(at);
    uint8_t *changed = gb_arena_alloc(arena, bytes.size);
    memcpy(changed, bytes.data, bytes.size);
    changed[(size_t)(at - SAMPLES[sample].hex + (ptrdiff_t)strlen(before)) / 2] = byte;
    struct gb_err err = {.code = "taken"};
    (void)decode(SAMPLES[sample].kind, changed, bytes.size, &err);
    return err;
}

static void choices_have_bounds(void **state)
{
    (void)state;
    /* A booked result: key "order-4711", state BOOKED (4), reason null (0). */
    const char *key = "6f726465722d34373131";
    assert_string_equal(with_byte(7, key, 2 * 6).code, "AVRO_INVALID"); /* no such symbol */
    assert_string_equal(with_byte(7, key, 1).code, "AVRO_INVALID");     /* -1 */
    assert_string_equal(with_byte(7, key, 0).code, "FIELD_INVALID");    /* UNKNOWN */
    const char *state_too = "6f726465722d3437313104";
    assert_string_equal(with_byte(7, state_too, 2 * 2).code, "AVRO_INVALID"); /* no such branch */
    assert_string_equal(with_byte(7, state_too, 1).code, "AVRO_INVALID");
    /* A client's `revoked` stands behind its home. */
    assert_string_equal(with_byte(5, "646339393939", 2).code, "AVRO_INVALID");
    assert_string_equal(with_byte(5, "646339393939", 0).code, "taken");
}

static void text_must_be_utf8(void **state)
{
    (void)state;
    /* "Rechnung f" and then the two bytes of u umlaut. */
    const char *before = "526563686e756e672066";
    assert_string_equal(with_byte(0, before, 0xc3).code, "taken");
    assert_string_equal(with_byte(0, before, 0xff).code, "FIELD_INVALID");
    assert_string_equal(with_byte(0, before, 0xc0).code, "FIELD_INVALID");
    assert_string_equal(with_byte(0, before, 0x41).code, "FIELD_INVALID");
    assert_string_equal(with_byte(0, before, 0x00).code, "FIELD_INVALID");
}

/* Printing goes the same way. */
static void printing_refuses_alike(void **state)
{
    (void)state;
    enum gb_message_kind kind;
    json_t *body = NULL;
    struct gb_err err;
    struct gb_bytes bytes = sample_bytes("00000003e7", arena);
    assert_int_equal(gb_message_print(bytes, arena, &kind, &body, &err), GB_POISON);
    assert_string_equal(err.code, "SCHEMA_UNKNOWN");
    bytes = sample_bytes(PAYIN_HEAD "feffffff0f", arena);
    assert_int_equal(gb_message_print(bytes, arena, &kind, &body, &err), GB_POISON);
    assert_string_equal(err.code, "AVRO_INVALID");
    assert_null(body);
}

static int open_all(void **state)
{
    (void)state;
    arena = gb_arena_new(1 << 20);
    return gb_wire_init(NULL) == GB_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    gb_arena_free(arena);
    gb_wire_done();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(nothing_may_follow),
        cmocka_unit_test(every_changed_byte_is_right_or_refused),
        cmocka_unit_test(what_hurts_is_refused_without_memory),
        cmocka_unit_test(blocks_are_read),
        cmocka_unit_test(choices_have_bounds),
        cmocka_unit_test(text_must_be_utf8),
        cmocka_unit_test(printing_refuses_alike),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
