/* geobill operation: one operation, with what it waits or waited for. */
#include <stdio.h>

#include "cli/call_api.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/views.h"

/* "100 EUR", "" where the step has none. */
static const char *money_of(struct gb_cli *cli, const json_t *step, const char *member)
{
    return json_object_get(step, member) == NULL ? "" : gb_cli_json_money(cli, step, member);
}

static void print_steps(struct gb_cli *cli, const json_t *steps)
{
    static const struct gb_column columns[] = {
        {"at", GB_CELL_TEXT},     {"step", GB_CELL_TEXT},   {"dc", GB_CELL_TEXT},
        {"asked", GB_CELL_TEXT},  {"came", GB_CELL_TEXT},   {"rounds", GB_CELL_NUMBER},
        {"silent", GB_CELL_TEXT}, {"reason", GB_CELL_TEXT},
    };
    struct gb_table *table = gb_table_new(cli, columns, 8);
    size_t i;
    const json_t *step;
    json_array_foreach(steps, i, step)
    {
        const json_t *rounds = json_object_get(step, "rounds");
        const char *cells[] = {
            gb_cli_json_text(step, "at", NULL),
            gb_cli_json_text(step, "step", NULL),
            gb_cli_json_text(step, "dc", NULL),
            money_of(cli, step, "asked"),
            money_of(cli, step, "came"),
            rounds == NULL ? NULL : gb_cell_int(cli, json_integer_value(rounds)),
            json_is_true(json_object_get(step, "silent")) ? "silent" : NULL,
            gb_cli_json_text(step, "reason", NULL),
        };
        gb_table_row(table, cells);
    }
    putchar('\n');
    gb_table_print(table, "Steps");
}

/* What was known when it was decided. */
static void print_facts(struct gb_cli *cli, const json_t *facts)
{
    static const struct gb_column columns[] = {
        {"dc", GB_CELL_TEXT}, {"known", GB_CELL_NUMBER}, {"age_ms", GB_CELL_NUMBER}};
    struct gb_table *table = gb_table_new(cli, columns, 3);
    size_t i;
    const json_t *peer;
    json_array_foreach(json_object_get(facts, "peers"), i, peer)
    {
        bool heard = json_is_integer(json_object_get(peer, "known"));
        const char *cells[] = {
            gb_cli_json_text(peer, "dc", NULL),
            heard ? gb_cell_int(cli, gb_cli_json_int(peer, "known", NULL)) : NULL,
            heard ? gb_cell_int(cli, gb_cli_json_int(peer, "age_ms", NULL)) : NULL,
        };
        gb_table_row(table, cells);
    }
    printf("\nknown when it was decided: %lld available and %lld held here, %lld in all\n",
           (long long)gb_cli_json_int(facts, "available", NULL),
           (long long)gb_cli_json_int(facts, "held", NULL),
           (long long)gb_cli_json_int(facts, "total", NULL));
    gb_table_print(table, NULL);
}

int gb_cli_operation(struct gb_cli *cli, int argc, char **argv)
{
    const char *key = NULL;
    const struct gb_syntax syntax = {
        .command = "operation", .arguments = &key, .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct gb_api_call call = {"GET", gb_cli_path(cli, "/v1/operations/", key, ""), NULL, NULL, 0};
    json_t *answer;
    int code = gb_cli_call_api(cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    const json_t *steps = json_object_get(answer, "steps"),
                 *facts = json_object_get(answer, "facts");
    if (cli->json) {
        gb_cli_print_json(answer);
    } else {
        gb_cli_print_operation(cli, answer);
        if (steps != NULL)
            print_steps(cli, steps);
        if (facts != NULL)
            print_facts(cli, facts);
    }
    json_decref(answer);
    return GB_EXIT_FINE;
}
