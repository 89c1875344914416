/* geobill replica rebuild: empties this datacenter's copy of what another sends, and watches it
 * being filled again. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/output.h"
#include "core/identity.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

#define PAUSE_MS 200
#define TRIES 10
#define ARENA_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct rebuild {
    struct gb_cli *cli;
    const char *source, *stream;
    bool ledger, execute, no_wait;
    int64_t wait_s;
    struct gb_pg *here, *there; /* our database; the source's */
    struct gb_arena *arena;     /* of one round trip */
    int64_t shares, entries, links, items;
    int64_t pages, complete; /* cut at the source when we began; complete here */
};

/* --- what is there --- */

static enum gb_result read_size(struct rebuild *rebuild, struct gb_err *err)
{
    struct gb_call call;
    gb_arena_reset(rebuild->arena);
    gb_call_init(&call, &gb_sql_replica_size, rebuild->arena);
    gb_params_text(&call.params, rebuild->source);
    enum gb_result result = gb_pg_call(rebuild->here, &call, err);
    if (result != GB_OK)
        return result;
    if (rebuild->ledger) {
        rebuild->shares = gb_rows_int(call.rows, 0, 0);
        rebuild->entries = gb_rows_int(call.rows, 0, 1);
        rebuild->links = gb_rows_int(call.rows, 0, 2);
    } else {
        rebuild->items = gb_rows_int(call.rows, 0, 3) + gb_rows_int(call.rows, 0, 4);
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}

/* Asks the source which of its pages, up to rebuild->pages (0: the last), our progress covers. */
static enum gb_result ask_source(struct rebuild *rebuild, const struct gb_rows *progress,
                                 struct gb_err *err)
{
    size_t rows = gb_rows_count(progress), count = 0;
    const char **topics = gb_arena_array(rebuild->arena, rows + 1, sizeof(*topics));
    int32_t *partitions = gb_arena_array(rebuild->arena, rows + 1, sizeof(*partitions));
    int64_t *pages = gb_arena_array(rebuild->arena, rows + 1, sizeof(*pages));
    GB_CHECK(topics != NULL && partitions != NULL && pages != NULL);
    for (size_t i = 0; i < rows; i++) {
        if (strcmp(gb_rows_text(progress, i, 0), rebuild->stream) != 0)
            continue;
        topics[count] = gb_rows_text(progress, i, 1);
        partitions[count] = (int32_t)gb_rows_int(progress, i, 2);
        pages[count++] = gb_rows_int(progress, i, 3);
    }
    struct gb_call call;
    gb_call_init(&call, &gb_sql_page_complete, rebuild->arena);
    gb_params_text(&call.params, rebuild->stream);
    gb_params_int8(&call.params, rebuild->pages);
    gb_params_text_array(&call.params, topics, count);
    gb_params_int4_array(&call.params, partitions, NULL, count);
    gb_params_int8_array(&call.params, pages, NULL, count);
    enum gb_result result = gb_pg_call(rebuild->there, &call, err);
    if (result != GB_OK)
        return result;
    rebuild->pages = gb_rows_int(call.rows, 0, 0);
    rebuild->complete = gb_rows_int(call.rows, 0, 1);
    gb_calls_release(&call, 1);
    return GB_OK;
}

static enum gb_result read_pages(struct rebuild *rebuild, struct gb_err *err)
{
    struct gb_call call;
    gb_arena_reset(rebuild->arena);
    gb_call_init(&call, &gb_sql_progress_list_source, rebuild->arena);
    gb_params_text(&call.params, rebuild->source);
    enum gb_result result = gb_pg_call(rebuild->here, &call, err);
    if (result != GB_OK)
        return result;
    result = ask_source(rebuild, call.rows, err);
    gb_calls_release(&call, 1);
    return result;
}

/* --- doing it --- */

static enum gb_result empty(struct gb_pg *pg, void *context, struct gb_err *err)
{
    struct rebuild *rebuild = context;
    struct gb_call call;
    gb_arena_reset(rebuild->arena);
    gb_call_init(&call, &gb_sql_replica_rebuild, rebuild->arena);
    gb_params_text(&call.params, rebuild->source);
    gb_params_text(&call.params, rebuild->stream);
    gb_params_int8(&call.params, gb_clock_wall_us());
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    rebuild->shares = gb_rows_int(call.rows, 0, 0);
    rebuild->entries = gb_rows_int(call.rows, 0, 1);
    rebuild->links = gb_rows_int(call.rows, 0, 2);
    rebuild->items = gb_rows_int(call.rows, 0, 3);
    gb_calls_release(&call, 1);
    return GB_OK;
}

/* On a terminal one line that is overwritten; nothing elsewhere. */
static void show_progress(const struct rebuild *rebuild, bool last)
{
    if (isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "\r\033[K%s of %s: page %" PRId64 " of %" PRId64 " complete%s",
                rebuild->stream, rebuild->source, rebuild->complete, rebuild->pages,
                last ? "\n" : "");
}

/* Until all that was cut when we began is here, or the time is over. */
static enum gb_result watch(struct rebuild *rebuild, struct gb_err *err)
{
    int64_t deadline_us = gb_clock_mono_us() + rebuild->wait_s * 1000000;
    for (;;) {
        enum gb_result result = read_pages(rebuild, err);
        bool last = result != GB_OK || rebuild->complete >= rebuild->pages ||
                    gb_clock_mono_us() >= deadline_us;
        show_progress(rebuild, last);
        if (last || gb_stop_wait(PAUSE_MS))
            return result;
    }
}

/* Copies of the catalogue that nothing has replaced: the catalogue does not have them, or not in so
 * high a version. Prints them; false: there are some. */
static bool all_replaced(struct rebuild *rebuild)
{
    struct gb_err err = {0};
    struct gb_call call;
    gb_arena_reset(rebuild->arena);
    gb_call_init(&call, &gb_sql_replica_suspects, rebuild->arena);
    if (gb_pg_call(rebuild->here, &call, &err) != GB_OK) {
        (void)gb_cli_fail("what was not replaced", &err);
        return false;
    }
    size_t count = gb_rows_count(call.rows);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "geobill replica rebuild: %s sent nothing that replaces %s\n",
                rebuild->source, gb_rows_text(call.rows, i, 0));
    gb_calls_release(&call, 1);
    return count == 0;
}

