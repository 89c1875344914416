/* GET /v1/proposals and /v1/proposals/{id}: those of this datacenter. */
#include <stdio.h>

#include "api/answer.h"
#include "api/cursor.h"
#include "api/dead_letters.h"
#include "api/read_headers.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"
#include "runtime/clock.h"

static int64_t time_at(const struct gb_rows *rows, size_t row, int column)
{
    return gb_rows_null(rows, row, column) ? 0 : gb_rows_int(rows, row, column);
}

/* PostgreSQL's {1,2,3} as JSON's [1,2,3]. */
static void view_ids(struct gb_json_text *text, struct gb_bytes ids)
{
    if (ids.data == NULL)
        return;
    gb_json_name(text, "ids");
    gb_json_raw(text, "[");
    gb_json_raw_bytes(text, (struct gb_bytes){(const char *)ids.data + 1, ids.size - 2});
    gb_json_raw(text, "]");
}

static void view_window(struct gb_json_text *text, const struct gb_rows *rows, size_t row)
{
    char window[32];
    if (gb_rows_null(rows, row, GB_PROPOSAL_WINDOW_FROM))
        return;
    int from = (int)gb_rows_int(rows, row, GB_PROPOSAL_WINDOW_FROM);
    int to = (int)gb_rows_int(rows, row, GB_PROPOSAL_WINDOW_TO);
    (void)snprintf(window, sizeof(window), "%02d:%02d-%02d:%02d", from / 60, from % 60, to / 60,
                   to % 60);
    gb_json_member_text(text, "window", window);
}

static void view_selector(struct gb_json_text *text, const struct gb_rows *rows, size_t row)
{
    int state = (int)gb_rows_int(rows, row, GB_PROPOSAL_FROM_STATE);
    gb_json_name(text, "selector");
    gb_json_raw(text, "{");
    gb_json_member_text(text, "state", gb_letter_state_name(state));
    view_ids(text, gb_rows_bytes(rows, row, GB_PROPOSAL_IDS));
    gb_json_member_text(text, "code", gb_rows_text(rows, row, GB_PROPOSAL_CODE));
    gb_json_member_text(text, "topic", gb_rows_text(rows, row, GB_PROPOSAL_TOPIC));
    gb_json_member_text(text, "account_id", gb_rows_text(rows, row, GB_PROPOSAL_ACCOUNT_ID));
    gb_json_member_time(text, "failed_from", time_at(rows, row, GB_PROPOSAL_FAILED_FROM));
    gb_json_member_time(text, "failed_to", time_at(rows, row, GB_PROPOSAL_FAILED_TO));
    gb_json_raw(text, "}");
}

static void view_history(struct gb_json_text *text, const struct gb_rows *rows, size_t row)
{
    gb_json_member_text(text, "reason", gb_rows_text(rows, row, GB_PROPOSAL_REASON));
    gb_json_member_text(text, "proposed_by", gb_rows_text(rows, row, GB_PROPOSAL_PROPOSED_BY));
    gb_json_member_time(text, "proposed_at", time_at(rows, row, GB_PROPOSAL_PROPOSED_AT));
    gb_json_member_time(text, "expires_at", time_at(rows, row, GB_PROPOSAL_EXPIRES_AT));
    gb_json_member_text(text, "decided_by", gb_rows_text(rows, row, GB_PROPOSAL_DECIDED_BY));
    gb_json_member_time(text, "decided_at", time_at(rows, row, GB_PROPOSAL_DECIDED_AT));
    gb_json_member_text(text, "decision_reason",
                        gb_rows_text(rows, row, GB_PROPOSAL_DECISION_REASON));
    gb_json_member_text(text, "changed_by", gb_rows_text(rows, row, GB_PROPOSAL_CHANGED_BY));
    gb_json_member_time(text, "changed_at", time_at(rows, row, GB_PROPOSAL_CHANGED_AT));
    gb_json_member_time(text, "ended_at", time_at(rows, row, GB_PROPOSAL_ENDED_AT));
}

void gb_api_view_proposal(struct gb_json_text *text, const struct gb_rows *rows, size_t row)
{
    char id[GB_UUID_TEXT_SIZE];
    int kind = (int)gb_rows_int(rows, row, GB_PROPOSAL_KIND);
    gb_uuid_format(gb_rows_uuid(rows, row, GB_PROPOSAL_ID), id);
    gb_json_raw(text, "{");
    gb_json_member_text(text, "proposal_id", id);
    gb_json_member_text(text, "kind", gb_proposal_kind_name(kind));
    gb_json_member_text(text, "state",
                        gb_proposal_state_name((int)gb_rows_int(rows, row, GB_PROPOSAL_STATE)));
    gb_json_member_int(text, "letters", gb_rows_int(rows, row, GB_PROPOSAL_LETTERS));
    gb_json_member_int(text, "moved", gb_rows_int(rows, row, GB_PROPOSAL_MOVED));
    gb_json_member_bool(text, "four_eyes", gb_rows_bool(rows, row, GB_PROPOSAL_FOUR_EYES));
    view_selector(text, rows, row);
    if (kind == GB_PROPOSAL_REPLAY) {
        gb_json_member_int(text, "rate_per_s", gb_rows_int(rows, row, GB_PROPOSAL_RATE));
        view_window(text, rows, row);
    }
    view_history(text, rows, row);
    gb_json_raw(text, "}");
}

