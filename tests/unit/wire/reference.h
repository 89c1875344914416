/* reference.h: avro-c as a reader of its own, to hold our codecs against. */
#ifndef GB_TESTS_WIRE_REFERENCE_H
#define GB_TESTS_WIRE_REFERENCE_H

#include <jansson.h>

#include "wire/envelope.h"

struct reference; /* one schema, parsed by avro-c */

/* Aborts when it does not parse. */
struct reference *reference_open(const char *schema, size_t size);
void reference_close(struct reference *reference);

/* Reads an Avro body (no frame) that was vetted before. The same JSON as gb_message_print makes, a
 * new reference; NULL when avro-c cannot read it or leaves bytes over. */
json_t *reference_read(const struct reference *reference, struct gb_bytes body);

/* Reads what `writer` wrote as `reader` sees it, by avro-c's schema resolution. */
json_t *reference_resolve(const struct reference *writer, const struct reference *reader,
                          struct gb_bytes body);

/* Writes this JSON by the schema, framed with `id`, in the arena. Aborts when it does not fit. */
struct gb_bytes reference_write(const struct reference *reference, int32_t id, json_t *message,
                                struct gb_arena *arena);

#endif
