/* Pay-ins and refunds whose keys are owned elsewhere: the row here and the message to the owner. */
#include "api/columns.h"
#include "bus/record.h"
#include "db/sql.h"
#include "wire/messages.h"

/* Of each relayed command. */
struct messages {
    const char **topic, **type;
    struct gb_uuid *id;
    struct gb_bytes *payload;
};

static struct gb_message_account account_of(struct gb_api *api,
                                            const struct gb_api_command *command)
{
    return (struct gb_message_account){
        .dc = api->settings.dc,
        .incarnation = atomic_load(&api->incarnation),
        .account_id = command->account_id,
        .account_no = command->known.account_no,
        .currency = command->currency,
    };
}

static enum gb_result write_refund(struct gb_api *api, const struct gb_api_request *request,
                                   struct gb_arena *arena, struct gb_bytes *ret, struct gb_err *err)
{
    const struct gb_api_command *refund = &request->command;
    struct gb_message_refund message = {
        .account = account_of(api, refund),
        .owner = refund->owner,
        .client_no = request->client.client_no,
        .key = request->key,
        .original_key = refund->original_key,
        .amount = refund->amount,
        .reference = refund->reference,
        .metadata = refund->metadata,
        .accepted_at_us = refund->created_at_us,
    };
    return gb_wire_refund_encode(&message, arena, ret, err);
}

static enum gb_result write_payin(struct gb_api *api, const struct gb_api_request *request,
                                  struct gb_arena *arena, struct gb_bytes *ret, struct gb_err *err)
{
    const struct gb_api_command *payin = &request->command;
    struct gb_message_payin message = {
        .account = account_of(api, payin),
        .owner = payin->owner,
        .client_no = request->client.client_no,
        .key = request->key,
        .amount = payin->amount,
        .reference = payin->reference,
        .metadata = payin->metadata,
        .accepted_at_us = payin->created_at_us,
        .awaited = request->wait_s > 0,
    };
    return gb_wire_payin_encode(&message, arena, ret, err);
}

static enum gb_result write_messages(struct gb_api *api, struct gb_api_request *const *requests,
                                     size_t n, struct gb_arena *arena, struct messages *ret,
                                     struct gb_err *err)
{
    ret->topic = gb_arena_array(arena, n, sizeof(*ret->topic));
    ret->type = gb_arena_array(arena, n, sizeof(*ret->type));
    ret->id = gb_arena_array(arena, n, sizeof(*ret->id));
    ret->payload = gb_arena_array(arena, n, sizeof(*ret->payload));
    GB_CHECK(ret->topic != NULL && ret->type != NULL && ret->id != NULL && ret->payload != NULL);
    for (size_t i = 0; i < n; i++) {
        char topic[GB_TOPIC_SIZE];
        gb_topic_name(topic, requests[i]->command.owner.code, "payin");
        ret->topic[i] = gb_arena_strdup(arena, topic);
        ret->id[i] = gb_uuid_v7();
        bool refund = requests[i]->command.kind == GB_OPERATION_REFUND;
        ret->type[i] = gb_message_type(refund ? GB_MESSAGE_REFUND : GB_MESSAGE_PAYIN);
        enum gb_result result = refund
                                    ? write_refund(api, requests[i], arena, &ret->payload[i], err)
                                    : write_payin(api, requests[i], arena, &ret->payload[i], err);
        if (result != GB_OK)
            return result;
    }
    return GB_OK;
}

enum gb_result gb_api_call_relay(struct gb_api *api, struct gb_call *call,
                                 struct gb_api_request *const *requests,
                                 const struct gb_api_columns *c, struct gb_arena *arena,
                                 struct gb_err *err)
{
    struct messages messages;
    enum gb_result result = write_messages(api, requests, c->n, arena, &messages, err);
    if (result != GB_OK)
        return result;
    gb_call_init(call, &gb_sql_relay_accept, arena);
    gb_params_int4_array(&call->params, c->client_no, NULL, c->n);
    gb_params_text_array(&call->params, c->key, c->n);
    gb_params_text_array(&call->params, c->owner, c->n);
    gb_params_int8_array(&call->params, c->account_no, NULL, c->n);
    gb_params_int8_array(&call->params, c->amount, NULL, c->n);
    gb_params_int8_array(&call->params, c->created_at_us, NULL, c->n);
    gb_params_uuid_array(&call->params, c->trace_id, c->n);
    gb_params_int8_array(&call->params, c->span_id, NULL, c->n);
    gb_params_text_array(&call->params, c->reference, c->n);
    gb_params_text_array(&call->params, c->metadata, c->n);
    gb_params_text_array(&call->params, messages.topic, c->n);
    gb_params_uuid_array(&call->params, messages.id, c->n);
    gb_params_text_array(&call->params, c->account_id, c->n);
    gb_params_bytea_array(&call->params, messages.payload, c->n);
    gb_params_int2_array(&call->params, c->kind, NULL, c->n);
    gb_params_text_array(&call->params, c->original_key, c->n);
    gb_params_text_array(&call->params, messages.type, c->n);
    gb_params_int4(&call->params, atomic_load(&api->epoch));
    return GB_OK;
}
