/* resource.h: what the commands about accounts and about services have in common: one is printed as
 * the API answers, or a page of the list. */
#ifndef GB_CLI_RESOURCE_H
#define GB_CLI_RESOURCE_H

#include "cli/call_api.h"
#include "cli/output.h"

struct gb_cli_resource {
    const char *path; /* of the list: "/v1/accounts" */
    const struct gb_column *columns;
    size_t columns_count;
    void (*add_row)(struct gb_cli *cli, struct gb_table *table, const json_t *one);
};

/* Makes the call and prints the one it answers with. Returns the exit code. */
int gb_cli_resource_call(struct gb_cli *cli, const struct gb_cli_resource *resource,
                         struct gb_api_call *call);

/* `command`: its words, "account list". Options --limit and --cursor. Returns the exit code. */
int gb_cli_resource_list(struct gb_cli *cli, int argc, char **argv, const char *command,
                         const struct gb_cli_resource *resource);

#endif
