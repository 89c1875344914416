/* server.h: an HTTP/1.1 server whose answers may come later and from any thread. Knows nothing of
 * billing. */
#ifndef GB_HTTP_SERVER_H
#define GB_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/arena.h"
#include "runtime/result.h"

struct gb_http_server;
struct gb_http_request;

struct gb_http_server_options {
    const char *listen; /* "127.0.0.1:8101" or "[::1]:8101" */
    unsigned threads;   /* epoll threads */
    unsigned connections_max;
    size_t body_bytes_max; /* more: 413 problem+json by the server itself */
    /* Requests whose bodies may be longer than that, up to long_bytes_max: NULL: none. At most
     * long_bodies_max of those that are longer are held at a time, from their arrival to their
     * answer; one more is answered 503. Called on a server thread. */
    bool (*takes_long)(const char *method, const char *path);
    size_t long_bytes_max;
    unsigned long_bodies_max;
    int64_t request_timeout_ms; /* from the connection's first byte to the complete request (slow
                                   loris), and idle */
    size_t arena_bytes;         /* bound of each request's arena */
    /* A complete request: called on a server thread, must not block; ends, now or later, in one
     * gb_http_respond. */
    void (*handle)(void *context, struct gb_http_request *request);
    void *context;
};

enum gb_result gb_http_server_open(const struct gb_http_server_options *options,
                                   struct gb_http_server **ret, struct gb_err *err) GB_MUST_USE;
/* Takes no new connections and lets the requests that are in work be answered, at most timeout_ms.
 */
void gb_http_server_drain(struct gb_http_server *server, int64_t timeout_ms);
/* NULL is fine. All requests are answered, and no thread is inside gb_http_respond any more. */
void gb_http_server_close(struct gb_http_server *server);
/* The port that was bound (for listen "...:0"). */
uint16_t gb_http_server_port(const struct gb_http_server *server);

/* Of a request; valid until gb_http_respond. */
const char *gb_http_method(const struct gb_http_request *request);
const char *
gb_http_path(const struct gb_http_request *request); /* percent-decoded; without query */
const char *gb_http_query(const struct gb_http_request *request,
                          const char *name); /* decoded; NULL: none */
const char *gb_http_header(const struct gb_http_request *request,
                           const char *name); /* any case; NULL: none */
struct gb_bytes gb_http_body(const struct gb_http_request *request);
struct gb_arena *gb_http_arena(struct gb_http_request *request);
/* One pointer of the handler's own. */
void gb_http_set_user(struct gb_http_request *request, void *user);
void *gb_http_user(const struct gb_http_request *request);
/* Calls `each` for every query parameter (for refusing unknown ones). */
void gb_http_query_each(const struct gb_http_request *request,
                        void (*each)(void *context, const char *name, const char *value),
                        void *context);

struct gb_http_field {
    const char *name;
    const char *value;
};

/* Answers, from any thread, exactly once; copies everything; the request is gone afterwards. `body`
 * may be empty. */
void gb_http_respond(struct gb_http_request *request, int status,
                     const struct gb_http_field *fields, size_t fields_count,
                     const char *content_type, struct gb_bytes body);

#endif
