#include <string.h>

#include "api/answer.h"
#include "api/payouts.h"
#include "api/read_body.h"
#include "api/views.h"
#include "api/wait_outcome.h"
#include "runtime/clock.h"

/* "dc2, dc3", who did not answer in time; NULL: nobody. */
static const char *silent_peers(const char *facts, struct gb_arena *arena)
{
    json_t *root, *peer;
    size_t i;
    const char *names = NULL;
    const struct gb_bytes text = {facts, strlen(facts)};
    if (gb_api_json_parse(text, arena, &root) != NULL)
        return NULL;
    json_array_foreach(json_object_get(root, "peers"), i, peer)
    {
        const char *dc = json_string_value(json_object_get(peer, "dc"));
        if (dc == NULL || !json_is_true(json_object_get(peer, "silent")))
            continue;
        names = gb_arena_printf(arena, "%s%s%s", names == NULL ? "" : names,
                                names == NULL ? "" : ", ", dc);
    }
    json_decref(root);
    return names;
}

static void refuse(struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    enum gb_api_error error = gb_api_error_of(command->reason);
    const char *silent = NULL;
    if (error == GB_API_FUNDS_UNREACHABLE && command->facts != NULL)
        silent = silent_peers(command->facts, request->arena);
    const struct gb_api_refusal refusal = {
        .error = error,
        .detail = gb_arena_printf(request->arena, "%s: %s%s%s", command->account_id,
                                  command->reason, silent == NULL ? "" : ", no answer from ",
                                  silent == NULL ? "" : silent),
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
