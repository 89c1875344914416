/* Which schemas may be a version of a message: those that give every member that must be there. */
#include "unit/wire/cm.h"

#include <string.h>

#include "wire/messages.h"
#include "wire/registry.h"

#define STATUS(fields_) "{\"type\":\"record\",\"name\":\"Status\",\"fields\":[" fields_ "]}"
#define DC "{\"name\":\"dc\",\"type\":\"string\"},"
#define INCARNATION "{\"name\":\"incarnation\",\"type\":\"int\"},"
#define SENT "{\"name\":\"sent_at_us\",\"type\":\"long\"}"
#define NEEDED DC INCARNATION SENT
#define PAGE_WITH(more_)                                                                           \
    "{\"type\":\"record\",\"name\":\"StreamPage\",\"fields\":["                                    \
    "{\"name\":\"stream\",\"type\":\"string\"},{\"name\":\"topic\",\"type\":\"string\"},"          \
    "{\"name\":\"partition\",\"type\":\"int\"},{\"name\":\"page\",\"type\":\"long\"}" more_ "]}"
#define PAGE PAGE_WITH(",{\"name\":\"records\",\"type\":\"int\"}")
#define OLD_ACKS ",{\"name\":\"acks\",\"type\":{\"type\":\"array\",\"items\":" PAGE_WITH("") "}}"
#define ACKS ",{\"name\":\"acks\",\"type\":{\"type\":\"array\",\"items\":" PAGE "}}"
#define HEADS ",{\"name\":\"heads\",\"type\":{\"type\":\"array\",\"items\":\"StreamPage\"}}"

struct candidate {
    const char *text;
    bool written;
    const char *wrong; /* in the message; NULL: taken */
};

static const struct candidate CANDIDATES[] = {
    {STATUS(NEEDED), false, NULL},
    {STATUS(NEEDED ACKS), false, NULL},
    {STATUS(NEEDED ACKS HEADS), false, NULL},
    {STATUS(NEEDED OLD_ACKS HEADS), false, NULL},
    {STATUS(NEEDED ",{\"name\":\"new\",\"type\":[\"null\",\"bytes\"]}"), false, NULL},
    {STATUS(DC "{\"name\":\"incarnation\",\"type\":\"long\"}," SENT), false, NULL},
    {STATUS(DC INCARNATION "{\"name\":\"sent_at_us\",\"type\":\"int\"}"), false, NULL},
    {"", false, "status"},
    {"{", false, "status"},
    {"\"string\"", false, "not a record"},
    {STATUS(DC SENT), false, "incarnation"},
    {STATUS("{\"name\":\"dc\",\"type\":\"int\"}," INCARNATION SENT), false, "dc"},
    {STATUS(NEEDED ",{\"name\":\"acks\",\"type\":\"string\"}"), false, "acks"},
    {STATUS(NEEDED ",{\"name\":\"acks\",\"type\":" PAGE "}"), false, "acks"},
    {STATUS(NEEDED ",{\"name\":\"acks\",\"type\":{\"type\":\"array\",\"items\":\"int\"}}"), false,
     "acks"},
    {STATUS(NEEDED ",{\"name\":\"new\",\"type\":\"double\"}"), false, "do not write"},
    {STATUS(NEEDED ",{\"name\":\"new\",\"type\":\"float\"}"), false, "do not write"},
    {STATUS(NEEDED ",{\"name\":\"new\",\"type\":{\"type\":\"map\",\"values\":\"int\"}}"), false,
     "do not write"},
    {STATUS(NEEDED ",{\"name\":\"new\",\"type\":[\"null\",\"Status\"]}"), false, "deeply"},
    {STATUS(NEEDED ACKS HEADS), true, "another version"},
    {STATUS(NEEDED ACKS), true, "cannot be written"},
};

static enum gb_result add(const struct candidate *candidate, int32_t id, struct gb_err *err)
{
    struct gb_schema schema = {.type = "geobill.status.v1",
                               .version = id,
                               .id = id,
                               .written = candidate->written,
                               .sha256 = "",
                               .text = candidate->text,
                               .size = strlen(candidate->text)};
    return gb_registry_add(&schema, err);
}

static void versions_are_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(CANDIDATES) / sizeof(CANDIDATES[0]); i++) {
        struct gb_err err = {.message = "taken"};
        int32_t id = 1000 + (int32_t)i;
        enum gb_result result = add(&CANDIDATES[i], id, &err);
        const char *wrong = CANDIDATES[i].wrong;
        if (strstr(err.message, wrong == NULL ? "taken" : wrong) == NULL)
            fail_msg("%s: %s", CANDIDATES[i].text, err.message);
        assert_int_equal(result, wrong == NULL ? GB_OK : GB_FATAL);
        assert_true((gb_registry_version(id) != NULL) == (wrong == NULL));
    }
}

static void an_id_is_taken_once(void **state)
{
    (void)state;
    struct gb_err err;
    assert_int_equal(add(&CANDIDATES[0], 106, &err), GB_FATAL);
    struct gb_schema unknown = {.type = "geobill.other.v1", .id = 2000, .text = "", .sha256 = ""};
    assert_int_equal(gb_registry_add(&unknown, &err), GB_FATAL);
    assert_non_null(strstr(err.message, "geobill.other.v1"));
}

