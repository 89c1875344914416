#include <string.h>

#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/cursor.h"
#include "api/read_headers.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"

/* Columns of ledger_entries. */
enum { DC, VERSION, KIND, AMOUNT, BALANCE_AFTER, KEY, REFERENCE, PEER, CREATED_AT };

/* The cursor's object: per datacenter the last version that was shown. */
static void add_place(struct gb_call *call, json_t *cursor, struct gb_arena *arena)
{
    size_t count = json_object_size(cursor), n = 0;
    const char **codes = gb_arena_array(arena, count, sizeof(*codes));
    int64_t *versions = gb_arena_array(arena, count, sizeof(*versions));
    GB_CHECK(codes != NULL && versions != NULL);
    const char *code;
    json_t *version;
    json_object_foreach(cursor, code, version)
    {
        codes[n] = code;
        versions[n++] = json_integer_value(version);
    }
    gb_params_text_array(&call->params, codes, n);
    gb_params_int8_array(&call->params, versions, NULL, n);
}

static void view_entry(struct gb_json_text *text, const struct gb_rows *rows, size_t row,
                       const char *account_id, const char *currency)
{
    gb_json_raw(text, row == 0 ? "{" : ",{");
    gb_json_member_text(text, "account_id", account_id);
    gb_json_member_text(text, "dc", gb_rows_text(rows, row, DC));
    gb_json_member_int(text, "version", gb_rows_int(rows, row, VERSION));
    gb_json_member_text(text, "kind", gb_entry_kind_name((int)gb_rows_int(rows, row, KIND)));
    gb_json_member_money(text, "amount", gb_rows_int(rows, row, AMOUNT), currency);
    gb_json_member_money(text, "balance_after", gb_rows_int(rows, row, BALANCE_AFTER), currency);
    gb_json_member_text(text, "operation", gb_rows_text(rows, row, KEY));
    gb_json_member_text(text, "reference", gb_rows_text(rows, row, REFERENCE));
    gb_json_member_text(text, "peer", gb_rows_text(rows, row, PEER));
    gb_json_member_time(text, "created_at", gb_rows_int(rows, row, CREATED_AT));
    gb_json_raw(text, "}");
}

/* Each datacenter's entries come in version order, so what comes late from one that was cut off has
 * a version above the cursor's and is shown then. So there is a cursor at the end of the list, too.
 */
static struct gb_bytes write_list(const struct gb_rows *rows, size_t limit, const char *account_id,
                                  const char *currency, json_t *cursor, struct gb_arena *arena)
{
    size_t found = gb_rows_count(rows), shown = found < limit ? found : limit;
    struct gb_json_text text;
    gb_json_init(&text, arena);
    gb_json_raw(&text, "{\"data\":[");
    for (size_t i = 0; i < shown; i++) {
        view_entry(&text, rows, i, account_id, currency);
        json_t *version = json_integer(gb_rows_int(rows, i, VERSION));
        GB_CHECK(json_object_set_new(cursor, gb_rows_text(rows, i, DC), version) == 0);
    }
    gb_api_view_list_end(&text, found > shown, cursor);
    return gb_json_done(&text);
}

static enum gb_result list(struct gb_api_lane *lane, struct gb_api_request *request, int32_t limit,
                           json_t *cursor, struct gb_err *err)
{
    struct gb_api_account account;
    enum gb_result result;
    if (!gb_api_find_account(lane, request, request->subject, &account, &result, err))
        return result;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_ledger_entries, lane->arena);
    gb_params_int8(&call.params, account.account_no.value);
    add_place(&call, cursor, lane->arena);
    gb_params_int4(&call.params, limit + 1);
    gb_params_text(&call.params, lane->api->settings.dc.code);
    gb_params_text(&call.params, gb_http_query(request->http, "dc"));
    result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    gb_api_answer_ok(request, write_list(call.rows, (size_t)limit, request->subject,
                                         account.currency.code, cursor, lane->arena));
    gb_calls_release(&call, 1);
    return GB_OK;
}

enum gb_result gb_api_list_entries(struct gb_api_lane *lane, struct gb_api_request *request,
                                   struct gb_err *err)
{
    int32_t limit;
    json_t *cursor;
    const char *dc = gb_http_query(request->http, "dc");
    struct gb_dc code;
    if (dc != NULL && !gb_dc_parse(dc, &code)) {
        gb_api_refuse(request, GB_API_QUERY_INVALID, "dc", "a datacenter's code, such as dc1");
        return GB_OK;
    }
    if (!gb_api_read_limit(request, &limit) || !gb_api_read_cursor(request, lane->arena, &cursor))
        return GB_OK;
    enum gb_result result = list(lane, request, limit, cursor, err);
    json_decref(cursor);
    return result;
}
