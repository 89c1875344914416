#include "api/ask_peer.h"

#include <string.h>

#include "api/answer.h"
#include "api/authenticate.h"
#include "api/views.h"

enum { ANSWER_BYTES_MAX = 4 * 1024 * 1024, FIELDS_MAX = 5 };

enum gb_result gb_api_ask(struct gb_api_lane *lane, struct gb_api_request *request,
                          const struct gb_api_question *question, struct gb_http_answer *ret,
                          struct gb_err *err)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    const struct gb_api_peer *peer = gb_api_peer_find(settings, question->dc);
    if (peer == NULL)
        return gb_err_set(err, GB_POISON, "PEER_UNKNOWN", "no [peer.%s]", question->dc.code);
    char traceparent[GB_TRACEPARENT_SIZE];
    gb_trace_format(request->trace, traceparent);
    const char *bearer =
        gb_arena_printf(lane->arena, "Bearer %s", gb_api_bearer_token(request->http));
    const char *url = gb_arena_printf(lane->arena, "%s%s", peer->url, question->path);
    GB_CHECK(bearer != NULL && url != NULL);
    struct gb_http_field fields[FIELDS_MAX] = {
        {"Authorization", bearer}, {"traceparent", traceparent}, {"Accept", "application/json"}};
    size_t count = 3;
    if (question->body.data != NULL)
        fields[count++] = (struct gb_http_field){"Content-Type", "application/json"};
    if (request->key != NULL)
        fields[count++] = (struct gb_http_field){"Idempotency-Key", request->key};
    struct gb_http_call call = {
        .method = question->method,
        .url = url,
        .fields = fields,
        .fields_count = count,
        .body = question->body,
        .timeout_ms = settings->peer_timeout_ms,
        .bytes_max = ANSWER_BYTES_MAX,
    };
    return gb_http_call(lane->client, &call, lane->arena, ret, err);
}

void gb_api_pass_on(struct gb_api_lane *lane, struct gb_api_request *request, const char *path)
{
    struct gb_http_answer answer;
    struct gb_err err;
    struct gb_api_question question = {
        .dc = lane->api->settings.catalogue,
        .method = request->route->method,
        .path = path,
    };
    if (request->route->prepare != NULL)
        question.body = gb_http_body(request->http);
    if (gb_api_ask(lane, request, &question, &answer, &err) != GB_OK) {
        gb_api_refuse(request, GB_API_CATALOGUE_UNREACHABLE, NULL, err.message);
        return;
    }
    struct gb_api_answer passed = {
        .status = answer.status,
        .body = {answer.body.data == NULL ? "" : answer.body.data, answer.body.size},
        .content_type = answer.content_type,
        .location = answer.location,
        .replayed = answer.idempotent_replayed != NULL,
    };
    gb_api_answer(request, &passed);
}
