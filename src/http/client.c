#include "http/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct gb_http_client {
    CURL *curl;
    char *user_agent;
};

/* What one call gathers. */
struct gathering {
    struct gb_arena *arena;
    struct gb_http_answer *answer;
    char *body; /* grows by doubling, in the arena */
    size_t size, room, bytes_max;
    bool too_large;
};

static pthread_once_t curl_started = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
    GB_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

struct gb_http_client *gb_http_client_new(const char *user_agent)
{
    (void)pthread_once(&curl_started, curl_start);
    struct gb_http_client *client = malloc(sizeof(*client));
    GB_CHECK(client != NULL);
    *client = (struct gb_http_client){.curl = curl_easy_init(), .user_agent = strdup(user_agent)};
    GB_CHECK(client->curl != NULL && client->user_agent != NULL);
    return client;
}

void gb_http_client_free(struct gb_http_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    free(client->user_agent);
    free(client);
}

static bool body_make_room(struct gathering *to, size_t size)
{
    if (size <= to->room)
        return true;
    size_t room = to->room == 0 ? 4096 : to->room;
    while (room < size)
        room *= 2;
    char *body = gb_arena_alloc(to->arena, room);
    if (body == NULL)
        return false;
    if (to->size > 0)
        memcpy(body, to->body, to->size);
    to->body = body;
    to->room = room;
    return true;
}

static size_t on_body(char *data, size_t one, size_t size, void *context)
{
    struct gathering *to = context;
    (void)one; /* always 1 */
    if (size > to->bytes_max - to->size || !body_make_room(to, to->size + size)) {
        to->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    memcpy(to->body + to->size, data, size);
    to->size += size;
    return size;
}

/* "Name: value\r\n" -> value in the arena, when the name is this one; else NULL. */
static char *field_value(const char *line, size_t size, const char *name, struct gb_arena *arena)
{
    size_t length = strlen(name);
    if (size <= length || strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    const char *start = line + length + 1, *end = line + size;
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    while (end > start && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    return gb_arena_strndup(arena, start, (size_t)(end - start));
}

/* "12" -> 12; anything else, a date among them, is 0. */
static int64_t seconds_of(const char *text)
{
    int64_t seconds = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        if (seconds < GB_HTTP_RETRY_AFTER_MAX_S)
            seconds = seconds * 10 + (*text - '0');
    if (*text != '\0')
        return 0;
    return seconds < GB_HTTP_RETRY_AFTER_MAX_S ? seconds : GB_HTTP_RETRY_AFTER_MAX_S;
}

static size_t on_header(char *line, size_t one, size_t size, void *context)
{
    struct gathering *to = context;
    (void)one;
    const char *value = field_value(line, size, "Content-Type", to->arena);
    if (value != NULL)
        to->answer->content_type = value;
    value = field_value(line, size, "Location", to->arena);
    if (value != NULL)
        to->answer->location = value;
    value = field_value(line, size, "Idempotent-Replayed", to->arena);
    if (value != NULL)
        to->answer->idempotent_replayed = value;
    value = field_value(line, size, "Retry-After", to->arena);
    if (value != NULL)
        to->answer->retry_after_s = seconds_of(value);
    return size;
}

static struct curl_slist *fields_list(const struct gb_http_field *fields, size_t count,
                                      struct gb_arena *arena)
{
    /* No "Expect: 100-continue": our bodies are small, and it costs a round trip. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < count && list != NULL; i++) {
        const char *line = gb_arena_printf(arena, "%s: %s", fields[i].name, fields[i].value);
        struct curl_slist *longer = line == NULL ? NULL : curl_slist_append(list, line);
        if (longer == NULL)
            curl_slist_free_all(list);
        list = longer;
    }
    return list;
}

static void set_up(struct gb_http_client *client, const struct gb_http_call *call,
                   struct gathering *to)
{
    CURL *curl = client->curl;
    curl_easy_reset(curl); /* keeps the connections */
    (void)curl_easy_setopt(curl, CURLOPT_URL, call->url);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, client->user_agent);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY,
                           "*"); /* between datacenters, never through a stray http_proxy */
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                           call->timeout_ms <= 0 ? 1L : (long)call->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, to);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, to);
    if (strcmp(call->method, "HEAD") == 0)
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    if (call->body.data != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.size);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.data);
    }
}

/* True when the failure came before a byte of the request can have been sent. */
static bool nothing_sent(CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
           code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
           code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION;
}

static enum gb_result failure(CURL *curl, CURLcode code, const struct gathering *to,
                              const char *url, struct gb_err *err)
{
    if (to->too_large)
        return gb_err_set(err, GB_POISON, "ANSWER_TOO_LARGE", "%s answered more than %zu bytes",
                          url, to->bytes_max);
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return gb_err_set(err, GB_POISON, "URL_INVALID", "%s: %s", url, curl_easy_strerror(code));
    long sent = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
    gb_err_set(err, GB_RETRY,
               code == CURLE_OPERATION_TIMEDOUT ? "HTTP_TIMEOUT" : "HTTP_UNREACHABLE", "%s: %s",
               url, curl_easy_strerror(code));
    if (err != NULL)
        err->outcome_unknown = sent > 0 && !nothing_sent(code);
    return GB_RETRY;
}

enum gb_result gb_http_call(struct gb_http_client *client, const struct gb_http_call *call,
                            struct gb_arena *arena, struct gb_http_answer *ret, struct gb_err *err)
{
    struct gb_http_answer answer = {.content_type = ""};
    struct gathering to = {.arena = arena, .answer = &answer, .bytes_max = call->bytes_max};
    struct curl_slist *list = fields_list(call->fields, call->fields_count, arena);
    if (list == NULL)
        return gb_err_set(err, GB_POISON, "HTTP_FIELDS", "header fields of %s do not fit",
                          call->url);
    set_up(client, call, &to);
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, list);
    CURLcode code = curl_easy_perform(client->curl);
    curl_slist_free_all(list);
    if (code != CURLE_OK)
        return failure(client->curl, code, &to, call->url, err);
    long status = 0;
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = (int)status;
    answer.body = (struct gb_bytes){.data = to.body, .size = to.size};
    *ret = answer;
    return GB_OK;
}
