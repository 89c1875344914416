/* The headers of a record, read without trust: bounded, strict, and the mark by itself, because a
 * reader must count a record also when the rest of it is beyond reading. */
#include <string.h>

#include "runtime/clock.h"
#include "wire/envelope.h"
#include "wire/fields.h"
#include "wire/headers.h"

enum { VALUE_BYTES_MAX = 64, DIGITS_MAX = 19, UUID_DIGITS = 32 };

/* The first header of each name, as it came; size 0 where there is none, or one that is too long or
 * empty. */
struct values {
    struct gb_bytes of[GB_HEADER_NAMES];
    bool given[GB_HEADER_NAMES];
};

/* A value as zero-terminated text. */
struct text {
    char chars[VALUE_BYTES_MAX + 1];
};

/* The name of a header, GB_HEADER_NAMES when it is none of ours. Looked for from `guess` on,
 * because headers mostly come in the order in which we write them. */
static size_t name_of(const char *text, size_t guess)
{
    for (size_t i = 0; i < GB_HEADER_NAMES; i++) {
        size_t name = (guess + i) % GB_HEADER_NAMES;
        if (strcmp(gb_header_names[name], text) == 0)
            return name;
    }
    return GB_HEADER_NAMES;
}

static void gather(const struct gb_header *headers, size_t count, struct values *ret)
{
    size_t guess = 0;
    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; i < count; i++) {
        size_t name = name_of(headers[i].name, guess);
        guess = name + 1;
        if (name == GB_HEADER_NAMES || ret->given[name])
            continue;
        ret->given[name] = true;
        if (headers[i].value.size <= VALUE_BYTES_MAX)
            ret->of[name] = headers[i].value;
    }
}

/* "" where the value is missing or holds a zero byte. */
static struct text text_of(const struct values *values, enum gb_header_name name)
{
    struct text text;
    struct gb_bytes value = values->of[name];
    bool whole = value.size > 0 && memchr(value.data, '\0', value.size) == NULL;
    size_t size = whole ? value.size : 0;
    if (size > 0)
        memcpy(text.chars, value.data, size);
    text.chars[size] = '\0';
    return text;
}

static bool is(const struct values *values, enum gb_header_name name, const char *expected)
{
    size_t size = strlen(expected);
    return values->of[name].size == size && memcmp(values->of[name].data, expected, size) == 0;
}

/* Decimal digits only: no sign, no zero in front, up to `max`. */
static bool read_number(const struct values *values, enum gb_header_name name, int64_t max,
                        int64_t *ret)
{
    const char *digits = values->of[name].data;
    size_t size = values->of[name].size;
    if (size == 0 || size > DIGITS_MAX || (digits[0] == '0' && size > 1))
        return false;
    uint64_t number = 0; /* 19 digits fit */
    for (size_t i = 0; i < size; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(digits[i] - '0');
    }
    if (number > (uint64_t)max)
        return false;
    *ret = (int64_t)number;
    return true;
}

static bool read_int(const struct values *values, enum gb_header_name name, int32_t *ret)
{
    int64_t number;
    if (!read_number(values, name, INT32_MAX, &number))
        return false;
    *ret = (int32_t)number;
    return true;
}

static bool read_stream(const struct values *values,
                        char ret[sizeof(((struct gb_envelope *)0)->stream)])
{
    struct text stream = text_of(values, GB_HEADER_STREAM);
    size_t size = strlen(stream.chars);
    if (size >= sizeof(((struct gb_envelope *)0)->stream) || !gb_form_stream(stream.chars, size))
        return false;
    memcpy(ret, stream.chars, size + 1);
    return true;
}

