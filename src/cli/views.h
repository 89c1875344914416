/* views.h: what several commands show of an account's money and of an operation. One thread. */
#ifndef GB_CLI_VIEWS_H
#define GB_CLI_VIEWS_H

#include <jansson.h>

#include "cli/cli.h"

/* A balance as the API answers it: the sums, what is reserved, each datacenter's share. */
void gb_cli_print_balance(struct gb_cli *cli, const json_t *balance);

/* One operation, as a table of one row or as JSON; not its steps. */
void gb_cli_print_operation(struct gb_cli *cli, const json_t *operation);

/* A JSON answer as it is, indented. */
void gb_cli_print_json(const json_t *answer);

#endif
