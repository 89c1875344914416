#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const struct gb_option *find_option(const struct gb_syntax *syntax, const char *word)
{
    for (size_t i = 0; i < syntax->options_count; i++)
        if (strcmp(word + 2, syntax->options[i].name) == 0)
            return &syntax->options[i];
    return NULL;
}

static bool complain(const struct gb_syntax *syntax, const char *what, const char *word)
{
    char problem[256];
    snprintf(problem, sizeof(problem), "%s%s", what, word);
    gb_cli_usage(syntax->command, problem);
    return false;
}

bool gb_options_read(int argc, char **argv, const struct gb_syntax *syntax)
{
    size_t taken = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            if (taken == syntax->arguments_count)
                return complain(syntax, "too many arguments: ", argv[i]);
            syntax->arguments[taken++] = argv[i];
            continue;
        }
        const struct gb_option *option = find_option(syntax, argv[i]);
        if (!option)
            return complain(syntax, "unknown option ", argv[i]);
        if (option->flag) {
            *option->flag = true;
        } else if (i + 1 < argc) {
            *option->text = argv[++i];
        } else {
            return complain(syntax, "no value behind ", argv[i]);
        }
    }
    return taken == syntax->arguments_count || complain(syntax, "too few arguments", "");
}

bool gb_option_int(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max)
        return false;
    *ret = value;
    return true;
}
