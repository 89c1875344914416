/* base64.h: bytes as base64 (RFC 4648, with padding), by OpenSSL. Any thread. */
#ifndef GB_RUNTIME_BASE64_H
#define GB_RUNTIME_BASE64_H

#include "runtime/arena.h"

/* Text in the arena; NULL when that is full. */
char *gb_base64(struct gb_bytes bytes, struct gb_arena *arena);

#endif
