/* Headers and frame: what is written is frozen; each header missing or wrong is named; the mark
 * outlives wrong CloudEvents headers. */
#include "unit/wire/cm.h"

#include <string.h>

#include "wire/envelope.h"

enum { FIRST_OF_MARK = 7, HEADERS = 15 };

static struct gb_arena *arena;

static const struct gb_envelope STREAMED = {
    .kind = GB_MESSAGE_LEDGER_ENTRY,
    .id = {{0x01, 0x98, 0xc8, 0xe2, 0x11, 0x11, 0x7a, 0xaa, 0x8b, 0xbb, 0x12, 0x34, 0x56, 0x78,
            0x9a, 0xbc}},
    .source = {"dc9999"},
    .time_us = 1795397935123456,
    .trace = {{{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e,
                0x47, 0x36}},
              0x00f067aa0ba902b7},
    .stream = "ledger",
    .mark = {.page = INT64_MAX,
             .previous = 17,
             .index = 0,
             .count = INT32_MAX,
             .incarnation = 2,
             .cut_at_us = 1795397935123400},
};

/* As they leave; the names are for everybody else's tools too. */
static const char *const WRITTEN[HEADERS][2] = {
    {"ce_specversion", "1.0"},
    {"ce_id", "0198c8e2-1111-7aaa-8bbb-123456789abc"},
    {"ce_source", "geobill/dc9999"},
    {"ce_type", "geobill.ledger_entry.v1"},
    {"ce_time", "2026-11-23T01:38:55.123456Z"},
    {"content-type", "application/avro"},
    {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    {"geobill-source", "dc9999"},
    {"geobill-stream", "ledger"},
    {"geobill-incarnation", "2"},
    {"geobill-page", "9223372036854775807"},
    {"geobill-index", "0"},
    {"geobill-count", "2147483647"},
    {"geobill-previous", "17"},
    {"geobill-cut-at", "1795397935123400"},
};

static struct gb_bytes bytes_of(const char *text)
{
    return (struct gb_bytes){text, strlen(text)};
}

static void assert_same(const struct gb_envelope *seen, const struct gb_envelope *expected)
{
    assert_int_equal(seen->kind, expected->kind);
    assert_memory_equal(&seen->id, &expected->id, sizeof(seen->id));
    assert_string_equal(seen->source.code, expected->source.code);
    assert_true(seen->time_us == expected->time_us);
    assert_memory_equal(&seen->trace.trace_id, &expected->trace.trace_id, sizeof(struct gb_uuid));
    assert_true(seen->trace.span_id == expected->trace.span_id);
    assert_string_equal(seen->stream, expected->stream);
    assert_memory_equal(&seen->mark, &expected->mark, sizeof(seen->mark));
}

static void assert_no_mark(const struct gb_envelope *seen)
{
    static const struct gb_stream_mark none;
    assert_string_equal(seen->stream, "");
    assert_memory_equal(&seen->mark, &none, sizeof(none));
}

/* The headers in WRITTEN, with another value at `at`; NULL: without it. */
static size_t changed(size_t at, const struct gb_bytes *value, struct gb_header headers[HEADERS])
{
    size_t count = 0;
    for (size_t i = 0; i < HEADERS; i++) {
        if (i == at && value == NULL)
            continue;
        headers[count++] = (struct gb_header){
            WRITTEN[i][0], i == at && value != NULL ? *value : bytes_of(WRITTEN[i][1])};
    }
    return count;
}

/* The record is poison because of the header at `at`, and keeps its mark unless that is at fault.
 */
static void assert_refused(size_t at, const struct gb_bytes *value)
{
    struct gb_header headers[HEADERS];
    struct gb_envelope seen;
    struct gb_err err;
    size_t count = changed(at, value, headers);
    memset(&seen, 0xa5, sizeof(seen));
    assert_int_equal(gb_envelope_read(headers, count, &seen, &err), GB_POISON);
    assert_string_equal(err.code, "HEADER_INVALID");
    assert_non_null(strstr(err.message, WRITTEN[at][0]));
    if (at >= FIRST_OF_MARK) {
        assert_no_mark(&seen);
    } else {
        assert_string_equal(seen.source.code, "dc9999");
        assert_string_equal(seen.stream, "ledger");
        assert_memory_equal(&seen.mark, &STREAMED.mark, sizeof(seen.mark));
    }
}

static void what_is_written_is_frozen(void **state)
{
    (void)state;
    struct gb_header headers[GB_ENVELOPE_HEADERS_MAX];
    struct gb_envelope seen;
    assert_int_equal(gb_envelope_write(&STREAMED, arena, headers), HEADERS);
    for (size_t i = 0; i < HEADERS; i++) {
        assert_string_equal(headers[i].name, WRITTEN[i][0]);
        assert_int_equal(headers[i].value.size, strlen(WRITTEN[i][1]));
        assert_memory_equal(headers[i].value.data, WRITTEN[i][1], headers[i].value.size);
    }
    assert_int_equal(gb_envelope_read(headers, HEADERS, &seen, NULL), GB_OK);
    assert_same(&seen, &STREAMED);
}

static void outside_of_streams_there_is_no_mark(void **state)
{
    (void)state;
    struct gb_header headers[GB_ENVELOPE_HEADERS_MAX];
    struct gb_envelope seen, status = {.kind = GB_MESSAGE_STATUS,
                                       .id = STREAMED.id,
                                       .source = {"dc1"},
                                       .time_us = 0,
                                       .trace = {.trace_id = {{1}}}}; /* no span: no trace */
    assert_int_equal(gb_envelope_write(&status, arena, headers), 6);
    assert_int_equal(gb_envelope_read(headers, 6, &seen, NULL), GB_OK);
    status.trace.trace_id.bytes[0] = 0;
    assert_same(&seen, &status);
    status.trace.span_id = 1; /* no trace id: no trace either */
    assert_int_equal(gb_envelope_write(&status, arena, headers), 6);
}

static void each_missing_header_is_named(void **state)
{
    (void)state;
    static const struct gb_bytes unusable[] = {{"", 0}, {NULL, 0}, {"1\0", 2}, {" ", 1}};
    char long_value[200];
    memset(long_value, '1', sizeof(long_value));
    const struct gb_bytes too_long = {long_value, sizeof(long_value)};
    for (size_t at = 0; at < HEADERS; at++) {
        if (strcmp(WRITTEN[at][0], "traceparent") == 0)
            continue;
        assert_refused(at, NULL);
        assert_refused(at, &too_long);
        for (size_t i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++)
            assert_refused(at, &unusable[i]);
    }
}

static void each_wrong_header_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } wrong[] = {
        {"ce_specversion", "0.3"},
        {"ce_specversion", "1.00"},
        {"ce_id", "0198c8e2-1111-7aaa-8bbb-123456789ab"},
        {"ce_id", "0198c8e2-1111-7aaa-8bbb-123456789abcd"},
        {"ce_id", "0198c8e2x1111-7aaa-8bbb-123456789abc"},
        {"ce_id", "0198c8e21-111-7aaa-8bbb-123456789abc"},
        {"ce_id", "0198c8e2-1111-7aaa-8bbb-123456789abg"},
        {"ce_source", "geobill/dc9998"}, /* not who speaks in the mark */
        {"ce_source", "geobill/"},
        {"ce_source", "dc9999"},
        {"ce_source", "geobill/dc09999"},
        {"ce_type", "geobill.ledger_entry.v2"},
        {"ce_type", "geobill.ledger_entry.v1 "},
        {"ce_type", ""},
        {"ce_time", "2026-11-23"},
        {"ce_time", "2026-02-29T01:38:55.123456Z"},
        {"ce_time", "1969-12-31T23:59:59.999999Z"},
        {"ce_time", "0026-11-23T01:38:55.123456Z"},
        {"content-type", "application/json"},
        {"geobill-source", "DC1"},
        {"geobill-source", "dc10000"},
        {"geobill-stream", "abcdefghijklmnop"},
        {"geobill-stream", "led ger"},
        {"geobill-stream", "LEDGER"},
        {"geobill-incarnation", "0"},
        {"geobill-incarnation", "2147483648"},
        {"geobill-page", "0"},
        {"geobill-page", "-1"},
        {"geobill-page", "+1"},
        {"geobill-page", "1x"},
        {"geobill-page", "0x1"},
        {"geobill-page", "018"},
        {"geobill-page", "9223372036854775808"},
        {"geobill-page", "18446744073709551617"},
        {"geobill-page", "17"}, /* not above the one before it */
        {"geobill-index", "2147483647"},
        {"geobill-index", "-1"},
        {"geobill-count", "0"},
        {"geobill-count", "4294967297"},
        {"geobill-previous", "9223372036854775807"},
        {"geobill-previous", "-1"},
        {"geobill-cut-at", "-1"},
        {"geobill-cut-at", "1e3"},
        {"geobill-cut-at", "05"},
        {"geobill-cut-at", "18446744073709551617"}, /* 1, if it wrapped */
        {"geobill-cut-at", "253402300800000000"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct gb_header headers[HEADERS];
        struct gb_envelope seen;
        struct gb_err err;
        size_t at = 0;
        while (strcmp(WRITTEN[at][0], wrong[i].name) != 0)
            at++;
        struct gb_bytes value = bytes_of(wrong[i].value);
        size_t count = changed(at, &value, headers);
        if (gb_envelope_read(headers, count, &seen, &err) != GB_POISON)
            fail_msg("%s: %s was taken", wrong[i].name, wrong[i].value);
        if (at < FIRST_OF_MARK)
            assert_refused(at, &value);
        else
            assert_no_mark(&seen);
    }
}

