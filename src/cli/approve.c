/* geobill approve list, show, give, refuse: four eyes, through the API with the operator's own
 * token.
 */
#include <stdio.h>

#include "cli/call_api.h"
#include "cli/dead_letters.h"
#include "cli/output.h"
#include "cli/views.h"

int gb_cli_approve_list(struct gb_cli *cli, int argc, char **argv)
{
    static const struct gb_column columns[] = {
        {"proposal_id", GB_CELL_TEXT}, {"kind", GB_CELL_TEXT},    {"state", GB_CELL_TEXT},
        {"letters", GB_CELL_NUMBER},   {"moved", GB_CELL_NUMBER}, {"proposed_by", GB_CELL_TEXT},
        {"expires_at", GB_CELL_TEXT},  {"reason", GB_CELL_TEXT},
    };
    enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };
    const char *state = "PROPOSED";
    bool all = false;
    const struct gb_option options[] = {{"state", &state, NULL}, {"all", NULL, &all}};
    const struct gb_syntax syntax = {
        .command = "approve list", .options = options, .options_count = 2};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    const char *path = "/v1/proposals?limit=1000";
    if (!all)
        path = gb_cli_path(cli, "/v1/proposals?limit=1000&state=", state, "");
    struct gb_api_call call = {"GET", path, NULL, NULL, 0};
    json_t *answer;
    int code = gb_cli_call_api(cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    struct gb_table *table = gb_table_new(cli, columns, COLUMNS);
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(answer, "data"), i, one)
    {
        const char *cells[COLUMNS];
        for (size_t c = 0; c < COLUMNS; c++)
            cells[c] = columns[c].kind == GB_CELL_NUMBER
                           ? gb_cell_int(cli, gb_cli_json_int(one, columns[c].name, NULL))
                           : gb_cli_json_text(one, columns[c].name, NULL);
        gb_table_row(table, cells);
    }
    gb_table_print(table, NULL);
    json_decref(answer);
    return GB_EXIT_FINE;
}

static int print_answer(struct gb_cli *cli, struct gb_api_call *call)
{
    json_t *proposal;
    int code = gb_cli_call_api(cli, call, &proposal);
    if (code != GB_EXIT_FINE)
        return code;
    if (cli->json)
        gb_cli_print_json(proposal);
    else
        gb_cli_print_proposal(cli, proposal);
    json_decref(proposal);
    return GB_EXIT_FINE;
}

int gb_cli_approve_show(struct gb_cli *cli, int argc, char **argv)
{
    const char *id = NULL;
    const struct gb_syntax syntax = {
        .command = "approve show", .arguments = &id, .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct gb_api_call call = {"GET", gb_cli_path(cli, "/v1/proposals/", id, ""), NULL, NULL, 0};
    return print_answer(cli, &call);
}

static int decide(struct gb_cli *cli, int argc, char **argv, const char *command,
                  const char *action)
{
    const char *id = NULL, *reason = NULL;
    const struct gb_option options[] = {{"reason", &reason, NULL}};
    const struct gb_syntax syntax = {.command = command,
                                     .options = options,
                                     .options_count = 1,
                                     .arguments = &id,
                                     .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    if (reason == NULL)
        return gb_cli_usage(command, "say --reason TEXT: it is kept");
    json_t *body = json_pack("{s:s, s:s}", "action", action, "reason", reason);
    if (body == NULL)
        return gb_cli_usage(command, "the reason is not UTF-8");
    struct gb_api_call call = {"PATCH", gb_cli_path(cli, "/v1/proposals/", id, ""), body, NULL, 0};
    return print_answer(cli, &call);
}

int gb_cli_approve_give(struct gb_cli *cli, int argc, char **argv)
{
    return decide(cli, argc, argv, "approve give", "APPROVE");
}

int gb_cli_approve_refuse(struct gb_cli *cli, int argc, char **argv)
{
    return decide(cli, argc, argv, "approve refuse", "REFUSE");
}
