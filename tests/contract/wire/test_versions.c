/* Messages of another time: what an older and a newer version of each schema writes (by avro-c) is
 * read by us as what it says; a symbol that only the newer knows is refused by its field's name.
 * The versions stand in tests/contract/schemas. */
#include "unit/wire/cm.h"

#include <stdio.h>
#include <string.h>

#include "unit/wire/reference.h"
#include "unit/wire/samples.h"
#include "wire/print_message.h"
#include "wire/registry.h"

enum { TEXT_BYTES_MAX = 16384, FIRST_ID = 9000 };
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

struct version {
    const char *file; /* .avsc */
    size_t sample;
    const char *written; /* fields that the writer gives other values, or that we do not know */
    const char
        *expected; /* fields that we see with other values than the sample's; NULL: refused */
    const char *wrong;
};

static const struct version VERSIONS[] = {
    {"payin.older", PAYIN, "{}", "{\"metadata\":null,\"awaited\":false}", NULL},
    {"payin.newer", PAYIN,
     "{\"priority\":-9223372036854775808,\"origin\":{\"channel\":\"web\",\"codes\":[1,-2,3]},"
     "\"signature\":\"signed\"}",
     "{}", NULL},
    {"payin.newer", PAYIN, "{\"priority\":0,\"origin\":null,\"signature\":\"\"}", "{}", NULL},

    {"ledger_entry.older", ENTRY, "{\"kind\":\"PAYIN\",\"status\":\"BLOCKED\"}",
     "{\"kind\":\"PAYIN\",\"status\":\"BLOCKED\",\"reference\":null,\"link\":null}", NULL},
    {"ledger_entry.newer", ENTRY,
     "{\"tags\":[\"a\",\"\",\"b\"],\"seal\":\"00010203\",\"link\":{\"peer\":\"dc2\","
     "\"out_total\":250,\"in_total\":100,\"asked_total\":7}}",
     "{}", NULL},
    {"ledger_entry.newer", ENTRY,
     "{\"kind\":\"FEE\",\"tags\":[],\"seal\":\"00010203\",\"link\":null}", NULL,
     "kind: is of a kind not known here"},

    {"account.older", ACCOUNT, "{\"status\":\"OPEN\"}", "{\"status\":\"OPEN\"}", NULL},
    {"account.newer", ACCOUNT, "{\"owner\":null}", "{}", NULL},
    {"account.newer", ACCOUNT, "{\"owner\":\"somebody\"}", "{}", NULL},
    {"account.newer", ACCOUNT, "{\"owner\":-1}", "{}", NULL},
    {"account.newer", ACCOUNT, "{\"owner\":null,\"status\":\"FROZEN\"}", NULL,
     "status: is of a kind not known here"},

    {"client.older", CLIENT, "{}", "{\"revoked\":false}", NULL},
    {"client.newer", CLIENT,
     "{\"limits\":[{\"currency\":\"EUR\",\"amount\":1},{\"currency\":\"JPY\",\"amount\":2}]}", "{}",
     NULL},
    {"client.newer", CLIENT, "{\"limits\":[],\"role\":\"audit\"}", NULL,
     "role: is of a kind not known here"},

    {"result.older", BOOKED, "{}", "{}", NULL},
    {"result.newer", REFUSED, "{\"retryable\":true}", "{}", NULL},
    {"result.newer", BOOKED, "{\"retryable\":false,\"state\":\"EXPIRED\"}", NULL,
     "state: is of a kind not known here"},

    {"status.older", STATUS,
     "{\"acks\":[{\"stream\":\"payin\",\"topic\":\"t\",\"partition\":0,\"page\":17}]}",
     "{\"acks\":[{\"stream\":\"payin\",\"topic\":\"t\",\"partition\":0,\"page\":17,"
     "\"records\":0}],\"heads\":[]}",
     NULL},
    {"status.newer", STATUS,
     "{\"mood\":\"TIRED\",\"acks\":[{\"stream\":\"payin\",\"topic\":\"geobill.dc2.payin.v1\","
     "\"partition\":0,\"page\":17,\"records\":250,\"bytes\":1}],\"heads\":["
     "{\"stream\":\"ledger\",\"topic\":\"t\",\"partition\":1,\"page\":2,\"records\":3,"
     "\"bytes\":-1}]}",
     "{\"acks\":[{\"stream\":\"payin\",\"topic\":\"geobill.dc2.payin.v1\",\"partition\":0,"
     "\"page\":17,\"records\":250}],\"heads\":[{\"stream\":\"ledger\",\"topic\":\"t\","
     "\"partition\":1,\"page\":2,\"records\":3}]}",
     NULL},

    {"service.older", SERVICE, "{}", "{\"retired\":false}", NULL},
    {"service.newer", SERVICE, "{\"group\":null}", "{}", NULL},
    {"service.newer", SERVICE, "{\"group\":\"mail\"}", "{}", NULL},
    {"refund.older", REFUND, "{}", "{\"metadata\":null}", NULL},
    {"refund.newer", REFUND, "{\"cause\":null}", "{}", NULL},
    {"refund.newer", REFUND, "{\"cause\":\"returned\"}", "{}", NULL},
    {"ask.older", ASK, "{}", "{}", NULL},
    {"ask.newer", ASK, "{\"reason\":\"short\"}", "{}", NULL},
    {"reply.older", REPLY, "{}", "{}", NULL},
    {"reply.newer", REPLY, "{\"reason\":null}", "{}", NULL},
    {"reply.newer", REPLY, "{\"reason\":null,\"status\":\"FROZEN\"}", NULL,
     "status: is of a kind not known here"},
};
enum { VERSIONS_COUNT = sizeof(VERSIONS) / sizeof(VERSIONS[0]) };

