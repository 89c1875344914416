/* POST /v1/pay-outs, on the server's thread: body and key, then into the lane that decides. */
#include "api/answer.h"
#include "api/read_command.h"
#include "api/steps.h"

/* A caller who does not say how long to listen gets the outcome; who refuses at the deadline may be
 * another process, and late by that. */
#define GRACE_US INT64_C(2000000)
/* So long after the deadline nobody has decided it: we do. */
#define OVERDUE_US INT64_C(150000)

static void set_times(struct gb_api_request *request)
{
    struct gb_api_command *command = &request->command;
    int64_t deadline_us = request->arrived_us + command->deadline_ms * 1000;
    command->due_us = deadline_us + OVERDUE_US;
    if (request->wait_s > 0)
        command->until_us = request->arrived_us + request->wait_s * 1000000;
    else if (request->preference_applied != NULL) /* respond-async */
        command->until_us = 0;
    else
        command->until_us = deadline_us + GRACE_US;
}

bool gb_api_prepare_payout(struct gb_api_request *request)
{
    struct gb_api_command *command = &request->command;
    command->kind = GB_OPERATION_PAYOUT;
    if (!gb_api_read_owner(request))
        return false;
    if (command->relayed) {
        gb_api_refuse(request, GB_API_WRONG_DATACENTER, NULL,
                      gb_arena_printf(request->arena, "the key is owned by %s: send it there",
                                      command->owner.code));
        return false;
    }
    if (!gb_api_read_command(request, true))
        return false;
    set_times(request);
    gb_api_to_payouts(request);
    return false;
}
