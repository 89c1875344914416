#include <stdlib.h>
#include <string.h>

#include "http/server_private.h"

enum { SPARE_MAX = 256 };

static struct gb_http_request *spare_take(struct gb_http_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    struct gb_http_request *request = server->spare;
    if (request != NULL) {
        server->spare = request->next;
        server->spare_count--;
    }
    (void)pthread_mutex_unlock(&server->lock);
    return request;
}

static bool spare_give(struct gb_http_server *server, struct gb_http_request *request)
{
    (void)pthread_mutex_lock(&server->lock);
    bool room = server->spare_count < SPARE_MAX;
    if (room) {
        request->next = server->spare;
        server->spare = request;
        server->spare_count++;
    }
    (void)pthread_mutex_unlock(&server->lock);
    return room;
}

struct gb_http_request *gb_http_request_new(struct gb_http_server *server,
                                            struct MHD_Connection *mhd)
{
    struct gb_http_request *request = spare_take(server);
    struct gb_arena *arena = NULL;
    if (request != NULL) {
        arena = request->arena;
    } else {
        request = malloc(sizeof(*request));
        GB_CHECK(request != NULL);
        arena = gb_arena_new(server->options.arena_bytes);
    }
    *request = (struct gb_http_request){.server = server, .mhd = mhd, .arena = arena};
    return request;
}

void gb_http_request_destroy(struct gb_http_request *request)
{
    gb_arena_free(request->arena);
    free(request);
}

void gb_http_request_free(struct gb_http_request *request)
{
    free(request->body);
    if (request->body_long)
        atomic_fetch_sub(&request->server->long_bodies, 1);
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    gb_arena_reset(request->arena);
    if (!spare_give(request->server, request))
        gb_http_request_destroy(request);
}

static bool body_make_room(struct gb_http_request *request, size_t size)
{
    if (size <= request->body_room)
        return true;
    size_t room = request->body_room == 0 ? 1024 : request->body_room * 2;
    while (room < size)
        room *= 2;
    unsigned char *body = realloc(request->body, room);
    if (body == NULL)
        return false;
    request->body = body;
    request->body_room = room;
    return true;
}

const struct gb_problem gb_http_body_too_large = {
    .status = 413,
    .code = "BODY_TOO_LARGE",
    .title = "Request body too large",
    .detail = "the body is larger than this server takes",
};
static const struct gb_problem too_many_long = {
    .status = 503,
    .code = "OVERLOADED",
    .title = "Too much at once",
    .detail = "too many long requests are in work; nothing was done, send it again later",
    .retryable = true,
};

/* A body that is longer than the usual ones is one of a few. */
static bool hold_long(struct gb_http_request *request, size_t size)
{
    struct gb_http_server *server = request->server;
    if (size <= server->options.body_bytes_max || request->body_long)
        return true;
    unsigned held = atomic_load(&server->long_bodies);
    while (held < server->options.long_bodies_max && !request->body_long)
        request->body_long = atomic_compare_exchange_weak(&server->long_bodies, &held, held + 1);
    return request->body_long;
}

void gb_http_request_append(struct gb_http_request *request, const char *data, size_t size)
{
    if (request->body_problem != NULL)
        return;
    size_t whole = request->body_size + size;
    bool fits = size <= request->body_max - request->body_size;
    if (fits && !hold_long(request, whole))
        request->body_problem = &too_many_long;
    else if (!fits || !body_make_room(request, whole))
        request->body_problem = &gb_http_body_too_large;
    if (request->body_problem != NULL)
        return;
    memcpy(request->body + request->body_size, data, size);
    request->body_size += size;
}

const char *gb_http_method(const struct gb_http_request *request)
{
    return request->method;
}

const char *gb_http_path(const struct gb_http_request *request)
{
    return request->path;
}

const char *gb_http_query(const struct gb_http_request *request, const char *name)
{
    const char *value = NULL;
    size_t size = 0;
    if (MHD_lookup_connection_value_n(request->mhd, MHD_GET_ARGUMENT_KIND, name, strlen(name),
                                      &value, &size) != MHD_YES)
        return NULL;
    return value == NULL ? "" : value;
}

const char *gb_http_header(const struct gb_http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
}

struct gb_bytes gb_http_body(const struct gb_http_request *request)
{
    return (struct gb_bytes){.data = request->body, .size = request->body_size};
}

struct gb_arena *gb_http_arena(struct gb_http_request *request)
{
    return request->arena;
}

void gb_http_set_user(struct gb_http_request *request, void *user)
{
    request->user = user;
}

void *gb_http_user(const struct gb_http_request *request)
{
    return request->user;
}

struct query_each {
    void (*each)(void *context, const char *name, const char *value);
    void *context;
};

static enum MHD_Result query_one(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    const struct query_each *to = context;
    (void)kind;
    to->each(to->context, name, value == NULL ? "" : value);
    return MHD_YES;
}

void gb_http_query_each(const struct gb_http_request *request,
                        void (*each)(void *context, const char *name, const char *value),
                        void *context)
{
    struct query_each to = {.each = each, .context = context};
    (void)MHD_get_connection_values(request->mhd, MHD_GET_ARGUMENT_KIND, query_one, &to);
}

void gb_http_respond(struct gb_http_request *request, int status,
                     const struct gb_http_field *fields, size_t fields_count,
                     const char *content_type, struct gb_bytes body)
{
    GB_CHECK(request->response == NULL);
    void *copy = NULL;
    if (body.size > 0) {
        copy = malloc(body.size);
        GB_CHECK(copy != NULL);
        memcpy(copy, body.data, body.size);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.size, copy, MHD_RESPMEM_MUST_FREE);
    GB_CHECK(response != NULL);
    /* A value with a line break is refused by the library, so an answer cannot be split by what it
     * quotes. */
    if (content_type != NULL)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    for (size_t i = 0; i < fields_count; i++)
        (void)MHD_add_response_header(response, fields[i].name, fields[i].value);
    if (atomic_load(&request->server->draining))
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    request->status = status;
    request->response = response;
    /* Once it is said that the answer is there, the server's thread may free the request at any
     * moment. */
    struct MHD_Connection *mhd = request->mhd;
    struct gb_http_worker *worker = request->connection->worker;
    if (atomic_exchange(&request->state, GB_HTTP_ANSWERED) != GB_HTTP_SUSPENDED)
        return;
    MHD_resume_connection(mhd);
    gb_http_worker_wake(worker);
}
