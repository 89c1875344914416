/* PATCH /v1/services/{id}: another price or status, at the catalogue datacenter; elsewhere passed
 * on. Asking for what is there already changes nothing, so repeats need no key. */
#include <string.h>

#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/publish_account.h"
#include "api/read_body.h"
#include "api/services.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"
#include "runtime/clock.h"

/* What is wanted. */
struct wanted {
    int64_t price; /* 0: as it is */
    struct gb_currency currency;
    const char *status; /* NULL: as it is */
};

static bool read_status(struct gb_api_request *request, json_t *status, struct wanted *ret)
{
    static const char *const words[] = {"ACTIVE", "RETIRED"};
    if (status == NULL)
        return true;
    for (size_t i = 0; i < 2; i++) {
        if (strcmp(json_string_value(status), words[i]) == 0)
            ret->status = words[i];
    }
    if (ret->status == NULL)
        gb_api_refuse(request, GB_API_FIELD_INVALID, "status", "ACTIVE or RETIRED");
    return ret->status != NULL;
}

static bool read_wanted(struct gb_api_request *request, json_t *body, struct wanted *ret)
{
    json_t *price, *status;
    const struct gb_api_member members[] = {
        {"price", JSON_OBJECT, false, GB_API_FIELD_INVALID, &price},
        {"status", JSON_STRING, false, GB_API_FIELD_INVALID, &status},
    };
    if (!gb_api_read_members(request, body, "", members, 2))
        return false;
    if (price == NULL && status == NULL) {
        gb_api_refuse(request, GB_API_FIELD_MISSING, "price", "price, status, or both");
        return false;
    }
    return (price == NULL || gb_api_read_price(request, price, &ret->price, &ret->currency)) &&
           read_status(request, status, ret);
}

bool gb_api_prepare_service_change(struct gb_api_request *request)
{
    json_t *body;
    if (!gb_api_read_body(request, &body))
        return false;
    struct wanted *wanted = gb_arena_alloc(request->arena, sizeof(*wanted));
    GB_CHECK(wanted != NULL);
    *wanted = (struct wanted){.price = 0};
    bool good = read_wanted(request, body, wanted);
    json_decref(body);
    request->body = wanted;
    return good;
}

/* In the transaction, under the catalogue's lock. Ends it. */
static enum gb_result change(struct gb_api_lane *lane, struct gb_api_request *request,
                             int64_t price, bool retired, struct gb_err *err)
{
    struct gb_call change_call, calls[2];
    gb_call_init(&change_call, &gb_sql_service_change, lane->arena);
    gb_params_text(&change_call.params, request->subject);
    gb_params_int8(&change_call.params, price);
    gb_params_bool(&change_call.params, retired);
    gb_params_int8(&change_call.params, gb_clock_wall_us());
    enum gb_result result = gb_pg_call(lane->pg, &change_call, err);
    if (result != GB_OK)
        return result;
    const struct gb_api_service service = gb_api_service_of(change_call.rows, 0);
    result = gb_api_publish_service(lane, request, &service, &calls[0], err);
    if (result == GB_OK) {
        gb_call_init(&calls[1], &gb_sql_tx_commit, lane->arena);
        result = gb_pg_run(lane->pg, calls, 2, NULL, err);
    }
    if (result == GB_OK) {
        gb_calls_release(calls, 2);
        gb_api_wake_publisher(lane->api, GB_WAKE_OUTBOX);
        gb_api_answer_service(lane, request, &service);
    }
    gb_calls_release(&change_call, 1);
    return result;
}

/* With the service as it is. */
static enum gb_result judge(struct gb_api_lane *lane, struct gb_api_request *request,
                            const struct gb_api_service *now, struct gb_err *err)
{
    const struct wanted *wanted = request->body;
    int64_t price = wanted->price == 0 ? now->price : wanted->price;
    bool retired = wanted->status == NULL ? now->retired : strcmp(wanted->status, "RETIRED") == 0;
    if (wanted->price != 0 && strcmp(wanted->currency.code, now->currency) != 0) {
        gb_api_refuse(request, GB_API_CURRENCY_MISMATCH, "price.currency",
                      gb_arena_printf(lane->arena, "the price is in %s", now->currency));
        return GB_OK;
    }
    if (price != now->price || retired != now->retired)
        return change(lane, request, price, retired, err);
    gb_api_answer_service(lane, request, now);
    return GB_OK;
}

static enum gb_result change_here(struct gb_api_lane *lane, struct gb_api_request *request,
                                  struct gb_err *err)
{
    struct gb_call calls[3];
    gb_call_init(&calls[0], &gb_sql_tx_begin, lane->arena);
    gb_call_init(&calls[1], &gb_sql_catalogue_lock, lane->arena);
    gb_call_init(&calls[2], &gb_sql_service_read, lane->arena);
    gb_params_text(&calls[2].params, request->subject);
    enum gb_result result = gb_pg_run(lane->pg, calls, 3, NULL, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(calls[2].rows) == 0) {
        gb_api_refuse(request, GB_API_SERVICE_NOT_FOUND, NULL, NULL);
    } else {
        const struct gb_api_service now = gb_api_service_of(calls[2].rows, 0);
        result = judge(lane, request, &now, err);
    }
    gb_calls_release(calls, 3);
    gb_pg_rollback(lane->pg); /* of what was not committed */
    return result;
}

enum gb_result gb_api_change_service(struct gb_api_lane *lane, struct gb_api_request *request,
                                     struct gb_err *err)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    if (gb_dc_equal(settings->dc, settings->catalogue))
        return change_here(lane, request, err);
    gb_api_pass_on(lane, request, gb_api_location("/v1/services/", request->subject, lane->arena));
    return GB_OK;
}
