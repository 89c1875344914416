#include "runtime/trace.h"

#include <string.h>

enum { SPAN_AT = 36, FLAGS_AT = 53, TRACEPARENT_LENGTH = 55 };

static int64_t span_new(void)
{
    int64_t span_id = 0;
    while (span_id == 0)
        gb_random(&span_id, sizeof(span_id));
    return span_id;
}

struct gb_trace gb_trace_new(void)
{
    struct gb_trace trace = {.span_id = span_new()};
    gb_random(trace.trace_id.bytes, sizeof(trace.trace_id.bytes));
    trace.trace_id.bytes[15] |= 1; /* never all zero */
    return trace;
}

struct gb_trace gb_trace_child(struct gb_trace parent)
{
    parent.span_id = span_new();
    return parent;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++)
        any |= bytes[i];
    return any == 0;
}

/* `size` bytes of lower-case hex at `text`, which goes on behind them. */
static bool parse_part(const char *text, void *ret_bytes, size_t size)
{
    char part[2 * sizeof(struct gb_uuid) + 1];
    memcpy(part, text, 2 * size);
    part[2 * size] = '\0';
    return strpbrk(part, "ABCDEF") == NULL && gb_hex_parse(part, ret_bytes, size);
}

bool gb_trace_parse(const char *traceparent, struct gb_trace *ret)
{
    uint8_t version, flags, span[8];
    struct gb_uuid trace_id;
    size_t length = strnlen(traceparent, TRACEPARENT_LENGTH + 1);
    if (length < TRACEPARENT_LENGTH || traceparent[2] != '-' || traceparent[SPAN_AT - 1] != '-' ||
        traceparent[FLAGS_AT - 1] != '-')
        return false;
    if (!parse_part(traceparent, &version, 1) || !parse_part(traceparent + 3, &trace_id, 16) ||
        !parse_part(traceparent + SPAN_AT, span, sizeof(span)) ||
        !parse_part(traceparent + FLAGS_AT, &flags, 1))
        return false;
    /* Later versions may go on after another dash; version ff is never used. */
    bool ends = length == TRACEPARENT_LENGTH;
    if (version == 0xff || (!ends && (version == 0 || traceparent[TRACEPARENT_LENGTH] != '-')))
        return false;
    if (is_zero(trace_id.bytes, sizeof(trace_id.bytes)) || is_zero(span, sizeof(span)))
        return false;
    uint64_t span_id = 0;
    for (size_t i = 0; i < sizeof(span); i++)
        span_id = span_id << 8 | span[i];
    *ret = (struct gb_trace){.trace_id = trace_id, .span_id = (int64_t)span_id};
    return true;
}

bool gb_trace_parse_id(const char *text, struct gb_trace *ret)
{
    char digits[2 * sizeof(struct gb_uuid) + 1];
    size_t length = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-')
            continue;
        if (length == sizeof(digits) - 1)
            return false;
        digits[length++] = *text;
    }
    digits[length] = '\0';
    struct gb_uuid trace_id = {{0}};
    if (!gb_hex_parse(digits, trace_id.bytes, sizeof(trace_id.bytes)) ||
        is_zero(trace_id.bytes, sizeof(trace_id.bytes)))
        return false;
    *ret = (struct gb_trace){.trace_id = trace_id, .span_id = span_new()};
    return true;
}

void gb_trace_format(struct gb_trace trace, char text[GB_TRACEPARENT_SIZE])
{
    uint8_t span[8];
    for (size_t i = 0; i < sizeof(span); i++)
        span[i] = (uint8_t)((uint64_t)trace.span_id >> (56 - 8 * i));
    memcpy(text, "00-", 3);
    gb_hex_format(trace.trace_id.bytes, sizeof(trace.trace_id.bytes), text + 3);
    text[SPAN_AT - 1] = '-';
    gb_hex_format(span, sizeof(span), text + SPAN_AT);
    memcpy(text + FLAGS_AT - 1, "-01", 4);
}