enum gb_result gb_api_find_proposal(struct gb_api_lane *lane, struct gb_uuid proposal_id,
                                    struct gb_call *ret, struct gb_err *err)
{
    gb_call_init(ret, &gb_sql_proposal_read, lane->arena);
    gb_params_uuid(&ret->params, &proposal_id);
    gb_params_int8(&ret->params, gb_clock_wall_us());
    return gb_pg_call(lane->pg, ret, err);
}

enum gb_result gb_api_answer_proposal(struct gb_api_lane *lane, struct gb_api_request *request,
                                      struct gb_uuid proposal_id, int status, bool replayed,
                                      struct gb_err *err)
{
    struct gb_call call;
    enum gb_result result = gb_api_find_proposal(lane, proposal_id, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) == 0) {
        gb_api_refuse(request, GB_API_PROPOSAL_NOT_FOUND, NULL, NULL);
    } else {
        char id[GB_UUID_TEXT_SIZE];
        struct gb_json_text text;
        gb_json_init(&text, lane->arena);
        gb_api_view_proposal(&text, call.rows, 0);
        gb_uuid_format(proposal_id, id);
        const struct gb_api_answer answer = {
            .status = status,
            .body = gb_json_done(&text),
            .location = status == 200 ? NULL : gb_api_location("/v1/proposals/", id, lane->arena),
            .replayed = replayed,
        };
        gb_api_answer(request, &answer);
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}

enum gb_result gb_api_read_proposal(struct gb_api_lane *lane, struct gb_api_request *request,
                                    struct gb_err *err)
{
    struct gb_uuid id;
    if (!gb_uuid_parse(request->subject, &id)) {
        gb_api_refuse(request, GB_API_PROPOSAL_NOT_FOUND, NULL, NULL);
        return GB_OK;
    }
    return gb_api_answer_proposal(lane, request, id, 200, false, err);
}

static struct gb_bytes write_list(const struct gb_rows *rows, size_t limit, json_t *cursor,
                                  struct gb_arena *arena)
{
    size_t found = gb_rows_count(rows), shown = found < limit ? found : limit;
    struct gb_json_text text;
    gb_json_init(&text, arena);
    gb_json_raw(&text, "{\"data\":[");
    for (size_t i = 0; i < shown; i++) {
        gb_json_raw(&text, i == 0 ? "" : ",");
        gb_api_view_proposal(&text, rows, i);
    }
    if (shown > 0) {
        char id[GB_UUID_TEXT_SIZE];
        gb_uuid_format(gb_rows_uuid(rows, shown - 1, GB_PROPOSAL_ID), id);
        (void)json_object_set_new(cursor, "before", json_string(id));
    }
    gb_api_view_list_end(&text, found > shown, cursor);
    return gb_json_done(&text);
}

/* False: refused. */
static bool read_list_query(struct gb_api_request *request, int16_t *ret_state, int32_t *ret_limit)
{
    const char *state = gb_http_query(request->http, "state");
    *ret_state = (int16_t)(state == NULL ? 0 : gb_proposal_state_parse(state));
    if (state != NULL && *ret_state == 0) {
        gb_api_refuse(request, GB_API_QUERY_INVALID, "state",
                      "PROPOSED, RUNNING, STOPPED, DONE, REFUSED or EXPIRED");
        return false;
    }
    return gb_api_read_limit(request, ret_limit);
}

enum gb_result gb_api_list_proposals(struct gb_api_lane *lane, struct gb_api_request *request,
                                     struct gb_err *err)
{
    int16_t state;
    int32_t limit;
    json_t *cursor;
    struct gb_uuid before = {{0}};
    if (!read_list_query(request, &state, &limit) ||
        !gb_api_read_cursor(request, lane->arena, &cursor))
        return GB_OK;
    const char *text = json_string_value(json_object_get(cursor, "before"));
    if (text != NULL && !gb_uuid_parse(text, &before))
        before = (struct gb_uuid){{0}};
    struct gb_call call;
    gb_call_init(&call, &gb_sql_proposal_list, lane->arena);
    gb_params_uuid(&call.params, &before);
    gb_params_int8(&call.params, gb_clock_wall_us());
    gb_params_int2(&call.params, state);
    gb_params_int4(&call.params, limit + 1);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result == GB_OK) {
        gb_api_answer_ok(request, write_list(call.rows, (size_t)limit, cursor, lane->arena));
        gb_calls_release(&call, 1);
    }
    json_decref(cursor);
    return result;
}
