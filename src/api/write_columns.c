#include "api/columns.h"
#include "db/sql.h"

struct gb_api_columns gb_api_columns_of(struct gb_api_request *const *requests, size_t n,
                                        struct gb_arena *arena)
{
    struct gb_api_columns c = {
        .n = n,
        .client_no = gb_arena_need_array(arena, n, sizeof(*c.client_no)),
        .account_no = gb_arena_need_array(arena, n, sizeof(*c.account_no)),
        .amount = gb_arena_need_array(arena, n, sizeof(*c.amount)),
        .created_at_us = gb_arena_need_array(arena, n, sizeof(*c.created_at_us)),
        .span_id = gb_arena_need_array(arena, n, sizeof(*c.span_id)),
        .trace_id = gb_arena_need_array(arena, n, sizeof(*c.trace_id)),
        .kind = gb_arena_need_array(arena, n, sizeof(*c.kind)),
        .awaited = gb_arena_need_array(arena, n, sizeof(*c.awaited)),
        .key = gb_arena_need_array(arena, n, sizeof(*c.key)),
        .account_id = gb_arena_need_array(arena, n, sizeof(*c.account_id)),
        .currency = gb_arena_need_array(arena, n, sizeof(*c.currency)),
        .reference = gb_arena_need_array(arena, n, sizeof(*c.reference)),
        .metadata = gb_arena_need_array(arena, n, sizeof(*c.metadata)),
        .owner = gb_arena_need_array(arena, n, sizeof(*c.owner)),
        .reason = gb_arena_need_array(arena, n, sizeof(*c.reason)),
        .original_key = gb_arena_need_array(arena, n, sizeof(*c.original_key)),
    };
    for (size_t i = 0; i < n; i++) {
        const struct gb_api_request *request = requests[i];
        const struct gb_api_command *payin = &request->command;
        c.client_no[i] = request->client.client_no.value;
        c.account_no[i] = payin->known.account_no.value;
        c.amount[i] = payin->amount;
        c.created_at_us[i] = payin->created_at_us;
        c.span_id[i] = request->trace.span_id;
        c.trace_id[i] = request->trace.trace_id;
        c.awaited[i] = request->wait_s > 0;
        c.key[i] = request->key;
        c.account_id[i] = payin->account_id;
        c.currency[i] = payin->currency.code;
        c.reference[i] = payin->reference;
        c.metadata[i] = payin->metadata;
        c.owner[i] = payin->owner.code;
        c.reason[i] = payin->reason;
        c.kind[i] = (int16_t)payin->kind;
        c.original_key[i] = payin->original_key;
    }
    return c;
}

void gb_api_call_accept(struct gb_call *call, const struct gb_api_columns *c, int32_t epoch,
                        struct gb_arena *arena)
{
    gb_call_init(call, &gb_sql_operation_accept, arena);
    gb_params_int4_array(&call->params, c->client_no, NULL, c->n);
    gb_params_text_array(&call->params, c->key, c->n);
    gb_params_text_array(&call->params, c->account_id, c->n);
    gb_params_text_array(&call->params, c->currency, c->n);
    gb_params_int8_array(&call->params, c->amount, NULL, c->n);
    gb_params_int8_array(&call->params, c->created_at_us, NULL, c->n);
    gb_params_bool_array(&call->params, c->awaited, c->n);
    gb_params_uuid_array(&call->params, c->trace_id, c->n);
    gb_params_int8_array(&call->params, c->span_id, NULL, c->n);
    gb_params_text_array(&call->params, c->reference, c->n);
    gb_params_text_array(&call->params, c->metadata, c->n);
    gb_params_int4(&call->params, epoch);
}

void gb_api_call_identities(struct gb_call *call, const struct gb_api_columns *c,
                            struct gb_arena *arena)
{
    gb_call_init(call, &gb_sql_share_create, arena);
    gb_params_int8_array(&call->params, c->account_no, NULL, c->n);
    gb_params_text_array(&call->params, c->account_id, c->n);
    gb_params_text_array(&call->params, c->currency, c->n);
}

void gb_api_call_accept_learnt(struct gb_call *call, const struct gb_api_columns *c, int32_t epoch,
                               struct gb_arena *arena)
{
    gb_call_init(call, &gb_sql_operation_accept_learnt, arena);
    gb_params_int4_array(&call->params, c->client_no, NULL, c->n);
    gb_params_text_array(&call->params, c->key, c->n);
    gb_params_int8_array(&call->params, c->account_no, NULL, c->n);
    gb_params_int8_array(&call->params, c->amount, NULL, c->n);
    gb_params_int8_array(&call->params, c->created_at_us, NULL, c->n);
    gb_params_bool_array(&call->params, c->awaited, c->n);
    gb_params_uuid_array(&call->params, c->trace_id, c->n);
    gb_params_int8_array(&call->params, c->span_id, NULL, c->n);
    gb_params_text_array(&call->params, c->reference, c->n);
    gb_params_text_array(&call->params, c->metadata, c->n);
    gb_params_int4(&call->params, epoch);
}

/* The columns that both kinds of refusals end with. */
static void add_refusal(struct gb_call *call, const struct gb_api_columns *c)
{
    gb_params_int8_array(&call->params, c->account_no, NULL, c->n);
    gb_params_int8_array(&call->params, c->amount, NULL, c->n);
    gb_params_int8_array(&call->params, c->created_at_us, NULL, c->n);
    gb_params_uuid_array(&call->params, c->trace_id, c->n);
    gb_params_int8_array(&call->params, c->span_id, NULL, c->n);
    gb_params_text_array(&call->params, c->reason, c->n);
    gb_params_text_array(&call->params, c->reference, c->n);
    gb_params_text_array(&call->params, c->metadata, c->n);
}

void gb_api_call_refuse(struct gb_call *call, const struct gb_api_columns *c, int32_t epoch,
                        struct gb_arena *arena)
{
    gb_call_init(call, &gb_sql_operation_refuse, arena);
    gb_params_int4_array(&call->params, c->client_no, NULL, c->n);
    gb_params_text_array(&call->params, c->key, c->n);
    add_refusal(call, c);
    gb_params_int4(&call->params, epoch);
}

void gb_api_call_refuse_relayed(struct gb_call *call, const struct gb_api_columns *c,
                                struct gb_arena *arena)
{
    gb_call_init(call, &gb_sql_relay_refuse, arena);
    gb_params_int4_array(&call->params, c->client_no, NULL, c->n);
    gb_params_text_array(&call->params, c->key, c->n);
    gb_params_text_array(&call->params, c->owner, c->n);
    add_refusal(call, c);
}

void gb_api_call_repeats(struct gb_call *call, const struct gb_statement *statement,
                         const struct gb_api_columns *c, struct gb_arena *arena)
{
    gb_call_init(call, statement, arena);
    gb_params_int4_array(&call->params, c->client_no, NULL, c->n);
    gb_params_text_array(&call->params, c->key, c->n);
    gb_params_text_array(&call->params, c->account_id, c->n);
}
