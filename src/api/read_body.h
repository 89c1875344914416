/* read_body.h: JSON bodies, strictly and bounded: one object, no name twice, at most 8 levels, no
 * unknown names. Whatever is wrong is answered, with the field. */
#ifndef GB_API_READ_BODY_H
#define GB_API_READ_BODY_H

#include <jansson.h>

#include "api/api.h"

/* Why `text` is not acceptable JSON, in the arena; NULL: it is, and *ret is the object, which the
 * caller decrefs. Bounds the depth before the parser recurses. */
const char *gb_api_json_parse(struct gb_bytes text, struct gb_arena *arena, json_t **ret);

/* The request's body; of a command in a batch that command, of a batch two levels deeper. False:
 * answered 400. The caller decrefs *ret. */
bool gb_api_read_body(struct gb_api_request *request, json_t **ret);

/* One member of an object. */
struct gb_api_member {
    const char *name;
    json_type type; /* JSON_TRUE: either of the two */
    bool required;
    enum gb_api_error wrong; /* for another type */
    json_t **ret;            /* out, borrowed: NULL when it is left out */
};

/* Reads the members of `object`, which stands at `path` ("" or "amount.") in the body. False:
 * answered 422. */
bool gb_api_read_members(struct gb_api_request *request, json_t *object, const char *path,
                         const struct gb_api_member *members, size_t count);

/* A price: {"minor_units", "currency"}, its members named "price.". False: it has been refused. */
bool gb_api_read_price(struct gb_api_request *request, json_t *money, int64_t *ret_price,
                       struct gb_currency *ret_currency);

#endif
