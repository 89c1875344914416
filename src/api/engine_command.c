/* A request's command as the engine wants it, and what the engine has made of it. */
#include "api/answer.h"
#include "api/commands.h"
#include "api/steps.h"
#include "core/spend.h"
#include "runtime/clock.h"
#include "runtime/log.h"

void gb_api_stamp_commands(struct gb_api_request *const *requests, size_t count, int64_t *next_us)
{
    int64_t now_us = gb_clock_wall_us();
    if (*next_us < now_us)
        *next_us = now_us;
    for (size_t i = 0; i < count; i++) {
        struct gb_api_command *command = &requests[i]->command;
        if (command->created_at_us != 0)
            continue;
        command->created_at_us = (*next_us)++;
        if (command->kind == GB_OPERATION_HOLD)
            command->expires_at_us = command->created_at_us + command->expires_in_s * 1000000;
    }
}

/* Nobody is paid for a hold that is over by then. */
static int64_t deadline_of(const struct gb_api_command *command)
{
    int64_t deadline_us = command->created_at_us + command->deadline_ms * 1000;
    bool sooner = command->expires_at_us != 0 && command->expires_at_us < deadline_us;
    return sooner ? command->expires_at_us : deadline_us;
}

struct gb_command gb_api_engine_command(const struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    bool waits = !command->never_waits && gb_spend_can_be(command->kind);
    return (struct gb_command){
        .kind = GB_COMMAND_OPERATION,
        .operation = command->kind,
        .account_no = command->known.account_no,
        .account_id = command->account_id,
        .currency = command->known.currency,
        .accepted_by = request->api->settings.dc,
        .owner = command->owner,
        .client_no = request->client.client_no,
        .key = request->key,
        .amount = command->service_id != NULL ? 0 : command->amount, /* not what it took before */
        .reference = command->reference,
        .metadata = command->metadata,
        .accepted_at_us = command->created_at_us,
        .awaited = command->until_us > 0,
        .deadline_us = waits ? deadline_of(command) : 0,
        .impatient = !command->patient,
        .payee_no = command->payee.account_no,
        .payee_id = command->payee_account_id,
        .service_id = command->service_id,
        .original_key = command->original_key,
        .hold_id = command->hold_id,
        .expires_at_us = command->expires_at_us,
        .trace = request->trace,
    };
}

/* Its own row may be an earlier try's, whose commit had not been confirmed: then this is the first
 * answer all the same. */
static void take_answer(struct gb_api_request *request, const struct gb_command_answer *answer)
{
    struct gb_api_command *command = &request->command;
    command->replayed = answer->created_at_us != command->created_at_us;
    command->created_at_us = answer->created_at_us;
    command->decided_at_us = answer->decided_at_us;
    command->state = answer->state;
    command->currency = command->known.currency;
    command->amount = answer->amount;
    command->price_version = answer->price_version;
    command->hold_id = answer->hold_id;
    command->expires_at_us = answer->expires_at_us;
    command->reason = command->facts = NULL;
    if (answer->reason != NULL)
        command->reason = gb_arena_strdup(request->arena, answer->reason);
    if (answer->facts != NULL)
        command->facts = gb_arena_strdup(request->arena, answer->facts);
}

/* A service that is not known here may be on its way from the catalogue. */
static void turn_away(struct gb_api_request *request, enum gb_api_error error)
{
    if (error == GB_API_SERVICE_NOT_FOUND)
        gb_api_to_lane(request, gb_api_miss_service);
    else
        gb_api_refuse(request, error, "service_id",
                      gb_arena_printf(request->arena, "the account is in %s",
                                      request->command.known.currency.code));
}

void gb_api_take_decision(struct gb_api_request *request, const struct gb_command *command)
{
    switch (command->outcome) {
    case GB_OUTCOME_APPLIED:
    case GB_OUTCOME_REPEATED:
        take_answer(request, &command->answer);
        gb_api_settle_command(request);
        return;
    case GB_OUTCOME_MISMATCH:
        gb_api_refuse_mismatch(request, command->mismatch);
        return;
    case GB_OUTCOME_TURNED_AWAY:
        turn_away(request, gb_api_error_of(command->turned_away));
        return;
    case GB_OUTCOME_NONE:
    case GB_OUTCOME_OVERDUE:
    case GB_OUTCOME_REFUSED:
    case GB_OUTCOME_UNCHANGED:
    case GB_OUTCOME_POISON:
        break;
    }
    gb_log(GB_LOG_ERROR, "a command contradicts what is known", GB_F_TRACE(&request->trace),
           GB_F_TEXT("code", command->poison_code), GB_F_TEXT("why", command->poison_message));
    gb_api_refuse(request, GB_API_INTERNAL, NULL, command->poison_code);
}
