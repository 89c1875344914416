#include "wire/envelope.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/clock.h"
#include "wire/fields.h"

static const char SPECVERSION[] = "1.0", AVRO_TYPE[] = "application/avro";

enum { FRAME_BYTES = 5, VALUE_BYTES_MAX = 128, NUMBER_DIGITS_MAX = 19 };

enum gb_result gb_frame_open(struct gb_bytes framed, int32_t *ret_schema_id,
                             struct gb_bytes *ret_body, struct gb_err *err)
{
    const uint8_t *bytes = framed.data;
    if (framed.size < FRAME_BYTES)
        return gb_err_set(err, GB_POISON, "FRAME_INVALID", "%zu bytes are no frame", framed.size);
    if (bytes[0] != 0)
        return gb_err_set(err, GB_POISON, "FRAME_INVALID", "starts with byte %u, not 0", bytes[0]);
    uint32_t id =
        (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
    *ret_schema_id = (int32_t)id;
    *ret_body = (struct gb_bytes){bytes + FRAME_BYTES, framed.size - FRAME_BYTES};
    return GB_OK;
}

/* Writing. */

struct header_list {
    struct gb_header *headers;
    size_t count;
    struct gb_arena *arena;
};

static void add_text(struct header_list *list, const char *name, const char *value)
{
    GB_CHECK(list->count < GB_ENVELOPE_HEADERS_MAX && value != NULL);
    list->headers[list->count++] =
        (struct gb_header){.name = name, .value = {value, strlen(value)}};
}

static void add_number(struct header_list *list, const char *name, int64_t value)
{
    add_text(list, name, gb_arena_printf(list->arena, "%" PRId64, value));
}

static void add_mark(struct header_list *list, const struct gb_envelope *envelope)
{
    const struct gb_stream_mark *mark = &envelope->mark;
    add_text(list, "geobill-source", gb_arena_strdup(list->arena, envelope->source.code));
    add_text(list, "geobill-stream", gb_arena_strdup(list->arena, envelope->stream));
    add_number(list, "geobill-incarnation", mark->incarnation);
    add_number(list, "geobill-page", mark->page);
    add_number(list, "geobill-index", mark->index);
    add_number(list, "geobill-count", mark->count);
    add_number(list, "geobill-previous", mark->previous);
    add_number(list, "geobill-cut-at", mark->cut_at_us);
}

/* Both halves: a traceparent with a half of zeros is none. */
static bool has_trace(const struct gb_envelope *envelope)
{
    static const struct gb_uuid none;
    return envelope->trace.span_id != 0 &&
           memcmp(&envelope->trace.trace_id, &none, sizeof(none)) != 0;
}

size_t gb_envelope_write(const struct gb_envelope *envelope, struct gb_arena *arena,
                         struct gb_header headers[GB_ENVELOPE_HEADERS_MAX])
{
    struct header_list list = {.headers = headers, .arena = arena};
    char id[GB_UUID_TEXT_SIZE], time[GB_CLOCK_TEXT_SIZE], traceparent[GB_TRACEPARENT_SIZE];
    gb_uuid_format(envelope->id, id);
    gb_clock_format(envelope->time_us, time);
    add_text(&list, "ce_specversion", SPECVERSION);
    add_text(&list, "ce_id", gb_arena_strdup(arena, id));
    add_text(&list, "ce_source", gb_arena_printf(arena, "geobill/%s", envelope->source.code));
    add_text(&list, "ce_type", gb_message_type(envelope->kind));
    add_text(&list, "ce_time", gb_arena_strdup(arena, time));
    add_text(&list, "content-type", AVRO_TYPE);
    if (has_trace(envelope)) {
        gb_trace_format(envelope->trace, traceparent);
        add_text(&list, "traceparent", gb_arena_strdup(arena, traceparent));
    }
    if (envelope->stream[0] != '\0')
        add_mark(&list, envelope);
    return list.count;
}

/* Reading. */

enum wanted {
    CE_SPECVERSION,
    CE_ID,
    CE_SOURCE,
    CE_TYPE,
    CE_TIME,
    CONTENT_TYPE,
    TRACEPARENT,
    SOURCE,
    STREAM,
    INCARNATION,
    PAGE,
    INDEX,
    COUNT,
    PREVIOUS,
    CUT_AT,
    WANTED
};

static const char *const NAMES[WANTED] = {
    [CE_SPECVERSION] = "ce_specversion",
    [CE_ID] = "ce_id",
    [CE_SOURCE] = "ce_source",
    [CE_TYPE] = "ce_type",
    [CE_TIME] = "ce_time",
    [CONTENT_TYPE] = "content-type",
    [TRACEPARENT] = "traceparent",
    [SOURCE] = "geobill-source",
    [STREAM] = "geobill-stream",
    [INCARNATION] = "geobill-incarnation",
    [PAGE] = "geobill-page",
    [INDEX] = "geobill-index",
    [COUNT] = "geobill-count",
    [PREVIOUS] = "geobill-previous",
    [CUT_AT] = "geobill-cut-at",
};

/* The values as zero-terminated text; "" where a header is missing, too long or holds a zero byte.
 */
struct values {
    char text[WANTED][VALUE_BYTES_MAX];
    bool given[WANTED];
};

static void gather(const struct gb_header *headers, size_t count, struct values *ret)
{
    for (size_t name = 0; name < WANTED; name++) {
        ret->text[name][0] = '\0';
        ret->given[name] = false;
    }
    for (size_t i = 0; i < count; i++) {
        size_t name = 0, size = headers[i].value.size;
        while (name < WANTED && strcmp(headers[i].name, NAMES[name]) != 0)
            name++;
        if (name == WANTED || ret->given[name])
            continue;
        ret->given[name] = true;
        if (size == 0 || size >= VALUE_BYTES_MAX || memchr(headers[i].value.data, '\0', size))
            continue;
        memcpy(ret->text[name], headers[i].value.data, size);
        ret->text[name][size] = '\0';
    }
}

/* Decimal digits only, no sign, up to int64. */
static bool read_number(const char *text, int64_t max, int64_t *ret)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > NUMBER_DIGITS_MAX || text[digits] != '\0')
        return false;
    uint64_t value = strtoull(text, NULL, 10);
    if (value > (uint64_t)max)
        return false;
    *ret = (int64_t)value;
    return true;
}

