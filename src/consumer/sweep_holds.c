#include "consumer/sweep_round.h"
#include "db/sql.h"

static struct gb_command command_of(const struct gb_rows *rows, size_t row, struct gb_arena *arena)
{
    struct gb_command command = {
        .kind = GB_COMMAND_EXPIRE,
        .hold_id = gb_rows_uuid(rows, row, 0),
        .account_no = {gb_rows_int(rows, row, 1)},
        .account_id = gb_arena_strdup(arena, gb_rows_text(rows, row, 2)),
    };
    GB_CHECK(command.account_id != NULL &&
             gb_currency_parse(gb_rows_text(rows, row, 3), &command.currency));
    return command;
}

enum gb_result gb_sweep_holds(struct gb_sweeper *sweeper, struct gb_pg *pg, int64_t now_us,
                              size_t *ret_count, struct gb_err *err)
{
    gb_arena_reset(sweeper->arena);
    *ret_count = 0;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_hold_due, sweeper->arena);
    gb_params_int8(&call.params, now_us);
    gb_params_int4(&call.params, GB_SWEEP_ITEMS_MAX);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    size_t count = gb_rows_count(call.rows);
    struct gb_command *commands = gb_arena_array(sweeper->arena, count, sizeof(*commands));
    GB_CHECK(commands != NULL);
    for (size_t i = 0; i < count; i++)
        commands[i] = command_of(call.rows, i, sweeper->arena);
    gb_calls_release(&call, 1);
    if (count == 0)
        return GB_OK;
    struct gb_engine_batch batch = {.commands = commands, .count = count};
    result = gb_engine_run(sweeper->engine, pg, &batch, err);
    if (result == GB_OK)
        *ret_count = count;
    return result;
}
