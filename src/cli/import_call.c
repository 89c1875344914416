/* One request of an import, sent until its answer is definite. */
#include <stdio.h>
#include <string.h>

#include "cli/import_run.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

#define TIMEOUT_MS 10000
#define WAIT "wait=5" /* seconds; well below that */
#define ANSWER_BYTES_MAX ((size_t)64 * 1024)
#define BACKOFF_BASE_MS 50
#define BACKOFF_CAP_MS 2000

/* Is it worth another try? Our API says so itself; a proxy before it only has its status. */
static bool may_work_later(int status, const json_t *problem)
{
    const json_t *retryable = json_object_get(problem, "retryable");
    if (json_is_boolean(retryable))
        return json_is_true(retryable);
    return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

/* Takes what an answer other than 2xx says. True: try again. */
static bool read_problem(struct gb_import_answer *answer)
{
    json_t *problem = json_loadb(answer->body.data ? answer->body.data : "", answer->body.size,
                                 JSON_REJECT_DUPLICATES, NULL);
    const char *code = gb_cli_json_text(problem, "code", NULL);
    const char *detail = gb_cli_json_text(problem, "detail", NULL);
    const char *field = gb_cli_json_text(problem, "field", NULL);
    if (!detail)
        detail = gb_cli_json_text(problem, "title", NULL);
    snprintf(answer->code, sizeof(answer->code), "%s", code ? code : "");
    snprintf(answer->why, sizeof(answer->why), "%d %s%s%s%s%.200s", answer->status, answer->code,
             field ? " " : "", field ? field : "", detail ? ": " : "", detail ? detail : "");
    bool again = may_work_later(answer->status, problem);
    json_decref(problem);
    return again;
}

/* Sends it once. True: no definite answer; *ret_pause_ms is what the server wants to be left. */
static bool attempt(struct gb_import_lane *lane, const struct gb_import_request *request,
                    struct gb_import_answer *ret, int64_t *ret_pause_ms)
{
    gb_arena_reset(lane->arena);
    *ret = (struct gb_import_answer){0};
    *ret_pause_ms = 0;
    const char *url = gb_arena_printf(lane->arena, "%s%s", request->dc->api, request->path);
    GB_CHECK(url != NULL);
    struct gb_http_field fields[4] = {{"Authorization", lane->run->bearer}};
    size_t count = 1;
    if (request->key)
        fields[count++] = (struct gb_http_field){"Idempotency-Key", request->key};
    if (request->body)
        fields[count++] = (struct gb_http_field){"Content-Type", "application/json"};
    if (request->settles)
        fields[count++] = (struct gb_http_field){"Prefer", WAIT};
    struct gb_http_call call = {
        .method = request->method,
        .url = url,
        .fields = fields,
        .fields_count = count,
        .body = {request->body, request->body ? strlen(request->body) : 0},
        .timeout_ms = TIMEOUT_MS,
        .bytes_max = ANSWER_BYTES_MAX,
    };
    struct gb_http_answer answer;
    struct gb_err err = {0};
    enum gb_result result = gb_http_call(lane->client, &call, lane->arena, &answer, &err);
    if (result != GB_OK) {
        snprintf(ret->why, sizeof(ret->why), "%.48s: %.250s", err.code, err.message);
        return result == GB_RETRY;
    }
    ret->status = answer.status;
    ret->repeat = answer.idempotent_replayed != NULL;
    ret->body = answer.body;
    *ret_pause_ms = answer.retry_after_s * 1000;
    if (answer.status / 100 != 2)
        return read_problem(ret);
    snprintf(ret->why, sizeof(ret->why), "%d: it still waits to be booked or paid", ret->status);
    return answer.status == 202 && request->settles;
}

/* Waits before the next attempt. False: there is no time for one. */
static bool wait_for_next(const struct gb_import_run *run, const struct gb_import_request *request,
                          unsigned attempts, int64_t pause_ms)
{
    int64_t wait_ms = pause_ms + gb_backoff_ms(attempts, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
    if (gb_clock_mono_us() + wait_ms * 1000 >= request->until_us)
        return false;
    return !gb_stop_wait(wait_ms) && !run->ended;
}

enum gb_import_outcome gb_import_call(struct gb_import_lane *lane,
                                      const struct gb_import_request *request,
                                      struct gb_import_answer *ret)
{
    struct gb_import_run *run = lane->run;
    int64_t pause_ms;
    bool ours = false; /* it was new, and is waited for */
    for (unsigned attempts = 0; attempt(lane, request, ret, &pause_ms); attempts++) {
        ours |= ret->status == 202 && !ret->repeat;
        if (!wait_for_next(run, request, attempts, pause_ms))
            return gb_stop_asked() || run->ended ? GB_IMPORT_BROKEN_OFF : GB_IMPORT_AWAY;
        run->retries++;
    }
    ret->repeat &= !ours;
    return ret->status / 100 == 2 ? GB_IMPORT_ANSWERED : GB_IMPORT_REFUSED;
}
