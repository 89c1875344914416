/* POST /v1/accounts: at the catalogue datacenter one transaction with its idempotency record and
 * its message; elsewhere passed on. */
#include <string.h>

#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/opening.h"
#include "api/publish_account.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"
#include "runtime/clock.h"

/* Columns of catalogue_command_find. */
enum {
    ASKED_ID,
    ASKED_NAME,
    ASKED_CURRENCY,
    ASKED_BALANCE,
    ASKED_EVEN,
    REASON,
    ACCOUNT_NO,
    ACCOUNT_ID,
    CREATED_AT
};

static void answer_opened(struct gb_api_lane *lane, struct gb_api_request *request,
                          const struct gb_api_account_row *account, bool replayed)
{
    struct gb_json_text text;
    gb_json_init(&text, lane->arena);
    gb_api_view_account(&text, account);
    struct gb_api_answer answer = {
        .status = 201,
        .body = gb_json_done(&text),
        .location = gb_api_location("/v1/accounts/", account->account_id, lane->arena),
        .replayed = replayed,
    };
    gb_api_answer(request, &answer);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const char *field_of(enum gb_api_error error)
{
    return error == GB_API_ACCOUNT_EXISTS ? "account_id" : "name";
}

/* The first member in which the command that is stored differs; NULL: none. */
static const char *difference(const struct gb_api_opening *opening, const struct gb_rows *rows)
{
    if (!same_text(gb_rows_text(rows, 0, ASKED_ID), opening->account_id))
        return "account_id";
    if (!same_text(gb_rows_text(rows, 0, ASKED_NAME), opening->name))
        return "name";
    if (!same_text(gb_rows_text(rows, 0, ASKED_CURRENCY), opening->currency))
        return "currency";
    if (gb_rows_int(rows, 0, ASKED_BALANCE) != opening->balance)
        return "opening_balance";
    return gb_rows_bool(rows, 0, ASKED_EVEN) == opening->even ? NULL : "policy";
}

/* The key was used before: the same answer, unless the content is another. */
static void answer_again(struct gb_api_lane *lane, struct gb_api_request *request,
                         const struct gb_rows *rows)
{
    const struct gb_api_opening *opening = request->body;
    const char *field = difference(opening, rows);
    const char *reason = gb_rows_text(rows, 0, REASON);
    if (field != NULL) {
        gb_api_refuse(request, GB_API_IDEMPOTENCY_MISMATCH, field,
                      "the key was used before with other content");
    } else if (reason != NULL) {
        const enum gb_api_error error = gb_api_error_of(reason);
        const struct gb_api_refusal refusal = {
            .error = error, .field = field_of(error), .replayed = true};
        gb_api_refuse_stored(request, &refusal);
    } else {
        struct gb_api_account_row account = {
            .account_no = gb_rows_int(rows, 0, ACCOUNT_NO),
            .account_id = gb_rows_text(rows, 0, ACCOUNT_ID),
            .name = opening->name,
            .currency = opening->currency,
            .status = GB_STATUS_OPEN,
            .version = 1,
            .created_at_us = gb_rows_int(rows, 0, CREATED_AT),
            .updated_at_us = gb_rows_int(rows, 0, CREATED_AT),
        };
        answer_opened(lane, request, &account, true);
    }
}

static void call_store(struct gb_call *call, struct gb_api_lane *lane,
                       const struct gb_api_request *request, const char *reason, int64_t account_no,
                       int64_t now_us)
{
    const struct gb_api_opening *opening = request->body;
    gb_call_init(call, &gb_sql_catalogue_command_add, lane->arena);
    gb_params_int4(&call->params, request->client.client_no.value);
    gb_params_text(&call->params, request->key);
    gb_params_text(&call->params, opening->account_id);
    gb_params_text(&call->params, opening->name);
    gb_params_text(&call->params, opening->currency);
    gb_params_int8(&call->params, opening->balance);
    gb_params_bool(&call->params, opening->even);
    gb_params_text(&call->params, reason);
    if (reason == NULL)
        gb_params_int8(&call->params, account_no);
    else
        gb_params_null(&call->params);
    gb_params_int8(&call->params, now_us);
}

/* Something of it is taken: stores the refusal. Ends the transaction. */
static enum gb_result refuse_taken(struct gb_api_lane *lane, struct gb_api_request *request,
                                   const char *account_id, int64_t now_us, struct gb_err *err)
{
    const struct gb_api_opening *opening = request->body;
    struct gb_call calls[2];
    gb_call_init(&calls[0], &gb_sql_account_taken, lane->arena);
    gb_params_text(&calls[0].params, account_id);
    gb_params_text(&calls[0].params, opening->name);
    enum gb_result result = gb_pg_call(lane->pg, &calls[0], err);
    if (result != GB_OK)
        return result;
    enum gb_api_error error =
        gb_rows_bool(calls[0].rows, 0, 0) ? GB_API_ACCOUNT_EXISTS : GB_API_NAME_TAKEN;
    gb_calls_release(calls, 1);
    call_store(&calls[0], lane, request, gb_api_error_row(error)->code, 0, now_us);
    gb_call_init(&calls[1], &gb_sql_tx_commit, lane->arena);
    result = gb_pg_run(lane->pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    gb_calls_release(calls, 2);
    gb_api_refuse(request, error, field_of(error), NULL);
    return GB_OK;
}

/* Enters the balance and splits it: the engine goes on in this transaction. The calls that write it
 * are added. */
static enum gb_result enter_balance(struct gb_api_lane *lane, struct gb_api_request *request,
                                    const struct gb_api_account_row *account, struct gb_call *calls,
                                    size_t *count, struct gb_err *err)
{
    const struct gb_api_opening *opening = request->body;
    struct gb_dc own = lane->api->settings.dc;
    if (opening->balance == 0)
        return GB_OK;
    struct gb_command *command = gb_arena_alloc(lane->arena, sizeof(*command));
    GB_CHECK(command != NULL);
    *command = (struct gb_command){
        .kind = GB_COMMAND_OPENING,
        .account_no = {account->account_no},
        .account_id = account->account_id,
        .accepted_by = own,
        .owner = own,
        .client_no = request->client.client_no,
        .key = gb_arena_printf(lane->arena, "open:%s", account->account_id),
        .amount = opening->balance,
        .even = opening->even,
        .home = request->client.home,
        .trace = request->trace,
    };
    GB_CHECK(command->key != NULL && gb_currency_parse(account->currency, &command->currency));
    enum gb_result result =
        gb_engine_decide(lane->engine, lane->pg, command, 1, account->created_at_us, err);
    if (result == GB_OK && command->outcome != GB_OUTCOME_APPLIED)
        result = gb_err_set(err, GB_POISON, command->poison_code, "%s", command->poison_message);
    if (result == GB_OK)
        *count += gb_engine_write(lane->engine, calls + *count);
    return result;
}

/* Stores command and message with the new account, and its balance. Ends the transaction. */
static enum gb_result finish_opening(struct gb_api_lane *lane, struct gb_api_request *request,
                                     const struct gb_rows *opened, struct gb_err *err)
{
    struct gb_api_account_row account = gb_api_account_of(opened, 0);
    const struct gb_api_opening *opening = request->body;
    struct gb_call calls[GB_ENGINE_CALLS_MAX + 3];
    size_t count = 2;
    call_store(&calls[0], lane, request, NULL, account.account_no, account.created_at_us);
    enum gb_result result = gb_api_call_publish(lane, request, &account, &calls[1], err);
    if (result == GB_OK)
        result = enter_balance(lane, request, &account, calls, &count, err);
    if (result != GB_OK)
        return result;
    gb_call_init(&calls[count++], &gb_sql_tx_commit, lane->arena);
    result = gb_pg_run(lane->pg, calls, count, NULL, err);
    if (result != GB_OK)
        return result;
    gb_calls_release(calls, count);
    if (opening->balance > 0)
        gb_engine_committed(lane->engine);
    gb_api_wake_publisher(lane->api, GB_WAKE_OUTBOX);
    answer_opened(lane, request, &account, false);
    return GB_OK;
}

/* In the transaction, under the catalogue's lock, with a key that is new. */
static enum gb_result open_new(struct gb_api_lane *lane, struct gb_api_request *request,
                               struct gb_err *err)
{
    const struct gb_api_opening *opening = request->body;
    int64_t now_us = gb_clock_wall_us();
    char made[GB_UUID_TEXT_SIZE];
    gb_uuid_format(gb_uuid_v7(), made);
    const char *account_id = opening->account_id == NULL ? made : opening->account_id;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_open, lane->arena);
    gb_params_text(&call.params, account_id);
    gb_params_text(&call.params, opening->name);
    gb_params_text(&call.params, opening->currency);
    gb_params_int8(&call.params, now_us);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) == 0)
        result = refuse_taken(lane, request, account_id, now_us, err);
    else
        result = finish_opening(lane, request, call.rows, err);
    gb_calls_release(&call, 1);
    return result;
}

static enum gb_result open_here(struct gb_api_lane *lane, struct gb_api_request *request,
                                struct gb_err *err)
{
    struct gb_call calls[3];
    gb_call_init(&calls[0], &gb_sql_tx_begin, lane->arena);
    gb_call_init(&calls[1], &gb_sql_catalogue_lock, lane->arena);
    gb_call_init(&calls[2], &gb_sql_catalogue_command_find, lane->arena);
    gb_params_int4(&calls[2].params, request->client.client_no.value);
    gb_params_text(&calls[2].params, request->key);
    enum gb_result result = gb_pg_run(lane->pg, calls, 3, NULL, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(calls[2].rows) == 0)
        result = open_new(lane, request, err);
    else
        answer_again(lane, request, calls[2].rows);
    gb_calls_release(calls, 3);
    gb_pg_rollback(lane->pg); /* of what was not committed */
    return result;
}

enum gb_result gb_api_open_account(struct gb_api_lane *lane, struct gb_api_request *request,
                                   struct gb_err *err)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    if (gb_dc_equal(settings->dc, settings->catalogue))
        return open_here(lane, request, err);
    gb_api_pass_on(lane, request, "/v1/accounts");
    return GB_OK;
}
