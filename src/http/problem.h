/* problem.h: the answer to a request that was refused or failed: RFC 9457 application/problem+json.
 */
#ifndef GB_HTTP_PROBLEM_H
#define GB_HTTP_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "http/server.h"

#define GB_PROBLEM_CONTENT_TYPE "application/problem+json"

struct gb_problem {
    int status;           /* 400-599 */
    const char *code;     /* stable upper-case word; also the type: urn:geobill:problem:<code> */
    const char *title;    /* the same for every problem of this code */
    const char *detail;   /* of this one; NULL: left out */
    const char *instance; /* what it is about, a URI reference; NULL: left out */
    const char *field;    /* the part of the request that is wrong; NULL: left out */
    const char *facts;    /* JSON, as it stands; NULL: left out */
    const char *more;     /* further members, `"name":value`; NULL: none */
    bool retryable;       /* the very same request may work later */
};

/* The JSON text, in the arena; data NULL when the arena is full. Bytes that are not UTF-8 are
 * replaced. */
struct gb_bytes gb_problem_write(const struct gb_problem *problem,
                                 struct gb_arena *arena) GB_MUST_USE;

/* Answers `request` with the problem; more header fields may be given. As gb_http_respond: once,
 * any thread. */
void gb_problem_respond(struct gb_http_request *request, const struct gb_problem *problem,
                        const struct gb_http_field *fields, size_t fields_count);

/* Writes `text` as a JSON string with its quotes into the arena (control characters escaped, broken
 * UTF-8 replaced). NULL when the arena is full. */
const char *gb_json_quote(const char *text, struct gb_arena *arena) GB_MUST_USE;

#endif
