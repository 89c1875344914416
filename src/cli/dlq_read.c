/* geobill dlq list, show, export: what could not be applied, and why. Through the API. */
#include <stdio.h>
#include <string.h>

#include "cli/call_api.h"
#include "cli/dead_letters.h"
#include "cli/output.h"
#include "cli/views.h"
#include "runtime/stop.h"

static const struct gb_column letter_columns[] = {
    {"dead_letter_id", GB_CELL_NUMBER},
    {"state", GB_CELL_TEXT},
    {"code", GB_CELL_TEXT},
    {"topic", GB_CELL_TEXT},
    {"key", GB_CELL_TEXT},
    {"attempts", GB_CELL_NUMBER},
    {"first_failed_at", GB_CELL_TEXT},
    {"last_failed_at", GB_CELL_TEXT},
    {"message", GB_CELL_TEXT},
};
static const struct gb_column count_columns[] = {
    {"state", GB_CELL_TEXT},          {"topic", GB_CELL_TEXT},
    {"code", GB_CELL_TEXT},           {"letters", GB_CELL_NUMBER},
    {"attempts", GB_CELL_NUMBER},     {"first_failed_at", GB_CELL_TEXT},
    {"last_failed_at", GB_CELL_TEXT},
};
enum {
    LETTER_COLUMNS = sizeof(letter_columns) / sizeof(letter_columns[0]),
    COUNT_COLUMNS = sizeof(count_columns) / sizeof(count_columns[0]),
};

/* The rows of a list of the API, by the names of the columns. */
static void print_list(struct gb_cli *cli, const json_t *answer, const struct gb_column *columns,
                       size_t count)
{
    struct gb_table *table = gb_table_new(cli, columns, count);
    const char *cells[LETTER_COLUMNS];
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(answer, "data"), i, one)
    {
        for (size_t c = 0; c < count; c++)
            cells[c] = columns[c].kind == GB_CELL_NUMBER
                           ? gb_cell_int(cli, gb_cli_json_int(one, columns[c].name, NULL))
                           : gb_cli_json_text(one, columns[c].name, NULL);
        gb_table_row(table, cells);
    }
    gb_table_print(table, NULL);
}

int gb_cli_dlq_list(struct gb_cli *cli, int argc, char **argv)
{
    struct gb_cli_selector given = {.topic = NULL};
    const char *limit = "100", *cursor = NULL;
    bool counts = false;
    struct gb_option options[GB_SELECTOR_OPTIONS + 3] = {
        {"limit", &limit, NULL}, {"cursor", &cursor, NULL}, {"counts", NULL, &counts}};
    gb_cli_selector_options(&given, options + 3);
    const struct gb_syntax syntax = {
        .command = "dlq list", .options = options, .options_count = GB_SELECTOR_OPTIONS + 3};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    json_t *selector = gb_cli_selector_json(cli, "dlq list", &given);
    if (selector == NULL)
        return GB_EXIT_USAGE;
    if (!counts)
        (void)json_object_set_new(selector, "limit", json_string(limit));
    if (cursor != NULL)
        (void)json_object_set_new(selector, "cursor", json_string(cursor));
    const char *path = gb_cli_selector_path(
        cli, counts ? "/v1/dead-letters/counts" : "/v1/dead-letters", selector);
    struct gb_api_call call = {"GET", path, NULL, NULL, 0};
    json_t *answer;
    json_decref(selector);
    int code = gb_cli_call_api(cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    print_list(cli, answer, counts ? count_columns : letter_columns,
               counts ? COUNT_COLUMNS : LETTER_COLUMNS);
    if (json_is_true(json_object_get(answer, "has_more")))
        fprintf(stderr, "more: --cursor %s\n", gb_cli_json_text(answer, "next_cursor", NULL));
    json_decref(answer);
    return GB_EXIT_FINE;
}

/* --- show --- */

static void print_headers(const json_t *letter)
{
    size_t i;
    const json_t *header;
    printf("\nHeaders\n");
    json_array_foreach(json_object_get(letter, "headers"), i, header)
    {
        const char *text = gb_cli_json_text(header, "value", NULL);
        const char *base64 = gb_cli_json_text(header, "value_base64", NULL);
        printf("  %s: %s%s\n", gb_cli_json_text(header, "name", NULL),
               text == NULL ? "base64 " : "",
               text != NULL     ? text
               : base64 != NULL ? base64
                                : "");
    }
}

static void print_body(const json_t *letter)
{
    const json_t *body = json_object_get(letter, "body");
    if (body == NULL) {
        const char *problem = gb_cli_json_text(letter, "body_problem", NULL);
        printf("\nBody cannot be decoded: %s\nbase64 %s\n", problem,
               gb_cli_json_text(letter, "value_base64", NULL));
        return;
    }
    printf("\nBody (%s)\n", gb_cli_json_text(letter, "type", NULL));
    gb_cli_print_json(body);
}

static void print_letter(const json_t *letter)
{
    static const char *const members[] = {"state",           "code",           "message", "stage",
                                          "first_failed_at", "last_failed_at", "topic",   "key"};
    printf("Dead letter %lld\n", (long long)gb_cli_json_int(letter, "dead_letter_id", NULL));
    printf("  what was wrong   %s\n", gb_cli_json_text(letter, "reason", NULL));
    printf("  what to do       %s\n", gb_cli_json_text(letter, "advice", NULL));
    printf("  how often tried  %lld\n", (long long)gb_cli_json_int(letter, "attempts", NULL));
    printf("  can be replayed  %s\n", json_is_true(json_object_get(letter, "replayable"))
                                          ? "yes"
                                          : "no: its topic or its key is none of ours");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *text = gb_cli_json_text(letter, members[i], NULL);
        if (text != NULL)
            printf("  %-15s  %s\n", members[i], text);
    }
    printf("  %-15s  %lld\n", "partition", (long long)gb_cli_json_int(letter, "partition", NULL));
    printf("  %-15s  %lld\n", "offset", (long long)gb_cli_json_int(letter, "offset", NULL));
    print_headers(letter);
    print_body(letter);
}

