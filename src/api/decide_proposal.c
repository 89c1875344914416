/* PATCH /v1/proposals/{id}: approved or refused by another client than proposed it; stopped, or let
 * go on. Asking for what was done already changes nothing, so repeats need no key. */
#include <string.h>

#include "api/answer.h"
#include "api/dead_letters.h"
#include "api/read_body.h"
#include "api/steps.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "wire/text.h"

enum action { APPROVE, REFUSE, STOP, RESUME, ACTIONS };
static const char *const action_names[ACTIONS] = {"APPROVE", "REFUSE", "STOP", "RESUME"};
enum { REASON_MAX = 200 };

/* What is wanted; request->body. */
struct wanted {
    enum action action;
    const char *reason;
};

static bool read_action(struct gb_api_request *request, const char *name, enum action *ret)
{
    for (int i = 0; i < ACTIONS; i++) {
        *ret = (enum action)i;
        if (strcmp(action_names[i], name) == 0)
            return true;
    }
    gb_api_refuse(request, GB_API_FIELD_INVALID, "action", "APPROVE, REFUSE, STOP or RESUME");
    return false;
}

static bool read_reason(struct gb_api_request *request, json_t *reason, struct wanted *ret)
{
    bool needed = ret->action == APPROVE || ret->action == REFUSE;
    const char *text = reason == NULL ? "" : json_string_value(reason);
    size_t size = strlen(text), characters = gb_text_characters(text, size);
    if (needed && reason == NULL) {
        gb_api_refuse(request, GB_API_FIELD_MISSING, "reason", "say why: it is kept");
        return false;
    }
    if (needed != (characters > 0) || characters > REASON_MAX || !gb_text_valid(text, size)) {
        gb_api_refuse(request, GB_API_FIELD_INVALID, "reason",
                      "1 to 200 characters without line breaks, of APPROVE and REFUSE");
        return false;
    }
    ret->reason = gb_arena_strdup(request->arena, text);
    GB_CHECK(ret->reason != NULL);
    return true;
}

bool gb_api_prepare_decision(struct gb_api_request *request)
{
    json_t *body, *action, *reason;
    const struct gb_api_member members[] = {
        {"action", JSON_STRING, true, GB_API_FIELD_INVALID, &action},
        {"reason", JSON_STRING, false, GB_API_FIELD_INVALID, &reason},
    };
    if (!gb_api_read_body(request, &body))
        return false;
    struct wanted *wanted = gb_arena_alloc(request->arena, sizeof(*wanted));
    GB_CHECK(wanted != NULL);
    bool good = gb_api_read_members(request, body, "", members, 2) &&
                read_action(request, json_string_value(action), &wanted->action) &&
                read_reason(request, reason, wanted);
    json_decref(body);
    request->body = wanted;
    return good;
}

/* What an action makes of a state: */
enum move {
    NO,   /* it does not fit */
    SAME, /* it is so already */
    GOES,
};
static const enum move moves[ACTIONS][GB_PROPOSAL_EXPIRED + 1] = {
    [APPROVE] = {[GB_PROPOSAL_PROPOSED] = GOES,
                 [GB_PROPOSAL_RUNNING] = SAME,
                 [GB_PROPOSAL_STOPPED] = SAME,
                 [GB_PROPOSAL_DONE] = SAME},
    [REFUSE] = {[GB_PROPOSAL_PROPOSED] = GOES, [GB_PROPOSAL_REFUSED] = SAME},
    [STOP] = {[GB_PROPOSAL_RUNNING] = GOES, [GB_PROPOSAL_STOPPED] = SAME},
    [RESUME] = {[GB_PROPOSAL_STOPPED] = GOES, [GB_PROPOSAL_RUNNING] = SAME},
};