/* NULL: the mark is in *ret. Otherwise the name of the header that is missing or wrong. */
static const char *read_mark(const struct values *values, struct gb_envelope *ret)
{
    struct gb_stream_mark *mark = &ret->mark;
    enum gb_header_name wrong = GB_HEADER_NAMES;
    if (!gb_dc_parse(text_of(values, GB_HEADER_SOURCE).chars, &ret->source))
        wrong = GB_HEADER_SOURCE;
    else if (!read_stream(values, ret->stream))
        wrong = GB_HEADER_STREAM;
    else if (!read_int(values, GB_HEADER_INCARNATION, &mark->incarnation))
        wrong = GB_HEADER_INCARNATION;
    else if (!read_number(values, GB_HEADER_PAGE, INT64_MAX, &mark->page))
        wrong = GB_HEADER_PAGE;
    else if (!read_int(values, GB_HEADER_INDEX, &mark->index))
        wrong = GB_HEADER_INDEX;
    else if (!read_int(values, GB_HEADER_COUNT, &mark->count))
        wrong = GB_HEADER_COUNT;
    else if (!read_number(values, GB_HEADER_PREVIOUS, INT64_MAX, &mark->previous))
        wrong = GB_HEADER_PREVIOUS;
    else if (!read_number(values, GB_HEADER_CUT_AT, GB_TIME_US_MAX, &mark->cut_at_us))
        wrong = GB_HEADER_CUT_AT;
    if (wrong == GB_HEADER_NAMES && !gb_stream_mark_valid(mark))
        wrong = GB_HEADER_PAGE; /* stands for all that do not agree */
    return wrong == GB_HEADER_NAMES ? NULL : gb_header_names[wrong];
}

/* Any of the mark's headers makes it a streamed record: then all must be there. */
static bool has_mark(const struct values *values)
{
    for (size_t name = GB_HEADER_SOURCE; name < GB_HEADER_NAMES; name++) {
        if (values->given[name])
            return true;
    }
    return false;
}

static bool read_source(const struct values *values, struct gb_dc *ret)
{
    static const char prefix[] = GB_CE_SOURCE_PREFIX;
    struct text source = text_of(values, GB_HEADER_CE_SOURCE);
    return strncmp(source.chars, prefix, sizeof(prefix) - 1) == 0 &&
           gb_dc_parse(source.chars + sizeof(prefix) - 1, ret);
}

static bool read_id(const struct values *values, struct gb_uuid *ret)
{
    char digits[UUID_DIGITS + 1];
    const char *text = values->of[GB_HEADER_ID].data;
    size_t count = 0;
    if (values->of[GB_HEADER_ID].size != GB_UUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < GB_UUID_TEXT_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-'))
            return false;
        if (!dash)
            digits[count++] = text[i];
    }
    digits[count] = '\0';
    return gb_hex_parse(digits, ret->bytes, sizeof(ret->bytes));
}

/* NULL, or the name of the CloudEvents header that is missing or wrong. */
static const char *read_event(const struct values *values, struct gb_envelope *ret)
{
    struct gb_dc source;
    enum gb_header_name wrong = GB_HEADER_NAMES;
    if (!is(values, GB_HEADER_SPECVERSION, GB_CE_SPECVERSION))
        wrong = GB_HEADER_SPECVERSION;
    else if (!read_id(values, &ret->id))
        wrong = GB_HEADER_ID;
    else if (!read_source(values, &source) ||
             (ret->stream[0] != '\0' && !gb_dc_equal(source, ret->source)))
        wrong = GB_HEADER_CE_SOURCE;
    else if (!gb_message_parse_type(text_of(values, GB_HEADER_TYPE).chars, &ret->kind))
        wrong = GB_HEADER_TYPE;
    else if (gb_clock_parse(text_of(values, GB_HEADER_TIME).chars, &ret->time_us) != GB_OK ||
             ret->time_us < 0)
        wrong = GB_HEADER_TIME;
    else if (!is(values, GB_HEADER_CONTENT_TYPE, GB_CONTENT_TYPE_AVRO))
        wrong = GB_HEADER_CONTENT_TYPE;
    if (wrong != GB_HEADER_NAMES)
        return gb_header_names[wrong];
    ret->source = source;
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
    /* A trace that cannot be read is no reason to refuse money. */
    (void)gb_trace_parse(text_of(&values, GB_HEADER_TRACEPARENT).chars, &ret->trace);
    if (wrong != NULL)
        return gb_err_set(err, GB_POISON, "HEADER_INVALID", "%s is missing or wrong", wrong);
    return GB_OK;
}
