/* GET /v1/services and /v1/services/{id}; why a charge cannot have its price. */
#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/services.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"

struct gb_api_service gb_api_service_of(const struct gb_rows *rows, size_t row)
{
    return (struct gb_api_service){
        .service_id = gb_rows_text(rows, row, 0),
        .name = gb_rows_text(rows, row, 1),
        .price = gb_rows_int(rows, row, 2),
        .currency = gb_rows_text(rows, row, 3),
        .retired = gb_rows_bool(rows, row, 4),
        .version = gb_rows_int(rows, row, 5),
        .created_at_us = gb_rows_int(rows, row, 6),
        .updated_at_us = gb_rows_int(rows, row, 7),
    };
}

void gb_api_view_service(struct gb_json_text *text, const struct gb_api_service *service)
{
    gb_json_raw(text, "{");
    gb_json_member_text(text, "service_id", service->service_id);
    gb_json_member_text(text, "name", service->name);
    gb_json_member_money(text, "price", service->price, service->currency);
    gb_json_member_text(text, "status", service->retired ? "RETIRED" : "ACTIVE");
    gb_json_member_int(text, "version", service->version);
    gb_json_member_time(text, "created_at", service->created_at_us);
    gb_json_member_time(text, "updated_at", service->updated_at_us);
    gb_json_raw(text, "}");
}

void gb_api_answer_service(struct gb_api_lane *lane, struct gb_api_request *request,
                           const struct gb_api_service *service)
{
    struct gb_json_text text;
    gb_json_init(&text, lane->arena);
    gb_api_view_service(&text, service);
    gb_api_answer_ok(request, gb_json_done(&text));
}

enum gb_result gb_api_read_service(struct gb_api_lane *lane, struct gb_api_request *request,
                                   struct gb_err *err)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_service_read, lane->arena);
    gb_params_text(&call.params, request->subject);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) == 1) {
        struct gb_api_service service = gb_api_service_of(call.rows, 0);
        gb_api_answer_service(lane, request, &service);
    } else if (gb_dc_equal(settings->dc, settings->catalogue)) {
        gb_api_refuse(request, GB_API_SERVICE_NOT_FOUND, NULL, NULL);
    } else {
        gb_api_pass_on(lane, request,
                       gb_api_location("/v1/services/", request->subject, lane->arena));
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}

enum gb_result gb_api_miss_service(struct gb_api_lane *lane, struct gb_api_request *request,
                                   struct gb_err *err)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    const struct gb_api_question question = {
        .dc = settings->catalogue,
        .method = "GET",
        .path = gb_api_location("/v1/services/", request->command.service_id, lane->arena),
    };
    struct gb_http_answer answer = {.status = 404};
    enum gb_result result = GB_OK;
    if (!gb_dc_equal(settings->dc, settings->catalogue))
        result = gb_api_ask(lane, request, &question, &answer, err);
    if (result == GB_OK && answer.status == 404)
        gb_api_refuse(request, GB_API_SERVICE_NOT_FOUND, "service_id", NULL);
    else if (result == GB_OK && answer.status == 200)
        gb_api_refuse(request, GB_API_SERVICE_NOT_HERE_YET, "service_id", NULL);
    else
        gb_api_refuse(request, GB_API_CATALOGUE_UNREACHABLE, NULL, NULL);
    return GB_OK;
}

static const char *view(struct gb_json_text *text, const struct gb_rows *rows, size_t row)
{
    struct gb_api_service service = gb_api_service_of(rows, row);
    gb_api_view_service(text, &service);
    return service.service_id;
}

enum gb_result gb_api_list_services(struct gb_api_lane *lane, struct gb_api_request *request,
                                    struct gb_err *err)
{
    return gb_api_list_catalogue(lane, request, &gb_sql_service_list, view, err);
}
