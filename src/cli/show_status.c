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
};
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

static void add_streams(struct screen *screen, const struct gb_cli_dc *dc,
                        const struct gb_rows *rows, int64_t now_us)
{
    struct gb_cli *cli = screen->cli;
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        const char *reader = gb_rows_text(rows, i, 2);
        int64_t cut = gb_rows_int(rows, i, 1), acknowledged = gb_rows_int(rows, i, 3);
        if (cut == 0 && !reader)
            continue;
        gb_table_row(
            screen->streams,
            (const char *[]){dc->code, gb_rows_text(rows, i, 0), reader, gb_cell_int(cli, cut),
                             reader ? gb_cell_int(cli, acknowledged) : NULL,
                             reader ? gb_cell_int(cli, cut - acknowledged) : NULL,
                             reader ? gb_cell_int(cli, (now_us - gb_rows_int(rows, i, 4)) / 1000)
                                    : NULL});
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
