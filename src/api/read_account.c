#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"

enum gb_result gb_api_read_account(struct gb_api_lane *lane, struct gb_api_request *request,
                                   struct gb_err *err)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_read, lane->arena);
    gb_params_text(&call.params, request->subject);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) == 1) {
        struct gb_api_account_row account = gb_api_account_of(call.rows, 0);
        struct gb_json_text text;
        gb_json_init(&text, lane->arena);
        gb_api_view_account(&text, &account);
        gb_api_answer_ok(request, gb_json_done(&text));
    } else if (gb_dc_equal(settings->dc, settings->catalogue)) {
        gb_api_refuse(request, GB_API_ACCOUNT_NOT_FOUND, NULL, NULL);
    } else {
        gb_api_pass_on(lane, request,
                       gb_api_location("/v1/accounts/", request->subject, lane->arena));
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}
