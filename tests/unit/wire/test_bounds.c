/* Each field's bounds: what is just right is read, what is just wrong is refused by name. The bytes
 * come from avro-c, which has no opinion on values. */
#include "unit/wire/cm.h"

#include <string.h>

#include "unit/wire/reference.h"
#include "unit/wire/samples.h"
#include "wire/print_message.h"
#include "wire/registry.h"

enum {
    PAYIN,
    ENTRY = 2,
    ACCOUNT = 4,
    CLIENT,
    REFUSED,
    BOOKED,
    STATUS,
    ASK = 10,
    REPLY = 12,
    SERVICE = 15,
    REFUND = 17
};

/* One field of a sample with another value. */
struct bound {
    size_t sample;
    const char *field; /* "link.peer": within; "acks.page": of the first item */
    const char *value; /* JSON; NULL: `letters` times the letter a */
    size_t letters;
    const char *wrong; /* how the refusal's message starts; NULL: taken */
};

static const struct bound BOUNDS[] = {
    {PAYIN, "dc", "\"dc0\"", 0, "dc:"},
    {PAYIN, "dc", "\"dc01\"", 0, "dc:"},
    {PAYIN, "dc", "\"dc10000\"", 0, "dc:"},
    {PAYIN, "dc", "\"DC1\"", 0, "dc:"},
    {PAYIN, "dc", "\"\"", 0, "dc:"},
    {PAYIN, "dc", "\"dc1\\u0000\"", 0, "dc:"},
    {PAYIN, "dc", NULL, 4000, "dc:"},
    {PAYIN, "dc", "\"dc9999\"", 0, NULL},
    {PAYIN, "incarnation", "0", 0, "incarnation:"},
    {PAYIN, "incarnation", "-2147483648", 0, "incarnation:"},
    {PAYIN, "incarnation", "2147483647", 0, NULL},
    {PAYIN, "account_id", "\"\"", 0, "account_id:"},
    {PAYIN, "account_id", NULL, 64, NULL},
    {PAYIN, "account_id", NULL, 65, "account_id:"},
    {PAYIN, "account_id", "\"a b\"", 0, "account_id:"},
    {PAYIN, "account_id", "\"\\u00e4\"", 0, "account_id:"},
    {PAYIN, "account_no", "0", 0, "account_no:"},
    {PAYIN, "account_no", "9223372036854775807", 0, NULL},
    {PAYIN, "currency", "\"eur\"", 0, "currency:"},
    {PAYIN, "currency", "\"EURO\"", 0, "currency:"},
    {PAYIN, "currency", "\"EU\"", 0, "currency:"},
    {PAYIN, "owner", "\"dc\"", 0, "owner:"},
    {PAYIN, "client_no", "0", 0, "client_no:"},
    {PAYIN, "key", "\"\"", 0, "key:"},
    {PAYIN, "key", "\" k\"", 0, "key:"},
    {PAYIN, "key", "\"k \"", 0, "key:"},
    {PAYIN, "key", "\"k\\u0000k\"", 0, "key:"},
    {PAYIN, "key", "\"k\\u00fc\"", 0, "key:"},
    {PAYIN, "key", NULL, 200, NULL},
    {PAYIN, "key", NULL, 201, "key:"},
    {PAYIN, "amount", "0", 0, "amount:"},
    {PAYIN, "amount", "-1", 0, "amount:"},
    {PAYIN, "amount", "1", 0, NULL},
    {PAYIN, "amount", "1000000000000001", 0, "amount:"},
    {PAYIN, "reference", "null", 0, NULL},
    {PAYIN, "reference", "\"\"", 0, NULL},
    {PAYIN, "reference", NULL, 256, NULL},
    {PAYIN, "reference", NULL, 257, "reference:"},
    {PAYIN, "reference", "\"a\\nb\"", 0, "reference:"},
    {PAYIN, "reference", "\"a\\u0085b\"", 0, NULL},
    {PAYIN, "reference", "\"a\\u007fb\"", 0, "reference:"},
    {PAYIN, "reference", "\"a\\u0000b\"", 0, "reference:"},
    {PAYIN, "metadata", "null", 0, NULL},
    {PAYIN, "metadata", "\"{}\"", 0, NULL},
    {PAYIN, "metadata", "\"{\\\"a\\\":\\\"\\u007f\\u0085\\\"}\"", 0, NULL},
    {PAYIN, "metadata", "\"{\\n}\"", 0, "metadata:"},
    {PAYIN, "metadata", "\"[]\"", 0, "metadata:"},
    {PAYIN, "metadata", "\"{\"", 0, "metadata:"},
    {PAYIN, "metadata", "\"{]\"", 0, "metadata:"},
    {PAYIN, "metadata", "\"[}\"", 0, "metadata:"},
    {PAYIN, "metadata", NULL, 4096, "metadata: does not have"}, /* only letters */
    {PAYIN, "metadata", NULL, 4097, "metadata: is too long"},
    {PAYIN, "accepted_at_us", "-1", 0, "accepted_at_us:"},
    {PAYIN, "accepted_at_us", "253402300799999999", 0, NULL},
    {PAYIN, "accepted_at_us", "253402300800000000", 0, "accepted_at_us:"},
    {PAYIN, "awaited", "false", 0, NULL},

    {ENTRY, "version", "0", 0, "version:"},
    {ENTRY, "version", "9223372036854775807", 0, NULL},
    {ENTRY, "kind", "\"UNKNOWN\"", 0, "kind:"},
    {ENTRY, "kind", "\"SHARE_IN\"", 0, NULL},
    {ENTRY, "kind", "\"STATUS\"", 0, "amount:"},
    {ENTRY, "status", "\"UNKNOWN\"", 0, "status:"},
    {ENTRY, "status", "\"CLOSED\"", 0, NULL},
    {ENTRY, "amount", "0", 0, "amount:"},
    {ENTRY, "amount", "-1", 0, "amount:"},
    {ENTRY, "amount", "9007199254740991", 0, NULL},
    {ENTRY, "amount", "9007199254740992", 0, "amount:"},
    {ENTRY, "balance_after", "9007199254740990", 0, "balance_after:"},
    {ENTRY, "balance_after", "9007199254740992", 0, "balance_after:"},
    {ENTRY, "balance_after", "-1", 0, "balance_after:"},
    {ENTRY, "held_after", "9007199254740991", 0, NULL},
    {ENTRY, "held_after", "9007199254740992", 0, "held_after:"},
    {ENTRY, "held_after", "-1", 0, "held_after:"},
    {ENTRY, "credits_total", "-1", 0, "credits_total:"},
    {ENTRY, "credits_total", "4611686018427387905", 0, "credits_total:"},
    {ENTRY, "credits_total", "4611686018427387904", 0, "balance_after:"},
    {ENTRY, "debits_total", "801", 0, "balance_after:"},
    {ENTRY, "out_total", "-1", 0, "out_total:"},
    {ENTRY, "in_total", "4611686018427387905", 0, "in_total:"},
    {ENTRY, "account_version", "-1", 0, "account_version:"},
    {ENTRY, "account_version", "0", 0, NULL},
    {ENTRY, "operation", "null", 0, NULL},
    {ENTRY, "operation.client_no", "0", 0, "operation.client_no:"},
    {ENTRY, "operation.key", "\"\"", 0, "operation.key:"},
    {ENTRY, "reference", "\"\\u007f\"", 0, "reference:"},
    {ENTRY, "link", "null", 0, "link:"},
    {ENTRY, "link.peer", "\"dc3\"", 0, "link.peer:"},
    {ENTRY, "link.peer", "\"dc10000\"", 0, "link.peer:"},
    {ENTRY, "link.out_total", "-1", 0, "link.out_total:"},
    {ENTRY, "link.in_total", "4611686018427387905", 0, "link.in_total:"},

    {ACCOUNT, "name", "\"\"", 0, "name:"},
    {ACCOUNT, "name", NULL, 200, NULL},
    {ACCOUNT, "name", NULL, 201, "name:"},
    {ACCOUNT, "name", NULL, 801, "name:"},
    {ACCOUNT, "name", "\"a\\tb\"", 0, "name:"},
    {ACCOUNT, "status", "\"UNKNOWN\"", 0, "status:"},
    {ACCOUNT, "version", "0", 0, "version:"},
    {ACCOUNT, "updated_at_us", "1795397934999999", 0, NULL}, /* a clock went back */

    {CLIENT, "incarnation", "0", 0, "incarnation:"},
    {CLIENT, "client_no", "0", 0, "client_no:"},
    {CLIENT, "name", NULL, 100, NULL},
    {CLIENT, "name", NULL, 101, "name:"},
    {CLIENT, "role", "\"UNKNOWN\"", 0, "role:"},
    {CLIENT, "role", "\"admin\"", 0, NULL},
    {CLIENT, "home", "\"dc0\"", 0, "home:"},
    {CLIENT, "created_at_us", "253402300799999999", 0, NULL},

    {REFUSED, "state", "\"ACCEPTED\"", 0, "state:"},
    {REFUSED, "state", "\"PAID\"", 0, "state:"},
    {REFUSED, "state", "\"BOOKED\"", 0, "reason:"},
    {REFUSED, "reason", "null", 0, "reason:"},
    {REFUSED, "reason", "\"\"", 0, "reason:"},
    {REFUSED, "reason", "\"mismatch\"", 0, "reason:"},
    {REFUSED, "reason", NULL, 49, "reason:"},
    {BOOKED, "reason", "\"X\"", 0, "reason:"},

    {STATUS, "sent_at_us", "-1", 0, "sent_at_us:"},
    {STATUS, "acks.stream", "\"\"", 0, "acks.stream:"},
    {STATUS, "acks.stream", NULL, 15, NULL},
    {STATUS, "acks.stream", NULL, 16, "acks.stream:"},
    {STATUS, "acks.stream", "\"Payin\"", 0, "acks.stream:"},
    {STATUS, "acks.topic", NULL, 63, NULL},
    {STATUS, "acks.topic", NULL, 64, "acks.topic:"},
    {STATUS, "heads.topic", "\"a/b\"", 0, "heads.topic:"},
    {STATUS, "heads.partition", "-1", 0, "heads.partition:"},
    {STATUS, "heads.page", "-1", 0, "heads.page:"},

    {ASK, "peer", "\"dc1\"", 0, "peer:"},
    {ASK, "peer", "\"dc0\"", 0, "peer:"},
    {ASK, "peer", "\"dc9999\"", 0, NULL},
    {ASK, "ask_seq", "0", 0, "ask_seq:"},
    {ASK, "ask_seq", "9223372036854775807", 0, NULL},
    {ASK, "ask_target", "-1", 0, "ask_target:"},
    {ASK, "ask_target", "0", 0, NULL},
    {ASK, "ask_target", "4611686018427387904", 0, NULL},
    {ASK, "ask_target", "4611686018427387905", 0, "ask_target:"},
    {ASK, "priority_us", "-1", 0, "priority_us:"},
    {ASK, "priority_us", "253402300800000000", 0, "priority_us:"},
    {ASK, "round", "0", 0, "round:"},
    {ASK, "asker_in_total", "-1", 0, "asker_in_total:"},
    {ASK, "asker_in_total", "4611686018427387905", 0, "asker_in_total:"},
    {ASK, "ttl_us", "-1", 0, "ttl_us:"},
    {ASK, "ttl_us", "86400000000", 0, NULL},
    {ASK, "ttl_us", "86400000001", 0, "ttl_us:"},
    {ASK, "clock_us", "-1", 0, "clock_us:"},
    {ASK, "clock_us", "253402300800000000", 0, "clock_us:"},

    {REPLY, "ask_seq", "-1", 0, "ask_seq:"},
    {REPLY, "ask_seq", "0", 0, NULL},
    {REPLY, "round", "-1", 0, "round:"},
    {REPLY, "version", "-1", 0, "version:"},
    {REPLY, "status", "\"UNKNOWN\"", 0, "status:"},
    {REPLY, "balance", "701", 0, "balance:"},
    {REPLY, "balance", "-1", 0, "balance:"},
    {REPLY, "held", "701", 0, "balance:"},
    {REPLY, "held", "201", 0, "available:"},
    {REPLY, "held", "-1", 0, "held:"},
    {REPLY, "credits_total", "-1", 0, "credits_total:"},
    {REPLY, "debits_total", "4611686018427387905", 0, "debits_total:"},
    {REPLY, "out_total", "5001", 0, "balance:"},
    {REPLY, "in_total", "-1", 0, "in_total:"},
    {REPLY, "account_version", "-1", 0, "account_version:"},
    {REPLY, "updated_at_us", "253402300800000000", 0, "updated_at_us:"},
    {REPLY, "link.peer", "\"dc3\"", 0, "link.peer:"},
    {REPLY, "link.peer", "\"dc10000\"", 0, "link.peer:"},
    {REPLY, "link.out_total", "-1", 0, "link.out_total:"},
    {REPLY, "link.in_total", "4611686018427387905", 0, "link.in_total:"},
    {REPLY, "available", "499", 0, "available:"},
    {REPLY, "in_flight", "-1", 0, "in_flight:"},
    {REPLY, "reserved", "500", 0, NULL},
    {REPLY, "reserved", "501", 0, "reserved:"},
    {REPLY, "clock_us", "-1", 0, "clock_us:"},

    {SERVICE, "service_id", "\"a/b\"", 0, "service_id:"},
    {SERVICE, "service_id", "\"\"", 0, "service_id:"},
    {SERVICE, "name", "\"\"", 0, "name:"},
    {SERVICE, "price", "0", 0, "price:"},
    {SERVICE, "price", "1000000000000001", 0, "price:"},
    {SERVICE, "currency", "\"EURO\"", 0, "currency:"},
    {SERVICE, "version", "0", 0, "version:"},
    {SERVICE, "updated_at_us", "-1", 0, "updated_at_us:"},

    {REFUND, "dc", "\"dc0\"", 0, "dc:"},
    {REFUND, "account_no", "0", 0, "account_no:"},
    {REFUND, "owner", "\"dc\"", 0, "owner:"},
    {REFUND, "client_no", "0", 0, "client_no:"},
    {REFUND, "key", "\"\"", 0, "key:"},
    {REFUND, "key", NULL, 201, "key:"},
    {REFUND, "original_key", "\"\"", 0, "original_key:"},
    {REFUND, "original_key", "\" o\"", 0, "original_key:"},
    {REFUND, "original_key", NULL, 200, NULL},
    {REFUND, "original_key", NULL, 201, "original_key:"},
    {REFUND, "amount", "0", 0, "amount:"},
    {REFUND, "amount", "1000000000000001", 0, "amount:"},
    {REFUND, "reference", NULL, 256, NULL},
    {REFUND, "reference", NULL, 257, "reference:"},
    {REFUND, "metadata", "\"[]\"", 0, "metadata:"},
    {REFUND, "accepted_at_us", "-1", 0, "accepted_at_us:"},
};

