/* health.h: /livez, /readyz and /metrics, without a token: a small server of its own for daemons
 * without an API, or routes on a server that is there anyway. */
#ifndef GB_HTTP_HEALTH_H
#define GB_HTTP_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/server.h"

/* True when ready. Otherwise writes what is missing as plain text of at most `size` bytes, its zero
 * included. Called on a server thread: must be quick, must not block. */
typedef bool gb_health_ready(void *context, char *ret_why, size_t size);

struct gb_health;

/* Serves at `listen` ("127.0.0.1:8111", port 0 for any) until closed. The string is copied,
 * `context` must outlive it. /livez 200 {"status":"live"}; /readyz 200 {"status":"ready"} or 503
 * {"status":"not ready","detail":why}; /metrics is Prometheus text; everything else 404. GB_FATAL
 * when the address cannot be had. */
enum gb_result gb_health_open(const char *listen, gb_health_ready *ready, void *context,
                              struct gb_health **ret, struct gb_err *err) GB_MUST_USE;
void gb_health_close(struct gb_health *health); /* NULL is fine */
uint16_t gb_health_port(const struct gb_health *health);

/* On a server of the caller's: answers the request when it asks for one of the three; false: not
 * touched. */
bool gb_health_answer(struct gb_http_request *request, gb_health_ready *ready, void *context);

#endif
