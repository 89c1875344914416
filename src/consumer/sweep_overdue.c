#include "consumer/sweep_round.h"
#include "db/sql.h"

static const char *copy_text(struct gb_arena *arena, const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = gb_arena_strdup(arena, text);
    GB_CHECK(copy != NULL);
    return copy;
}

/* As its message was. */
static struct gb_command command_of(const struct gb_sweeper *sweeper, const struct gb_rows *rows,
                                    size_t row)
{
    struct gb_command command = {
        .kind = GB_COMMAND_PAYIN,
        .client_no = {(int32_t)gb_rows_int(rows, row, 0)},
        .key = copy_text(sweeper->arena, gb_rows_text(rows, row, 1)),
        .account_no = {gb_rows_int(rows, row, 3)},
        .account_id = copy_text(sweeper->arena, gb_rows_text(rows, row, 4)),
        .amount = gb_rows_int(rows, row, 6),
        .reference = copy_text(sweeper->arena, gb_rows_text(rows, row, 7)),
        .metadata = copy_text(sweeper->arena, gb_rows_text(rows, row, 8)),
        .accepted_at_us = gb_rows_int(rows, row, 9),
        .owner = sweeper->dc,
        .overdue = true,
        .trace = {.trace_id = gb_rows_uuid(rows, row, 10)},
    };
    GB_CHECK(gb_dc_parse(gb_rows_text(rows, row, 2), &command.accepted_by));
    GB_CHECK(gb_currency_parse(gb_rows_text(rows, row, 5), &command.currency));
    if (!gb_rows_null(rows, row, 11))
        command.trace.span_id = gb_rows_int(rows, row, 11);
    return command;
}

static enum gb_result list_overdue(struct gb_sweeper *sweeper, struct gb_pg *pg,
                                   struct gb_command **ret, size_t *ret_count, int64_t *ret_left,
                                   struct gb_err *err)
{
    struct gb_call calls[2];
    gb_call_init(&calls[0], &gb_sql_overdue_list, sweeper->arena);
    gb_params_int4(&calls[0].params, GB_SWEEP_ITEMS_MAX);
    gb_call_init(&calls[1], &gb_sql_overdue_count, sweeper->arena);
    enum gb_result result = gb_pg_run(pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    *ret_count = gb_rows_count(calls[0].rows);
    *ret_left = gb_rows_int(calls[1].rows, 0, 0);
    *ret = gb_arena_array(sweeper->arena, *ret_count, sizeof(**ret));
    GB_CHECK(*ret != NULL);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret)[i] = command_of(sweeper, calls[0].rows, i);
    gb_calls_release(calls, 2);
    return GB_OK;
}

enum gb_result gb_sweep_overdue(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t *ret_left,
                                struct gb_err *err)
{
    struct gb_command *commands;
    size_t count;
    gb_arena_reset(sweeper->arena);
    enum gb_result result = list_overdue(sweeper, pg, &commands, &count, ret_left, err);
    if (result != GB_OK || count == 0)
        return result;
    struct gb_engine_batch batch = {.commands = commands, .count = count};
    result = gb_engine_run(sweeper->engine, pg, &batch, err);
    for (size_t i = 0; i < count && result == GB_OK; i++)
        *ret_left -= commands[i].outcome != GB_OUTCOME_OVERDUE;
    return result;
}