static struct gb_arena *arena;
static struct reference *references[GB_MESSAGE_REFUND + 1];

static json_t *value_of(const struct bound *bound)
{
    if (bound->value != NULL)
        return json_loads(bound->value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    char *letters = gb_arena_alloc(arena, bound->letters + 1);
    memset(letters, 'a', bound->letters);
    return json_string(letters);
}

static json_t *message_with(const struct bound *bound)
{
    json_t *message = json_loads(SAMPLES[bound->sample].json, 0, NULL), *object = message;
    const char *name = bound->field, *dot = strchr(name, '.');
    if (dot != NULL) {
        object = json_object_get(message, gb_arena_strndup(arena, name, (size_t)(dot - name)));
        object = json_is_array(object) ? json_array_get(object, 0) : object;
        name = dot + 1;
    }
    assert_non_null(json_object_get(object, name));
    json_object_set_new(object, name, value_of(bound));
    return message;
}

static enum gb_result decode(enum gb_message_kind kind, json_t *message, void **ret,
                             struct gb_err *err)
{
    int32_t id = gb_registry_written(kind)->id;
    struct gb_bytes framed = reference_write(references[kind], id, message, arena);
    *ret = gb_arena_alloc(arena, gb_registry_codec(kind)->size);
    return gb_codec_decode(kind, framed, arena, *ret, err);
}

static void fields_have_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(BOUNDS) / sizeof(BOUNDS[0]); i++) {
        const struct bound *bound = &BOUNDS[i];
        struct gb_err err = {.message = "taken"};
        void *decoded;
        gb_arena_reset(arena);
        json_t *message = message_with(bound);
        enum gb_result result = decode(SAMPLES[bound->sample].kind, message, &decoded, &err);
        json_decref(message);
        const char *expected = bound->wrong == NULL ? "taken" : bound->wrong;
        if (strncmp(err.message, expected, strlen(expected)) != 0)
            fail_msg("%s = %s (%zu): %s", bound->field, bound->value, bound->letters, err.message);
        assert_int_equal(result, bound->wrong == NULL ? GB_OK : GB_POISON);
        if (bound->wrong != NULL)
            assert_string_equal(err.code, "FIELD_INVALID");
    }
}

