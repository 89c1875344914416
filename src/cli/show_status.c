/* geobill status: one screen about all datacenters. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/output.h"
#include "db/sql.h"
#include "runtime/clock.h"

static const struct gb_column dc_columns[] = {
    {"dc", GB_CELL_TEXT},      {"database", GB_CELL_TEXT},   {"accounts", GB_CELL_NUMBER},
    {"uncut", GB_CELL_NUMBER}, {"unbooked", GB_CELL_NUMBER}, {"dead_letters", GB_CELL_NUMBER},
};
static const struct gb_column daemon_columns[] = {
    {"dc", GB_CELL_TEXT},
    {"daemon", GB_CELL_TEXT},
    {"instance", GB_CELL_TEXT},
    {"pid", GB_CELL_NUMBER},
    {"version", GB_CELL_TEXT},
    {"listen", GB_CELL_TEXT},
    {"beat_ms_ago", GB_CELL_NUMBER},
    {"detail", GB_CELL_TEXT},
};
static const struct gb_column stream_columns[] = {
    {"source", GB_CELL_TEXT},
    {"stream", GB_CELL_TEXT},
    {"reader", GB_CELL_TEXT},
    {"cut_page", GB_CELL_NUMBER},
    {"acknowledged_page", GB_CELL_NUMBER},
    {"pages_behind", GB_CELL_NUMBER},
    {"heard_ms_ago", GB_CELL_NUMBER},
    {"state", GB_CELL_TEXT},
    {"still_ms", GB_CELL_NUMBER},
    {"resends", GB_CELL_NUMBER},
    {"resent_ms_ago", GB_CELL_NUMBER},
    {"again_page", GB_CELL_NUMBER},
};
/* A reader that says nothing for so long is sent nothing twice; acknowledgements that move come
 * once a second, so one that has not moved for longer stands still. */
#define SILENT_MS 6000
#define STILL_MS 2500
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct screen {
    struct gb_cli *cli;
    struct gb_table *dcs, *daemons, *streams;
    const char *codes[GB_CLI_DCS_MAX];
    size_t codes_count;
    int code;
};

static void add_counts(struct screen *screen, const struct gb_cli_dc *dc,
                       const struct gb_rows *rows, int64_t *ret_now_us)
{
    struct gb_cli *cli = screen->cli;
    int64_t uncut = gb_rows_int(rows, 0, 1) + gb_rows_int(rows, 0, 2) + gb_rows_int(rows, 0, 3);
    gb_table_row(screen->dcs,
                 (const char *[]){dc->code, "up", gb_cell_int(cli, gb_rows_int(rows, 0, 0)),
                                  gb_cell_int(cli, uncut),
                                  gb_cell_int(cli, gb_rows_int(rows, 0, 4)),
                                  gb_cell_int(cli, gb_rows_int(rows, 0, 5))});
    *ret_now_us = gb_rows_int(rows, 0, 6);
}

static void add_daemons(struct screen *screen, const struct gb_cli_dc *dc,
                        const struct gb_rows *rows, int64_t now_us)
{
    struct gb_cli *cli = screen->cli;
    for (size_t i = 0; i < gb_rows_count(rows); i++)
        gb_table_row(screen->daemons,
                     (const char *[]){dc->code, gb_rows_text(rows, i, 0), gb_rows_text(rows, i, 1),
                                      gb_cell_int(cli, gb_rows_int(rows, i, 2)),
                                      gb_rows_text(rows, i, 3), gb_rows_text(rows, i, 4),
                                      gb_cell_int(cli, (now_us - gb_rows_int(rows, i, 6)) / 1000),
                                      gb_rows_text(rows, i, 7)});
}

/* A row of status_streams. */
struct stream_state {
    const char *stream, *reader; /* reader NULL: nobody has acknowledged anything */
    int64_t cut, acknowledged, heard_ms;
    bool sent, went_back;
    int64_t still_ms;               /* below 0: lacks nothing */
    int64_t resends, resent_ms_ago; /* below 0: never */
    int64_t again_page;             /* 0: none */
};

static int64_t ms_since(const struct gb_rows *rows, size_t row, int column, int64_t now_us)
{
    if (gb_rows_null(rows, row, column))
        return -1;
    int64_t us = now_us - gb_rows_int(rows, row, column);
    return us < 0 ? 0 : us / 1000;
}

static struct stream_state stream_state_of(const struct gb_rows *rows, size_t row, int64_t now_us)
{
    return (struct stream_state){
        .stream = gb_rows_text(rows, row, 0),
        .cut = gb_rows_int(rows, row, 1),
        .reader = gb_rows_text(rows, row, 2),
        .acknowledged = gb_rows_int(rows, row, 3),
        .heard_ms = ms_since(rows, row, 4, now_us),
        .sent = gb_rows_bool(rows, row, 5),
        .still_ms = ms_since(rows, row, 6, now_us),
        .went_back = gb_rows_bool(rows, row, 7),
        .resends = gb_rows_int(rows, row, 8),
        .resent_ms_ago = ms_since(rows, row, 9, now_us),
        .again_page = gb_rows_null(rows, row, 10) ? 0 : gb_rows_int(rows, row, 10),
    };
}

