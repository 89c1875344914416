#include "http/server_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/problem.h"
#include "runtime/clock.h"

/* Memory of one connection for its headers: more than that is 431, from the library. */
enum { CONNECTION_BYTES = 8 * 1024, DISCARD_BYTES_MAX = 1024 * 1024 };

static int64_t deadline_from_now(const struct gb_http_server *server)
{
    return gb_clock_mono_us() + server->options.request_timeout_ms * 1000;
}

/* Moves on unless the reaper was faster. The deadline goes first: with the new phase an old one
 * would be wrong. */
static bool phase_enter(struct gb_http_connection *connection, int from, int to,
                        int64_t deadline_us)
{
    atomic_store(&connection->deadline_us, deadline_us);
    return atomic_compare_exchange_strong(&connection->phase, &from, to);
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **own,
                          enum MHD_ConnectionNotificationCode code)
{
    struct gb_http_worker *worker = context;
    struct gb_http_server *server = worker->server;
    struct gb_http_connection *connection = *own;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        gb_http_gate_leave(&server->gate, connection);
        free(connection);
        return;
    }
    connection = calloc(1, sizeof(*connection));
    GB_CHECK(connection != NULL);
    connection->worker = worker;
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    atomic_store(&connection->deadline_us, deadline_from_now(server));
    gb_http_gate_enter(&server->gate, connection);
    *own = connection;
    worker->started = true;
}

static void active_add(struct gb_http_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->active++;
    (void)pthread_mutex_unlock(&server->lock);
}

static void active_remove(struct gb_http_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    if (--server->active == 0)
        (void)pthread_cond_broadcast(&server->quiet);
    (void)pthread_mutex_unlock(&server->lock);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **own,
                         enum MHD_RequestTerminationCode code)
{
    struct gb_http_server *server = context;
    struct gb_http_request *request = *own;
    (void)mhd, (void)code;
    if (request == NULL)
        return;
    *own = NULL;
    struct gb_http_connection *connection = request->connection;
    if (atomic_load(&request->state) != GB_HTTP_ARRIVING)
        active_remove(server);
    gb_http_request_free(request);
    atomic_fetch_add(&connection->served, 1);
    (void)phase_enter(connection, GB_HTTP_WRITING, GB_HTTP_IDLE, deadline_from_now(server));
}

/* The body is too large, and how much must be read before that can be said: an answer in the middle
 * of an upload would be lost with the connection, so a moderate excess is read and forgotten. */
static bool body_declared_too_large(struct gb_http_request *request, bool *ret_at_once)
{
    const char *length = gb_http_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (length == NULL)
        return false;
    unsigned long long size = strtoull(length, NULL, 10); /* the library has checked the digits */
    const char *expect = gb_http_header(request, MHD_HTTP_HEADER_EXPECT);
    *ret_at_once = size > request->body_max + DISCARD_BYTES_MAX || expect != NULL;
    return size > request->body_max;
}

static enum MHD_Result queue_answer(struct gb_http_request *request)
{
    struct gb_http_connection *connection = request->connection;
    int64_t deadline_us = deadline_from_now(request->server);
    if (!phase_enter(connection, GB_HTTP_HANDLING, GB_HTTP_WRITING, deadline_us) &&
        !phase_enter(connection, GB_HTTP_READING, GB_HTTP_WRITING, deadline_us))
        return MHD_NO;
    enum MHD_Result queued =
        MHD_queue_response(request->mhd, (unsigned)request->status, request->response);
    MHD_destroy_response(request->response);
    request->response = NULL;
    return queued;
}

static enum MHD_Result answer_body_problem(struct gb_http_request *request)
{
    static const struct gb_http_field later = {MHD_HTTP_HEADER_RETRY_AFTER, "1"};
    atomic_store(&request->state, GB_HTTP_IN_HANDLE);
    active_add(request->server);
    gb_problem_respond(request, request->body_problem, &later, request->body_problem->retryable);
    return queue_answer(request);
}

static size_t body_max_of(const struct gb_http_server_options *options, const char *method,
                          const char *path)
{
    bool may_be_long = options->takes_long != NULL && options->takes_long(method, path);
    return may_be_long ? options->long_bytes_max : options->body_bytes_max;
}

static enum MHD_Result request_begin(struct gb_http_server *server, struct MHD_Connection *mhd,
                                     const char *path, const char *method,
                                     struct gb_http_request **ret)
{
    struct gb_http_connection *connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (atomic_load(&connection->phase) ==
        GB_HTTP_IDLE) /* else the reaper has seen the first byte already, and its deadline stands */
        (void)phase_enter(connection, GB_HTTP_IDLE, GB_HTTP_READING, deadline_from_now(server));
    if (atomic_load(&connection->phase) == GB_HTTP_CUT)
        return MHD_NO;
    struct gb_http_request *request = gb_http_request_new(server, mhd);
    request->connection = connection;
    request->path = path;
    request->method = method;
    request->body_max = body_max_of(&server->options, method, path);
    *ret = request;
    bool at_once = false;
    if (!body_declared_too_large(request, &at_once))
        return MHD_YES;
    request->body_problem = &gb_http_body_too_large;
    return at_once ? answer_body_problem(request) : MHD_YES;
}

