/* client.h: HTTP calls to other datacenters' APIs. One thread owns a client; connections are kept.
 */
#ifndef GB_HTTP_CLIENT_H
#define GB_HTTP_CLIENT_H

#include "http/server.h"

struct gb_http_client;

struct gb_http_client *gb_http_client_new(const char *user_agent);
void gb_http_client_free(struct gb_http_client *client);

#define GB_HTTP_RETRY_AFTER_MAX_S 60

struct gb_http_answer {
    int status;
    struct gb_bytes body;            /* in the caller's arena */
    const char *content_type;        /* "" when none */
    const char *location;            /* NULL: none */
    const char *idempotent_replayed; /* NULL: none */
    int64_t retry_after_s;           /* 0: none, or a date; at most GB_HTTP_RETRY_AFTER_MAX_S */
};

struct gb_http_call {
    const char *method, *url;
    const struct gb_http_field *fields;
    size_t fields_count;
    struct gb_bytes body; /* data NULL: none */
    int64_t timeout_ms;   /* over everything */
    size_t bytes_max;     /* of the answer's body */
};

/* Makes one call. Any HTTP status is GB_OK. GB_RETRY when no answer came (err->outcome_unknown when
 * the request may have been received). A body above bytes_max, or an answer that does not fit into
 * the arena, is GB_POISON. */
enum gb_result gb_http_call(struct gb_http_client *client, const struct gb_http_call *call,
                            struct gb_arena *arena, struct gb_http_answer *ret,
                            struct gb_err *err) GB_MUST_USE;

#endif
