/* POST of what is decided at once, on the server's thread: key and body, then into the lane that
 * decides. */
#include "api/answer.h"
#include "api/commands.h"
#include "api/hold_id.h"
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
    int64_t longest_us = request->arrived_us + request->api->settings.wait_s_max * 1000000;
    if (request->batched != NULL && command->until_us > longest_us)
        command->until_us = longest_us; /* batches in work are few */
}

bool gb_api_command_has_hold(const struct gb_api_command *command)
{
    return command->kind == GB_OPERATION_CAPTURE || command->kind == GB_OPERATION_VOID;
}

/* The hold of the path. Hold and key must have the same owner: then one database knows both. */
static bool read_hold(struct gb_api_request *request)
{
    struct gb_api_command *command = &request->command;
    struct gb_dc dc;
    if (command->kind == GB_OPERATION_HOLD)
        command->hold_id = gb_uuid_v7();
    if (!gb_api_command_has_hold(command))
        return true;
    if (!gb_api_hold_id_parse(request->subject, &dc, &command->hold_id)) {
        gb_api_refuse(request, GB_API_HOLD_NOT_FOUND, NULL, NULL);
        return false;
    }
    if (gb_dc_equal(dc, command->owner))
        return true;
    gb_api_refuse(request, GB_API_KEY_OWNER_MISMATCH, NULL,
                  gb_arena_printf(request->arena, "the hold is at %s, the key is owned by %s",
                                  dc.code, command->owner.code));
    return false;
}

static bool is_owned_here(struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    if (!command->relayed)
        return true;
    gb_api_refuse(request, GB_API_WRONG_DATACENTER, NULL,
                  gb_arena_printf(request->arena, "the key is owned by %s: send it there",
                                  command->owner.code));
    return false;
}

bool gb_api_prepare_command(struct gb_api_request *request)
{
    request->command.kind = request->route->kind;
    if (!gb_api_read_owner(request) || !read_hold(request) || !is_owned_here(request) ||
        !gb_api_read_command(request))
        return false;
    set_times(request);
    gb_api_to_commands(request);
    return false;
}

/* Decided by the owner of its original, wherever it is posted. */
bool gb_api_prepare_refund(struct gb_api_request *request)
{
    struct gb_api_command *command = &request->command;
    command->kind = GB_OPERATION_REFUND;
    if (!gb_api_read_owner(request) || !gb_api_read_command(request))
        return false;
    if (command->relayed) {
        command->until_us = request->arrived_us + request->wait_s * 1000000;
        gb_api_to_intake(request);
        return false;
    }
    set_times(request);
    gb_api_to_commands(request);
    return false;
}
