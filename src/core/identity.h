/* identity.h: the names of things, each its own type, so that one cannot be passed as another.
 * Pure. */
#ifndef GB_CORE_IDENTITY_H
#define GB_CORE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#define GB_DC_SIZE 8          /* "dc1" .. "dc9999", zero-terminated */
#define GB_ACCOUNT_ID_SIZE 65 /* 1..64 of [A-Za-z0-9._-] */
#define GB_KEY_SIZE 201 /* idempotency key: 1..200 printable ASCII without space at the ends */
#define GB_REFERENCE_SIZE 257 /* 0..256 bytes of UTF-8 without control characters */
#define GB_METADATA_SIZE 4097 /* canonical JSON object */

struct gb_dc {
    char code[GB_DC_SIZE];
};
struct gb_account_no {
    int64_t value;
};
struct gb_client_no {
    int32_t value;
};

bool gb_dc_parse(const char *text, struct gb_dc *ret); /* dc1 .. dc9999, no leading zero */
bool gb_dc_equal(struct gb_dc a, struct gb_dc b);
bool gb_account_id_valid(const char *text);
bool gb_key_valid(const char *text);

/* Has `key` the reserved form "<code>:<anything>" (a code's form, known or not)? Then *ret is that
 * code. */
bool gb_key_prefix(const char *key, struct gb_dc *ret);

#endif