static bool read_int(const char *text, int32_t *ret)
{
    int64_t value;
    if (!read_number(text, INT32_MAX, &value))
        return false;
    *ret = (int32_t)value;
    return true;
}

/* The name of the mark's header that is missing or wrong; NULL: the mark is in *ret. */
static const char *read_mark(const struct values *values, struct gb_envelope *ret)
{
    struct gb_stream_mark *mark = &ret->mark;
    size_t stream_length = strlen(values->text[STREAM]);
    struct gb_dc source;
    if (!gb_dc_parse(values->text[SOURCE], &source))
        return NAMES[SOURCE];
    if (stream_length >= sizeof(ret->stream) ||
        !gb_form_stream(values->text[STREAM], stream_length))
        return NAMES[STREAM];
    if (!read_int(values->text[INCARNATION], &mark->incarnation))
        return NAMES[INCARNATION];
    if (!read_number(values->text[PAGE], INT64_MAX, &mark->page))
        return NAMES[PAGE];
    if (!read_int(values->text[INDEX], &mark->index))
        return NAMES[INDEX];
    if (!read_int(values->text[COUNT], &mark->count))
        return NAMES[COUNT];
    if (!read_number(values->text[PREVIOUS], INT64_MAX, &mark->previous))
        return NAMES[PREVIOUS];
    if (!read_number(values->text[CUT_AT], GB_TIME_US_MAX, &mark->cut_at_us))
        return NAMES[CUT_AT];
    if (!gb_stream_mark_valid(mark))
        return NAMES[PAGE];
    ret->source = source;
    memcpy(ret->stream, values->text[STREAM], stream_length + 1);
    return NULL;
}

/* Any of the mark's headers makes it a streamed record: then all must be there. */
static bool has_mark(const struct values *values)
{
    for (size_t name = SOURCE; name < WANTED; name++) {
        if (values->given[name])
            return true;
    }
    return false;
}

static bool read_ce_source(const char *text, struct gb_dc *ret)
{
    static const char prefix[] = "geobill/";
    return strncmp(text, prefix, sizeof(prefix) - 1) == 0 &&
           gb_dc_parse(text + sizeof(prefix) - 1, ret);
}

static bool read_uuid(const char *text, struct gb_uuid *ret)
{
    char digits[33];
    size_t count = 0;
    if (strlen(text) != GB_UUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; text[i] != '\0'; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-'))
            return false;
        if (!dash)
            digits[count++] = text[i];
    }
    digits[count] = '\0';
    return gb_hex_parse(digits, ret->bytes, sizeof(ret->bytes));
}

/* The CloudEvents part; NULL, or the name of the header that is missing or wrong. */
static const char *read_event(const struct values *values, struct gb_envelope *ret)
{
    struct gb_dc source;
    if (strcmp(values->text[CE_SPECVERSION], SPECVERSION) != 0)
        return NAMES[CE_SPECVERSION];
    if (!read_uuid(values->text[CE_ID], &ret->id))
        return NAMES[CE_ID];
    if (!read_ce_source(values->text[CE_SOURCE], &source) ||
        (ret->stream[0] != '\0' && !gb_dc_equal(source, ret->source)))
        return NAMES[CE_SOURCE];
    ret->source = source;
    if (!gb_message_parse_type(values->text[CE_TYPE], &ret->kind))
        return NAMES[CE_TYPE];
    if (gb_clock_parse(values->text[CE_TIME], &ret->time_us) != GB_OK)
        return NAMES[CE_TIME];
    if (strcmp(values->text[CONTENT_TYPE], AVRO_TYPE) != 0)
        return NAMES[CONTENT_TYPE];
    return NULL;
}

enum gb_result gb_envelope_read(const struct gb_header *headers, size_t count,
                                struct gb_envelope *ret, struct gb_err *err)
{
    struct values values;
    gather(headers, count, &values);
    memset(ret, 0, sizeof(*ret));
    const char *wrong = has_mark(&values) ? read_mark(&values, ret) : NULL;
    if (wrong != NULL)
        memset(ret, 0, sizeof(*ret));
    else
        wrong = read_event(&values, ret);
    if (values.text[TRACEPARENT][0] != '\0')
        gb_trace_parse(values.text[TRACEPARENT], &ret->trace);
    if (wrong != NULL)
        return gb_err_set(err, GB_POISON, "HEADER_INVALID", "header %s is missing or wrong", wrong);
    return GB_OK;
}
