/* cursor.h: where a list goes on: a small JSON object as base64url, opaque to clients. */
#ifndef GB_API_CURSOR_H
#define GB_API_CURSOR_H

#include <jansson.h>

#include "api/api.h"

/* In the arena; NULL when it is full. */
const char *gb_api_cursor_encode(const json_t *object, struct gb_arena *arena);

/* The query's `cursor`; *ret is an empty object without one; the caller decrefs. False: answered
 * 400. */
bool gb_api_read_cursor(struct gb_api_request *request, struct gb_arena *arena, json_t **ret);

#endif
