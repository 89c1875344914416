#include <string.h>

#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/read_body.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"
#include "runtime/clock.h"

/* The catalogue's answer, read. False: it is not what an API of ours says. */
static bool read_account(struct gb_bytes body, struct gb_arena *arena, struct gb_api_account *ret)
{
    json_t *root;
    if (gb_api_json_parse(body, arena, &root) != NULL)
        return false;
    const char *currency = json_string_value(json_object_get(root, "currency"));
    const char *status = json_string_value(json_object_get(root, "status"));
    ret->account_no.value = json_integer_value(json_object_get(root, "account_no"));
    bool good = currency != NULL && status != NULL && ret->account_no.value > 0 &&
                gb_currency_parse(currency, &ret->currency) &&
                gb_account_status_parse(status, &ret->status);
    json_decref(root);
    return good;
}

enum gb_api_learnt gb_api_ask_catalogue(struct gb_api_lane *lane, struct gb_api_request *request,
                                        const char *account_id, struct gb_api_account *ret,
                                        struct gb_err *err)
{
    struct gb_api *api = lane->api;
    int64_t now_us = gb_clock_mono_us();
    *err = (struct gb_err){.message = "no account in the answer"};
    if (gb_dc_equal(api->settings.dc, api->settings.catalogue))
        return GB_API_LEARNT_NONE;
    if (gb_api_learnt_accounts_find(api->learnt, account_id, now_us, ret))
        return GB_API_LEARNT;
    struct gb_http_answer answer;
    struct gb_api_question question = {
        .dc = api->settings.catalogue,
        .method = "GET",
        .path = gb_api_location("/v1/accounts/", account_id, lane->arena),
    };
    GB_CHECK(question.path != NULL);
    enum gb_result result = gb_api_ask(lane, request, &question, &answer, err);
    if (result == GB_OK && answer.status == 404)
        return GB_API_LEARNT_NONE;
    if (result != GB_OK || answer.status != 200 || !read_account(answer.body, lane->arena, ret))
        return GB_API_LEARNT_NOTHING;
    gb_api_learnt_accounts_put(api->learnt, account_id, *ret, now_us);
    return GB_API_LEARNT;
}

bool gb_api_ask_account(struct gb_api_lane *lane, struct gb_api_request *request, const char *field,
                        const char *account_id, struct gb_api_account *ret)
{
    struct gb_err err;
    switch (gb_api_ask_catalogue(lane, request, account_id, ret, &err)) {
    case GB_API_LEARNT:
        return true;
    case GB_API_LEARNT_NONE:
        gb_api_refuse(request, GB_API_ACCOUNT_NOT_FOUND, field, NULL);
        return false;
    case GB_API_LEARNT_NOTHING:
        gb_api_refuse(request, GB_API_CATALOGUE_UNREACHABLE, NULL, err.message);
        return false;
    }
    return false;
}

bool gb_api_find_account(struct gb_api_lane *lane, struct gb_api_request *request,
                         const char *account_id, struct gb_api_account *ret,
                         enum gb_result *ret_result, struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_identify, lane->arena);
    gb_params_text_array(&call.params, &account_id, 1);
    *ret_result = gb_pg_call(lane->pg, &call, err);
    if (*ret_result != GB_OK)
        return false;
    bool here = !gb_rows_null(call.rows, 0, 0);
    if (here) {
        ret->account_no.value = gb_rows_int(call.rows, 0, 0);
        ret->status = (enum gb_account_status)gb_rows_int(call.rows, 0, 2);
        GB_CHECK(gb_currency_parse(gb_rows_text(call.rows, 0, 1), &ret->currency));
    }
    gb_calls_release(&call, 1);
    return here || gb_api_ask_account(lane, request, "account_id", account_id, ret);
}

enum gb_result gb_api_learn_account(struct gb_api_lane *lane, struct gb_api_request *request,
                                    struct gb_err *err)
{
    (void)err;
    struct gb_api_command *command = &request->command;
    bool found =
        command->known.account_no.value == 0
            ? gb_api_ask_account(lane, request, "account_id", command->account_id, &command->known)
            : gb_api_ask_account(lane, request, "payee_account_id", command->payee_account_id,
                                 &command->payee);
    if (!found)
        return GB_OK;
    command->learnt = true;
    if (command->kind == GB_OPERATION_PAYIN || command->relayed)
        gb_api_to_intake(request);
    else
        gb_api_to_commands(request);
    return GB_OK;
}
