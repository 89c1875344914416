/* I9: when nothing is going on, nothing is left over: no row that no page holds, no page that a
 * reader has not acknowledged, no pay-in that is not booked, no relayed one that is not closed. */
#include <inttypes.h>
#include <string.h>

#include "cli/verify.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

#define PAUSE_MS 250

static const char check_name[] = "i9_at_rest";

/* What status_counts calls unfinished, and the first of it in words. */
static const char *unfinished_count(const struct gb_rows *rows, struct gb_arena *arena)
{
    static const struct {
        int column;
        const char *words;
    } counts[] = {{1, "entries not in a page"},      {2, "pay-ins not in a page"},
                  {3, "messages not in a page"},     {4, "pay-ins not booked"},
                  {7, "relayed pay-ins not closed"}, {8, "operations wait for money"},
                  {9, "grants have not arrived"}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        int64_t left = gb_rows_int(rows, 0, counts[i].column);
        if (left > 0)
            return gb_arena_printf(arena, "%" PRId64 " %s", left, counts[i].words);
    }
    return NULL;
}

static const char *unfinished_stream(const struct gb_rows *rows, struct gb_arena *arena)
{
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        const char *reader = gb_rows_text(rows, i, 2);
        int64_t cut = gb_rows_int(rows, i, 1), acknowledged = reader ? gb_rows_int(rows, i, 3) : 0;
        bool has_readers = strcmp(gb_rows_text(rows, i, 0), "dlq") != 0;
        if (has_readers && acknowledged < cut)
            return gb_arena_printf(
                arena, "stream %s: page %" PRId64 " cut, %s acknowledged %" PRId64,
                gb_rows_text(rows, i, 0), cut, reader ? reader : "nobody", acknowledged);
    }
    return NULL;
}

/* What is unfinished at `dc`, in the arena; NULL: it is at rest, or gone. */
static const char *unfinished(struct gb_verify *verify, struct gb_cli_dc *dc,
                              struct gb_arena *arena)
{
    const char *streams[GB_CLI_DCS_MAX + 3] = {"ledger", "payin", "catalogue"};
    size_t count = 3;
    for (size_t i = 0; i < verify->dcs_count; i++)
        if (&verify->dcs[i] != dc)
            streams[count++] = verify->dcs[i].code;
    struct gb_call calls[2];
    gb_call_init(&calls[0], &gb_sql_status_counts, arena);
    gb_params_text(&calls[0].params, dc->code);
    gb_call_init(&calls[1], &gb_sql_status_streams, arena);
    gb_params_text(&calls[1].params, dc->code);
    gb_params_text_array(&calls[1].params, streams, count);
    struct gb_err err = {0};
    if (gb_pg_run(dc->pg, calls, 2, NULL, &err) != GB_OK) {
        gb_verify_lost(verify, dc, &err);
        return NULL;
    }
    const char *what = unfinished_count(calls[0].rows, arena);
    if (!what)
        what = unfinished_stream(calls[1].rows, arena);
    gb_calls_release(calls, 2);
    return what;
}

void gb_verify_at_rest(struct gb_verify *verify)
{
    struct gb_arena *arena = gb_arena_new((size_t)1024 * 1024);
    for (;;) {
        gb_arena_reset(arena);
        bool last = gb_clock_mono_us() >= verify->deadline_us, rest = true;
        for (size_t i = 0; i < verify->dcs_count; i++) {
            struct gb_cli_dc *dc = &verify->dcs[i];
            const char *what = dc->pg ? unfinished(verify, dc, arena) : NULL;
            rest &= !what;
            if (what && last)
                gb_verify_found(verify, check_name, dc->code, what);
        }
        if (rest || last || gb_stop_wait(PAUSE_MS))
            break;
    }
    gb_arena_free(arena);
}
