/* POST /v1/services: at the catalogue datacenter one transaction with its idempotency record and
 * its message; elsewhere passed on. */
#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/catalogue_command.h"
#include "api/publish_account.h"
#include "api/services.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"
#include "runtime/clock.h"

static void answer_added(struct gb_api_lane *lane, struct gb_api_request *request,
                         const struct gb_api_service *service, bool replayed)
{
    struct gb_json_text text;
    gb_json_init(&text, lane->arena);
    gb_api_view_service(&text, service);
    struct gb_api_answer answer = {
        .status = 201,
        .body = gb_json_done(&text),
        .location = gb_api_location("/v1/services/", service->service_id, lane->arena),
        .replayed = replayed,
    };
    gb_api_answer(request, &answer);
}

/* What it was when it was added, whatever happened to it since. */
static void answer_again(struct gb_api_lane *lane, struct gb_api_request *request,
                         const struct gb_rows *rows)
{
    const struct gb_api_asked *asked = request->body;
    struct gb_api_told told;
    if (!gb_api_asked_again(request, rows, &told))
        return;
    const struct gb_api_service service = {
        .service_id = told.id,
        .name = asked->name,
        .price = asked->amount,
        .currency = asked->currency,
        .version = 1,
        .created_at_us = told.created_at_us,
        .updated_at_us = told.created_at_us,
    };
    answer_added(lane, request, &service, true);
}

/* Stores command and message with the new service. Ends the transaction. */
static enum gb_result finish(struct gb_api_lane *lane, struct gb_api_request *request,
                             const struct gb_rows *added, struct gb_err *err)
{
    const struct gb_api_service service = gb_api_service_of(added, 0);
    const struct gb_api_told told = {.id = service.service_id,
                                     .created_at_us = service.created_at_us};
    struct gb_call calls[3];
    gb_api_asked_store(&calls[0], lane, request, &told);
    enum gb_result result = gb_api_publish_service(lane, request, &service, &calls[1], err);
    if (result != GB_OK)
        return result;
    gb_call_init(&calls[2], &gb_sql_tx_commit, lane->arena);
    result = gb_pg_run(lane->pg, calls, 3, NULL, err);
    if (result != GB_OK)
        return result;
    gb_calls_release(calls, 3);
    gb_api_wake_publisher(lane->api, GB_WAKE_OUTBOX);
    answer_added(lane, request, &service, false);
    return GB_OK;
}

/* In the transaction, under the catalogue's lock, with a key that is new. */
static enum gb_result add_new(struct gb_api_lane *lane, struct gb_api_request *request,
                              struct gb_err *err)
{
    const struct gb_api_asked *asked = request->body;
    char made[GB_UUID_TEXT_SIZE];
    gb_uuid_format(gb_uuid_v7(), made);
    const char *service_id = asked->id == NULL ? made : asked->id;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_service_add, lane->arena);
    gb_params_text(&call.params, service_id);
    gb_params_text(&call.params, asked->name);
    gb_params_int8(&call.params, asked->amount);
    gb_params_text(&call.params, asked->currency);
    gb_params_int8(&call.params, gb_clock_wall_us());
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) == 0)
        result = gb_api_asked_taken(lane, request, &gb_sql_service_taken, service_id, err);
    else
        result = finish(lane, request, call.rows, err);
    gb_calls_release(&call, 1);
    return result;
}

enum gb_result gb_api_add_service(struct gb_api_lane *lane, struct gb_api_request *request,
                                  struct gb_err *err)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    if (!gb_dc_equal(settings->dc, settings->catalogue)) {
        gb_api_pass_on(lane, request, "/v1/services");
        return GB_OK;
    }
    struct gb_call calls[3];
    enum gb_result result = gb_api_asked_begin(lane, request, calls, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(calls[2].rows) == 0)
        result = add_new(lane, request, err);
    else
        answer_again(lane, request, calls[2].rows);
    gb_calls_release(calls, 3);
    gb_pg_rollback(lane->pg); /* of what was not committed */
    return result;
}
