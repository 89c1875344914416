#include "api/answer.h"
#include "api/intake.h"
#include "api/views.h"
#include "api/wait_outcome.h"

/* The detail of a refusal is made of what is stored, so that a repeat gets the very same. */
static void refuse(struct gb_api_request *request)
{
    const struct gb_api_command *payin = &request->command;
    const char *detail =
        gb_arena_printf(request->arena, "%s: %s", payin->account_id, payin->reason);
    const struct gb_api_refusal refusal = {
        .error = gb_api_error_of(payin->reason), .detail = detail, .replayed = payin->replayed};
    gb_api_refuse_stored(request, &refusal);
}

void gb_api_answer_payin(struct gb_api_request *request)
{
    const struct gb_api_command *payin = &request->command;
    if (payin->state == GB_STATE_REFUSED) {
        refuse(request);
        return;
    }
    struct gb_json_text text;
    gb_json_init(&text, request->arena);
    struct gb_api_operation operation = {
        .key = request->key,
        .owner = payin->owner.code,
        .kind = GB_OPERATION_PAYIN,
        .state = (int)payin->state,
        .account_id = payin->account_id,
        .amount = payin->amount,
        .currency = payin->currency.code,
        .created_at_us = payin->created_at_us,
        .decided_at_us = payin->decided_at_us,
        .decided_by = payin->relayed ? payin->owner.code : NULL,
    };
    gb_api_view_operation(&text, &operation);
    struct gb_api_answer answer = {
        .status = payin->state == GB_STATE_ACCEPTED ? 202 : 200,
        .body = gb_json_done(&text),
        .location = gb_api_location("/v1/operations/", request->key, request->arena),
        .replayed = payin->replayed,
    };
    gb_api_answer(request, &answer);
}

void gb_api_settle_payin(struct gb_api_request *request)
{
    struct gb_api_command *payin = &request->command;
    /* Only what the intake itself refused has both times the same: that was the first answer, and
     * stays it. */
    bool refused_at_once =
        payin->state == GB_STATE_REFUSED && payin->decided_at_us == payin->created_at_us;
    if (request->wait_s == 0 && !refused_at_once) {
        payin->state =
            GB_STATE_ACCEPTED; /* byte for byte the first answer, whatever came after it */
        payin->decided_at_us = 0;
    }
    if (request->wait_s == 0 || payin->state != GB_STATE_ACCEPTED)
        gb_api_answer_payin(request);
    else
        gb_api_wait_outcome(request);
}
