/* packed_headers.h: headers of a record as one value, as in the columns outbox.headers and
 * dead_letter.record_headers: repeated (u16 name length, name, u32 value length, value),
 * big-endian. Any thread. */
#ifndef GB_WIRE_PACKED_HEADERS_H
#define GB_WIRE_PACKED_HEADERS_H

#include <stdbool.h>

#include "runtime/header.h"

/* In the arena. */
struct gb_bytes gb_headers_pack(const struct gb_header *headers, size_t count,
                                struct gb_arena *arena);

/* Names in the arena, values in `packed`. False: it ends too early. */
bool gb_headers_unpack(struct gb_bytes packed, struct gb_arena *arena, struct gb_header **ret,
                       size_t *ret_count);

#endif