static void totals_may_come_to_their_end(void **state)
{
    (void)state;
    void *decoded;
    json_t *message = json_loads(SAMPLES[ENTRY].json, 0, NULL);
    const json_int_t end = (json_int_t)1 << 62;
    json_object_set_new(message, "credits_total", json_integer(end));
    json_object_set_new(message, "debits_total", json_integer(end));
    json_object_set_new(message, "out_total", json_integer(end));
    json_object_set_new(message, "in_total", json_integer(end));
    json_object_set_new(message, "balance_after", json_integer(0));
    json_object_set_new(message, "held_after", json_integer(0));
    assert_int_equal(decode(GB_MESSAGE_LEDGER_ENTRY, message, &decoded, NULL), GB_OK);
    json_object_set_new(message, "debits_total", json_integer(0));
    json_object_set_new(message, "out_total", json_integer(0));
    struct gb_err err;
    assert_int_equal(decode(GB_MESSAGE_LEDGER_ENTRY, message, &decoded, &err), GB_POISON);
    json_decref(message);
}

static void refuse_entry(const struct gb_message_ledger_entry *entry, const char *why)
{
    struct gb_bytes framed;
    struct gb_err err;
    assert_int_equal(gb_wire_ledger_entry_encode(entry, arena, &framed, &err), GB_POISON);
    assert_string_equal(err.message, why);
}

