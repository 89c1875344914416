#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/ask_peer.h"
#include "api/cursor.h"
#include "api/gathered.h"
#include "api/read_body.h"
#include "api/views.h"
#include "db/sql.h"
#include "runtime/log.h"

/* Columns of operation_list and relay_list. */
enum { CLIENT_NO, KEY, KIND, STATE, AMOUNT, REASON, CREATED_AT, DECIDED_AT };
/* Only of operation_list: who pays, where that is another account than the one listed. */
enum { PAYER = 15 };

static struct gb_api_place place_read(const json_t *place)
{
    const char *key = json_string_value(json_array_get(place, 2));
    return (struct gb_api_place){
        .created_at_us = json_integer_value(json_array_get(place, 0)),
        .client_no = (int32_t)json_integer_value(json_array_get(place, 1)),
        .key = key == NULL ? "" : key,
    };
}

static void call_list(struct gb_call *call, const struct gb_statement *statement,
                      const struct gb_api_gathering *to, struct gb_api_place after)
{
    gb_call_init(call, statement, to->lane->arena);
    gb_params_int8(&call->params, to->account.account_no.value);
    if (to->state_name == NULL)
        gb_params_null(&call->params);
    else
        gb_params_int2(&call->params, (int16_t)to->state);
    gb_params_int8(&call->params, after.created_at_us);
    gb_params_int4(&call->params, after.client_no);
    gb_params_text(&call->params, after.key);
    gb_params_int4(&call->params, to->limit + 1);
}

static struct gb_bytes view(const struct gb_api_gathering *to, struct gb_dc owner,
                            const struct gb_rows *rows, size_t row, bool own)
{
    bool paid_to = own && !gb_rows_null(rows, row, PAYER);
    struct gb_json_text text;
    gb_json_init(&text, to->lane->arena);
    struct gb_api_operation operation = {
        .key = gb_rows_text(rows, row, KEY),
        .owner = owner.code,
        .kind = (int)gb_rows_int(rows, row, KIND),
        .state = (int)gb_rows_int(rows, row, STATE),
        .account_id = paid_to ? gb_rows_text(rows, row, PAYER) : to->account_id,
        .amount = gb_rows_int(rows, row, AMOUNT),
        .currency = to->account.currency.code,
        .reason = gb_rows_text(rows, row, REASON),
        .created_at_us = gb_rows_int(rows, row, CREATED_AT),
    };
    gb_api_operation_take(&operation, rows, row, DECIDED_AT);
    gb_api_view_operation(&text, &operation);
    return gb_json_done(&text);
}

/* Copies rows into the gathering; they may be freed then. */
static void add_rows(struct gb_api_gathering *to, struct gb_dc owner, const struct gb_rows *rows,
                     bool counts)
{
    size_t found = gb_rows_count(rows), limit = (size_t)to->limit;
    to->more = to->more || (counts && found > limit);
    for (size_t i = 0; i < found && i < limit; i++) {
        const char *key = gb_arena_strdup(to->lane->arena, gb_rows_text(rows, i, KEY));
        GB_CHECK(key != NULL);
        to->found[to->count++] = (struct gb_api_gathered){
            .dc = owner,
            .place = {gb_rows_int(rows, i, CREATED_AT), (int32_t)gb_rows_int(rows, i, CLIENT_NO),
                      key},
            .json = view(to, owner, rows, i, counts),
            .counts = counts,
        };
    }
}

enum gb_result gb_api_gather_own(struct gb_api_gathering *to, struct gb_err *err)
{
    struct gb_dc own = to->lane->api->settings.dc;
    struct gb_call call;
    call_list(&call, &gb_sql_operation_list, to, place_read(json_object_get(to->cursor, own.code)));
    enum gb_result result = gb_pg_call(to->lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    add_rows(to, own, call.rows, true);
    gb_calls_release(&call, 1);
    return GB_OK;
}

/* What was relayed to a datacenter that does not answer, as far as it is known here. Shown with the
 * first page only, and without moving the cursor: what that datacenter says later comes then. */
static enum gb_result add_relayed(struct gb_api_gathering *to, struct gb_dc dc, struct gb_err *err)
{
    to->missing[to->missing_count++] = dc;
    if (gb_http_query(to->request->http, "cursor") != NULL)
        return GB_OK;
    struct gb_call call;
    call_list(&call, &gb_sql_relay_list, to, (struct gb_api_place){.key = ""});
    gb_params_text(&call.params, dc.code);
    enum gb_result result = gb_pg_call(to->lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    add_rows(to, dc, call.rows, false);
    gb_calls_release(&call, 1);
    return GB_OK;
}

/* The path with which a peer is asked for its own operations. */
static const char *peer_path(const struct gb_api_gathering *to, struct gb_dc dc)
{
    struct gb_arena *arena = to->lane->arena;
    const char *cursor = NULL;
    json_t *place = json_object_get(to->cursor, dc.code);
    if (place != NULL) {
        json_t *only = json_pack("{s:O}", dc.code, place);
        cursor = gb_api_cursor_encode(only, arena);
        json_decref(only);
    }
    const char *path = gb_arena_printf(
        arena, "/v1/operations?account_id=%s&limit=%" PRId32 "&scope=local%s%s%s%s", to->account_id,
        to->limit,
        to->state_name == NULL ? "" : "&state=", to->state_name == NULL ? "" : to->state_name,
        cursor == NULL ? "" : "&cursor=", cursor == NULL ? "" : cursor);
    GB_CHECK(path != NULL);
    return path;
}

/* Takes over a peer's list. False: it is not what an API of ours says. */
static bool add_list(struct gb_api_gathering *to, struct gb_dc dc, json_t *list)
{
    json_t *data = json_object_get(list, "data"), *operation;
    size_t i;
    if (!json_is_array(data) || json_array_size(data) > (size_t)to->limit)
        return false;
    to->more = to->more || json_is_true(json_object_get(list, "has_more"));
    json_array_foreach(data, i, operation)
    {
        struct gb_api_place place = place_read(json_object_get(operation, "place"));
        place.key = gb_arena_strdup(to->lane->arena, place.key);
        (void)json_object_del(operation, "place");
        char *text = json_dumps(operation, JSON_COMPACT | JSON_PRESERVE_ORDER);
        const char *copy = text == NULL ? NULL : gb_arena_strdup(to->lane->arena, text);
        free(text);
        if (copy == NULL || place.key == NULL || place.key[0] == '\0')
            return false;
        to->found[to->count++] = (struct gb_api_gathered){
            .dc = dc, .place = place, .json = {copy, strlen(copy)}, .counts = true};
    }
    return true;
}

enum gb_result gb_api_gather_peer(struct gb_api_gathering *to, struct gb_dc dc, struct gb_err *err)
{
    struct gb_http_answer answer;
    struct gb_err why = {.code = "", .message = "unexpected answer"};
    struct gb_api_question question = {.dc = dc, .method = "GET", .path = peer_path(to, dc)};
    enum gb_result result = gb_api_ask(to->lane, to->request, &question, &answer, &why);
    json_t *list = NULL;
    size_t before = to->count;
    bool good = result == GB_OK && answer.status == 200 &&
                gb_api_json_parse(answer.body, to->lane->arena, &list) == NULL &&
                add_list(to, dc, list);
    json_decref(list);
    if (good)
        return GB_OK;
    to->count = before;
    gb_log(GB_LOG_WARNING, "datacenter could not be asked", GB_F_TRACE(&to->request->trace),
           GB_F_TEXT("dc", dc.code), GB_F_ERR(&why));
    return add_relayed(to, dc, err);
}