/* One header of a mark is a broken mark, not a record outside of streams. */
static void half_a_mark_is_refused(void **state)
{
    (void)state;
    for (size_t at = FIRST_OF_MARK; at < HEADERS; at++) {
        struct gb_header headers[HEADERS];
        struct gb_envelope seen;
        changed(HEADERS, NULL, headers);
        headers[FIRST_OF_MARK] = headers[at];
        assert_int_equal(gb_envelope_read(headers, FIRST_OF_MARK, &seen, NULL), GB_OK);
        assert_int_equal(gb_envelope_read(headers, FIRST_OF_MARK + 1, &seen, NULL), GB_POISON);
        assert_no_mark(&seen);
    }
}

static void a_wrong_trace_is_no_trace(void **state)
{
    (void)state;
    static const char *const values[] = {
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "",
        "congo=t61rcWkgMzE",
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct gb_header headers[HEADERS];
        struct gb_envelope seen, expected = STREAMED;
        struct gb_bytes value = bytes_of(values[i]);
        changed(FIRST_OF_MARK - 1, &value, headers);
        expected.trace = (struct gb_trace){.span_id = 0};
        assert_int_equal(gb_envelope_read(headers, HEADERS, &seen, NULL), GB_OK);
        assert_same(&seen, &expected);
    }
}

