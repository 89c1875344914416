#include "http/problem.h"

#include <stdio.h>
#include <string.h>

/* How many bytes the UTF-8 sequence at `text` has; 0 when it is not one (over-long and surrogates
 * included). */
static size_t utf8_length(const unsigned char *text)
{
    unsigned char first = text[0];
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) ||
        (first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

/* Writes one character's JSON form (at most 6 bytes) at `to`, moves *at on. */
static size_t quote_one(const unsigned char **at, char *to)
{
    static const char replacement[] = "\xef\xbf\xbd";
    unsigned char c = **at;
    size_t length = utf8_length(*at);
    *at += length == 0 ? 1 : length;
    if (length == 0) {
        memcpy(to, replacement, 3);
        return 3;
    }
    if (c == '"' || c == '\\') {
        to[0] = '\\';
        to[1] = (char)c;
        return 2;
    }
    if (c < 0x20 || c == 0x7f)
        return (size_t)snprintf(to, 7, "\\u%04x", c);
    memcpy(to, *at - length, length);
    return length;
}

const char *gb_json_quote(const char *text, struct gb_arena *arena)
{
    size_t size = strlen(text);
    /* Worst case: six bytes for each, the quotes, the zero; snprintf's own zero needs one more at
     * the end. */
    char *quoted = gb_arena_alloc(arena, size * 6 + 4);
    if (quoted == NULL)
        return NULL;
    char *to = quoted;
    *to++ = '"';
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';)
        to += quote_one(&at, to);
    *to++ = '"';
    *to = '\0';
    return quoted;
}

/* `,"name":"value"`, or nothing when there is no value. */
static const char *member(const char *name, const char *value, struct gb_arena *arena)
{
    if (value == NULL)
        return "";
    const char *quoted = gb_json_quote(value, arena);
    return quoted == NULL ? NULL : gb_arena_printf(arena, ",\"%s\":%s", name, quoted);
}

struct gb_bytes gb_problem_write(const struct gb_problem *problem, struct gb_arena *arena)
{
    const struct gb_bytes nothing = {.data = NULL, .size = 0};
    const char *title = gb_json_quote(problem->title, arena);
    const char *detail = member("detail", problem->detail, arena);
    const char *instance = member("instance", problem->instance, arena);
    const char *field = member("field", problem->field, arena);
    if (title == NULL || detail == NULL || instance == NULL || field == NULL)
        return nothing;
    const char *facts = problem->facts == NULL ? "" : problem->facts;
    const char *more = problem->more == NULL ? "" : problem->more;
    const char *text = gb_arena_printf(
        arena,
        "{\"type\":\"urn:geobill:problem:%s\",\"title\":%s,"
        "\"status\":%d%s%s,\"code\":\"%s\",\"retryable\":%s%s%s%s%s%s}",
        problem->code, title, problem->status, detail, instance, problem->code,
        problem->retryable ? "true" : "false", field, facts[0] == '\0' ? "" : ",\"facts\":", facts,
        more[0] == '\0' ? "" : ",", more);
    if (text == NULL)
        return nothing;
    return (struct gb_bytes){.data = text, .size = strlen(text)};
}

void gb_problem_respond(struct gb_http_request *request, const struct gb_problem *problem,
                        const struct gb_http_field *fields, size_t fields_count)
{
    struct gb_bytes body = gb_problem_write(problem, gb_http_arena(request));
    gb_http_respond(request, problem->status, fields, fields_count, GB_PROBLEM_CONTENT_TYPE, body);
}
