#include "runtime/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/clock.h"

/* A line is at most PIPE_BUF bytes: the kernel then never mixes it with another process's line on
 * the same pipe. */
enum { LINE_BYTES_MAX = 4096, VALUE_BYTES_MAX = 1024 };

static const char *log_program = "geobill";
static const char *log_dc;
static _Atomic int log_level = GB_LOG_INFO;

struct line {
    size_t size;
    bool full; /* something did not fit */
    char bytes[LINE_BYTES_MAX];
};

/* What is always kept free: ,"truncated":1} and the newline. */
static const char truncated_mark[] = ",\"truncated\":1";
enum { RESERVED = sizeof(truncated_mark) + 2 };

/* All of it or nothing. */
static bool put(struct line *line, const char *bytes, size_t size)
{
    if (line->full || size > sizeof(line->bytes) - RESERVED - line->size) {
        line->full = true;
        return false;
    }
    memcpy(line->bytes + line->size, bytes, size);
    line->size += size;
    return true;
}

static bool put_text(struct line *line, const char *text)
{
    return put(line, text, strlen(text));
}

/* Length of the well-formed UTF-8 character at `at`, of which `left` bytes may be read; 0 when
 * there is none. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0];
    size_t length = lead < 0x80                   ? 1
                    : lead >= 0xc2 && lead < 0xe0 ? 2
                    : lead >= 0xe0 && lead < 0xf0 ? 3
                    : lead >= 0xf0 && lead < 0xf5 ? 4
                                                  : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    /* Overlong forms, surrogates and what is above U+10FFFF. */
    if ((lead == 0xe0 && at[1] < 0xa0) || (lead == 0xed && at[1] > 0x9f) ||
        (lead == 0xf0 && at[1] < 0x90) || (lead == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

/* One character of a JSON string; returns how many bytes of the input it took. */
static size_t put_character(struct line *line, const unsigned char *at, size_t left)
{
    size_t length = utf8_length(at, left);
    if (length == 0) {
        put_text(line, "\xef\xbf\xbd"); /* U+FFFD for each byte that is not UTF-8 */
        return 1;
    }
    if (*at == '"' || *at == '\\') {
        char escaped[] = {'\\', (char)*at};
        put(line, escaped, sizeof(escaped));
    } else if (*at < 0x20 || *at == 0x7f) {
        char escaped[8];
        (void)snprintf(escaped, sizeof(escaped), "\\u%04x", *at);
        put_text(line, escaped);
    } else {
        put(line, (const char *)at, length);
    }
    return length;
}

static void put_string(struct line *line, const char *text)
{
    size_t before = line->size;
    bool cut = false;
    if (!put_text(line, "\""))
        return;
    size_t size = strnlen(text, VALUE_BYTES_MAX + 1);
    if (size > VALUE_BYTES_MAX) {
        cut = true;
        size = VALUE_BYTES_MAX;
        while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80 && size > VALUE_BYTES_MAX - 4)
            size--; /* not in the middle of a character */
    }
    const unsigned char *at = (const unsigned char *)text;
    for (size_t done = 0; done < size && !line->full;)
        done += put_character(line, at + done, size - done);
    if (cut)
        put_text(line, "...");
    if (!put_text(line, "\""))
        line->size = before;
}

static void put_number(struct line *line, int64_t number)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%lld", (long long)number);
    put_text(line, digits);
}

/* ,"name":value; a field that does not fit leaves nothing behind. */
static void put_field(struct line *line, const struct gb_log_field *field)
{
    size_t before = line->size;
    put_text(line, ",");
    put_string(line, field->name);
    put_text(line, ":");
    char hex[2 * sizeof(struct gb_uuid) + 1];
    switch (field->kind) {
    case GB_LOG_FIELD_TEXT:
        if (field->text == NULL)
            put_text(line, "null");
        else
            put_string(line, field->text);
        break;
    case GB_LOG_FIELD_INT:
        put_number(line, field->number);
        break;
    case GB_LOG_FIELD_TRACE:
        gb_hex_format(field->trace->trace_id.bytes, sizeof(field->trace->trace_id.bytes), hex);
        put_string(line, hex);
        break;
    case GB_LOG_FIELD_NONE:
        break;
    }
    if (line->full)
        line->size = before;
}

static const char *level_name(enum gb_log_level level)
{
    switch (level) {
    case GB_LOG_DEBUG:
        return "debug";
    case GB_LOG_INFO:
        return "info";
    case GB_LOG_WARNING:
        return "warning";
    case GB_LOG_ERROR:
        return "error";
    }
    return "unknown";
}

bool gb_log_level_parse(const char *text, enum gb_log_level *ret)
{
    static const enum gb_log_level levels[] = {GB_LOG_DEBUG, GB_LOG_INFO, GB_LOG_WARNING,
                                               GB_LOG_ERROR};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(text, level_name(levels[i])) == 0) {
            *ret = levels[i];
            return true;
        }
    }
    return false;
}

void gb_log_init(const char *program, const char *dc, enum gb_log_level level)
{
    log_program = program;
    log_dc = dc;
    atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
}

void gb_log_fields(enum gb_log_level level, const char *message, const struct gb_log_field *fields)
{
    if ((int)level < atomic_load_explicit(&log_level, memory_order_relaxed))
        return;
    struct line line;
    line.size = 0;
    line.full = false;
    char time[GB_CLOCK_TEXT_SIZE];
    gb_clock_format(gb_clock_wall_us(), time);
    put_text(&line, "{\"time\":");
    put_string(&line, time);
    put_field(&line, &(struct gb_log_field)GB_F_TEXT("level", level_name(level)));
    put_field(&line, &(struct gb_log_field)GB_F_TEXT("program", log_program));
    if (log_dc != NULL)
        put_field(&line, &(struct gb_log_field)GB_F_TEXT("dc", log_dc));
    put_field(&line, &(struct gb_log_field)GB_F_TEXT("message", message));
    for (; fields->name != NULL; fields++)
        put_field(&line, fields);
    if (line.full) {
        memcpy(line.bytes + line.size, truncated_mark, sizeof(truncated_mark) - 1);
        line.size += sizeof(truncated_mark) - 1;
    }
    memcpy(line.bytes + line.size, "}\n", 2);
    line.size += 2;
    /* A log that cannot be written must not stop the daemon. */
    ssize_t written = write(STDERR_FILENO, line.bytes, line.size);
    (void)written;
}