static void order_and_strangers_do_not_matter_the_first_counts(void **state)
{
    (void)state;
    struct gb_header headers[2 * HEADERS + 1];
    struct gb_envelope seen;
    for (size_t i = 0; i < HEADERS; i++) {
        headers[i + 1] =
            (struct gb_header){WRITTEN[HEADERS - 1 - i][0], bytes_of(WRITTEN[HEADERS - 1 - i][1])};
        headers[HEADERS + 1 + i] = (struct gb_header){WRITTEN[i][0], {"other", 5}};
    }
    headers[0] = (struct gb_header){"GEOBILL-PAGE", {"\xff", 1}};
    assert_int_equal(gb_envelope_read(headers, 2 * HEADERS + 1, &seen, NULL), GB_OK);
    assert_same(&seen, &STREAMED);
    headers[1].value.size = 0; /* the first of its name, though unusable */
    headers[HEADERS + 1 + HEADERS - 1].value = bytes_of(WRITTEN[HEADERS - 1][1]);
    assert_int_equal(gb_envelope_read(headers, 2 * HEADERS + 1, &seen, NULL), GB_POISON);
    assert_int_equal(gb_envelope_read(headers, 0, &seen, NULL), GB_POISON);
}

static void kinds_have_names(void **state)
{
    (void)state;
    for (int kind = GB_MESSAGE_PAYIN; kind <= GB_MESSAGE_REFUND; kind++) {
        enum gb_message_kind seen;
        assert_true(gb_message_parse_type(gb_message_type((enum gb_message_kind)kind), &seen));
        assert_int_equal(seen, kind);
    }
    enum gb_message_kind untouched = GB_MESSAGE_CLIENT;
    assert_false(gb_message_parse_type("geobill.payin", &untouched));
    assert_int_equal(untouched, GB_MESSAGE_CLIENT);
}

static void frame_is_opened_or_refused(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 0xff, 0, 1, 2, 'x'};
    static const uint8_t other[] = {1, 0, 0, 0, 101, 'x'};
    int32_t id;
    struct gb_bytes body;
    struct gb_err err;
    assert_int_equal(gb_frame_open((struct gb_bytes){bytes, 6}, &id, &body, NULL), GB_OK);
    assert_int_equal(id, -16776958);
    assert_ptr_equal(body.data, bytes + 5);
    assert_int_equal(body.size, 1);
    assert_int_equal(gb_frame_open((struct gb_bytes){bytes, 5}, &id, &body, NULL), GB_OK);
    assert_int_equal(body.size, 0);
    for (size_t size = 0; size < 5; size++) {
        const void *data = size == 0 ? NULL : bytes;
        assert_int_equal(gb_frame_open((struct gb_bytes){data, size}, &id, &body, &err), GB_POISON);
        assert_string_equal(err.code, "FRAME_INVALID");
    }
    assert_int_equal(gb_frame_open((struct gb_bytes){other, 6}, &id, &body, &err), GB_POISON);
    assert_string_equal(err.code, "FRAME_INVALID");
}

static int open_all(void **state)
{
    (void)state;
    arena = gb_arena_new(1 << 16);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    gb_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_frozen),
        cmocka_unit_test(outside_of_streams_there_is_no_mark),
        cmocka_unit_test(each_missing_header_is_named),
        cmocka_unit_test(each_wrong_header_is_named),
        cmocka_unit_test(half_a_mark_is_refused),
        cmocka_unit_test(a_wrong_trace_is_no_trace),
        cmocka_unit_test(order_and_strangers_do_not_matter_the_first_counts),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(frame_is_opened_or_refused),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
