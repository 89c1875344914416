/* GET /v1/dead-letters, /v1/dead-letters/counts and /v1/dead-letters/{id}: those of this
 * datacenter.
 */
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/cursor.h"
#include "api/dead_letters.h"
#include "api/read_headers.h"
#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"
#include "runtime/base64.h"
#include "wire/letter_reason.h"
#include "wire/packed_headers.h"
#include "wire/print_message.h"
#include "wire/text.h"

/* Columns of dead_letter_list and dead_letter_read. */
enum {
    ID,
    STATE,
    TOPIC,
    PARTITION,
    OFFSET,
    KEY,
    CODE,
    MESSAGE,
    STAGE,
    ATTEMPTS,
    FIRST_FAILED_AT,
    LAST_FAILED_AT,
    PROPOSAL_ID_OF,
    RECORD_KEY,
    RECORD_VALUE,
    RECORD_HEADERS,
    RECORD_TIMESTAMP,
    REPLAYABLE,
};

/* --- the selector in the query --- */

static bool read_word(struct gb_api_request *request, const char *name, const char **ret)
{
    *ret = gb_http_query(request->http, name);
    if (*ret == NULL || ((*ret)[0] != '\0' && gb_text_valid(*ret, strlen(*ret))))
        return true;
    gb_api_refuse(request, GB_API_QUERY_INVALID, name, "text, or left out");
    return false;
}

static bool read_state(struct gb_api_request *request, int *ret)
{
    const char *name = gb_http_query(request->http, "state");
    *ret = name == NULL ? 0 : gb_letter_state_parse(name);
    if (name == NULL || *ret != 0)
        return true;
    gb_api_refuse(request, GB_API_QUERY_INVALID, "state", "OPEN, REPLAYED or PARKED");
    return false;
}

static bool read_selector(struct gb_api_request *request, struct gb_api_selector *ret)
{
    const struct gb_http_request *http = request->http;
    *ret = (struct gb_api_selector){.ids = NULL};
    return read_state(request, &ret->state) && read_word(request, "code", &ret->code) &&
           read_word(request, "topic", &ret->topic) &&
           read_word(request, "account_id", &ret->account_id) &&
           gb_api_read_time(request, GB_API_QUERY_INVALID, "failed_from",
                            gb_http_query(http, "failed_from"), &ret->failed_from_us) &&
           gb_api_read_time(request, GB_API_QUERY_INVALID, "failed_to",
                            gb_http_query(http, "failed_to"), &ret->failed_to_us);
}

/* --- views --- */

/* Members of a dead letter that a list shows, too; the object stays open. */
static void view_head(struct gb_json_text *text, const struct gb_rows *rows, size_t row)
{
    char proposal[GB_UUID_TEXT_SIZE];
    gb_json_raw(text, "{");
    gb_json_member_int(text, "dead_letter_id", gb_rows_int(rows, row, ID));
    gb_json_member_text(text, "state", gb_letter_state_name((int)gb_rows_int(rows, row, STATE)));
    gb_json_member_text(text, "code", gb_rows_text(rows, row, CODE));
    gb_json_member_text(text, "message", gb_rows_text(rows, row, MESSAGE));
    gb_json_member_text(text, "stage", gb_rows_text(rows, row, STAGE));
    gb_json_member_int(text, "attempts", gb_rows_int(rows, row, ATTEMPTS));
    gb_json_member_time(text, "first_failed_at", gb_rows_int(rows, row, FIRST_FAILED_AT));
    gb_json_member_time(text, "last_failed_at", gb_rows_int(rows, row, LAST_FAILED_AT));
    gb_json_member_text(text, "topic", gb_rows_text(rows, row, TOPIC));
    gb_json_member_int(text, "partition", gb_rows_int(rows, row, PARTITION));
    gb_json_member_int(text, "offset", gb_rows_int(rows, row, OFFSET));
    gb_json_member_text(text, "key", gb_rows_text(rows, row, KEY));
    if (gb_rows_null(rows, row, PROPOSAL_ID_OF))
        return;
    gb_uuid_format(gb_rows_uuid(rows, row, PROPOSAL_ID_OF), proposal);
    gb_json_member_text(text, "proposal_id", proposal);
}

static void view_base64(struct gb_json_text *text, const char *name, struct gb_bytes bytes)
{
    const char *base64 = gb_base64(bytes, text->arena);
    if (base64 == NULL)
        text->full = true;
    else
        gb_json_member_text(text, name, base64);
}

/* Text as it is; what is none in base64. */
static void view_header(struct gb_json_text *text, const struct gb_header *header)
{
    const char *value = header->value.size == 0 ? "" : header->value.data;
    char *copy = gb_arena_strndup(text->arena, value, header->value.size);
    gb_json_raw(text, "{");
    if (copy != NULL && gb_text_valid(header->name, strlen(header->name)))
        gb_json_member_text(text, "name", header->name);
    if (copy != NULL && gb_text_valid(value, header->value.size))
        gb_json_member_text(text, "value", copy);
    else
        view_base64(text, "value_base64", header->value);
    gb_json_raw(text, "}");
}

static void view_headers(struct gb_json_text *text, struct gb_bytes packed)
{
    struct gb_header *headers;
    size_t count;
    if (!gb_headers_unpack(packed, text->arena, &headers, &count))
        return;
    gb_json_name(text, "headers");
    gb_json_raw(text, "[");
    for (size_t i = 0; i < count; i++) {
        gb_json_raw(text, i == 0 ? "" : ",");
        view_header(text, &headers[i]);
    }
    gb_json_raw(text, "]");
}

