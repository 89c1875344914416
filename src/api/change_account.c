/* PATCH and DELETE /v1/accounts/{id}: another status, at the catalogue datacenter; elsewhere passed
 * on. Asking for the status that is there already changes nothing, so repeats need no key. */
#include <string.h>

#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/publish_account.h"
#include "api/read_body.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"
#include "runtime/clock.h"

bool gb_api_prepare_change(struct gb_api_request *request)
{
    json_t *body, *status;
    const struct gb_api_member members[] = {
        {"status", JSON_STRING, true, GB_API_FIELD_INVALID, &status}};
    if (!gb_api_read_body(request, &body))
        return false;
    enum gb_account_status *wanted = gb_arena_alloc(request->arena, sizeof(*wanted));
    GB_CHECK(wanted != NULL);
    bool good = gb_api_read_members(request, body, "", members, 1);
    if (good && (!gb_account_status_parse(json_string_value(status), wanted) ||
                 (*wanted != GB_STATUS_OPEN && *wanted != GB_STATUS_BLOCKED))) {
        gb_api_refuse(request, GB_API_FIELD_INVALID, "status", "OPEN or BLOCKED");
        good = false;
    }
    json_decref(body);
    request->body = wanted;
    return good;
}

/* The status that asking for `wanted` leads to; false: not from `now`. */
static bool next_status(enum gb_account_status now, enum gb_account_status wanted,
                        enum gb_account_status *ret)
{
    bool closed = now == GB_STATUS_CLOSED;
    *ret = wanted == GB_STATUS_CLOSING && closed ? GB_STATUS_CLOSED : wanted;
    if (wanted == GB_STATUS_OPEN)
        return !closed; /* a closing account may be opened again */
    if (wanted == GB_STATUS_BLOCKED)
        return now == GB_STATUS_OPEN || now == GB_STATUS_BLOCKED;
    return true;
}

static void answer_account(struct gb_api_lane *lane, struct gb_api_request *request,
                           const struct gb_api_account_row *account)
{
    struct gb_json_text text;
    gb_json_init(&text, lane->arena);
    gb_api_view_account(&text, account);
    gb_api_answer_ok(request, gb_json_done(&text));
}

/* In the transaction, under the catalogue's lock. Ends it. */
static enum gb_result change(struct gb_api_lane *lane, struct gb_api_request *request,
                             int64_t account_no, enum gb_account_status status, struct gb_err *err)
{
    int64_t now_us = gb_clock_wall_us();
    struct gb_call change_call, calls[3];
    gb_call_init(&change_call, &gb_sql_account_change, lane->arena);
    gb_params_int8(&change_call.params, account_no);
    gb_params_int2(&change_call.params, (int16_t)status);
    gb_params_int8(&change_call.params, now_us);
    enum gb_result result = gb_pg_call(lane->pg, &change_call, err);
    if (result != GB_OK)
        return result;
    struct gb_api_account_row account = gb_api_account_of(change_call.rows, 0);
    gb_call_init(&calls[0], &gb_sql_status_pending_insert, lane->arena);
    gb_params_int8_array(&calls[0].params, &account_no, NULL, 1);
    gb_params_int8(&calls[0].params, now_us);
    result = gb_api_call_publish(lane, request, &account, &calls[1], err);
    if (result == GB_OK) {
        gb_call_init(&calls[2], &gb_sql_tx_commit, lane->arena);
        result = gb_pg_run(lane->pg, calls, 3, NULL, err);
    }
    if (result == GB_OK) {
        gb_calls_release(calls, 3);
        gb_api_wake_publisher(lane->api, GB_WAKE_OUTBOX);
        answer_account(lane, request, &account);
    }
    gb_calls_release(&change_call, 1);
    return result;
}

static enum gb_result change_here(struct gb_api_lane *lane, struct gb_api_request *request,
                                  enum gb_account_status wanted, struct gb_err *err)
{
    struct gb_call calls[3];
    gb_call_init(&calls[0], &gb_sql_tx_begin, lane->arena);
    gb_call_init(&calls[1], &gb_sql_catalogue_lock, lane->arena);
    gb_call_init(&calls[2], &gb_sql_account_read, lane->arena);
    gb_params_text(&calls[2].params, request->subject);
    enum gb_result result = gb_pg_run(lane->pg, calls, 3, NULL, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(calls[2].rows) == 0) {
        gb_api_refuse(request, GB_API_ACCOUNT_NOT_FOUND, NULL, NULL);
    } else {
        struct gb_api_account_row account = gb_api_account_of(calls[2].rows, 0);
        enum gb_account_status now = (enum gb_account_status)account.status, next;
        if (!next_status(now, wanted, &next))
            gb_api_refuse(
                request, GB_API_STATUS_CONFLICT, "status",
                gb_arena_printf(lane->arena, "it is %s", gb_account_status_name((int)now)));
        else if (next == now)
            answer_account(lane, request, &account);
        else
            result = change(lane, request, account.account_no, next, err);
    }
    gb_calls_release(calls, 3);
    gb_pg_rollback(lane->pg); /* of what was not committed */
    return result;
}

static enum gb_result change_to(struct gb_api_lane *lane, struct gb_api_request *request,
                                enum gb_account_status wanted, struct gb_err *err)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    if (gb_dc_equal(settings->dc, settings->catalogue))
        return change_here(lane, request, wanted, err);
    gb_api_pass_on(lane, request, gb_api_location("/v1/accounts/", request->subject, lane->arena));
    return GB_OK;
}

enum gb_result gb_api_change_account(struct gb_api_lane *lane, struct gb_api_request *request,
                                     struct gb_err *err)
{
    const enum gb_account_status *wanted = request->body;
    return change_to(lane, request, *wanted, err);
}

enum gb_result gb_api_close_account(struct gb_api_lane *lane, struct gb_api_request *request,
                                    struct gb_err *err)
{
    return change_to(lane, request, GB_STATUS_CLOSING, err);
}
