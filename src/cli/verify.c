/* geobill verify: the invariants over all datacenters. */
#include "cli/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "db/scripts.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

#define FINDINGS_MAX 1000
#define ROWS_PRINTED_MAX 20
#define PAUSE_MS 200

static const struct gb_column columns[] = {
    {"check", GB_CELL_TEXT}, {"dc", GB_CELL_TEXT}, {"detail", GB_CELL_TEXT}};

void gb_verify_found(struct gb_verify *verify, const char *check, const char *dc,
                     const char *detail)
{
    if (gb_table_rows(verify->findings) == FINDINGS_MAX) {
        verify->findings_dropped++;
        return;
    }
    gb_table_row(verify->findings, (const char *[]){check, dc, detail});
}

void gb_verify_lost(struct gb_verify *verify, struct gb_cli_dc *dc, const struct gb_err *err)
{
    fprintf(stderr, "geobill verify: %s not checked: %s (%s)\n", dc->code, err->message, err->code);
    verify->unreachable = true;
    gb_pg_close(dc->pg);
    dc->pg = NULL;
}

enum gb_result gb_verify_ask(struct gb_verify *verify, struct gb_cli_dc *dc, struct gb_call *call)
{
    struct gb_err err = {0};
    if (!dc->pg)
        return GB_RETRY;
    enum gb_result result = gb_pg_call(dc->pg, call, &err);
    if (result != GB_OK)
        gb_verify_lost(verify, dc, &err);
    return result;
}

/* "account_no=7 balance=5 expected=6" */
static const char *row_as_text(struct gb_cli *cli, const struct gb_rows *rows, size_t row)
{
    const char *text = "";
    for (int column = 0; column < gb_rows_columns(rows); column++) {
        const char *value = gb_rows_null(rows, row, column) ? "-" : gb_rows_text(rows, row, column);
        text = gb_arena_printf(cli->arena, "%s%s%s=%s", text, column ? " " : "",
                               gb_rows_column_name(rows, column), value);
        GB_CHECK(text != NULL);
    }
    return text;
}

/* A copy of the history may have a hole for as long as its stream has not been sent again. */
static bool may_heal(const char *check)
{
    return strncmp(check, "i8_", 3) == 0;
}

static void run_check(struct gb_verify *verify, struct gb_cli_dc *dc, const struct gb_check *check)
{
    struct gb_rows *rows;
    for (;;) {
        struct gb_err err = {0};
        if (gb_pg_query_text(dc->pg, check->text, &rows, &err) != GB_OK) {
            gb_verify_lost(verify, dc, &err);
            return;
        }
        if (gb_rows_count(rows) == 0 || !may_heal(check->name) ||
            gb_clock_mono_us() >= verify->deadline_us || gb_stop_wait(PAUSE_MS))
            break;
        gb_rows_free(rows);
    }
    size_t count = gb_rows_count(rows);
    for (size_t i = 0; i < count && i < ROWS_PRINTED_MAX; i++)
        gb_verify_found(verify, check->name, dc->code, row_as_text(verify->cli, rows, i));
    if (count > ROWS_PRINTED_MAX)
        gb_verify_found(
            verify, check->name, dc->code,
            gb_arena_printf(verify->cli->arena, "and %zu more rows", count - ROWS_PRINTED_MAX));
    gb_rows_free(rows);
}

static void run_local_checks(struct gb_verify *verify)
{
    for (size_t i = 0; i < verify->dcs_count; i++)
        for (size_t c = 0; c < gb_checks_count && verify->dcs[i].pg; c++)
            run_check(verify, &verify->dcs[i], &gb_checks[c]);
}

static int conclude(struct gb_verify *verify)
{
    size_t found = gb_table_rows(verify->findings);
    if (verify->cli->json || found > 0)
        gb_table_print(verify->findings, NULL);
    if (verify->findings_dropped > 0)
        fprintf(stderr, "geobill verify: %zu more findings not printed\n",
                verify->findings_dropped);
    size_t asked = 0;
    for (size_t i = 0; i < verify->dcs_count; i++)
        asked += verify->dcs[i].pg != NULL;
    if (!verify->cli->json)
        printf("verify: %zu of %zu datacenters, %zu checks each and every replica against its "
               "source: %s\n",
               asked, verify->dcs_count, gb_checks_count, found ? "BROKEN" : "clean");
    if (found > 0)
        return GB_EXIT_FOUND;
    return verify->unreachable ? GB_EXIT_UNREACHABLE : GB_EXIT_FINE;
}

int gb_cli_verify(struct gb_cli *cli, int argc, char **argv)
{
    const char *wait = "10";
    bool at_rest = false;
    const struct gb_option options[] = {{"wait", &wait, NULL}, {"at-rest", NULL, &at_rest}};
    int64_t wait_s;
    const struct gb_syntax syntax = {.command = "verify", .options = options, .options_count = 2};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    if (!gb_option_int(wait, 0, 86400, &wait_s))
        return gb_cli_usage("verify", "--wait takes 0 to 86400 seconds");
    struct gb_verify verify = {.cli = cli, .deadline_us = gb_clock_mono_us() + wait_s * 1000000};
    verify.findings = gb_table_new(cli, columns, 3);
    verify.dcs_count = gb_cli_open_all(cli, verify.dcs);
    for (size_t i = 0; i < verify.dcs_count; i++)
        if (!verify.dcs[i].pg)
            gb_verify_lost(&verify, &verify.dcs[i], &verify.dcs[i].err);
    if (at_rest)
        gb_verify_at_rest(&verify);
    gb_verify_replicas(&verify);
    gb_verify_catalogue(&verify);
    run_local_checks(&verify);
    int code = conclude(&verify);
    gb_cli_close_all(verify.dcs, verify.dcs_count);
    return code;
}
