#include "api/answer.h"
#include "api/cursor.h"
#include "api/read_headers.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"

static struct gb_bytes write_list(const struct gb_rows *rows, size_t limit, struct gb_arena *arena)
{
    size_t found = gb_rows_count(rows), shown = found < limit ? found : limit;
    struct gb_json_text text;
    gb_json_init(&text, arena);
    gb_json_raw(&text, "{\"data\":[");
    for (size_t i = 0; i < shown; i++) {
        struct gb_api_account_row account = gb_api_account_of(rows, i);
        gb_json_raw(&text, i == 0 ? "" : ",");
        gb_api_view_account(&text, &account);
    }
    const char *next = NULL;
    if (found > shown) {
        json_t *place = json_pack("{s:s}", "after", gb_api_account_of(rows, shown - 1).account_id);
        next = gb_api_cursor_encode(place, arena);
        json_decref(place);
    }
    gb_api_view_list_end(&text, next);
    return gb_json_done(&text);
}

enum gb_result gb_api_list_accounts(struct gb_api_lane *lane, struct gb_api_request *request,
                                    struct gb_err *err)
{
    int32_t limit;
    json_t *cursor;
    if (!gb_api_read_limit(request, &limit) || !gb_api_read_cursor(request, lane->arena, &cursor))
        return GB_OK;
    const char *after = json_string_value(json_object_get(cursor, "after"));
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_list, lane->arena);
    gb_params_text(&call.params, after == NULL ? "" : after);
    gb_params_int4(&call.params, limit + 1);
    json_decref(cursor);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    gb_api_answer_ok(request, write_list(call.rows, (size_t)limit, lane->arena));
    gb_calls_release(&call, 1);
    return GB_OK;
}