static void entries_agree_with_themselves(void **state)
{
    (void)state;
    struct gb_message_ledger_entry entry = SAMPLE_ENTRY;
    struct gb_bytes framed;
    entry.credits_total = 1000;
    entry.balance_after = 0;
    entry.held_after = 0;
    assert_int_equal(gb_wire_ledger_entry_encode(&entry, arena, &framed, NULL), GB_OK);
    entry.held_after = 1;
    refuse_entry(&entry, "held_after: is more than the balance");
    entry = SAMPLE_ENTRY;
    entry.kind = GB_ENTRY_PAYIN;
    entry.amount = GB_AMOUNT_MAX;
    assert_int_equal(gb_wire_ledger_entry_encode(&entry, arena, &framed, NULL), GB_OK);
    entry.amount = GB_AMOUNT_MAX + 1;
    refuse_entry(&entry, "amount: is out of range");
}

/* A name of 200 characters may have 800 bytes. */
static void names_count_characters(void **state)
{
    (void)state;
    char name[4 * 201 + 1] = "";
    for (size_t i = 0; i < 200; i++)
        memcpy(name + 4 * i, "\xf0\x9f\x92\xb6", 4);
    struct gb_message_catalogue_account account = SAMPLE_ACCOUNT;
    struct gb_bytes framed;
    account.name = name;
    assert_int_equal(gb_wire_account_encode(&account, arena, &framed, NULL), GB_OK);
    assert_true(framed.size <=
                1024); /* merge_pages.c counts on rows of the catalogue being short */
    assert_int_equal(gb_wire_account_decode(framed, arena, &account, NULL), GB_OK);
    assert_string_equal(account.name, name);
    name[800] = 'x';
    account.name = name;
    assert_int_equal(gb_wire_account_encode(&account, arena, &framed, NULL), GB_POISON);
}

