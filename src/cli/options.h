/* options.h: the options and arguments behind a command, read by a small table. One thread. */
#ifndef GB_CLI_OPTIONS_H
#define GB_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One option "--name VALUE" or "--name" (flag). */
struct gb_option {
    const char *name;
    const char **text; /* where the value goes; NULL for a flag */
    bool *flag;
};

/* Reads argv[1..]: options anywhere, the rest are arguments, at least `min` and at most `max` of
 * them, into `arguments` (may be NULL when max is 0). Prints a usage error for `command` and
 * returns false otherwise. */
bool gb_options_read(const char *command, int argc, char **argv, const struct gb_option *options,
                     size_t options_count, const char **arguments, size_t min, size_t max);

/* A whole number min..max in decimal digits; false otherwise. */
bool gb_option_int(const char *text, int64_t min, int64_t max, int64_t *ret);

#endif