static void print_report(struct rebuild *rebuild, const char *state)
{
    static const struct gb_column columns[] = {
        {"dc", GB_CELL_TEXT},       {"source", GB_CELL_TEXT},    {"stream", GB_CELL_TEXT},
        {"shares", GB_CELL_NUMBER}, {"entries", GB_CELL_NUMBER}, {"links", GB_CELL_NUMBER},
        {"items", GB_CELL_NUMBER},  {"pages", GB_CELL_NUMBER},   {"complete", GB_CELL_NUMBER},
        {"state", GB_CELL_TEXT},
    };
    struct gb_cli *cli = rebuild->cli;
    struct gb_table *table = gb_table_new(cli, columns, 10);
    gb_table_row(table,
                 (const char *[]){
                     cli->dc, rebuild->source, rebuild->stream, gb_cell_int(cli, rebuild->shares),
                     gb_cell_int(cli, rebuild->entries), gb_cell_int(cli, rebuild->links),
                     gb_cell_int(cli, rebuild->items), gb_cell_int(cli, rebuild->pages),
                     gb_cell_int(cli, rebuild->complete), state});
    gb_table_print_one(table);
}

static int fail(const struct rebuild *rebuild, const struct gb_err *err)
{
    int code = gb_cli_fail("replica rebuild", err);
    fprintf(stderr, "geobill replica rebuild: the replica of %s was %s\n", rebuild->source,
            rebuild->execute ? "emptied; geobill status shows how it is filled again"
                             : "not touched");
    return code;
}