static struct gb_message_stream_page *pages(size_t count)
{
    struct gb_message_stream_page *list = gb_arena_array(arena, count, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = (struct gb_message_stream_page){"payin", "t", (int32_t)i, 1, 0};
    return list;
}

static void arrays_end_at_4096_together(void **state)
{
    (void)state;
    struct gb_message_status status = SAMPLE_STATUS, seen;
    struct gb_bytes framed;
    struct gb_err err;
    status.acks = pages(4000);
    status.acks_count = 4000;
    status.heads = pages(97);
    status.heads_count = 96;
    assert_int_equal(gb_wire_status_encode(&status, arena, &framed, NULL), GB_OK);
    assert_int_equal(gb_wire_status_decode(framed, arena, &seen, NULL), GB_OK);
    assert_int_equal(seen.heads_count, 96);
    assert_int_equal(seen.acks[3999].partition, 3999);
    status.heads_count = 97;
    assert_int_equal(gb_wire_status_encode(&status, arena, &framed, &err), GB_POISON);
    assert_string_equal(err.code, "FIELD_INVALID");
}

/* A message that no decoder would take is not sent. */
static void encoding_refuses_alike(void **state)
{
    (void)state;
    struct gb_message_payin payin = SAMPLE_PAYIN;
    struct gb_message_ledger_entry entry = SAMPLE_ENTRY;
    struct gb_bytes framed = {NULL, 0};
    struct gb_err err;
    payin.key = NULL;
    assert_int_equal(gb_wire_payin_encode(&payin, arena, &framed, &err), GB_POISON);
    assert_string_equal(err.message, "key: is missing");
    char long_words[GB_REFERENCE_SIZE + 1] = "";
    memset(long_words, 'a', GB_REFERENCE_SIZE);
    payin = SAMPLE_PAYIN;
    payin.reference = long_words;
    assert_int_equal(gb_wire_payin_encode(&payin, arena, &framed, &err), GB_POISON);
    assert_string_equal(err.message, "reference: is too long");
    payin = SAMPLE_PAYIN;
    payin.reference = "\xff";
    assert_int_equal(gb_wire_payin_encode(&payin, arena, &framed, &err), GB_POISON);
    assert_string_equal(err.message, "reference: does not have its form");
    memset(entry.account.dc.code, 'x', sizeof(entry.account.dc.code)); /* not terminated */
    assert_int_equal(gb_wire_ledger_entry_encode(&entry, arena, &framed, &err), GB_POISON);
    assert_string_equal(err.message, "dc: does not have its form");
    entry = SAMPLE_ENTRY;
    entry.kind = (enum gb_entry_kind)17;
    assert_int_equal(gb_wire_ledger_entry_encode(&entry, arena, &framed, &err), GB_POISON);
    entry = SAMPLE_ENTRY;
    entry.balance_after++;
    assert_int_equal(gb_wire_ledger_entry_encode(&entry, arena, &framed, &err), GB_POISON);
    entry = SAMPLE_ENTRY;
    entry.link_in_total = -1;
    assert_int_equal(gb_wire_ledger_entry_encode(&entry, arena, &framed, &err), GB_POISON);
    assert_string_equal(err.message, "link.in_total: is out of range");
    assert_null(framed.data);
}

static int open_all(void **state)
{
    (void)state;
    arena = gb_arena_new((size_t)16 << 20);
    if (gb_wire_init(NULL) != GB_OK)
        return -1;
    for (int kind = GB_MESSAGE_PAYIN; kind <= GB_MESSAGE_REFUND; kind++) {
        const struct gb_schema *schema =
            gb_schema_by_id(gb_registry_written((enum gb_message_kind)kind)->id);
        references[kind] = reference_open(schema->text, schema->size);
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (int kind = GB_MESSAGE_PAYIN; kind <= GB_MESSAGE_REFUND; kind++)
        reference_close(references[kind]);
    gb_arena_free(arena);
    gb_wire_done();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_have_bounds),
        cmocka_unit_test(totals_may_come_to_their_end),
        cmocka_unit_test(entries_agree_with_themselves),
        cmocka_unit_test(names_count_characters),
        cmocka_unit_test(arrays_end_at_4096_together),
        cmocka_unit_test(encoding_refuses_alike),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
