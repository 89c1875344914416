/* A page of a list of the catalogue, by id. */
#include "api/answer.h"
#include "api/cursor.h"
#include "api/read_headers.h"
#include "api/views.h"

static struct gb_bytes write_list(const struct gb_rows *rows, size_t limit, json_t *cursor,
                                  gb_api_view_row *view, struct gb_arena *arena)
{
    size_t found = gb_rows_count(rows), shown = found < limit ? found : limit;
    struct gb_json_text text;
    gb_json_init(&text, arena);
    gb_json_raw(&text, "{\"data\":[");
    for (size_t i = 0; i < shown; i++) {
        gb_json_raw(&text, i == 0 ? "" : ",");
        const char *id = view(&text, rows, i);
        if (i + 1 == shown)
            (void)json_object_set_new(cursor, "after", json_string(id));
    }
    gb_api_view_list_end(&text, found > shown, cursor);
    return gb_json_done(&text);
}

enum gb_result gb_api_list_catalogue(struct gb_api_lane *lane, struct gb_api_request *request,
                                     const struct gb_statement *statement, gb_api_view_row *view,
                                     struct gb_err *err)
{
    int32_t limit;
    json_t *cursor;
    if (!gb_api_read_limit(request, &limit) || !gb_api_read_cursor(request, lane->arena, &cursor))
        return GB_OK;
    const char *after = json_string_value(json_object_get(cursor, "after"));
    struct gb_call call;
    gb_call_init(&call, statement, lane->arena);
    gb_params_text(&call.params, after == NULL ? "" : after);
    gb_params_int4(&call.params, limit + 1);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result == GB_OK) {
        gb_api_answer_ok(request, write_list(call.rows, (size_t)limit, cursor, view, lane->arena));
        gb_calls_release(&call, 1);
    }
    json_decref(cursor);
    return result;
}