static int run(struct rebuild *rebuild)
{
    struct gb_err err = {0};
    bool execute = rebuild->execute;
    rebuild->execute = false; /* not done yet: for what fail() says */
    if (read_size(rebuild, &err) != GB_OK || read_pages(rebuild, &err) != GB_OK)
        return fail(rebuild, &err);
    if (!execute) {
        print_report(rebuild, "not touched: --execute removes these rows and fills them again");
        return GB_EXIT_FINE;
    }
    if (gb_pg_transact(rebuild->here, TRIES, empty, rebuild, &err) != GB_OK)
        return fail(rebuild, &err);
    rebuild->execute = true;
    if (rebuild->no_wait) {
        rebuild->complete = 0;
        print_report(rebuild, "emptied: geobill status shows how it is filled again");
        return GB_EXIT_FINE;
    }
    if (watch(rebuild, &err) != GB_OK)
        return fail(rebuild, &err);
    bool complete = rebuild->complete >= rebuild->pages;
    print_report(rebuild, complete ? "complete" : "still being filled");
    return complete && (rebuild->ledger || all_replaced(rebuild)) ? GB_EXIT_FINE : GB_EXIT_FOUND;
}

/* --- the command line --- */

/* NULL: it can be rebuilt; otherwise why not. */
static const char *problem_of(const struct rebuild *rebuild)
{
    const struct gb_cli *cli = rebuild->cli;
    struct gb_dc dc;
    if (!gb_dc_parse(rebuild->source, &dc))
        return "SOURCE is a datacenter's code: dc1, dc2 ...";
    if (strcmp(rebuild->source, cli->dc) == 0)
        return "SOURCE is this datacenter itself: what is its own is no replica";
    if (rebuild->ledger)
        return NULL;
    if (strcmp(rebuild->stream, "catalogue") != 0)
        return "--stream takes ledger or catalogue";
    if (strcmp(rebuild->source, cli->catalogue) != 0)
        return gb_arena_printf(cli->arena, "the catalogue is written at %s", cli->catalogue);
    return NULL;
}

int gb_cli_replica_rebuild(struct gb_cli *cli, int argc, char **argv)
{
    struct rebuild rebuild = {.cli = cli, .stream = "ledger"};
    const char *wait = "600";
    const struct gb_option options[] = {{"stream", &rebuild.stream, NULL},
                                        {"execute", NULL, &rebuild.execute},
                                        {"wait", &wait, NULL},
                                        {"no-wait", NULL, &rebuild.no_wait}};
    const struct gb_syntax syntax = {.command = "replica rebuild",
                                     .options = options,
                                     .options_count = 4,
                                     .arguments = &rebuild.source,
                                     .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    rebuild.ledger = strcmp(rebuild.stream, "ledger") == 0;
    const char *problem = problem_of(&rebuild);
    if (problem)
        return gb_cli_usage("replica rebuild", problem);
    if (!gb_option_int(wait, 0, 86400, &rebuild.wait_s))
        return gb_cli_usage("replica rebuild", "--wait takes 0 to 86400 seconds");
    struct gb_err err = {0};
    if (gb_cli_open_own(cli, "user_operator", &rebuild.here, &err) != GB_OK)
        return gb_cli_fail("database", &err);
    int code;
    if (gb_cli_open_peer(cli, rebuild.source, &rebuild.there, &err) != GB_OK) {
        fprintf(stderr,
                "geobill replica rebuild: what is removed here could not be filled again\n");
        code = gb_cli_fail(rebuild.source, &err);
    } else {
        rebuild.arena = gb_arena_new(ARENA_BYTES_MAX);
        code = run(&rebuild);
        gb_arena_free(rebuild.arena);
    }
    gb_pg_close(rebuild.there);
    gb_pg_close(rebuild.here);
    return code;
}
