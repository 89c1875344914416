#include "api/publish_account.h"

#include "api/services.h"
#include "bus/record.h"
#include "db/sql.h"
#include "wire/messages.h"

/* An item of the catalogue, as its record. */
struct item {
    const char *key, *about;
    enum gb_message_kind kind;
    struct gb_bytes payload;
    int64_t at_us;
};

static void call_publish(struct gb_api_lane *lane, const struct gb_api_request *request,
                         const struct item *item, struct gb_call *call)
{
    const char *stream = "catalogue", *topic = GB_TOPIC_CATALOGUE;
    const char *type = gb_message_type(item->kind);
    struct gb_uuid id = gb_uuid_v7();
    GB_CHECK(item->key != NULL);
    gb_call_init(call, &gb_sql_outbox_insert, lane->arena);
    gb_params_text_array(&call->params, &stream, 1);
    gb_params_text_array(&call->params, &topic, 1);
    gb_params_uuid_array(&call->params, &id, 1);
    gb_params_text_array(&call->params, &item->key, 1);
    gb_params_bytea_array(&call->params, &item->payload, 1);
    gb_params_uuid_array(&call->params, &request->trace.trace_id, 1);
    gb_params_int8_array(&call->params, &request->trace.span_id, NULL, 1);
    gb_params_text_array(&call->params, &item->about, 1);
    gb_params_text_array(&call->params, &type, 1);
    gb_params_int8(&call->params, item->at_us);
    gb_params_int4(&call->params, atomic_load(&lane->api->epoch));
}

enum gb_result gb_api_call_publish(struct gb_api_lane *lane, const struct gb_api_request *request,
                                   const struct gb_api_account_row *account, struct gb_call *call,
                                   struct gb_err *err)
{
    struct gb_api *api = lane->api;
    struct gb_message_catalogue_account message = {
        .account =
            {
                .dc = api->settings.dc,
                .incarnation = atomic_load(&api->incarnation),
                .account_id = account->account_id,
                .account_no = {account->account_no},
            },
        .name = account->name,
        .status = (enum gb_account_status)account->status,
        .version = account->version,
        .created_at_us = account->created_at_us,
        .updated_at_us = account->updated_at_us,
    };
    GB_CHECK(gb_currency_parse(account->currency, &message.account.currency));
    struct gb_bytes payload;
    enum gb_result result = gb_wire_account_encode(&message, lane->arena, &payload, err);
    if (result != GB_OK)
        return result;
    const struct item item = {
        .key = gb_arena_printf(lane->arena, "account:%s", account->account_id),
        .about = "account",
        .kind = GB_MESSAGE_ACCOUNT,
        .payload = payload,
        .at_us = account->updated_at_us,
    };
    call_publish(lane, request, &item, call);
    return GB_OK;
}

enum gb_result gb_api_publish_service(struct gb_api_lane *lane,
                                      const struct gb_api_request *request,
                                      const struct gb_api_service *service, struct gb_call *call,
                                      struct gb_err *err)
{
    struct gb_api *api = lane->api;
    struct gb_message_service message = {
        .dc = api->settings.dc,
        .incarnation = atomic_load(&api->incarnation),
        .service_id = service->service_id,
        .name = service->name,
        .price = service->price,
        .retired = service->retired,
        .version = service->version,
        .created_at_us = service->created_at_us,
        .updated_at_us = service->updated_at_us,
    };
    GB_CHECK(gb_currency_parse(service->currency, &message.currency));
    struct gb_bytes payload;
    enum gb_result result = gb_wire_service_encode(&message, lane->arena, &payload, err);
    if (result != GB_OK)
        return result;
    const struct item item = {
        .key = gb_arena_printf(lane->arena, "service:%s", service->service_id),
        .about = "service",
        .kind = GB_MESSAGE_SERVICE,
        .payload = payload,
        .at_us = service->updated_at_us,
    };
    call_publish(lane, request, &item, call);
    return GB_OK;
}

void gb_api_wake_publisher(struct gb_api *api, unsigned what)
{
    if (api->wake != NULL)
        gb_wake_send(api->wake, what);
}
