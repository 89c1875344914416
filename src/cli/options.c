#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const struct gb_option *find_option(const char *word, const struct gb_option *options,
                                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word + 2, options[i].name) == 0)
            return &options[i];
    return NULL;
}

static bool complain(const char *command, const char *what, const char *word)
{
    char problem[256];
    snprintf(problem, sizeof(problem), "%s%s", what, word);
    gb_cli_usage(command, problem);
    return false;
}

bool gb_options_read(const char *command, int argc, char **argv, const struct gb_option *options,
                     size_t options_count, const char **arguments, size_t min, size_t max)
{
    size_t taken = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            if (taken == max)
                return complain(command, "too many arguments: ", argv[i]);
            arguments[taken++] = argv[i];
            continue;
        }
        const struct gb_option *option = find_option(argv[i], options, options_count);
        if (!option)
            return complain(command, "unknown option ", argv[i]);
        if (option->flag) {
            *option->flag = true;
        } else if (i + 1 < argc) {
            *option->text = argv[++i];
        } else {
            return complain(command, "no value behind ", argv[i]);
        }
    }
    return taken >= min || complain(command, "too few arguments", "");
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
