/* POST /v1/accounts: at the catalogue datacenter one transaction with its idempotency record and
 * its message; elsewhere passed on. */
#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/catalogue_command.h"
#include "api/publish_account.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"
#include "runtime/clock.h"

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

/* What it was when it was opened, whatever happened to it since. */
static void answer_again(struct gb_api_lane *lane, struct gb_api_request *request,
                         const struct gb_rows *rows)
{
    const struct gb_api_asked *asked = request->body;
    struct gb_api_told told;
    if (!gb_api_asked_again(request, rows, &told))
        return;
    struct gb_api_account_row account = {
        .account_no = told.account_no,
        .account_id = told.id,
        .name = asked->name,
        .currency = asked->currency,
        .status = GB_STATUS_OPEN,
        .version = 1,
        .created_at_us = told.created_at_us,
        .updated_at_us = told.created_at_us,
    };
    answer_opened(lane, request, &account, true);
}

/* Enters the balance and splits it: the engine goes on in this transaction. The calls that write it
 * are added. */
static enum gb_result enter_balance(struct gb_api_lane *lane, struct gb_api_request *request,
                                    const struct gb_api_account_row *account, struct gb_call *calls,
                                    size_t *count, struct gb_err *err)
{
    const struct gb_api_asked *asked = request->body;
    struct gb_dc own = lane->api->settings.dc;
    if (asked->amount == 0)
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
        .amount = asked->amount,
        .even = asked->even,
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
    const struct gb_api_asked *asked = request->body;
    struct gb_call calls[GB_ENGINE_CALLS_MAX + 3];
    size_t count = 2;
    const struct gb_api_told told = {account.account_no, account.account_id, account.created_at_us};
    gb_api_asked_store(&calls[0], lane, request, &told);
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
    if (asked->amount > 0)
        gb_engine_committed(lane->engine);
    gb_api_wake_publisher(lane->api, GB_WAKE_OUTBOX);
    answer_opened(lane, request, &account, false);
    return GB_OK;
}

/* In the transaction, under the catalogue's lock, with a key that is new. */
static enum gb_result open_new(struct gb_api_lane *lane, struct gb_api_request *request,
                               struct gb_err *err)
{
    const struct gb_api_asked *asked = request->body;
    int64_t now_us = gb_clock_wall_us();
    char made[GB_UUID_TEXT_SIZE];
    gb_uuid_format(gb_uuid_v7(), made);
    const char *account_id = asked->id == NULL ? made : asked->id;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_open, lane->arena);
    gb_params_text(&call.params, account_id);
    gb_params_text(&call.params, asked->name);
    gb_params_text(&call.params, asked->currency);
    gb_params_int8(&call.params, now_us);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) == 0)
        result = gb_api_asked_taken(lane, request, &gb_sql_account_taken, account_id, err);
    else
        result = finish_opening(lane, request, call.rows, err);
    gb_calls_release(&call, 1);
    return result;
}

static enum gb_result open_here(struct gb_api_lane *lane, struct gb_api_request *request,
                                struct gb_err *err)
{
    struct gb_call calls[3];
    enum gb_result result = gb_api_asked_begin(lane, request, calls, err);
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
