/* GET /v1/operations: each datacenter is asked for the ones it owns, and the answers are merged.
 * `scope=local` asks for the own ones only, each with its place; that is how the datacenters ask
 * each other. */
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/cursor.h"
#include "api/gathered.h"
#include "api/read_headers.h"
#include "api/steps.h"
#include "api/views.h"

static int compare(const void *a, const void *b)
{
    const struct gb_api_gathered *one = a, *two = b;
    if (one->place.created_at_us != two->place.created_at_us)
        return one->place.created_at_us < two->place.created_at_us ? -1 : 1;
    int order = strcmp(one->dc.code, two->dc.code);
    if (order == 0)
        order = one->place.client_no - two->place.client_no;
    return order != 0 ? order : strcmp(one->place.key, two->place.key);
}

static json_t *place_json(struct gb_api_place place)
{
    json_t *json =
        json_pack("[I, i, s]", (json_int_t)place.created_at_us, place.client_no, place.key);
    GB_CHECK(json != NULL);
    return json;
}

/* The operation, for another datacenter with its place. */
static void view(struct gb_json_text *text, const struct gb_api_gathered *operation,
                 bool with_place)
{
    if (!with_place) {
        gb_json_raw_bytes(text, operation->json);
        return;
    }
    gb_json_raw_bytes(text, (struct gb_bytes){operation->json.data, operation->json.size - 1});
    gb_json_raw(text, ",\"place\":[");
    gb_json_int(text, operation->place.created_at_us);
    gb_json_raw(text, ",");
    gb_json_int(text, operation->place.client_no);
    gb_json_raw(text, ",");
    gb_json_string(text, operation->place.key);
    gb_json_raw(text, "]}");
}

static struct gb_bytes write_list(struct gb_api_gathering *to, bool local)
{
    size_t limit = (size_t)to->limit, shown = to->count < limit ? to->count : limit;
    struct gb_json_text text;
    gb_json_init(&text, to->lane->arena);
    qsort(to->found, to->count, sizeof(to->found[0]), compare);
    gb_json_raw(&text, "{\"data\":[");
    for (size_t i = 0; i < shown; i++) {
        const struct gb_api_gathered *operation = &to->found[i];
        gb_json_raw(&text, i == 0 ? "" : ",");
        view(&text, operation, local);
        if (operation->counts)
            (void)json_object_set_new(to->cursor, operation->dc.code, place_json(operation->place));
    }
    bool more = to->more || to->count > shown;
    gb_json_raw(&text, "],\"missing\":[");
    for (size_t i = 0; i < to->missing_count; i++) {
        gb_json_raw(&text, i == 0 ? "" : ",");
        gb_json_string(&text, to->missing[i].code);
    }
    gb_api_view_list_end(&text, more, to->cursor);
    return gb_json_done(&text);
}

static enum gb_result gather(struct gb_api_gathering *to, bool local, struct gb_err *err)
{
    const struct gb_api_settings *settings = &to->lane->api->settings;
    enum gb_result result = gb_api_gather_own(to, err);
    for (size_t i = 0; !local && result == GB_OK && i < settings->peers_count; i++)
        result = gb_api_gather_peer(to, settings->peers[i].dc, err);
    return result;
}

/* The query. False: answered 400. */
static bool read_query(struct gb_api_request *request, struct gb_api_gathering *ret,
                       bool *ret_local)
{
    const char *scope = gb_http_query(request->http, "scope");
    enum gb_operation_state state;
    ret->account_id = gb_http_query(request->http, "account_id");
    ret->state_name = gb_http_query(request->http, "state");
    *ret_local = scope != NULL;
    const char *wrong = NULL, *allowed = NULL;
    if (ret->account_id == NULL || !gb_account_id_valid(ret->account_id)) {
        wrong = "account_id";
        allowed = "needed: 1 to 64 of A-Z a-z 0-9 . _ -";
    } else if (ret->state_name != NULL && !gb_operation_state_parse(ret->state_name, &state)) {
        wrong = "state";
        allowed = "ACCEPTED, BOOKED, WAITING, PAID, REFUSED, HELD or RELEASED";
    } else if (scope != NULL && strcmp(scope, "local") != 0) {
        wrong = "scope";
        allowed = "local, or left out";
    }
    if (wrong != NULL) {
        gb_api_refuse(request, GB_API_QUERY_INVALID, wrong, allowed);
        return false;
    }
    ret->state = ret->state_name == NULL ? 0 : (int)state;
    return gb_api_read_limit(request, &ret->limit);
}

static enum gb_result list(struct gb_api_gathering *to, bool local, struct gb_err *err)
{
    size_t room = ((size_t)to->limit + 1) * (to->lane->api->settings.peers_count + 1);
    enum gb_result result;
    if (!gb_api_find_account(to->lane, to->request, to->account_id, &to->account, &result, err))
        return result;
    to->found = gb_arena_array(to->lane->arena, room, sizeof(to->found[0]));
    GB_CHECK(to->found != NULL);
    result = gather(to, local, err);
    if (result == GB_OK)
        gb_api_answer_ok(to->request, write_list(to, local));
    return result;
}

enum gb_result gb_api_list_operations(struct gb_api_lane *lane, struct gb_api_request *request,
                                      struct gb_err *err)
{
    struct gb_api_gathering to = {.lane = lane, .request = request};
    bool local;
    if (!read_query(request, &to, &local) || !gb_api_read_cursor(request, lane->arena, &to.cursor))
        return GB_OK;
    enum gb_result result = list(&to, local, err);
    json_decref(to.cursor);
    return result;
}
