/* POST /v1/proposals: what dead letters it would take; with `execute` the proposal itself, at work
 * at once, or when another client has approved it. */
#include <inttypes.h>
#include <string.h>

#include "api/answer.h"
#include "api/dead_letters.h"
#include "api/steps.h"
#include "db/sql.h"
#include "runtime/clock.h"

/* What the selector finds now. */
struct selected {
    int64_t letters, not_replayable, last_id;
};

static enum gb_result select_letters(struct gb_api_lane *lane,
                                     const struct gb_api_proposal *proposal, struct selected *ret,
                                     struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_dead_letter_select, lane->arena);
    gb_params_int2(&call.params, (int16_t)proposal->kind);
    gb_api_selector_params(&call.params, &proposal->selector, true);
    gb_api_replay_streams_param(lane, &call.params);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    ret->not_replayable = gb_rows_int(call.rows, 0, 1);
    ret->letters = gb_rows_int(call.rows, 0, 0) - ret->not_replayable;
    ret->last_id = gb_rows_int(call.rows, 0, 2);
    gb_calls_release(&call, 1);
    return GB_OK;
}

static bool four_eyes(const struct gb_api_lane *lane, const struct gb_api_proposal *proposal,
                      const struct selected *selected)
{
    return proposal->kind == GB_PROPOSAL_PARK ||
           selected->letters > lane->api->settings.four_eyes_above;
}

/* False: refused; there is nothing to do, or not all that was named. */
static bool judge(struct gb_api_lane *lane, struct gb_api_request *request,
                  const struct gb_api_proposal *proposal, const struct selected *selected)
{
    const char *state = gb_letter_state_name(proposal->selector.state);
    int64_t found = selected->letters + selected->not_replayable;
    if ((int64_t)proposal->selector.ids_count > found) {
        gb_api_refuse(request, GB_API_DEAD_LETTER_NOT_FOUND, "ids",
                      gb_arena_printf(lane->arena,
                                      "of %zu numbers %" PRId64
                                      " are dead letters that are %s and fit the selector",
                                      proposal->selector.ids_count, found, state));
        return false;
    }
    if (selected->letters > 0)
        return true;
    gb_api_refuse(request, GB_API_NOTHING_SELECTED, NULL,
                  gb_arena_printf(lane->arena,
                                  "the selector takes no dead letter that is %s (and %" PRId64
                                  " that cannot be replayed)",
                                  state, selected->not_replayable));
    return false;
}

static void answer_dry_run(struct gb_api_lane *lane, struct gb_api_request *request,
                           const struct gb_api_proposal *proposal, const struct selected *selected)
{
    struct gb_json_text text;
    gb_json_init(&text, lane->arena);
    gb_json_raw(&text, "{");
    gb_json_member_text(&text, "kind", gb_proposal_kind_name((int)proposal->kind));
    gb_json_member_bool(&text, "execute", false);
    gb_json_member_int(&text, "letters", selected->letters);
    gb_json_member_int(&text, "not_replayable", selected->not_replayable);
    gb_json_member_bool(&text, "four_eyes", four_eyes(lane, proposal, selected));
    gb_json_raw(&text, "}");
    gb_api_answer_ok(request, gb_json_done(&text));
}

static void window_param(struct gb_params *params, int minute)
{
    if (minute < 0)
        gb_params_null(params);
    else
        gb_params_int2(params, (int16_t)minute);
}

static void add_call(struct gb_api_lane *lane, const struct gb_api_request *request,
                     const struct selected *selected, struct gb_uuid id, struct gb_call *call)
{
    const struct gb_api_proposal *proposal = request->body;
    bool waits = four_eyes(lane, proposal, selected);
    int64_t now_us = gb_clock_wall_us();
    gb_call_init(call, &gb_sql_proposal_add, lane->arena);
    struct gb_params *params = &call->params;
    gb_params_uuid(params, &id);
    gb_params_int4(params, request->client.client_no.value);
    gb_params_text(params, request->key);
    gb_params_int2(params, (int16_t)proposal->kind);
    gb_params_int2(params, (int16_t)(waits ? GB_PROPOSAL_PROPOSED : GB_PROPOSAL_RUNNING));
    gb_api_selector_params(params, &proposal->selector, true);
    gb_params_int8(params, selected->last_id);
    gb_params_int4(params, (int32_t)selected->letters);
    gb_params_int4(params, (int32_t)proposal->rate_per_s);
    window_param(params, proposal->window_from);
    window_param(params, proposal->window_to);
    gb_params_bool(params, waits);
    gb_params_text(params, proposal->reason);
    gb_params_int8(params, now_us);
    gb_params_int8(params, now_us + lane->api->settings.proposal_expires_s * 1000000);
}

