#include "cli/dead_letters.h"

#include <stdlib.h>
#include <string.h>

#include "cli/call_api.h"
#include "cli/output.h"
#include "runtime/clock.h"

void gb_cli_selector_options(struct gb_cli_selector *selector,
                             struct gb_option ret_options[GB_SELECTOR_OPTIONS])
{
    const struct gb_option options[GB_SELECTOR_OPTIONS] = {
        {"code", &selector->code, NULL},
        {"topic", &selector->topic, NULL},
        {"account", &selector->account, NULL},
        {"state", &selector->state, NULL},
        {"from", &selector->from, NULL},
        {"to", &selector->to, NULL},
        {"older-than", &selector->older_than, NULL},
        {"newer-than", &selector->newer_than, NULL},
    };
    memcpy(ret_options, options, sizeof(options));
}

/* "90s", "15m", "2h", "3d": that long ago, as the API writes times; NULL: not so written. */
static const char *time_ago(struct gb_cli *cli, const char *age)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 86400};
    size_t size = strlen(age);
    const char *unit = size == 0 ? NULL : strchr(units, age[size - 1]);
    const char *digits = size == 0 ? "" : gb_arena_strndup(cli->arena, age, size - 1);
    int64_t count;
    if (unit == NULL || digits == NULL || !gb_option_int(digits, 0, 36500, &count))
        return NULL;
    char *text = gb_arena_alloc(cli->arena, GB_CLOCK_TEXT_SIZE);
    GB_CHECK(text != NULL);
    gb_clock_format(gb_clock_wall_us() - count * seconds[unit - units] * 1000000, text);
    return text;
}

/* A time that is given, or an age; both are too much. False: a usage error. */
static bool add_time(struct gb_cli *cli, const char *command, json_t *to, const char *name,
                     const char *time, const char *age)
{
    if (time != NULL && age != NULL) {
        (void)gb_cli_usage(command, "a time and an age for the same end");
        return false;
    }
    const char *text = age == NULL ? time : time_ago(cli, age);
    if (age != NULL && text == NULL) {
        (void)gb_cli_usage(command, "an age is a number with s, m, h or d behind it: 90s, 2h");
        return false;
    }
    if (text != NULL)
        (void)json_object_set_new(to, name, json_string(text));
    return true;
}

json_t *gb_cli_selector_json(struct gb_cli *cli, const char *command,
                             const struct gb_cli_selector *selector)
{
    json_t *to = json_object();
    const struct {
        const char *name, *text;
    } words[] = {{"code", selector->code},
                 {"topic", selector->topic},
                 {"account_id", selector->account},
                 {"state", selector->state}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i].text != NULL)
            (void)json_object_set_new(to, words[i].name, json_string(words[i].text));
    if (add_time(cli, command, to, "failed_from", selector->from, selector->newer_than) &&
        add_time(cli, command, to, "failed_to", selector->to, selector->older_than))
        return to;
    json_decref(to);
    return NULL;
}

const char *gb_cli_selector_path(struct gb_cli *cli, const char *path, json_t *selector)
{
    const char *name;
    json_t *value;
    char sign = strchr(path, '?') == NULL ? '?' : '&';
    json_object_foreach(selector, name, value)
    {
        path = gb_cli_path(cli, gb_arena_printf(cli->arena, "%s%c%s=", path, sign, name),
                           json_string_value(value), "");
        sign = '&';
    }
    return path;
}

/* The members that a proposal has, one a line. */
void gb_cli_print_proposal(struct gb_cli *cli, const json_t *proposal)
{
    static const struct gb_column columns[] = {
        {"proposal_id", GB_CELL_TEXT},     {"kind", GB_CELL_TEXT},
        {"state", GB_CELL_TEXT},           {"letters", GB_CELL_NUMBER},
        {"moved", GB_CELL_NUMBER},         {"selector", GB_CELL_TEXT},
        {"rate_per_s", GB_CELL_NUMBER},    {"window", GB_CELL_TEXT},
        {"reason", GB_CELL_TEXT},          {"proposed_by", GB_CELL_TEXT},
        {"proposed_at", GB_CELL_TEXT},     {"expires_at", GB_CELL_TEXT},
        {"decided_by", GB_CELL_TEXT},      {"decided_at", GB_CELL_TEXT},
        {"decision_reason", GB_CELL_TEXT}, {"changed_by", GB_CELL_TEXT},
        {"ended_at", GB_CELL_TEXT},
    };
    enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };
    const char *cells[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
        const json_t *value = json_object_get(proposal, columns[i].name);
        cells[i] = json_string_value(value);
        if (json_is_integer(value))
            cells[i] = gb_cell_int(cli, json_integer_value(value));
        if (json_is_object(value)) {
            char *text = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER);
            cells[i] = text == NULL ? NULL : gb_arena_strdup(cli->arena, text);
            free(text);
        }
    }
    struct gb_table *table = gb_table_new(cli, columns, COLUMNS);
    gb_table_row(table, cells);
    gb_table_print_one(table);
}
