/* geobill batch: many commands about money in one request. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/call_api.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/views.h"

/* Is there anything but blanks left to read? */
static bool has_more(FILE *file)
{
    int c = getc(file);
    while (c != EOF && isspace(c))
        c = getc(file);
    return c != EOF && ungetc(c, file) != EOF;
}

/* One JSON value after the other, each a command, or a single one with `commands`: a body. NULL:
 * printed. */
static json_t *read_values(FILE *file, const char *path)
{
    json_t *values = json_array();
    json_error_t error;
    GB_CHECK(values != NULL);
    while (has_more(file)) {
        json_t *value = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
        if (value != NULL && json_array_append_new(values, value) == 0)
            continue;
        fprintf(stderr, "geobill: %s: value %zu: %s\n", path, json_array_size(values) + 1,
                error.text);
        json_decref(values);
        return NULL;
    }
    return values;
}

static json_t *read_body(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "geobill: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    json_t *values = read_values(file, path), *first = json_array_get(values, 0);
    if (file != stdin)
        (void)fclose(file);
    if (json_array_size(values) == 1 && json_object_get(first, "commands") != NULL) {
        json_t *body = json_incref(first);
        json_decref(values);
        return body;
    }
    return values == NULL ? NULL : json_pack("{s:o}", "commands", values);
}

/* How many were refused, or failed. */
static size_t print_answers(struct gb_cli *cli, const json_t *answers)
{
    static const struct gb_column columns[] = {{"index", GB_CELL_NUMBER},
                                               {"key", GB_CELL_TEXT},
                                               {"status", GB_CELL_NUMBER},
                                               {"outcome", GB_CELL_TEXT},
                                               {"detail", GB_CELL_TEXT}};
    struct gb_table *table = gb_table_new(cli, columns, 5);
    size_t i, refused = 0;
    const json_t *answer;
    json_array_foreach(answers, i, answer)
    {
        int64_t status = gb_cli_json_int(answer, "status", NULL);
        const char *state = gb_cli_json_text(answer, "body", "state");
        const char *cells[] = {
            gb_cell_int(cli, gb_cli_json_int(answer, "index", NULL)),
            gb_cli_json_text(answer, "key", NULL),
            gb_cell_int(cli, status),
            state != NULL ? state : gb_cli_json_text(answer, "body", "code"),
            gb_cli_json_text(answer, "body", "detail"),
        };
        refused += status >= 300;
        gb_table_row(table, cells);
    }
    if (!cli->json)
        gb_table_print(table, NULL);
    return refused;
}

int gb_cli_batch(struct gb_cli *cli, int argc, char **argv)
{
    const char *path = NULL, *wait = "0";
    bool atomic = false, dry_run = false;
    int64_t wait_s;
    const struct gb_option options[] = {
        {"atomic", NULL, &atomic}, {"dry-run", NULL, &dry_run}, {"wait", &wait, NULL}};
    const struct gb_syntax syntax = {.command = "batch",
                                     .options = options,
                                     .options_count = 3,
                                     .arguments = &path,
                                     .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    if (!gb_option_int(wait, 0, 60, &wait_s))
        return gb_cli_usage("batch", "--wait takes 0 to 60 seconds");
    json_t *body = read_body(path), *answer;
    if (body == NULL)
        return GB_EXIT_USAGE;
    if (atomic)
        GB_CHECK(json_object_set_new(body, "atomic", json_true()) == 0);
    if (dry_run)
        GB_CHECK(json_object_set_new(body, "dry_run", json_true()) == 0);
    struct gb_api_call call = {"POST", "/v1/batches", body, NULL, wait_s};
    int code = gb_cli_call_api(cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    if (cli->json)
        gb_cli_print_json(answer);
    size_t refused = print_answers(cli, json_object_get(answer, "answers"));
    json_decref(answer);
    return refused == 0 ? GB_EXIT_FINE : GB_EXIT_FOUND;
}
