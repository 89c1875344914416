/* geobill dlq replay, park, unpark: proposed through the API; the consumer does the work. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/call_api.h"
#include "cli/dead_letters.h"
#include "cli/output.h"
#include "cli/views.h"
#include "runtime/clock.h"
#include "runtime/stop.h"
#include "runtime/uuid.h"

enum { PAUSE_MS = 250, BAR_CELLS = 30, IDS_MAX = 1000 };

struct change {
    struct gb_cli *cli;
    const char *command; /* "dlq replay" */
    const char *kind;    /* "REPLAY" */
    struct gb_cli_selector selector;
    const char *ids, *rate, *window, *reason, *key, *resume;
    bool execute, no_wait;
};

static bool is_state(const json_t *proposal, const char *state)
{
    const char *now = gb_cli_json_text(proposal, "state", NULL);
    return now != NULL && strcmp(now, state) == 0;
}

static const char *path_of(struct gb_cli *cli, const char *id)
{
    return gb_cli_path(cli, "/v1/proposals/", id, "");
}

/* --- watching --- */

/* On a terminal one line that is overwritten; nothing elsewhere. */
static void show_progress(const json_t *proposal, bool last)
{
    int64_t letters = gb_cli_json_int(proposal, "letters", NULL);
    int64_t moved = gb_cli_json_int(proposal, "moved", NULL);
    int cells = letters > 0 && moved < letters ? (int)(moved * BAR_CELLS / letters) : BAR_CELLS;
    if (isatty(STDERR_FILENO) != 1)
        return;
    fprintf(stderr, "\r\033[K[%.*s%*s] %" PRId64 " of %" PRId64 " %s%s", cells,
            "##############################", BAR_CELLS - cells, "", moved, letters,
            gb_cli_json_text(proposal, "state", NULL), last ? "\n" : "");
}

/* Ctrl-C: the replay stops, and can go on. */
static int stop(struct change *change, const char *id, json_t **proposal)
{
    json_decref(*proposal);
    struct gb_api_call call = {"PATCH", path_of(change->cli, id),
                               json_pack("{s:s}", "action", "STOP"), NULL, 0};
    int code = gb_cli_call_api(change->cli, &call, proposal);
    if (code == GB_EXIT_FINE)
        fprintf(stderr, "stopped; go on with: geobill dlq replay --resume %s\n", id);
    return code;
}

/* Until it has nothing to do any more, or a signal comes. Takes *proposal over and gives the last
 * back. */
static int watch(struct change *change, json_t **proposal)
{
    const char *id =
        gb_arena_strdup(change->cli->arena, gb_cli_json_text(*proposal, "proposal_id", NULL));
    GB_CHECK(id != NULL);
    int code = GB_EXIT_FINE;
    while (code == GB_EXIT_FINE && is_state(*proposal, "RUNNING")) {
        show_progress(*proposal, false);
        if (gb_stop_wait(PAUSE_MS))
            return stop(change, id, proposal);
        json_decref(*proposal);
        struct gb_api_call call = {"GET", path_of(change->cli, id), NULL, NULL, 0};
        code = gb_cli_call_api(change->cli, &call, proposal);
    }
    if (code == GB_EXIT_FINE)
        show_progress(*proposal, true);
    return code;
}

/* Exit 0 when it is done, or waits for what the caller knows; 1 when it was stopped or refused. */
static int follow(struct change *change, json_t *proposal)
{
    int code = GB_EXIT_FINE;
    bool waits = is_state(proposal, "PROPOSED");
    if (!change->no_wait)
        code = watch(change, &proposal);
    if (code != GB_EXIT_FINE)
        return code;
    gb_cli_print_proposal(change->cli, proposal);
    if (waits)
        fprintf(stderr, "another operator must approve: geobill approve give %s --reason TEXT\n",
                gb_cli_json_text(proposal, "proposal_id", NULL));
    bool fine = waits || is_state(proposal, "DONE") || is_state(proposal, "RUNNING");
    json_decref(proposal);
    return fine ? GB_EXIT_FINE : GB_EXIT_FOUND;
}

/* --- proposing --- */

/* "12,13" as numbers, rising. NULL: not so written. */
static json_t *ids_json(const char *text)
{
    int64_t last = 0, count = 0;
    json_t *ids = json_array();
    for (const char *at = text; ids != NULL; at += strspn(at, ",")) {
        size_t size = strcspn(at, ",");
        char number[24];
        int64_t id;
        snprintf(number, sizeof(number), "%.*s", (int)(size < 23 ? size : 23), at);
        if (!gb_option_int(number, last + 1, INT64_MAX, &id) || ++count > IDS_MAX) {
            json_decref(ids);
            return NULL;
        }
        json_array_append_new(ids, json_integer((json_int_t)id));
        last = id;
        at += size;
        if (*at == '\0')
            break;
    }
    return ids;
}