/* Adds it, and ends the transaction. */
static enum gb_result add(struct gb_api_lane *lane, struct gb_api_request *request,
                          const struct selected *selected, struct gb_err *err)
{
    struct gb_call calls[2];
    struct gb_uuid id = gb_uuid_v7();
    add_call(lane, request, selected, id, &calls[0]);
    gb_call_init(&calls[1], &gb_sql_tx_commit, lane->arena);
    enum gb_result result = gb_pg_run(lane->pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    gb_calls_release(calls, 2);
    bool waits = four_eyes(lane, request->body, selected);
    return gb_api_answer_proposal(lane, request, id, waits ? 202 : 201, false, err);
}

/* The member in which the stored proposal differs; NULL: none. */
static const char *difference(const struct gb_rows *rows, const struct gb_api_proposal *proposal)
{
    const struct gb_api_selector *selector = &proposal->selector;
    const struct {
        const char *field, *asked;
        int column;
    } texts[] = {{"code", selector->code, GB_PROPOSAL_CODE},
                 {"topic", selector->topic, GB_PROPOSAL_TOPIC},
                 {"account_id", selector->account_id, GB_PROPOSAL_ACCOUNT_ID},
                 {"reason", proposal->reason, GB_PROPOSAL_REASON}};
    if (gb_rows_int(rows, 0, GB_PROPOSAL_KIND) != (int64_t)proposal->kind)
        return "kind";
    if (gb_rows_int(rows, 0, GB_PROPOSAL_FROM_STATE) != selector->state)
        return "state";
    if (gb_rows_null(rows, 0, GB_PROPOSAL_IDS) != (selector->ids_count == 0))
        return "ids";
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *stored = gb_rows_text(rows, 0, texts[i].column);
        const char *asked = texts[i].asked;
        if ((stored == NULL) != (asked == NULL) || (stored != NULL && strcmp(stored, asked) != 0))
            return texts[i].field;
    }
    return NULL;
}

static enum gb_result answer_again(struct gb_api_lane *lane, struct gb_api_request *request,
                                   const struct gb_rows *rows, struct gb_err *err)
{
    const char *differs = difference(rows, request->body);
    if (differs != NULL) {
        gb_api_refuse(request, GB_API_IDEMPOTENCY_MISMATCH, differs, NULL);
        return GB_OK;
    }
    int status = gb_rows_bool(rows, 0, GB_PROPOSAL_FOUR_EYES) ? 202 : 201;
    return gb_api_answer_proposal(lane, request, gb_rows_uuid(rows, 0, GB_PROPOSAL_ID), status,
                                  true, err);
}

/* In the transaction, the only one that proposes or decides, with a key that is new. */
static enum gb_result propose_new(struct gb_api_lane *lane, struct gb_api_request *request,
                                  int64_t replays, struct gb_err *err)
{
    const struct gb_api_proposal *proposal = request->body;
    struct selected selected;
    enum gb_result result = select_letters(lane, proposal, &selected, err);
    if (result != GB_OK || !judge(lane, request, proposal, &selected))
        return result;
    if (proposal->kind == GB_PROPOSAL_REPLAY && replays > 0 &&
        !four_eyes(lane, proposal, &selected)) {
        gb_api_refuse(request, GB_API_REPLAY_RUNNING, NULL, NULL);
        return GB_OK;
    }
    return add(lane, request, &selected, err);
}

static enum gb_result propose(struct gb_api_lane *lane, struct gb_api_request *request,
                              struct gb_err *err)
{
    struct gb_call calls[4];
    gb_call_init(&calls[0], &gb_sql_tx_begin, lane->arena);
    gb_call_init(&calls[1], &gb_sql_proposal_lock, lane->arena);
    gb_call_init(&calls[2], &gb_sql_proposal_find, lane->arena);
    gb_params_int4(&calls[2].params, request->client.client_no.value);
    gb_params_int8(&calls[2].params, gb_clock_wall_us());
    gb_params_text(&calls[2].params, request->key);
    gb_call_init(&calls[3], &gb_sql_proposal_running, lane->arena);
    enum gb_result result = gb_pg_run(lane->pg, calls, 4, NULL, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(calls[2].rows) == 0)
        result = propose_new(lane, request, gb_rows_int(calls[3].rows, 0, 0), err);
    else
        result = answer_again(lane, request, calls[2].rows, err);
    gb_calls_release(calls, 4);
    gb_pg_rollback(lane->pg); /* of what was not committed */
    return result;
}

enum gb_result gb_api_propose(struct gb_api_lane *lane, struct gb_api_request *request,
                              struct gb_err *err)
{
    struct gb_api_proposal *proposal = request->body;
    struct selected selected;
    int64_t now_us = gb_clock_wall_us();
    /* What fails from now on is no part of it. */
    if (proposal->selector.failed_to_us == 0 || proposal->selector.failed_to_us > now_us)
        proposal->selector.failed_to_us = now_us;
    if (proposal->execute)
        return propose(lane, request, err);
    enum gb_result result = select_letters(lane, proposal, &selected, err);
    if (result == GB_OK && judge(lane, request, proposal, &selected))
        answer_dry_run(lane, request, proposal, &selected);
    return result;
}
