/* registry.h: the schema versions that this program knows, each with its plan. Filled by
 * gb_wire_init, read-only afterwards. Internal to wire. */
#ifndef GB_WIRE_REGISTRY_H
#define GB_WIRE_REGISTRY_H

#include "wire/plan.h"
#include "wire/schema.h"

struct gb_version {
    enum gb_message_kind kind;
    int32_t id;
    struct gb_plan plan; /* of the message's record */
};

/* The version with this id; NULL when it is unknown. */
const struct gb_version *gb_registry_version(int32_t id);
/* The version that is written. Aborts before gb_wire_init. */
const struct gb_version *gb_registry_written(enum gb_message_kind kind);
const struct gb_codec *gb_registry_codec(enum gb_message_kind kind);

/* Knows one more version: gb_wire_init for the compiled-in ones; tests, for versions of another
 * time. One thread. GB_FATAL when its schema cannot be read as its kind, or (when written) not be
 * written. */
enum gb_result gb_registry_add(const struct gb_schema *schema, struct gb_err *err) GB_MUST_USE;

#endif
