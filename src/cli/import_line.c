#include "cli/import_line.h"

#include <stdbool.h>
#include <string.h>

/* `at` is behind the opening quote. Returns what stands behind the closing one. */
static char *take_quoted(char *at, const char *end, const char **ret_problem)
{
    for (char *out = at; at < end; at++) {
        if (*at != '"') {
            *out++ = *at;
        } else if (at + 1 < end && at[1] == '"') {
            *out++ = *at++;
        } else {
            *out = '\0'; /* at the closing quote or before it */
            if (at + 1 < end && at[1] != ',')
                *ret_problem = "text behind the closing quote of a field";
            return at + 1;
        }
    }
    *ret_problem = "a quoted field does not end on its line";
    return at;
}

static char *take_plain(char *at, const char *end, const char **ret_problem)
{
    for (; at < end && *at != ','; at++)
        if (*at == '"')
            *ret_problem = "a quote inside a field that does not begin with one";
    return at;
}

const char *gb_import_split(char *line, size_t size, char **fields, size_t fields_max,
                            size_t *ret_count)
{
    char *at = line, *end = line + size;
    const char *problem = NULL;
    *ret_count = 0;
    if (memchr(line, '\0', size))
        return "a zero byte";
    *end = '\0';
    for (;;) {
        bool quoted = *at == '"';
        char *field = quoted ? at + 1 : at;
        at = quoted ? take_quoted(field, end, &problem) : take_plain(field, end, &problem);
        if (problem)
            return problem;
        if (*ret_count < fields_max)
            fields[*ret_count] = field;
        (*ret_count)++;
        if (at == end)
            return NULL;
        *at++ = '\0';
    }
}
