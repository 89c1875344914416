#include "api/catalogue_command.h"

#include <string.h>

#include "api/answer.h"
#include "db/sql.h"
#include "runtime/clock.h"

/* Columns of catalogue_command_find. */
enum {
    KIND,
    ASKED_ID,
    ASKED_NAME,
    ASKED_CURRENCY,
    ASKED_AMOUNT,
    ASKED_EVEN,
    REASON,
    ACCOUNT_NO,
    ID,
    CREATED_AT
};

/* What of the two kinds has names of its own. */
struct words {
    const char *id, *amount;
    enum gb_api_error exists;
};
static const struct words WORDS[] = {
    [GB_ASKED_ACCOUNT] = {"account_id", "opening_balance", GB_API_ACCOUNT_EXISTS},
    [GB_ASKED_SERVICE] = {"service_id", "price", GB_API_SERVICE_EXISTS},
};

enum gb_result gb_api_asked_begin(struct gb_api_lane *lane, const struct gb_api_request *request,
                                  struct gb_call calls[3], struct gb_err *err)
{
    gb_call_init(&calls[0], &gb_sql_tx_begin, lane->arena);
    gb_call_init(&calls[1], &gb_sql_catalogue_lock, lane->arena);
    gb_call_init(&calls[2], &gb_sql_catalogue_command_find, lane->arena);
    gb_params_int4(&calls[2].params, request->client.client_no.value);
    gb_params_text(&calls[2].params, request->key);
    return gb_pg_run(lane->pg, calls, 3, NULL, err);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The first member in which the command that is stored differs; NULL: none. */
static const char *difference(const struct gb_api_asked *asked, const struct gb_rows *rows)
{
    if (gb_rows_int(rows, 0, KIND) != (int64_t)asked->kind)
        return "kind";
    if (!same_text(gb_rows_text(rows, 0, ASKED_ID), asked->id))
        return WORDS[asked->kind].id;
    if (!same_text(gb_rows_text(rows, 0, ASKED_NAME), asked->name))
        return "name";
    if (!same_text(gb_rows_text(rows, 0, ASKED_CURRENCY), asked->currency))
        return asked->kind == GB_ASKED_ACCOUNT ? "currency" : "price.currency";
    if (gb_rows_int(rows, 0, ASKED_AMOUNT) != asked->amount)
        return WORDS[asked->kind].amount;
    return gb_rows_bool(rows, 0, ASKED_EVEN) == asked->even ? NULL : "policy";
}

static const char *field_of(const struct gb_api_asked *asked, enum gb_api_error error)
{
    return error == WORDS[asked->kind].exists ? WORDS[asked->kind].id : "name";
}

bool gb_api_asked_again(struct gb_api_request *request, const struct gb_rows *rows,
                        struct gb_api_told *ret)
{
    const struct gb_api_asked *asked = request->body;
    const char *field = difference(asked, rows), *reason = gb_rows_text(rows, 0, REASON);
    if (field != NULL) {
        gb_api_refuse(request, GB_API_IDEMPOTENCY_MISMATCH, field,
                      "the key was used before with other content");
        return false;
    }
    if (reason != NULL) {
        const enum gb_api_error error = gb_api_error_of(reason);
        const struct gb_api_refusal refusal = {
            .error = error, .field = field_of(asked, error), .replayed = true};
        gb_api_refuse_stored(request, &refusal);
        return false;
    }
    *ret = (struct gb_api_told){.id = gb_rows_text(rows, 0, ID),
                                .created_at_us = gb_rows_int(rows, 0, CREATED_AT)};
    if (asked->kind == GB_ASKED_ACCOUNT)
        ret->account_no = gb_rows_int(rows, 0, ACCOUNT_NO);
    return true;
}

static void store(struct gb_call *call, struct gb_api_lane *lane,
                  const struct gb_api_request *request, const char *reason,
                  const struct gb_api_told *told)
{
    const struct gb_api_asked *asked = request->body;
    bool account = reason == NULL && asked->kind == GB_ASKED_ACCOUNT;
    bool service = reason == NULL && asked->kind == GB_ASKED_SERVICE;
    gb_call_init(call, &gb_sql_catalogue_command_add, lane->arena);
    gb_params_int4(&call->params, request->client.client_no.value);
    gb_params_text(&call->params, request->key);
    gb_params_int2(&call->params, (int16_t)asked->kind);
    gb_params_text(&call->params, asked->id);
    gb_params_text(&call->params, asked->name);
    gb_params_text(&call->params, asked->currency);
    gb_params_int8(&call->params, asked->amount);
    gb_params_bool(&call->params, asked->even);
    gb_params_text(&call->params, reason);
    if (account)
        gb_params_int8(&call->params, told->account_no);
    else
        gb_params_null(&call->params);
    gb_params_text(&call->params, service ? told->id : NULL);
    gb_params_int8(&call->params, told->created_at_us);
}

void gb_api_asked_store(struct gb_call *call, struct gb_api_lane *lane,
                        const struct gb_api_request *request, const struct gb_api_told *told)
{
    store(call, lane, request, NULL, told);
}

enum gb_result gb_api_asked_taken(struct gb_api_lane *lane, struct gb_api_request *request,
                                  const struct gb_statement *taken, const char *id,
                                  struct gb_err *err)
{
    const struct gb_api_asked *asked = request->body;
    const struct gb_api_told told = {.created_at_us = gb_clock_wall_us()};
    struct gb_call calls[2];
    gb_call_init(&calls[0], taken, lane->arena);
    gb_params_text(&calls[0].params, id);
    gb_params_text(&calls[0].params, asked->name);
    enum gb_result result = gb_pg_call(lane->pg, &calls[0], err);
    if (result != GB_OK)
        return result;
    bool exists = gb_rows_bool(calls[0].rows, 0, 0);
    enum gb_api_error error = exists ? WORDS[asked->kind].exists : GB_API_NAME_TAKEN;
    gb_calls_release(calls, 1);
    store(&calls[0], lane, request, gb_api_error_row(error)->code, &told);
    gb_call_init(&calls[1], &gb_sql_tx_commit, lane->arena);
    result = gb_pg_run(lane->pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    gb_calls_release(calls, 2);
    gb_api_refuse(request, error, field_of(asked, error), NULL);
    return GB_OK;
}
