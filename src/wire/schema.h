/* schema.h: the compiled-in Avro schemas with their frozen numbers, as they stand under schemas/.
 * Read-only, static storage, any thread. */
#ifndef GB_WIRE_SCHEMA_H
#define GB_WIRE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gb_schema {
    const char *type;   /* "geobill.payin.v1": ce_type, and the subject in a schema registry */
    int32_t version;    /* of the type, from 1 on */
    int32_t id;         /* in the frame; never given twice */
    bool written;       /* we write this version; exactly one of each type */
    const char *sha256; /* of the text, lower-case hex */
    const char *text;   /* JSON, zero-terminated */
    size_t size;        /* of the text, without its zero */
};

/* All of them, by type and version. */
const struct gb_schema *gb_schemas(size_t *ret_count);
/* NULL when there is none. */
const struct gb_schema *gb_schema_by_id(int32_t id);

#endif
