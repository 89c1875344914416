#include <stdio.h>
#include <string.h>

#include "api/answer.h"
#include "api/client_batch.h"
#include "api/route_table.h"
#include "http/problem.h"
#include "runtime/clock.h"
#include "runtime/log.h"

enum { STATUS_CLASSES = 6, FIELDS_MAX = 8 };

static struct gb_metric *counts[GB_API_ROUTES_MAX + 1][STATUS_CLASSES];
static struct gb_metric *durations[GB_API_ROUTES_MAX + 1];

void gb_api_answer_init(void)
{
    char labels[128];
    for (size_t route = 0; route <= gb_api_routes_count; route++) {
        bool none = route == gb_api_routes_count;
        const char *path = none ? "none" : gb_api_routes[route].path;
        const char *method = none ? "any" : gb_api_routes[route].method;
        for (int class = 2; class < STATUS_CLASSES; class ++) {
            (void)snprintf(labels, sizeof(labels), "method=\"%s\",route=\"%s\",status=\"%dxx\"",
                           method, path, class);
            counts[route][class] =
                gb_metric_counter("geobill_http_requests_total", labels, "Requests answered.");
        }
        (void)snprintf(labels, sizeof(labels), "method=\"%s\",route=\"%s\"", method, path);
        durations[route] = gb_metric_duration("geobill_http_request_seconds", labels,
                                              "From the complete request to its answer.");
    }
}

static void count(const struct gb_api_request *request, int status)
{
    size_t route =
        request->route == NULL ? gb_api_routes_count : (size_t)(request->route - gb_api_routes);
    int class = status / 100;
    GB_CHECK(class >= 2 && class < STATUS_CLASSES);
    gb_metric_add(counts[route][class], 1);
    gb_metric_observe(durations[route], gb_clock_mono_us() - request->arrived_us);
}

/* The header fields of an answer, being gathered. */
struct fields {
    struct gb_http_field list[FIELDS_MAX];
    size_t count;
    char traceparent[GB_TRACEPARENT_SIZE];
};

static void add(struct fields *fields, const char *name, const char *value)
{
    GB_CHECK(fields->count < FIELDS_MAX);
    fields->list[fields->count++] = (struct gb_http_field){.name = name, .value = value};
}

static void add_common(struct fields *fields, const struct gb_api_request *request, bool replayed)
{
    fields->count = 0;
    gb_trace_format(request->trace, fields->traceparent);
    add(fields, "traceparent", fields->traceparent);
    if (replayed)
        add(fields, "Idempotent-Replayed", "true");
    if (request->preference_applied != NULL)
        add(fields, "Preference-Applied", request->preference_applied);
}

void gb_api_answer(struct gb_api_request *request, const struct gb_api_answer *answer)
{
    if (answer->body.data == NULL) {
        gb_api_refuse(request, GB_API_INTERNAL, NULL,
                      "the answer is larger than this server makes");
        return;
    }
    if (request->batched != NULL) {
        gb_api_batched_answer(request, answer);
        return;
    }
    struct fields fields;
    add_common(&fields, request, answer->replayed);
    if (answer->location != NULL)
        add(&fields, "Location", answer->location);
    count(request, answer->status);
    gb_http_respond(request->http, answer->status, fields.list, fields.count,
                    answer->content_type == NULL ? "application/json" : answer->content_type,
                    answer->body);
}

void gb_api_answer_ok(struct gb_api_request *request, struct gb_bytes json)
{
    gb_api_answer(request, &(struct gb_api_answer){.status = 200, .body = json});
}

static void log_problem(const struct gb_api_request *request, const struct gb_problem *problem)
{
    enum gb_log_level level = problem->status >= 500 ? GB_LOG_WARNING : GB_LOG_INFO;
    const char *account_id = request->command.account_id;
    gb_log(level, problem->status >= 500 ? "request failed" : "request refused",
           GB_F_TRACE(&request->trace), GB_F_TEXT("method", gb_http_method(request->http)),
           GB_F_TEXT("path", gb_http_path(request->http)), GB_F_INT("status", problem->status),
           GB_F_TEXT("code", problem->code), GB_F_TEXT("field", problem->field),
           GB_F_TEXT("detail", problem->detail), GB_F_TEXT("key", request->key),
           GB_F_TEXT("account_id", account_id),
           GB_F_INT("client_no", request->client.client_no.value));
}

static void respond_problem(struct gb_api_request *request, const struct gb_problem *problem,
                            struct fields *fields)
{
    count(request, problem->status);
    gb_problem_respond(request->http, problem, fields->list, fields->count);
}

/* Without words of its own a refusal says what the table says to do about it. */
static struct gb_problem problem_of(enum gb_api_error error, const char *field, const char *detail)
{
    const struct gb_api_error_row *row = gb_api_error_row(error);
    return (struct gb_problem){
        .status = row->status,
        .code = row->code,
        .title = row->title,
        .detail = detail != NULL ? detail : row->about,
        .field = field,
        .retryable = row->retryable,
    };
}

static void refuse(struct gb_api_request *request, const struct gb_api_refusal *refusal)
{
    struct gb_problem problem = problem_of(refusal->error, refusal->field, refusal->detail);
    problem.facts = refusal->facts;
    problem.more = request->command.dry_run ? "\"dry_run\":true" : NULL;
    bool replayed = refusal->replayed;
    log_problem(request, &problem);
    if (request->batched != NULL) {
        gb_api_batched_refuse(request, refusal, &problem);
        return;
    }
    struct fields fields;
    add_common(&fields, request, replayed);
    if (problem.status == 401)
        add(&fields, "WWW-Authenticate", "Bearer realm=\"geobill\"");
    if (problem.status == 503)
        add(&fields, "Retry-After", "1");
    respond_problem(request, &problem, &fields);
}

void gb_api_refuse(struct gb_api_request *request, enum gb_api_error error, const char *field,
                   const char *detail)
{
    const struct gb_api_refusal refusal = {.error = error, .field = field, .detail = detail};
    refuse(request, &refusal);
}

void gb_api_refuse_stored(struct gb_api_request *request, const struct gb_api_refusal *refusal)
{
    refuse(request, refusal);
}

void gb_api_refuse_method(struct gb_api_request *request, const char *allow)
{
    struct gb_problem problem = problem_of(GB_API_METHOD_NOT_ALLOWED, NULL, NULL);
    log_problem(request, &problem);
    struct fields fields;
    add_common(&fields, request, false);
    add(&fields, "Allow", allow);
    respond_problem(request, &problem, &fields);
}
