#include "api/answer.h"
#include "api/payouts.h"
#include "api/refusal_detail.h"
#include "api/views.h"
#include "api/wait_outcome.h"
#include "runtime/clock.h"

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

void gb_api_answer_payout(struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    if (command->state == GB_STATE_REFUSED) {
        refuse(request);
        return;
    }
    struct gb_json_text text;
    gb_json_init(&text, request->arena);
    struct gb_api_operation operation = {
        .key = request->key,
        .owner = command->owner.code,
        .kind = GB_OPERATION_PAYOUT,
        .state = (int)command->state,
        .account_id = command->account_id,
        .amount = command->amount,
        .currency = command->currency.code,
        .created_at_us = command->created_at_us,
        .decided_at_us = command->decided_at_us,
    };
    gb_api_view_operation(&text, &operation);
    struct gb_api_answer answer = {
        .status = command->state == GB_STATE_WAITING ? 202 : 200,
        .body = gb_json_done(&text),
        .location = gb_api_location("/v1/operations/", request->key, request->arena),
        .replayed = command->replayed,
    };
    gb_api_answer(request, &answer);
}

void gb_api_settle_payout(struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    if (command->state != GB_STATE_WAITING || gb_clock_mono_us() >= command->until_us)
        gb_api_answer_payout(request);
    else
        gb_api_wait_outcome(request);
}
