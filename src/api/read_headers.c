#include "api/read_headers.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "api/answer.h"
#include "api/steps.h"

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 1000 };

bool gb_api_read_number(const char *text, int64_t max, int64_t *ret)
{
    int64_t number = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || number > (max - (*text - '0')) / 10)
            return false;
        number = number * 10 + (*text - '0');
    }
    *ret = number;
    return number <= max;
}

bool gb_api_read_limit(struct gb_api_request *request, int32_t *ret)
{
    const char *text = gb_http_query(request->http, "limit");
    int64_t limit = LIMIT_DEFAULT;
    if (text != NULL && (!gb_api_read_number(text, LIMIT_MAX, &limit) || limit == 0)) {
        gb_api_refuse(request, GB_API_QUERY_INVALID, "limit", "a whole number from 1 to 1000");
        return false;
    }
    *ret = (int32_t)limit;
    return true;
}

/* Does the list `value` of media types or ranges name one that JSON is? */
static bool accepts_json(const char *value)
{
    static const char *const ranges[] = {"application/json", "application/*", "*/*",
                                         "application/problem+json"};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (strcasestr(value, ranges[i]) != NULL)
            return true;
    return false;
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t length = sizeof(json) - 1;
    return type != NULL && strncasecmp(type, json, length) == 0 &&
           (type[length] == '\0' || type[length] == ';' || type[length] == ' ');
}

/* The field's value without the blanks behind it, which are not part of it; NULL: none, or nothing
 * left. */
static const char *trimmed_header(const struct gb_api_request *request, const char *name)
{
    const char *value = gb_http_header(request->http, name);
    size_t size = value == NULL ? 0 : strlen(value);
    while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        size--;
    if (size == 0 || value[size] == '\0')
        return size == 0 ? NULL : value;
    return gb_arena_strndup(request->arena, value, size);
}

static bool read_key(struct gb_api_request *request)
{
    const char *key = trimmed_header(request, "Idempotency-Key");
    if (key == NULL)
        key = trimmed_header(request, "X-Idempotency-Key");
    if (key == NULL) {
        gb_api_refuse(request, GB_API_KEY_MISSING, NULL, NULL);
        return false;
    }
    if (!gb_key_valid(key)) {
        gb_api_refuse(request, GB_API_KEY_INVALID, NULL, NULL);
        return false;
    }
    request->key = key;
    return true;
}

/* RFC 7240: preferences that are not understood are passed over. */
static void read_prefer(struct gb_api_request *request)
{
    const char *prefer = gb_http_header(request->http, "Prefer");
    if (prefer == NULL)
        return;
    const char *wait = strcasestr(prefer, "wait=");
    int64_t seconds = 0;
    if (wait != NULL) {
        const char *digits = wait + 5;
        char *number = gb_arena_strndup(request->arena, digits, strspn(digits, "0123456789"));
        if (number == NULL || !gb_api_read_number(number, 1000000, &seconds))
            seconds = 0;
    }
    if (seconds > request->api->settings.wait_s_max)
        seconds = request->api->settings.wait_s_max;
    request->wait_s = seconds;
    if (seconds > 0)
        request->preference_applied = gb_arena_printf(request->arena, "wait=%" PRId64, seconds);
    else if (strcasestr(prefer, "respond-async") != NULL)
        request->preference_applied = "respond-async";
}

struct query_check {
    const char *allowed; /* names with a space between */
    const char *unknown; /* the first that is not among them */
};

static void query_name(void *context, const char *name, const char *value)
{
    struct query_check *check = context;
    (void)value;
    size_t length = strlen(name);
    for (const char *at = check->allowed; *at != '\0'; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        if (size == length && strncmp(at, name, size) == 0)
            return;
        at += size;
    }
    if (check->unknown == NULL)
        check->unknown = name;
}

bool gb_api_read_headers(struct gb_api_request *request)
{
    const struct gb_http_request *http = request->http;
    const char *accept = gb_http_header(http, "Accept");
    if (accept != NULL && !accepts_json(accept)) {
        gb_api_refuse(request, GB_API_NOT_ACCEPTABLE, NULL, NULL);
        return false;
    }
    struct query_check check = {.allowed = request->route->query};
    gb_http_query_each(http, query_name, &check);
    if (check.unknown != NULL) {
        gb_api_refuse(request, GB_API_QUERY_INVALID, check.unknown, "no such parameter");
        return false;
    }
    bool post = strcmp(request->route->method, "POST") == 0;
    bool patch = strcmp(request->route->method, "PATCH") == 0;
    if ((post || patch) && !is_json(gb_http_header(http, "Content-Type"))) {
        gb_api_refuse(request, GB_API_UNSUPPORTED_MEDIA_TYPE, NULL, NULL);
        return false;
    }
    bool own_keys = request->route->work == gb_api_take_batch; /* of the commands in it */
    if (post && !own_keys && !read_key(request))
        return false;
    read_prefer(request);
    return true;
}
