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

/* What a command takes. */
struct gb_syntax {
    const char *command; /* for messages: "account open" */
    const struct gb_option *options;
    size_t options_count;
    const char **arguments; /* where its arguments go; NULL when there are none */
    size_t arguments_count;
};

/* Reads argv[1..]: options anywhere, the rest are arguments, exactly as many as the command takes.
 * Prints a usage error and returns false otherwise. */
bool gb_options_read(int argc, char **argv, const struct gb_syntax *syntax);

/* A whole number min..max in decimal digits; false otherwise. */
bool gb_option_int(const char *text, int64_t min, int64_t max, int64_t *ret);

#endif