/* What can be read need not be fit for writing. */
static void writing_asks_for_more(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool complete;
    } plans[] = {
        {STATUS(NEEDED ACKS HEADS), true},
        {STATUS(NEEDED), false},
        {STATUS(NEEDED ACKS), false},
        {STATUS(NEEDED OLD_ACKS HEADS), false},
        {STATUS(NEEDED ACKS HEADS ",{\"name\":\"new\",\"type\":\"int\"}"), false},
        {STATUS(DC "{\"name\":\"incarnation\",\"type\":\"long\"}," SENT ACKS HEADS), true},
        {STATUS(DC INCARNATION "{\"name\":\"sent_at_us\",\"type\":\"int\"}" ACKS HEADS), false},
        {STATUS(DC INCARNATION "{\"name\":\"sent_at_us\",\"type\":[\"null\",\"long\"]}" ACKS HEADS),
         false},
    };
    struct gb_arena *arena = gb_arena_new(1 << 20);
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        struct gb_plan plan;
        assert_int_equal(gb_plan_make(plans[i].text, strlen(plans[i].text), &gb_codec_status.table,
                                      arena, &plan, NULL),
                         GB_OK);
        if (gb_plan_complete(&plan, &gb_codec_status.table) != plans[i].complete)
            fail_msg("%s", plans[i].text);
    }
    gb_arena_free(arena);
}

#define RESULT_OF(state_, reason_)                                                                 \
    "{\"type\":\"record\",\"name\":\"Result\",\"fields\":[" DC INCARNATION                         \
    "{\"name\":\"account_id\",\"type\":\"string\"},{\"name\":\"account_no\",\"type\":\"long\"},"   \
    "{\"name\":\"currency\",\"type\":\"string\"},{\"name\":\"client_no\",\"type\":\"int\"},"       \
    "{\"name\":\"key\",\"type\":\"string\"},{\"name\":\"state\",\"type\":{\"type\":\"enum\","      \
    "\"name\":\"S\",\"symbols\":[" state_ "]}},{\"name\":\"reason\",\"type\":" reason_ "},"        \
    "{\"name\":\"decided_at_us\",\"type\":\"long\"}]}"
#define STATES "\"REFUSED\",\"PAID\",\"WAITING\",\"BOOKED\",\"ACCEPTED\""

/* Every symbol we know, and null first where a member may be absent: nowhere else. */
static void writing_needs_each_symbol_and_null(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool complete;
    } plans[] = {
        {RESULT_OF(STATES, "[\"null\",\"string\"]"), true},
        {RESULT_OF("\"REFUSED\",\"PAID\",\"WAITING\",\"BOOKED\"", "[\"null\",\"string\"]"), false},
        {RESULT_OF(STATES, "\"string\""), false},
        {RESULT_OF(STATES, "[\"string\",\"null\"]"), false},
        {RESULT_OF(STATES, "[\"null\"]"), false},
    };
    struct gb_arena *arena = gb_arena_new(1 << 20);
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        struct gb_plan plan;
        struct gb_err err = {.message = ""};
        if (gb_plan_make(plans[i].text, strlen(plans[i].text), &gb_codec_result.table, arena, &plan,
                         &err) != GB_OK)
            fail_msg("%s", err.message);
        if (gb_plan_complete(&plan, &gb_codec_result.table) != plans[i].complete)
            fail_msg("%s", plans[i].text);
    }
    gb_arena_free(arena);
}

static void a_fixed_has_its_size(void **state)
{
    (void)state;
    const struct gb_schema *schema = gb_schema_by_id(104);
    struct gb_arena *arena = gb_arena_new(1 << 20);
    char *text = gb_arena_strndup(arena, schema->text, schema->size);
    struct gb_plan plan;
    struct gb_err err;
    assert_int_equal(gb_plan_make(text, schema->size, &gb_codec_client.table, arena, &plan, NULL),
                     GB_OK);
    char *size = strstr(text, "\"size\": 32");
    assert_non_null(size);
    memcpy(size, "\"size\": 31", 10);
    assert_int_equal(gb_plan_make(text, schema->size, &gb_codec_client.table, arena, &plan, &err),
                     GB_FATAL);
    assert_non_null(strstr(err.message, "token_hash"));
    gb_arena_free(arena);
}

static void opening_twice_is_opening_once(void **state)
{
    (void)state;
    assert_int_equal(gb_wire_init(NULL), GB_OK);
    assert_non_null(gb_registry_version(101));
    gb_wire_done();
    assert_null(gb_registry_version(101));
    gb_wire_done();
    assert_int_equal(gb_wire_init(NULL), GB_OK);
    assert_int_equal(gb_registry_written(GB_MESSAGE_STATUS)->id, 112);
}

static int open_all(void **state)
{
    (void)state;
    return gb_wire_init(NULL) == GB_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    gb_wire_done();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_taken_or_refused),
        cmocka_unit_test(an_id_is_taken_once),
        cmocka_unit_test(writing_asks_for_more),
        cmocka_unit_test(writing_needs_each_symbol_and_null),
        cmocka_unit_test(a_fixed_has_its_size),
        cmocka_unit_test(opening_twice_is_opening_once),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
