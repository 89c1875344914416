#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

int gb_cli_config_document(struct gb_cli *cli, int argc, char **argv)
{
    (void)cli;
    if (argc != 2 || strcmp(argv[1], "--document") != 0)
        return gb_cli_usage("config", "takes --document");
    gb_config_document(stdout);
    return GB_EXIT_FINE;
}