int gb_cli_dlq_show(struct gb_cli *cli, int argc, char **argv)
{
    const char *id = NULL;
    const struct gb_syntax syntax = {.command = "dlq show", .arguments = &id, .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct gb_api_call call = {"GET", gb_cli_path(cli, "/v1/dead-letters/", id, ""), NULL, NULL, 0};
    json_t *letter;
    int code = gb_cli_call_api(cli, &call, &letter);
    if (code != GB_EXIT_FINE)
        return code;
    if (cli->json)
        gb_cli_print_json(letter);
    else
        print_letter(letter);
    json_decref(letter);
    return GB_EXIT_FINE;
}

/* --- export --- */

static int export_one(struct gb_cli *cli, int64_t id)
{
    const char *path = gb_cli_path(cli, "/v1/dead-letters/", gb_cell_int(cli, id), "");
    struct gb_api_call call = {"GET", path, NULL, NULL, 0};
    json_t *letter;
    int code = gb_cli_call_api(cli, &call, &letter);
    if (code != GB_EXIT_FINE)
        return code;
    json_dumpf(letter, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(letter);
    return GB_EXIT_FINE;
}

/* One page of the list; *cursor NULL at its end. */
static int export_page(struct gb_cli *cli, const char *path, const char **cursor)
{
    struct gb_api_call call = {"GET", path, NULL, NULL, 0};
    json_t *answer;
    size_t i;
    const json_t *one;
    int code = gb_cli_call_api(cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    json_array_foreach(json_object_get(answer, "data"), i, one)
    {
        if (code == GB_EXIT_FINE && !gb_stop_asked())
            code = export_one(cli, gb_cli_json_int(one, "dead_letter_id", NULL));
    }
    const char *next = gb_cli_json_text(answer, "next_cursor", NULL);
    bool more = json_is_true(json_object_get(answer, "has_more"));
    *cursor = more ? gb_arena_strdup(cli->arena, next) : NULL;
    json_decref(answer);
    return code;
}

int gb_cli_dlq_export(struct gb_cli *cli, int argc, char **argv)
{
    struct gb_cli_selector given = {.topic = NULL};
    struct gb_option options[GB_SELECTOR_OPTIONS];
    gb_cli_selector_options(&given, options);
    const struct gb_syntax syntax = {
        .command = "dlq export", .options = options, .options_count = GB_SELECTOR_OPTIONS};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    json_t *selector = gb_cli_selector_json(cli, "dlq export", &given);
    if (selector == NULL)
        return GB_EXIT_USAGE;
    gb_stop_init();
    int code = GB_EXIT_FINE;
    const char *cursor = NULL;
    const char *first = gb_cli_selector_path(cli, "/v1/dead-letters?limit=100", selector);
    json_decref(selector);
    do {
        const char *path = first;
        if (cursor != NULL)
            path = gb_cli_path(cli, gb_arena_printf(cli->arena, "%s&cursor=", first), cursor, "");
        code = export_page(cli, path, &cursor);
    } while (code == GB_EXIT_FINE && cursor != NULL && !gb_stop_asked());
    return code != GB_EXIT_FINE ? code : gb_stop_asked() ? GB_EXIT_FOUND : GB_EXIT_FINE;
}
