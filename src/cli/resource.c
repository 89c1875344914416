#include "cli/resource.h"

#include <stdio.h>

#include "cli/options.h"

int gb_cli_resource_call(struct gb_cli *cli, const struct gb_cli_resource *resource,
                         struct gb_api_call *call)
{
    json_t *answer;
    int code = gb_cli_call_api(cli, call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    struct gb_table *table = gb_table_new(cli, resource->columns, resource->columns_count);
    resource->add_row(cli, table, answer);
    gb_table_print_one(table);
    json_decref(answer);
    return GB_EXIT_FINE;
}

int gb_cli_resource_list(struct gb_cli *cli, int argc, char **argv, const char *command,
                         const struct gb_cli_resource *resource)
{
    const char *limit = "100", *cursor = NULL;
    const struct gb_option options[] = {{"limit", &limit, NULL}, {"cursor", &cursor, NULL}};
    const struct gb_syntax syntax = {.command = command, .options = options, .options_count = 2};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    const char *path =
        gb_cli_path(cli, gb_arena_printf(cli->arena, "%s?limit=", resource->path), limit, "");
    if (cursor)
        path = gb_cli_path(cli, gb_arena_printf(cli->arena, "%s&cursor=", path), cursor, "");
    struct gb_api_call call = {"GET", path, NULL, NULL, 0};
    json_t *answer;
    int code = gb_cli_call_api(cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    struct gb_table *table = gb_table_new(cli, resource->columns, resource->columns_count);
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(answer, "data"), i, one) resource->add_row(cli, table, one);
    gb_table_print(table, NULL);
    if (json_is_true(json_object_get(answer, "has_more")))
        fprintf(stderr, "more: --cursor %s\n", gb_cli_json_text(answer, "next_cursor", NULL));
    json_decref(answer);
    return GB_EXIT_FINE;
}