/* False: refused. */
static bool judge(struct gb_api_lane *lane, struct gb_api_request *request,
                  const struct gb_rows *rows, int64_t replays, enum move *ret)
{
    const struct wanted *wanted = request->body;
    int64_t state = gb_rows_int(rows, 0, GB_PROPOSAL_STATE);
    bool own = gb_rows_int(rows, 0, GB_PROPOSAL_CLIENT_NO) == request->client.client_no.value;
    bool replay = gb_rows_int(rows, 0, GB_PROPOSAL_KIND) == GB_PROPOSAL_REPLAY;
    bool starts = wanted->action == APPROVE || wanted->action == RESUME;
    *ret = moves[wanted->action][state];
    if (wanted->action == APPROVE && own) {
        gb_api_refuse(request, GB_API_OWN_PROPOSAL, NULL, NULL);
    } else if (state == GB_PROPOSAL_EXPIRED) {
        gb_api_refuse(request, GB_API_PROPOSAL_EXPIRED, NULL, NULL);
    } else if (*ret == NO) {
        gb_api_refuse(request, GB_API_PROPOSAL_STATE, NULL,
                      gb_arena_printf(lane->arena, "it is %s", gb_proposal_state_name((int)state)));
    } else if (*ret == GOES && starts && replay && replays > 0) {
        gb_api_refuse(request, GB_API_REPLAY_RUNNING, NULL, NULL);
    } else {
        return true;
    }
    return false;
}

static void change_call(struct gb_api_lane *lane, const struct gb_api_request *request,
                        struct gb_uuid id, struct gb_call *call)
{
    const struct wanted *wanted = request->body;
    static const int16_t states[ACTIONS] = {
        [APPROVE] = GB_PROPOSAL_RUNNING,
        [REFUSE] = GB_PROPOSAL_REFUSED,
        [STOP] = GB_PROPOSAL_STOPPED,
        [RESUME] = GB_PROPOSAL_RUNNING,
    };
    bool decides = wanted->action == APPROVE || wanted->action == REFUSE;
    gb_call_init(call, decides ? &gb_sql_proposal_decide : &gb_sql_proposal_set_state, lane->arena);
    gb_params_uuid(&call->params, &id);
    gb_params_int2(&call->params, states[wanted->action]);
    gb_params_int4(&call->params, request->client.client_no.value);
    gb_params_int8(&call->params, gb_clock_wall_us());
    if (decides)
        gb_params_text(&call->params, wanted->reason);
}

/* In the transaction, the only one that proposes or decides. Ends it. */
static enum gb_result change(struct gb_api_lane *lane, struct gb_api_request *request,
                             struct gb_uuid id, struct gb_err *err)
{
    struct gb_call calls[2];
    change_call(lane, request, id, &calls[0]);
    gb_call_init(&calls[1], &gb_sql_tx_commit, lane->arena);
    enum gb_result result = gb_pg_run(lane->pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    gb_calls_release(calls, 2);
    return gb_api_answer_proposal(lane, request, id, 200, false, err);
}

static enum gb_result decide(struct gb_api_lane *lane, struct gb_api_request *request,
                             struct gb_uuid id, int64_t replays, struct gb_err *err)
{
    struct gb_call call;
    enum move move = NO;
    enum gb_result result = gb_api_find_proposal(lane, id, &call, err);
    if (result != GB_OK)
        return result;
    bool known = gb_rows_count(call.rows) == 1;
    bool good = known && judge(lane, request, call.rows, replays, &move);
    gb_calls_release(&call, 1);
    if (!known)
        gb_api_refuse(request, GB_API_PROPOSAL_NOT_FOUND, NULL, NULL);
    if (!good)
        return GB_OK;
    if (move == GOES)
        return change(lane, request, id, err);
    return gb_api_answer_proposal(lane, request, id, 200, false, err);
}

enum gb_result gb_api_decide_proposal(struct gb_api_lane *lane, struct gb_api_request *request,
                                      struct gb_err *err)
{
    struct gb_uuid id;
    if (!gb_uuid_parse(request->subject, &id)) {
        gb_api_refuse(request, GB_API_PROPOSAL_NOT_FOUND, NULL, NULL);
        return GB_OK;
    }
    struct gb_call calls[3];
    gb_call_init(&calls[0], &gb_sql_tx_begin, lane->arena);
    gb_call_init(&calls[1], &gb_sql_proposal_lock, lane->arena);
    gb_call_init(&calls[2], &gb_sql_proposal_running, lane->arena);
    enum gb_result result = gb_pg_run(lane->pg, calls, 3, NULL, err);
    if (result != GB_OK)
        return result;
    int64_t replays = gb_rows_int(calls[2].rows, 0, 0);
    gb_calls_release(calls, 3);
    result = decide(lane, request, id, replays, err);
    gb_pg_rollback(lane->pg); /* of what was not committed */
    return result;
}
