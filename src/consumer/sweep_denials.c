#include <stdio.h>
#include <string.h>

#include "consumer/sweep_round.h"
#include "db/sql.h"

/* An entry may be this much older than the commit that made it visible. */
#define COMMIT_US_MAX INT64_C(3000000)
/* A datacenter that is away for longer leaves refusals that nobody can judge. */
#define KEPT_US INT64_C(3600000000)

static const char *const REASONS[] = {"INSUFFICIENT_FUNDS", "FUNDS_HELD", "FUNDS_UNREACHABLE"};
_Static_assert(sizeof(REASONS) / sizeof(REASONS[0]) == GB_SWEEP_DENIALS, "one for each");

void gb_sweep_denials_init(struct gb_sweeper *sweeper)
{
    for (size_t i = 0; i < GB_SWEEP_DENIALS; i++) {
        char label[64];
        (void)snprintf(label, sizeof(label), "reason=\"%s\"", REASONS[i]);
        sweeper->judged[i] =
            gb_metric_counter("geobill_denials_judged_total", label,
                              "Refusals for want of money of which it is known by now whether the "
                              "money was there.");
        sweeper->false_denials[i] = gb_metric_counter(
            "geobill_false_denials_total", label,
            "Of those, refusals although the datacenters together had the money, not held.");
    }
    sweeper->unjudged = gb_metric_counter("geobill_denials_unjudged_total", NULL,
                                          "Refusals for want of money that became too old to be "
                                          "judged: a datacenter was away.");
}

/* Up to when the copies of all peers' ledgers are here; 0: of one nothing is known. */
static enum gb_result read_reach(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t *ret_us,
                                 struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_replica_ages, sweeper->arena);
    gb_params_text_array(&call.params, sweeper->peers, sweeper->peers_count);
    gb_params_int4(&call.params, sweeper->partitions);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    int64_t reach_us = INT64_MAX;
    for (size_t i = 0; i < gb_rows_count(call.rows); i++) {
        int64_t as_of_us = gb_rows_null(call.rows, i, 0) ? 0 : gb_rows_int(call.rows, i, 0);
        reach_us = as_of_us < reach_us ? as_of_us : reach_us;
    }
    gb_calls_release(&call, 1);
    *ret_us = reach_us;
    return GB_OK;
}

static void count_verdicts(struct gb_sweeper *sweeper, const struct gb_rows *rows)
{
    for (size_t row = 0; row < gb_rows_count(rows); row++) {
        for (size_t i = 0; i < GB_SWEEP_DENIALS; i++) {
            if (strcmp(gb_rows_text(rows, row, 0), REASONS[i]) != 0)
                continue;
            gb_metric_add(sweeper->judged[i], gb_rows_int(rows, row, 1));
            gb_metric_add(sweeper->false_denials[i], gb_rows_int(rows, row, 2));
        }
    }
}

enum gb_result gb_sweep_denials(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                                struct gb_err *err)
{
    int64_t reach_us;
    gb_arena_reset(sweeper->arena);
    enum gb_result result = read_reach(sweeper, pg, &reach_us, err);
    if (result != GB_OK)
        return result;
    struct gb_call calls[2];
    gb_call_init(&calls[0], &gb_sql_denial_judge, sweeper->arena);
    gb_params_int8(&calls[0].params, (reach_us < now_us ? reach_us : now_us) - COMMIT_US_MAX);
    gb_params_text_array(&calls[0].params, sweeper->peers, sweeper->peers_count);
    gb_params_int4(&calls[0].params, GB_SWEEP_ITEMS_MAX);
    gb_call_init(&calls[1], &gb_sql_denial_forget, sweeper->arena);
    gb_params_int8(&calls[1].params, now_us - KEPT_US);
    result = gb_pg_run(pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    count_verdicts(sweeper, calls[0].rows);
    gb_metric_add(sweeper->unjudged, gb_rows_int(calls[1].rows, 0, 0));
    gb_calls_release(calls, 2);
    return GB_OK;
}
