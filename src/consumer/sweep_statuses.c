#include "consumer/sweep_round.h"
#include "db/sql.h"
#include "runtime/clock.h"

/* One page of status_pending. */
struct pending {
    size_t count;
    int64_t *account_nos, *since_us;
    struct gb_command *commands; /* of those whose share may have an entry to make */
    size_t commands_count;
    int64_t *closing; /* of them the accounts CLOSING or CLOSED */
    size_t closing_count;
};

static struct gb_command command_of(const struct gb_rows *rows, size_t row, struct gb_arena *arena)
{
    struct gb_command command = {
        .kind = GB_COMMAND_STATUS,
        .account_no = {gb_rows_int(rows, row, 0)},
        .account_id = gb_arena_strdup(arena, gb_rows_text(rows, row, 2)),
    };
    GB_CHECK(command.account_id != NULL);
    GB_CHECK(gb_currency_parse(gb_rows_text(rows, row, 3), &command.currency));
    return command;
}

static void take_pending(struct pending *pending, const struct gb_rows *rows,
                         struct gb_arena *arena)
{
    size_t n = gb_rows_count(rows);
    *pending = (struct pending){.count = n};
    pending->account_nos = gb_arena_need_array(arena, n, sizeof(int64_t));
    pending->since_us = gb_arena_need_array(arena, n, sizeof(int64_t));
    pending->commands = gb_arena_need_array(arena, n, sizeof(struct gb_command));
    pending->closing = gb_arena_need_array(arena, n, sizeof(int64_t));
    for (size_t i = 0; i < n; i++) {
        pending->account_nos[i] = gb_rows_int(rows, i, 0);
        pending->since_us[i] = gb_rows_int(rows, i, 1);
        if (gb_rows_bool(rows, i, 5))
            pending->commands[pending->commands_count++] = command_of(rows, i, arena);
        if (gb_rows_int(rows, i, 4) >= GB_STATUS_CLOSING)
            pending->closing[pending->closing_count++] = pending->account_nos[i];
    }
}

static enum gb_result list_pending(struct gb_sweeper *sweeper, struct gb_pg *pg,
                                   struct pending *ret, struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_status_pending_list, sweeper->arena);
    gb_params_int8(&call.params, sweeper->after_account_no);
    gb_params_int4(&call.params, GB_SWEEP_ITEMS_MAX);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    take_pending(ret, call.rows, sweeper->arena);
    gb_calls_release(&call, 1);
    /* From the beginning again after the last page: who stays pending must not starve the others.
     */
    sweeper->after_account_no =
        ret->count == GB_SWEEP_ITEMS_MAX ? ret->account_nos[ret->count - 1] : 0;
    return GB_OK;
}

static enum gb_result settle(struct gb_sweeper *sweeper, struct gb_pg *pg,
                             const struct pending *pending, struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_status_pending_settle, sweeper->arena);
    gb_params_int8_array(&call.params, pending->account_nos, NULL, pending->count);
    gb_params_int8_array(&call.params, pending->since_us, NULL, pending->count);
    gb_params_bool(&call.params, sweeper->is_catalogue);
    gb_params_text_array(&call.params, sweeper->peers, sweeper->peers_count);
    enum gb_result result = gb_pg_call(pg, &call, err);
    gb_calls_release(&call, 1);
    return result;
}

enum gb_result gb_sweep_statuses(struct gb_sweeper *sweeper, struct gb_pg *pg, struct gb_err *err)
{
    struct pending pending;
    gb_arena_reset(sweeper->arena);
    enum gb_result result = list_pending(sweeper, pg, &pending, err);
    if (result != GB_OK || pending.count == 0)
        return result;
    if (pending.commands_count > 0) {
        struct gb_engine_batch batch = {.commands = pending.commands,
                                        .count = pending.commands_count};
        result = gb_engine_run(sweeper->engine, pg, &batch, err);
    }
    if (result != GB_OK)
        return result;
    if (sweeper->is_catalogue && pending.closing_count > 0) {
        result = gb_close_accounts(sweeper, pg, pending.closing, pending.closing_count, err);
        if (result != GB_OK)
            return result;
    }
    return settle(sweeper, pg, &pending, err);
}

enum gb_result gb_sweep_try_lead(struct gb_sweeper *sweeper, struct gb_pg *pg, bool *ret_leads,
                                 struct gb_err *err)
{
    struct gb_call call;
    gb_arena_reset(sweeper->arena);
    gb_call_init(&call, &gb_sql_sweeper_try_lead, sweeper->arena);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result == GB_OK)
        *ret_leads = gb_rows_bool(call.rows, 0, 0);
    gb_calls_release(&call, 1);
    return result;
}
