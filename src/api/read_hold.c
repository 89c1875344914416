/* GET /v1/holds/{id}: known at the datacenter that the id names; elsewhere that one is asked. */
#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/hold_id.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"

/* Columns of hold_read. */
enum {
    ACCOUNT_ID,
    CURRENCY,
    STATE,
    AMOUNT,
    CAPTURED,
    PLACED_AT,
    EXPIRES_AT,
    ENDED_AT,
    CLIENT_NO,
    KEY
};

/* Keys are a client's own: the key that placed the hold is shown to that client. */
static void answer_row(struct gb_api_lane *lane, struct gb_api_request *request,
                       const struct gb_rows *rows)
{
    bool own = gb_rows_int(rows, 0, CLIENT_NO) == request->client.client_no.value;
    bool captured = gb_rows_int(rows, 0, STATE) == GB_HOLD_CAPTURED;
    const char *currency = gb_rows_text(rows, 0, CURRENCY);
    struct gb_json_text text;
    gb_json_init(&text, lane->arena);
    gb_json_raw(&text, "{");
    gb_json_member_text(&text, "hold_id", request->subject);
    gb_json_member_text(&text, "state", gb_hold_state_name((int)gb_rows_int(rows, 0, STATE)));
    gb_json_member_text(&text, "account_id", gb_rows_text(rows, 0, ACCOUNT_ID));
    gb_json_member_money(&text, "amount", gb_rows_int(rows, 0, AMOUNT), currency);
    if (captured)
        gb_json_member_money(&text, "captured", gb_rows_int(rows, 0, CAPTURED), currency);
    gb_json_member_text(&text, "key", own ? gb_rows_text(rows, 0, KEY) : NULL);
    gb_json_member_time(&text, "placed_at", gb_rows_int(rows, 0, PLACED_AT));
    gb_json_member_time(&text, "expires_at", gb_rows_int(rows, 0, EXPIRES_AT));
    gb_json_member_time(&text, "ended_at",
                        gb_rows_null(rows, 0, ENDED_AT) ? 0 : gb_rows_int(rows, 0, ENDED_AT));
    gb_json_raw(&text, "}");
    gb_api_answer_ok(request, gb_json_done(&text));
}

static void ask_owner(struct gb_api_lane *lane, struct gb_api_request *request, struct gb_dc owner)
{
    struct gb_http_answer answer;
    struct gb_err err;
    if (gb_api_peer_find(&lane->api->settings, owner) == NULL) {
        gb_api_refuse(request, GB_API_HOLD_NOT_FOUND, NULL, NULL);
        return;
    }
    const struct gb_api_question question = {
        .dc = owner,
        .method = "GET",
        .path = gb_api_location("/v1/holds/", request->subject, lane->arena),
    };
    enum gb_result result = gb_api_ask(lane, request, &question, &answer, &err);
    if (result == GB_OK && answer.status == 200)
        gb_api_answer_ok(request, answer.body);
    else if (result == GB_OK && answer.status == 404)
        gb_api_refuse(request, GB_API_HOLD_NOT_FOUND, NULL, NULL);
    else
        gb_api_refuse(request, GB_API_OWNER_UNREACHABLE, NULL,
                      gb_arena_strdup(lane->arena, owner.code));
}

enum gb_result gb_api_read_hold(struct gb_api_lane *lane, struct gb_api_request *request,
                                struct gb_err *err)
{
    struct gb_dc dc;
    struct gb_uuid id;
    if (!gb_api_hold_id_parse(request->subject, &dc, &id)) {
        gb_api_refuse(request, GB_API_HOLD_NOT_FOUND, NULL, NULL);
        return GB_OK;
    }
    if (!gb_dc_equal(dc, lane->api->settings.dc)) {
        ask_owner(lane, request, dc);
        return GB_OK;
    }
    struct gb_call call;
    gb_call_init(&call, &gb_sql_hold_read, lane->arena);
    gb_params_uuid(&call.params, &id);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) == 1)
        answer_row(lane, request, call.rows);
    else
        gb_api_refuse(request, GB_API_HOLD_NOT_FOUND, NULL, NULL);
    gb_calls_release(&call, 1);
    return GB_OK;
}