static json_t *body_of(struct change *change)
{
    int64_t rate;
    json_t *body = gb_cli_selector_json(change->cli, change->command, &change->selector);
    json_t *ids = body != NULL && change->ids != NULL ? ids_json(change->ids) : NULL;
    const char *problem = NULL;
    if (body == NULL)
        return NULL;
    if (change->ids != NULL && ids == NULL)
        problem = "--id takes at most 1000 numbers, rising, with commas between";
    else if (change->execute && change->reason == NULL)
        problem = "--execute wants --reason TEXT: it is kept";
    else if (change->rate != NULL && !gb_option_int(change->rate, 1, 1000000, &rate))
        problem = "--rate takes dead letters a second, such as 500";
    if (problem != NULL) {
        json_decref(body);
        json_decref(ids);
        (void)gb_cli_usage(change->command, problem);
        return NULL;
    }
    (void)json_object_set_new(body, "kind", json_string(change->kind));
    if (change->execute)
        (void)json_object_set_new(body, "execute", json_true());
    if (ids != NULL)
        (void)json_object_set_new(body, "ids", ids);
    if (change->rate != NULL)
        (void)json_object_set_new(body, "rate_per_s", json_integer((json_int_t)rate));
    if (change->window != NULL)
        (void)json_object_set_new(body, "window", json_string(change->window));
    if (change->reason != NULL)
        (void)json_object_set_new(body, "reason", json_string(change->reason));
    return body;
}

static void print_dry_run(struct change *change, const json_t *answer)
{
    static const struct gb_column columns[] = {{"kind", GB_CELL_TEXT},
                                               {"letters", GB_CELL_NUMBER},
                                               {"not_replayable", GB_CELL_NUMBER},
                                               {"four_eyes", GB_CELL_TEXT},
                                               {"done", GB_CELL_TEXT}};
    struct gb_cli *cli = change->cli;
    struct gb_table *table = gb_table_new(cli, columns, 5);
    gb_table_row(table,
                 (const char *[]){change->kind,
                                  gb_cell_int(cli, gb_cli_json_int(answer, "letters", NULL)),
                                  gb_cell_int(cli, gb_cli_json_int(answer, "not_replayable", NULL)),
                                  json_is_true(json_object_get(answer, "four_eyes")) ? "yes" : "no",
                                  "nothing: --execute does it"});
    gb_table_print_one(table);
}

static int propose(struct change *change)
{
    char own_key[GB_UUID_TEXT_SIZE];
    gb_uuid_format(gb_uuid_v7(), own_key);
    json_t *body = body_of(change), *answer;
    if (body == NULL)
        return GB_EXIT_USAGE;
    struct gb_api_call call = {"POST", "/v1/proposals", body,
                               change->key != NULL ? change->key : own_key, 0};
    int code = gb_cli_call_api(change->cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    if (change->execute)
        return follow(change, answer);
    print_dry_run(change, answer);
    json_decref(answer);
    return GB_EXIT_FINE;
}

static int resume(struct change *change)
{
    struct gb_api_call call = {"PATCH", path_of(change->cli, change->resume),
                               json_pack("{s:s}", "action", "RESUME"), NULL, 0};
    json_t *answer;
    int code = gb_cli_call_api(change->cli, &call, &answer);
    return code == GB_EXIT_FINE ? follow(change, answer) : code;
}

/* --- the command lines --- */

int gb_cli_dlq_replay(struct gb_cli *cli, int argc, char **argv)
{
    enum { OWN = 8 };
    struct change change = {.cli = cli, .command = "dlq replay", .kind = "REPLAY"};
    struct gb_option options[GB_SELECTOR_OPTIONS + OWN] = {
        {"id", &change.ids, NULL},          {"rate", &change.rate, NULL},
        {"window", &change.window, NULL},   {"reason", &change.reason, NULL},
        {"key", &change.key, NULL},         {"resume", &change.resume, NULL},
        {"execute", NULL, &change.execute}, {"no-wait", NULL, &change.no_wait},
    };
    gb_cli_selector_options(&change.selector, options + OWN);
    const struct gb_syntax syntax = {
        .command = "dlq replay", .options = options, .options_count = GB_SELECTOR_OPTIONS + OWN};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    gb_stop_init();
    return change.resume != NULL ? resume(&change) : propose(&change);
}

static int park(struct gb_cli *cli, int argc, char **argv, struct change *change)
{
    enum { OWN = 5 };
    struct gb_option options[GB_SELECTOR_OPTIONS + OWN] = {
        {"id", &change->ids, NULL},          {"reason", &change->reason, NULL},
        {"key", &change->key, NULL},         {"execute", NULL, &change->execute},
        {"no-wait", NULL, &change->no_wait},
    };
    gb_cli_selector_options(&change->selector, options + OWN);
    const struct gb_syntax syntax = {
        .command = change->command, .options = options, .options_count = GB_SELECTOR_OPTIONS + OWN};
    change->cli = cli;
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    gb_stop_init();
    return propose(change);
}

int gb_cli_dlq_park(struct gb_cli *cli, int argc, char **argv)
{
    struct change change = {.command = "dlq park", .kind = "PARK"};
    return park(cli, argc, argv, &change);
}

int gb_cli_dlq_unpark(struct gb_cli *cli, int argc, char **argv)
{
    struct change change = {.command = "dlq unpark", .kind = "UNPARK"};
    return park(cli, argc, argv, &change);
}
