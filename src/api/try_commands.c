/* Dry runs. What the intake would take is judged like what it could not accept at once; all other
 * commands go through the engine, and its transaction is rolled back. */
#include "api/try_commands.h"

#include "api/columns.h"
#include "api/intake.h"
#include "api/judge_repeat.h"
#include "db/sql.h"

/* Fills `part` with pay-ins whose keys are owned here, with what would be relayed to the owner of
 * its key, or with all else. */
enum part { PART_PAYINS, PART_RELAYED, PART_COMMANDS };

static enum part part_of(const struct gb_api_command *command)
{
    if (command->relayed)
        return PART_RELAYED;
    return command->kind == GB_OPERATION_PAYIN ? PART_PAYINS : PART_COMMANDS;
}

static size_t take_part(struct gb_api_command_batch *batch, enum part part)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct gb_api_request *request = batch->taken[i];
        if (request != NULL && part_of(&request->command) == part)
            batch->part[n++] = request;
    }
    return n;
}

/* Nothing is stored under its key, and nothing speaks against it, or its account's status does. */
static void settle_new(struct gb_api_request *request, enum gb_api_verdict verdict)
{
    struct gb_api_command *payin = &request->command;
    payin->state = verdict == GB_API_AGAIN ? GB_STATE_ACCEPTED : GB_STATE_REFUSED;
    payin->decided_at_us = verdict == GB_API_AGAIN ? 0 : payin->created_at_us;
    gb_api_settle_payin(request);
}

static enum gb_result try_payins(struct gb_api_command_batch *batch, enum part part,
                                 const struct gb_statement *statement, struct gb_err *err)
{
    size_t n = take_part(batch, part);
    if (n == 0)
        return GB_OK;
    struct gb_api_columns columns = gb_api_columns_of(batch->part, n, batch->arena);
    struct gb_call call;
    gb_api_call_repeats(&call, statement, &columns, batch->arena);
    enum gb_result result = gb_pg_call(batch->pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        struct gb_api_request *request = batch->part[i];
        gb_api_commands_forget(batch, request);
        enum gb_api_verdict verdict = gb_api_judge_repeat(request, call.rows, i);
        if (verdict != GB_API_DONE)
            settle_new(request, verdict);
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}

static enum gb_result try_others(struct gb_api_command_batch *batch, struct gb_engine *engine,
                                 struct gb_err *err)
{
    size_t n = take_part(batch, PART_COMMANDS);
    if (n == 0)
        return GB_OK;
    struct gb_command *commands = gb_arena_array(batch->arena, n, sizeof(*commands));
    GB_CHECK(commands != NULL);
    for (size_t i = 0; i < n; i++)
        commands[i] = gb_api_engine_command(batch->part[i]);
    const struct gb_engine_batch decided = {.commands = commands, .count = n, .dry_run = true};
    enum gb_result result = gb_engine_run(engine, batch->pg, &decided, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        gb_api_commands_forget(batch, batch->part[i]);
        gb_api_take_decision(batch->part[i], &commands[i]);
    }
    return GB_OK;
}

enum gb_result gb_api_try_commands(struct gb_api_command_batch *batch, struct gb_engine *engine,
                                   struct gb_err *err)
{
    enum gb_result result = try_payins(batch, PART_PAYINS, &gb_sql_operation_repeats, err);
    if (result == GB_OK)
        result = try_payins(batch, PART_RELAYED, &gb_sql_relay_repeats, err);
    return result == GB_OK ? try_others(batch, engine, err) : result;
}