/* What is going on, in words; see docs/OPERATIONS.md. */
static const char *words_of(struct gb_cli *cli, const struct stream_state *state)
{
    if (!state->reader)
        return "no word yet";
    if (state->acknowledged >= state->cut)
        return "complete";
    if (state->heard_ms > SILENT_MS)
        return "silent";
    if (!state->sent)
        return "not sent yet";
    if (state->went_back && state->again_page > 0)
        return gb_arena_printf(cli->arena, "gone back, now at page %" PRId64, state->again_page);
    if (state->went_back)
        return "gone back, all sent again";
    if (state->still_ms > STILL_MS)
        return gb_arena_printf(cli->arena, "standing still for %" PRId64 " s",
                               state->still_ms / 1000);
    return "under way";
}

/* NULL for what is not known. */
static const char *cell_known(struct gb_cli *cli, bool known, int64_t value)
{
    return known ? gb_cell_int(cli, value) : NULL;
}

static void add_stream(struct screen *screen, const struct gb_cli_dc *dc,
                       const struct stream_state *state)
{
    struct gb_cli *cli = screen->cli;
    bool heard = state->reader != NULL;
    gb_table_row(screen->streams,
                 (const char *[]){dc->code, state->stream, state->reader,
                                  gb_cell_int(cli, state->cut),
                                  cell_known(cli, heard, state->acknowledged),
                                  cell_known(cli, heard, state->cut - state->acknowledged),
                                  cell_known(cli, heard, state->heard_ms), words_of(cli, state),
                                  cell_known(cli, state->still_ms >= 0, state->still_ms),
                                  cell_known(cli, heard, state->resends),
                                  cell_known(cli, state->resent_ms_ago >= 0, state->resent_ms_ago),
                                  cell_known(cli, state->again_page > 0, state->again_page)});
}

static void add_streams(struct screen *screen, const struct gb_cli_dc *dc,
                        const struct gb_rows *rows, int64_t now_us)
{
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        const struct stream_state state = stream_state_of(rows, i, now_us);
        if (state.cut > 0 || state.reader)
            add_stream(screen, dc, &state);
    }
}

/* The streams that `dc` may have: its own four, and one to every other datacenter. */
static void streams_param(struct screen *screen, const struct gb_cli_dc *dc,
                          struct gb_params *params)
{
    const char *streams[GB_CLI_DCS_MAX + 4] = {"ledger", "payin", "catalogue", "dlq"};
    size_t count = 4;
    for (size_t i = 0; i < screen->codes_count; i++)
        if (strcmp(screen->codes[i], dc->code) != 0)
            streams[count++] = screen->codes[i];
    gb_params_text_array(params, streams, count);
}

static void add_datacenter(struct screen *screen, struct gb_cli_dc *dc)
{
    struct gb_cli *cli = screen->cli;
    struct gb_call calls[3];
    if (dc->pg) {
        gb_call_init(&calls[0], &gb_sql_status_counts, cli->arena);
        gb_params_text(&calls[0].params, dc->code);
        gb_call_init(&calls[1], &gb_sql_status_daemons, cli->arena);
        gb_call_init(&calls[2], &gb_sql_status_streams, cli->arena);
        gb_params_text(&calls[2].params, dc->code);
        streams_param(screen, dc, &calls[2].params);
    }
    if (!dc->pg || gb_pg_run(dc->pg, calls, COUNT(calls), NULL, &dc->err) != GB_OK) {
        gb_table_row(screen->dcs,
                     (const char *[]){dc->code, dc->err.message, NULL, NULL, NULL, NULL});
        screen->code = GB_EXIT_UNREACHABLE;
        return;
    }
    int64_t now_us;
    add_counts(screen, dc, calls[0].rows, &now_us);
    add_daemons(screen, dc, calls[1].rows, now_us);
    add_streams(screen, dc, calls[2].rows, now_us);
    gb_calls_release(calls, COUNT(calls));
}

/* For programs the three tables are members of one object. */
static void print_screen(struct screen *screen)
{
    if (screen->cli->json) {
        json_t *all = json_object();
        json_object_set_new(all, "datacenters", gb_table_as_json(screen->dcs));
        json_object_set_new(all, "daemons", gb_table_as_json(screen->daemons));
        json_object_set_new(all, "streams", gb_table_as_json(screen->streams));
        json_dumpf(all, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(all);
        return;
    }
    gb_table_print(screen->dcs, "Datacenters");
    gb_table_print(screen->daemons, "\nDaemons");
    gb_table_print(screen->streams, "\nStreams");
}

int gb_cli_status(struct gb_cli *cli, int argc, char **argv)
{
    const struct gb_syntax syntax = {.command = "status"};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct gb_cli_dc dcs[GB_CLI_DCS_MAX];
    struct screen screen = {
        .cli = cli, .codes_count = gb_cli_open_all(cli, dcs), .code = GB_EXIT_FINE};
    screen.dcs = gb_table_new(cli, dc_columns, COUNT(dc_columns));
    screen.daemons = gb_table_new(cli, daemon_columns, COUNT(daemon_columns));
    screen.streams = gb_table_new(cli, stream_columns, COUNT(stream_columns));
    for (size_t i = 0; i < screen.codes_count; i++)
        screen.codes[i] = dcs[i].code;
    for (size_t i = 0; i < screen.codes_count; i++)
        add_datacenter(&screen, &dcs[i]);
    print_screen(&screen);
    gb_cli_close_all(dcs, screen.codes_count);
    return screen.code;
}
