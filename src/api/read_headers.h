/* read_headers.h: the header fields and query names of a request. */
#ifndef GB_API_READ_HEADERS_H
#define GB_API_READ_HEADERS_H

#include "api/api.h"

/* Accept, Content-Type of a body, Idempotency-Key of a POST, Prefer, names in the query. Fills
 * `key`, `wait_s` and `preference_applied`. False: answered with what is wrong. */
bool gb_api_read_headers(struct gb_api_request *request);

/* The query's `limit` (1 .. 1000, else 100). False: answered 400. */
bool gb_api_read_limit(struct gb_api_request *request, int32_t *ret);

/* A whole number without sign or space, at most `max`. */
bool gb_api_read_number(const char *text, int64_t max, int64_t *ret);

#endif
