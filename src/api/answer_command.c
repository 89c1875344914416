#include "api/answer.h"
#include "api/commands.h"
#include "api/intake.h"
#include "api/refusal_detail.h"
#include "api/views.h"
#include "api/wait_outcome.h"
#include "runtime/clock.h"

/* The detail of a refusal is made of what is stored, so that a repeat gets the very same. */
static void refuse(struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    const struct gb_api_refusal refusal = {
        .error = gb_api_error_of(command->reason),
        .detail = gb_api_refusal_detail(command, request->arena),
        .facts = command->facts,
        .replayed = command->replayed,
    };
    gb_api_refuse_stored(request, &refusal);
}

static struct gb_api_operation operation_of(const struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    const struct gb_uuid none = {{0}};
    bool made_up = command->dry_run && !command->replayed && command->kind == GB_OPERATION_HOLD;
    return (struct gb_api_operation){
        .key = request->key,
        .owner = command->owner.code,
        .kind = (int)command->kind,
        .state = (int)command->state,
        .account_id = command->account_id,
        .payee_account_id = command->payee_account_id,
        .amount = command->amount,
        .currency = command->currency.code,
        .service_id = command->service_id,
        .price_version = command->price_version,
        .original_key = command->original_key,
        .hold_id = made_up ? none : command->hold_id,
        .expires_at_us = command->expires_at_us,
        .created_at_us = command->created_at_us,
        .decided_at_us = command->decided_at_us,
        .decided_by = command->relayed ? command->owner.code : NULL,
        .dry_run = command->dry_run,
    };
}

void gb_api_answer_command(struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    if (command->state == GB_STATE_REFUSED) {
        refuse(request);
        return;
    }
    bool undecided = command->state == GB_STATE_ACCEPTED || command->state == GB_STATE_WAITING;
    const struct gb_api_operation operation = operation_of(request);
    struct gb_json_text text;
    gb_json_init(&text, request->arena);
    gb_api_view_operation(&text, &operation);
    const struct gb_api_answer answer = {
        .status = undecided ? 202 : 200,
        .body = gb_json_done(&text),
        .location = command->dry_run
                        ? NULL
                        : gb_api_location("/v1/operations/", request->key, request->arena),
        .replayed = command->replayed,
    };
    gb_api_answer(request, &answer);
}

void gb_api_settle_command(struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    if (command->state != GB_STATE_WAITING || command->dry_run ||
        gb_clock_mono_us() >= command->until_us)
        gb_api_answer_command(request);
    else
        gb_api_wait_outcome(request);
}

void gb_api_settle_payin(struct gb_api_request *request)
{
    struct gb_api_command *payin = &request->command;
    /* Only what was refused, or booked in an atomic batch, when it came has both times the same:
     * that was the first answer, and stays it. */
    bool decided_at_once =
        payin->state != GB_STATE_ACCEPTED && payin->decided_at_us == payin->created_at_us;
    if (request->wait_s == 0 && !decided_at_once) {
        payin->state =
            GB_STATE_ACCEPTED; /* byte for byte the first answer, whatever came after it */
        payin->decided_at_us = 0;
    }
    if (request->wait_s == 0 || payin->dry_run || payin->state != GB_STATE_ACCEPTED)
        gb_api_answer_command(request);
    else
        gb_api_wait_outcome(request);
}