/* The decoded body, or why there is none. */
static void view_body(struct gb_json_text *text, struct gb_bytes value)
{
    enum gb_message_kind kind;
    struct gb_err err;
    json_t *body = NULL;
    if (gb_message_print(value, text->arena, &kind, &body, &err) != GB_OK) {
        gb_json_member_text(text, "body_problem", err.message);
        return;
    }
    char *json = json_dumps(body, JSON_COMPACT | JSON_PRESERVE_ORDER);
    GB_CHECK(json != NULL);
    gb_json_member_text(text, "type", gb_message_type(kind));
    gb_json_name(text, "body");
    gb_json_raw(text, json);
    free(json);
    json_decref(body);
}

static struct gb_bytes write_letter(struct gb_api_lane *lane, const struct gb_rows *rows)
{
    const struct gb_letter_reason *reason = gb_letter_reason_of(gb_rows_text(rows, 0, CODE));
    struct gb_json_text text;
    gb_json_init(&text, lane->arena);
    view_head(&text, rows, 0);
    gb_json_member_text(&text, "reason", reason->what);
    gb_json_member_text(&text, "advice", reason->advice);
    gb_json_member_bool(&text, "replayable", gb_rows_bool(rows, 0, REPLAYABLE));
    gb_json_member_time(&text, "timestamp", gb_rows_int(rows, 0, RECORD_TIMESTAMP) * 1000);
    view_headers(&text, gb_rows_bytes(rows, 0, RECORD_HEADERS));
    view_body(&text, gb_rows_bytes(rows, 0, RECORD_VALUE));
    view_base64(&text, "key_base64", gb_rows_bytes(rows, 0, RECORD_KEY));
    view_base64(&text, "value_base64", gb_rows_bytes(rows, 0, RECORD_VALUE));
    gb_json_raw(&text, "}");
    return gb_json_done(&text);
}

/* --- the routes --- */

enum gb_result gb_api_read_dead_letter(struct gb_api_lane *lane, struct gb_api_request *request,
                                       struct gb_err *err)
{
    struct gb_call call;
    int64_t id;
    if (!gb_api_read_number(request->subject, INT64_MAX, &id)) {
        gb_api_refuse(request, GB_API_DEAD_LETTER_NOT_FOUND, NULL, NULL);
        return GB_OK;
    }
    gb_call_init(&call, &gb_sql_dead_letter_read, lane->arena);
    gb_params_int8(&call.params, id);
    gb_api_replay_streams_param(lane, &call.params);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) == 1)
        gb_api_answer_ok(request, write_letter(lane, call.rows));
    else
        gb_api_refuse(request, GB_API_DEAD_LETTER_NOT_FOUND, NULL, NULL);
    gb_calls_release(&call, 1);
    return GB_OK;
}

static struct gb_bytes write_list(const struct gb_rows *rows, size_t limit, json_t *cursor,
                                  struct gb_arena *arena)
{
    size_t found = gb_rows_count(rows), shown = found < limit ? found : limit;
    struct gb_json_text text;
    gb_json_init(&text, arena);
    gb_json_raw(&text, "{\"data\":[");
    for (size_t i = 0; i < shown; i++) {
        gb_json_raw(&text, i == 0 ? "" : ",");
        view_head(&text, rows, i);
        gb_json_raw(&text, "}");
        if (i + 1 == shown)
            (void)json_object_set_new(cursor, "after", json_integer(gb_rows_int(rows, i, ID)));
    }
    gb_api_view_list_end(&text, found > shown, cursor);
    return gb_json_done(&text);
}

enum gb_result gb_api_list_dead_letters(struct gb_api_lane *lane, struct gb_api_request *request,
                                        struct gb_err *err)
{
    struct gb_api_selector selector;
    int32_t limit;
    json_t *cursor;
    if (!read_selector(request, &selector) || !gb_api_read_limit(request, &limit) ||
        !gb_api_read_cursor(request, lane->arena, &cursor))
        return GB_OK;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_dead_letter_list, lane->arena);
    gb_api_selector_params(&call.params, &selector, false);
    gb_params_int8(&call.params, json_integer_value(json_object_get(cursor, "after")));
    gb_params_int4(&call.params, limit + 1);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result == GB_OK) {
        gb_api_answer_ok(request, write_list(call.rows, (size_t)limit, cursor, lane->arena));
        gb_calls_release(&call, 1);
    }
    json_decref(cursor);
    return result;
}

static struct gb_bytes write_counts(const struct gb_rows *rows, struct gb_arena *arena)
{
    struct gb_json_text text;
    gb_json_init(&text, arena);
    gb_json_raw(&text, "{\"data\":[");
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        gb_json_raw(&text, i == 0 ? "{" : ",{");
        gb_json_member_text(&text, "state", gb_letter_state_name((int)gb_rows_int(rows, i, 0)));
        gb_json_member_text(&text, "topic", gb_rows_text(rows, i, 1));
        gb_json_member_text(&text, "code", gb_rows_text(rows, i, 2));
        gb_json_member_int(&text, "letters", gb_rows_int(rows, i, 3));
        gb_json_member_int(&text, "attempts", gb_rows_int(rows, i, 4));
        gb_json_member_time(&text, "first_failed_at", gb_rows_int(rows, i, 5));
        gb_json_member_time(&text, "last_failed_at", gb_rows_int(rows, i, 6));
        gb_json_raw(&text, "}");
    }
    gb_json_raw(&text, "]}");
    return gb_json_done(&text);
}

enum gb_result gb_api_count_dead_letters(struct gb_api_lane *lane, struct gb_api_request *request,
                                         struct gb_err *err)
{
    struct gb_api_selector selector;
    if (!read_selector(request, &selector))
        return GB_OK;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_dead_letter_count, lane->arena);
    gb_api_selector_params(&call.params, &selector, false);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    gb_api_answer_ok(request, write_counts(call.rows, lane->arena));
    gb_calls_release(&call, 1);
    return GB_OK;
}
