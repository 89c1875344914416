/* dead_letters.h: what the commands about dead letters and proposals have in common: the selector
 * on the command line, and how a proposal is shown. One thread. */
#ifndef GB_CLI_DEAD_LETTERS_H
#define GB_CLI_DEAD_LETTERS_H

#include <jansson.h>

#include "cli/cli.h"
#include "cli/options.h"

/* --code, --topic, --account, --state, --from, --to, --older-than, --newer-than: values as given.
 */
#define GB_SELECTOR_OPTIONS 8
struct gb_cli_selector {
    const char *code, *topic, *account, *state, *from, *to, *older_than, *newer_than;
};

/* Fills ret_options, which point into *selector. */
void gb_cli_selector_options(struct gb_cli_selector *selector,
                             struct gb_option ret_options[GB_SELECTOR_OPTIONS]);

/* The selector as members of a JSON object, under the names that the API takes (the caller
 * decrefs). NULL: a usage error of `command`, which was printed. */
json_t *gb_cli_selector_json(struct gb_cli *cli, const char *command,
                             const struct gb_cli_selector *selector);

/* `path` with the members of `selector` as its query. In the command's arena. */
const char *gb_cli_selector_path(struct gb_cli *cli, const char *path, json_t *selector);

/* One proposal as the API answers it. */
void gb_cli_print_proposal(struct gb_cli *cli, const json_t *proposal);

#endif
