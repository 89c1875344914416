/* Each message goes to its frozen bytes and back, and shows itself as JSON. */
#include "unit/wire/cm.h"

#include <string.h>

#include "unit/wire/samples.h"
#include "wire/codec.h"
#include "wire/print_message.h"
#include "wire/registry.h"

static struct gb_arena *arena;

static void bytes_are_frozen(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        struct gb_bytes framed;
        struct gb_err err = {.message = ""};
        assert_int_equal(gb_codec_encode(SAMPLES[i].kind, SAMPLES[i].message, arena, &framed, &err),
                         GB_OK);
        assert_string_equal(sample_hex(framed, arena), SAMPLES[i].hex);
    }
}

static void frozen_bytes_show_as_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        enum gb_message_kind kind;
        json_t *seen, *expected = json_loads(SAMPLES[i].json, 0, NULL);
        struct gb_bytes framed = sample_bytes(SAMPLES[i].hex, arena);
        assert_int_equal(gb_message_print(framed, arena, &kind, &seen, NULL), GB_OK);
        assert_int_equal(kind, SAMPLES[i].kind);
        char *text = json_dumps(seen, JSON_COMPACT | JSON_PRESERVE_ORDER);
        assert_string_equal(text, SAMPLES[i].json);
        free(text);
        json_decref(seen);
        json_decref(expected);
    }
}

static const char *json_of(const char *name)
{
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        if (strcmp(SAMPLES[i].name, name) == 0)
            return SAMPLES[i].json;
    }
    return "no such sample";
}

static void bytes_of_earlier_versions_say_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < OLDER_BYTES_COUNT; i++) {
        enum gb_message_kind kind;
        json_t *seen;
        struct gb_bytes framed = sample_bytes(OLDER_BYTES[i].hex, arena);
        assert_int_equal(gb_message_print(framed, arena, &kind, &seen, NULL), GB_OK);
        char *text = json_dumps(seen, JSON_COMPACT | JSON_PRESERVE_ORDER);
        assert_string_equal(text, json_of(OLDER_BYTES[i].name));
        free(text);
        json_decref(seen);
    }
}

/* Decoded and encoded again: every member came through. */
static void nothing_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        struct gb_bytes framed = sample_bytes(SAMPLES[i].hex, arena), again;
        void *message = gb_arena_alloc(arena, gb_registry_codec(SAMPLES[i].kind)->size);
        assert_int_equal(gb_codec_decode(SAMPLES[i].kind, framed, arena, message, NULL), GB_OK);
        assert_int_equal(gb_codec_encode(SAMPLES[i].kind, message, arena, &again, NULL), GB_OK);
        assert_string_equal(sample_hex(again, arena), SAMPLES[i].hex);
    }
}

/* The doors of messages.h lead to their own kinds. */
static void doors_lead_to_their_kind(void **state)
{
    (void)state;
    struct gb_bytes framed;
    struct gb_message_payin payin;
    struct gb_message_ledger_entry entry;
    struct gb_message_catalogue_account account;
    struct gb_message_client client;
    struct gb_message_result result;
    struct gb_message_status status;
    assert_int_equal(gb_wire_payin_encode(&SAMPLE_PAYIN, arena, &framed, NULL), GB_OK);
    assert_int_equal(gb_wire_payin_decode(framed, arena, &payin, NULL), GB_OK);
    assert_string_equal(payin.key, SAMPLE_PAYIN.key);
    assert_int_equal(gb_wire_ledger_entry_encode(&SAMPLE_ENTRY, arena, &framed, NULL), GB_OK);
    assert_int_equal(gb_wire_ledger_entry_decode(framed, arena, &entry, NULL), GB_OK);
    assert_true(entry.link_out_total == 250 && entry.client_no.value == 7);
    assert_int_equal(gb_wire_account_encode(&SAMPLE_ACCOUNT, arena, &framed, NULL), GB_OK);
    assert_int_equal(gb_wire_account_decode(framed, arena, &account, NULL), GB_OK);
    assert_string_equal(account.name, SAMPLE_ACCOUNT.name);
    assert_int_equal(gb_wire_client_encode(&SAMPLE_CLIENT, arena, &framed, NULL), GB_OK);
    assert_int_equal(gb_wire_client_decode(framed, arena, &client, NULL), GB_OK);
    assert_memory_equal(client.token_hash, SAMPLE_CLIENT.token_hash, 32);
    assert_int_equal(gb_wire_result_encode(&SAMPLE_RESULT, arena, &framed, NULL), GB_OK);
    assert_int_equal(gb_wire_result_decode(framed, arena, &result, NULL), GB_OK);
    assert_string_equal(result.reason, SAMPLE_RESULT.reason);
    assert_int_equal(gb_wire_status_encode(&SAMPLE_STATUS, arena, &framed, NULL), GB_OK);
    assert_int_equal(gb_wire_status_decode(framed, arena, &status, NULL), GB_OK);
    assert_int_equal(status.acks_count, 2);
    assert_true(status.heads[0].page == INT64_MAX);
    struct gb_err err;
    assert_int_equal(gb_wire_payin_decode(framed, arena, &payin, &err), GB_POISON);
    assert_string_equal(err.code, "SCHEMA_UNKNOWN");
}

/* A full arena is no fault of the message: it must never become a dead letter for that. */
static void a_full_arena_asks_for_another_try(void **state)
{
    (void)state;
    struct gb_arena *small = gb_arena_new(32);
    struct gb_message_payin payin;
    struct gb_bytes framed = sample_bytes(SAMPLES[0].hex, arena), written;
    struct gb_err err;
    assert_int_equal(gb_wire_payin_decode(framed, small, &payin, &err), GB_RETRY);
    assert_string_equal(err.code, "ARENA_FULL");
    assert_int_equal(gb_wire_payin_encode(&SAMPLE_PAYIN, small, &written, &err), GB_RETRY);
    assert_string_equal(err.code, "ARENA_FULL");
    gb_arena_free(small);
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
        cmocka_unit_test(bytes_are_frozen),
        cmocka_unit_test(frozen_bytes_show_as_json),
        cmocka_unit_test(bytes_of_earlier_versions_say_the_same),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(doors_lead_to_their_kind),
        cmocka_unit_test(a_full_arena_asks_for_another_try),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
