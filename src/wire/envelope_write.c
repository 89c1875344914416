/* The headers of a record, written into one piece of the arena. */
#include <string.h>

#include "runtime/clock.h"
#include "wire/envelope.h"
#include "wire/headers.h"

enum { DIGITS_MAX = 20, NUMBERS = 6, CODES = 2 };
/* Every value, none of them zero-terminated; the formatters' zeros are written over. */
enum {
    VALUES_BYTES_MAX = GB_UUID_TEXT_SIZE + GB_CLOCK_TEXT_SIZE + GB_TRACEPARENT_SIZE +
                       sizeof(GB_CE_SOURCE_PREFIX) + CODES * GB_DC_SIZE +
                       sizeof(((struct gb_envelope *)NULL)->stream) + NUMBERS * DIGITS_MAX
};

const char *const gb_header_names[GB_HEADER_NAMES] = {
    [GB_HEADER_SPECVERSION] = "ce_specversion",
    [GB_HEADER_ID] = "ce_id",
    [GB_HEADER_CE_SOURCE] = "ce_source",
    [GB_HEADER_TYPE] = "ce_type",
    [GB_HEADER_TIME] = "ce_time",
    [GB_HEADER_CONTENT_TYPE] = "content-type",
    [GB_HEADER_TRACEPARENT] = "traceparent",
    [GB_HEADER_SOURCE] = "geobill-source",
    [GB_HEADER_STREAM] = "geobill-stream",
    [GB_HEADER_INCARNATION] = "geobill-incarnation",
    [GB_HEADER_PAGE] = "geobill-page",
    [GB_HEADER_INDEX] = "geobill-index",
    [GB_HEADER_COUNT] = "geobill-count",
    [GB_HEADER_PREVIOUS] = "geobill-previous",
    [GB_HEADER_CUT_AT] = "geobill-cut-at",
};

struct header_list {
    struct gb_header *headers;
    size_t count;
    char *at; /* room for values */
};

static void add(struct header_list *list, enum gb_header_name name, const char *value, size_t size)
{
    list->headers[list->count++] =
        (struct gb_header){.name = gb_header_names[name], .value = {value, size}};
}

/* A value that stands at list->at already. */
static void add_here(struct header_list *list, enum gb_header_name name, size_t size)
{
    add(list, name, list->at, size);
    list->at += size;
}

static void add_text(struct header_list *list, enum gb_header_name name, const char *text)
{
    size_t size = strlen(text);
    memcpy(list->at, text, size);
    add_here(list, name, size);
}

static void add_number(struct header_list *list, enum gb_header_name name, int64_t number)
{
    GB_CHECK(number >= 0);
    char digits[DIGITS_MAX];
    char *first = digits + DIGITS_MAX;
    uint64_t rest = (uint64_t)number;
    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    size_t size = (size_t)(digits + DIGITS_MAX - first);
    memcpy(list->at, first, size);
    add_here(list, name, size);
}

/* Both halves: a traceparent with a half of zeros is none. */
static bool has_trace(const struct gb_envelope *envelope)
{
    static const struct gb_uuid none;
    return envelope->trace.span_id != 0 &&
           memcmp(&envelope->trace.trace_id, &none, sizeof(none)) != 0;
}

static void add_event(struct header_list *list, const struct gb_envelope *envelope)
{
    const char *type = gb_message_type(envelope->kind);
    size_t prefix = sizeof(GB_CE_SOURCE_PREFIX) - 1, code = strlen(envelope->source.code);
    add(list, GB_HEADER_SPECVERSION, GB_CE_SPECVERSION, sizeof(GB_CE_SPECVERSION) - 1);
    gb_uuid_format(envelope->id, list->at);
    add_here(list, GB_HEADER_ID, GB_UUID_TEXT_SIZE - 1);
    memcpy(list->at, GB_CE_SOURCE_PREFIX, prefix);
    memcpy(list->at + prefix, envelope->source.code, code);
    add_here(list, GB_HEADER_CE_SOURCE, prefix + code);
    add(list, GB_HEADER_TYPE, type, strlen(type));
    gb_clock_format(envelope->time_us, list->at);
    add_here(list, GB_HEADER_TIME, strlen(list->at));
    add(list, GB_HEADER_CONTENT_TYPE, GB_CONTENT_TYPE_AVRO, sizeof(GB_CONTENT_TYPE_AVRO) - 1);
    if (has_trace(envelope)) {
        gb_trace_format(envelope->trace, list->at);
        add_here(list, GB_HEADER_TRACEPARENT, GB_TRACEPARENT_SIZE - 1);
    }
}

static void add_mark(struct header_list *list, const struct gb_envelope *envelope)
{
    const struct gb_stream_mark *mark = &envelope->mark;
    add_text(list, GB_HEADER_SOURCE, envelope->source.code);
    add_text(list, GB_HEADER_STREAM, envelope->stream);
    add_number(list, GB_HEADER_INCARNATION, mark->incarnation);
    add_number(list, GB_HEADER_PAGE, mark->page);
    add_number(list, GB_HEADER_INDEX, mark->index);
    add_number(list, GB_HEADER_COUNT, mark->count);
    add_number(list, GB_HEADER_PREVIOUS, mark->previous);
    add_number(list, GB_HEADER_CUT_AT, mark->cut_at_us);
}

size_t gb_envelope_write(const struct gb_envelope *envelope, struct gb_arena *arena,
                         struct gb_header headers[GB_ENVELOPE_HEADERS_MAX])
{
    struct header_list list = {.headers = headers, .at = gb_arena_alloc(arena, VALUES_BYTES_MAX)};
    GB_CHECK(list.at != NULL);
    add_event(&list, envelope);
    if (envelope->stream[0] != '\0')
        add_mark(&list, envelope);
    return list.count;
}