static enum MHD_Result request_hand_over(struct gb_http_request *request)
{
    if (!phase_enter(request->connection, GB_HTTP_READING, GB_HTTP_HANDLING, INT64_MAX))
        return MHD_NO;
    struct gb_http_server *server = request->server;
    atomic_store(&request->state, GB_HTTP_IN_HANDLE);
    active_add(server);
    server->options.handle(server->options.context, request);
    if (atomic_load(&request->state) == GB_HTTP_ANSWERED)
        return queue_answer(request);
    MHD_suspend_connection(request->mhd);
    int in_handle = GB_HTTP_IN_HANDLE;
    if (!atomic_compare_exchange_strong(&request->state, &in_handle, GB_HTTP_SUSPENDED)) {
        MHD_resume_connection(request->mhd); /* answered in between */
        gb_http_worker_wake(request->connection->worker);
    }
    return MHD_YES;
}

/* NOLINTNEXTLINE(readability-function-size): the library's signature */
static enum MHD_Result on_access(void *context, struct MHD_Connection *mhd, const char *path,
                                 const char *method, const char *version, const char *data,
                                 size_t *size, void **own)
{
    struct gb_http_request *request = *own;
    (void)version;
    if (request == NULL)
        return request_begin(context, mhd, path, method, (struct gb_http_request **)own);
    if (*size > 0) {
        gb_http_request_append(request, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (atomic_load(&request->state) == GB_HTTP_ANSWERED)
        return queue_answer(request);
    if (request->body_problem != NULL)
        return answer_body_problem(request);
    return request_hand_over(request);
}

/* %00 stays as it stands: a decoded zero would cut names short. So does what is not two hex digits.
 */
static size_t unescape(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context, (void)mhd;
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (from[0] == '%' && isxdigit((unsigned char)from[1]) &&
            isxdigit((unsigned char)from[2])) {
            char hex[3] = {from[1], from[2], '\0'};
            unsigned long value = strtoul(hex, NULL, 16);
            if (value != 0) {
                *to++ = (char)value;
                from += 2;
                continue;
            }
        }
        *to++ = *from;
    }
    *to = '\0';
    return (size_t)(to - text);
}

static struct MHD_Daemon *daemon_start(struct gb_http_server *server, struct gb_http_worker *worker)
{
    const struct gb_http_server_options *options = &server->options;
    unsigned flags =
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET;
    /* The gate counts; the library's own bound only has to stay out of its way. */
    unsigned limit = options->connections_max + 64;
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_CONNECTION_LIMIT, limit, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(flags, 0, NULL, NULL, on_access, server, MHD_OPTION_NOTIFY_COMPLETED,
                            on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
                            worker, MHD_OPTION_UNESCAPE_CALLBACK, unescape, server,
                            MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

static bool workers_start(struct gb_http_server *server)
{
    server->workers = calloc(server->options.threads, sizeof(*server->workers));
    GB_CHECK(server->workers != NULL);
    while (server->workers_count < server->options.threads) {
        struct gb_http_worker *worker = &server->workers[server->workers_count];
        worker->server = server;
        worker->daemon = daemon_start(server, worker);
        if (worker->daemon == NULL)
            return false;
        gb_http_worker_start(worker);
        server->workers_count++;
    }
    return true;
}

enum gb_result gb_http_server_open(const struct gb_http_server_options *options,
                                   struct gb_http_server **ret, struct gb_err *err)
{
    GB_CHECK(options->threads >= 1 && options->connections_max >= 1 && options->handle != NULL);
    struct gb_http_server *server = calloc(1, sizeof(*server));
    GB_CHECK(server != NULL);
    server->options = *options;
    server->options.listen = NULL; /* not needed after the start, and not ours */
    enum gb_result result = gb_http_gate_open(&server->gate, server, options->listen, err);
    if (result != GB_OK) {
        free(server);
        return result;
    }
    pthread_condattr_t monotonic;
    GB_CHECK(pthread_condattr_init(&monotonic) == 0);
    GB_CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    GB_CHECK(pthread_cond_init(&server->quiet, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
    GB_CHECK(pthread_mutex_init(&server->lock, NULL) == 0);
    if (!workers_start(server)) {
        gb_http_server_close(server);
        return gb_err_set(err, GB_FATAL, "HTTP_SERVER", "cannot start at %s", options->listen);
    }
    gb_http_gate_start(&server->gate);
    *ret = server;
    return GB_OK;
}

void gb_http_server_drain(struct gb_http_server *server, int64_t timeout_ms)
{
    atomic_store(&server->draining, true);
    gb_http_gate_refuse_new(&server->gate);
    int64_t until_us = gb_clock_mono_us() + timeout_ms * 1000;
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    (void)pthread_mutex_lock(&server->lock);
    while (server->active > 0 &&
           pthread_cond_timedwait(&server->quiet, &server->lock, &until) != ETIMEDOUT)
        ;
    (void)pthread_mutex_unlock(&server->lock);
}

void gb_http_server_close(struct gb_http_server *server)
{
    if (server == NULL)
        return;
    gb_http_gate_stop(&server->gate);
    for (unsigned i = 0; i < server->workers_count; i++)
        gb_http_worker_stop(&server->workers[i]);
    free(server->workers);
    gb_http_gate_done(&server->gate);
    while (server->spare != NULL) {
        struct gb_http_request *request = server->spare;
        server->spare = request->next;
        gb_http_request_destroy(request);
    }
    (void)pthread_cond_destroy(&server->quiet);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}

uint16_t gb_http_server_port(const struct gb_http_server *server)
{
    return server->gate.port;
}
