#include <string.h>

#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/read_headers.h"
#include "api/reservations.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"

/* Columns of operation_read. */
enum { OWNER, KIND, STATE, ACCOUNT_ID, AMOUNT, CURRENCY, REASON, CREATED_AT, DECIDED_AT };

static void answer_row(struct gb_api_lane *lane, struct gb_api_request *request,
                       const struct gb_rows *rows, const struct gb_rows *steps)
{
    const char *owner = gb_rows_text(rows, 0, OWNER);
    struct gb_api_operation operation = {
        .key = request->subject,
        .owner = owner == NULL ? lane->api->settings.dc.code : owner,
        .kind = (int)gb_rows_int(rows, 0, KIND),
        .state = (int)gb_rows_int(rows, 0, STATE),
        .account_id = gb_rows_text(rows, 0, ACCOUNT_ID),
        .amount = gb_rows_int(rows, 0, AMOUNT),
        .currency = gb_rows_text(rows, 0, CURRENCY),
        .reason = gb_rows_text(rows, 0, REASON),
        .created_at_us = gb_rows_int(rows, 0, CREATED_AT),
    };
    gb_api_operation_take(&operation, rows, 0, DECIDED_AT);
    const struct gb_api_waited waited = {
        .steps = steps,
        .state = operation.state,
        .reason = operation.reason,
        .decided_at_us = operation.decided_at_us,
        .currency = operation.currency,
    };
    struct gb_json_text text, more;
    gb_json_init(&more, lane->arena);
    if (owner == NULL)
        gb_api_view_steps(&more, &waited);
    operation.more = gb_json_done(&more);
    gb_json_init(&text, lane->arena);
    gb_api_view_operation(&text, &operation);
    gb_api_answer_ok(request, gb_json_done(&text));
}

/* Nothing here: only the key's owner knows for sure. */
static void ask_owner(struct gb_api_lane *lane, struct gb_api_request *request)
{
    struct gb_dc owner;
    const char *scope = gb_http_query(request->http, "scope");
    bool known =
        gb_api_key_owner(&lane->api->settings, request->subject, request->client.home, &owner);
    if (!known) {
        gb_api_refuse(request, GB_API_UNKNOWN_DATACENTER, NULL,
                      gb_arena_strdup(lane->arena, owner.code));
        return;
    }
    if (gb_dc_equal(owner, lane->api->settings.dc) || scope != NULL) {
        gb_api_refuse(request, GB_API_OPERATION_NOT_FOUND, NULL, NULL);
        return;
    }
    struct gb_http_answer answer;
    struct gb_err err;
    const char *path =
        gb_arena_printf(lane->arena, "%s?scope=local",
                        gb_api_location("/v1/operations/", request->subject, lane->arena));
    struct gb_api_question question = {.dc = owner, .method = "GET", .path = path};
    enum gb_result result = gb_api_ask(lane, request, &question, &answer, &err);
    if (result == GB_OK && answer.status == 200)
        gb_api_answer_ok(request, answer.body);
    else if (result == GB_OK && answer.status == 404)
        gb_api_refuse(request, GB_API_OPERATION_NOT_FOUND, NULL, NULL);
    else
        gb_api_refuse(request, GB_API_OWNER_UNREACHABLE, NULL,
                      gb_arena_strdup(lane->arena, owner.code));
}

enum gb_result gb_api_read_operation(struct gb_api_lane *lane, struct gb_api_request *request,
                                     struct gb_err *err)
{
    const char *scope = gb_http_query(request->http, "scope");
    if (!gb_key_valid(request->subject)) {
        gb_api_refuse(request, GB_API_KEY_INVALID, NULL, NULL);
        return GB_OK;
    }
    if (scope != NULL && strcmp(scope, "local") != 0) {
        gb_api_refuse(request, GB_API_QUERY_INVALID, "scope", "local, or left out");
        return GB_OK;
    }
    const struct gb_statement *const statements[] = {&gb_sql_operation_steps,
                                                     &gb_sql_operation_read};
    struct gb_call calls[2];
    for (size_t i = 0; i < 2; i++) {
        gb_call_init(&calls[i], statements[i], lane->arena);
        gb_params_int4(&calls[i].params, request->client.client_no.value);
        gb_params_text(&calls[i].params, request->subject);
    }
    enum gb_result result = gb_pg_run(lane->pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(calls[1].rows) == 1)
        answer_row(lane, request, calls[1].rows, calls[0].rows);
    else
        ask_owner(lane, request);
    gb_calls_release(calls, 2);
    return GB_OK;
}