static struct gb_arena *arena;

static struct gb_schema read_schema(const struct version *version, int32_t id)
{
    char path[512];
    char *text = gb_arena_alloc(arena, TEXT_BYTES_MAX);
    (void)snprintf(path, sizeof(path), "%s/%s.avsc", OTHER_SCHEMAS, version->file);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, TEXT_BYTES_MAX - 1, file);
    (void)fclose(file);
    return (struct gb_schema){.type = gb_message_type(SAMPLES[version->sample].kind),
                              .version = id,
                              .id = id,
                              .sha256 = "",
                              .text = text,
                              .size = size};
}

static json_t *sample_with(const struct version *version, const char *changes)
{
    json_t *message = json_loads(SAMPLES[version->sample].json, 0, NULL);
    json_t *changed = json_loads(changes, 0, NULL);
    assert_non_null(changed);
    json_object_update(message, changed);
    json_decref(changed);
    return message;
}

static struct gb_bytes write_by(const struct gb_schema *schema, const struct version *version)
{
    struct reference *reference = reference_open(schema->text, schema->size);
    json_t *message = sample_with(version, version->written);
    struct gb_bytes framed = reference_write(reference, schema->id, message, arena);
    json_decref(message);
    reference_close(reference);
    return framed;
}

static void assert_reads(const struct version *version, struct gb_bytes framed)
{
    enum gb_message_kind kind;
    json_t *seen = NULL, *expected = sample_with(version, version->expected);
    struct gb_err err = {.message = ""};
    if (gb_message_print(framed, arena, &kind, &seen, &err) != GB_OK)
        fail_msg("%s: %s", version->file, err.message);
    if (!json_equal(seen, expected))
        fail_msg("%s: %s", version->file, json_dumps(seen, JSON_COMPACT));
    json_decref(expected);
    json_decref(seen);
}

/* avro-c's own schema resolution makes the same of it. It knows no defaults, so it cannot say
 * anything of writers that lack a field. */
static void assert_resolves_alike(const struct version *version, const struct gb_schema *schema,
                                  struct gb_bytes framed)
{
    struct gb_bytes body;
    int32_t id;
    assert_int_equal(gb_frame_open(framed, &id, &body, NULL), GB_OK);
    enum gb_message_kind kind = SAMPLES[version->sample].kind;
    const struct gb_schema *ours = gb_schema_by_id(gb_registry_written(kind)->id);
    struct reference *writer = reference_open(schema->text, schema->size);
    struct reference *reader = reference_open(ours->text, ours->size);
    json_t *seen = reference_resolve(writer, reader, body);
    json_t *expected = sample_with(version, version->expected);
    if (seen == NULL || !json_equal(seen, expected))
        fail_msg("%s: avro-c reads something else", version->file);
    json_decref(seen);
    json_decref(expected);
    reference_close(writer);
    reference_close(reader);
}

static void assert_refuses(const struct version *version, struct gb_bytes framed)
{
    enum gb_message_kind kind;
    json_t *seen = NULL;
    struct gb_err err = {.message = ""};
    assert_int_equal(gb_message_print(framed, arena, &kind, &seen, &err), GB_POISON);
    assert_string_equal(err.code, "FIELD_INVALID");
    assert_string_equal(err.message, version->wrong);
}

static void other_versions_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS_COUNT; i++) {
        struct gb_err err = {.message = ""};
        gb_arena_reset(arena);
        struct gb_schema schema = read_schema(&VERSIONS[i], FIRST_ID + (int32_t)i);
        if (gb_registry_add(&schema, &err) != GB_OK)
            fail_msg("%s", err.message);
        struct gb_bytes framed = write_by(&schema, &VERSIONS[i]);
        if (VERSIONS[i].expected != NULL)
            assert_reads(&VERSIONS[i], framed);
        else
            assert_refuses(&VERSIONS[i], framed);
        if (VERSIONS[i].expected != NULL && strstr(VERSIONS[i].file, ".newer") != NULL)
            assert_resolves_alike(&VERSIONS[i], &schema, framed);
    }
}

/* Cut anywhere, also within fields that we only walk over. */
static void other_versions_are_vetted(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS_COUNT; i++) {
        gb_arena_reset(arena);
        struct gb_schema schema = read_schema(&VERSIONS[i], FIRST_ID + (int32_t)i);
        struct gb_bytes framed = write_by(&schema, &VERSIONS[i]);
        for (size_t size = 0; size < framed.size; size++) {
            enum gb_message_kind kind;
            json_t *seen = NULL;
            struct gb_bytes cut = {framed.data, size};
            assert_int_equal(gb_message_print(cut, arena, &kind, &seen, NULL), GB_POISON);
        }
    }
}

static int open_all(void **state)
{
    (void)state;
    arena = gb_arena_new((size_t)16 << 20);
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
        cmocka_unit_test(other_versions_are_read),
        cmocka_unit_test(other_versions_are_vetted), /* knows the versions from the one before */
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
