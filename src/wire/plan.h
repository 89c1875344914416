/* plan.h: a writer's schema as the codec walks it: a tree that says at each value how it is written
 * and which member of the C message it belongs to. Made once at start, read-only afterwards, so any
 * thread may walk it. Internal to wire; plan.c is the only file that calls avro-c. */
#ifndef GB_WIRE_PLAN_H
#define GB_WIRE_PLAN_H

#include "wire/codec.h"

enum gb_plan_type {
    GB_PLAN_NULL,
    GB_PLAN_BOOLEAN,
    GB_PLAN_NUMBER, /* int or long: written alike */
    GB_PLAN_TEXT,
    GB_PLAN_BYTES,
    GB_PLAN_FIXED,
    GB_PLAN_ENUM,
    GB_PLAN_UNION,
    GB_PLAN_ARRAY,
    GB_PLAN_RECORD,
};

struct gb_plan {
    enum gb_plan_type type;
    bool narrow;                  /* NUMBER: an int, so of 32 bits */
    const struct gb_field *field; /* NULL: the value is walked over */
    size_t count;                 /* bytes, symbols, branches, or fields */
    struct gb_plan *children;     /* branches or fields; ARRAY: its one item */
    int *numbers;                 /* ENUM: the C number of each symbol; 0: unknown here */
};

/* The plan of `schema` (JSON, size bytes) for messages with this table, in the arena. GB_FATAL when
 * the schema does not parse, has a type that we do not write (float, double, map), or leaves out or
 * contradicts a member that must be there. */
enum gb_result gb_plan_make(const char *schema, size_t size, const struct gb_field_table *table,
                            struct gb_arena *arena, struct gb_plan *ret,
                            struct gb_err *err) GB_MUST_USE;

/* Can messages with this table be written by this plan of a record: is each member a field, each
 * number a symbol, and null a branch exactly where a member may be absent? */
bool gb_plan_complete(const struct gb_plan *plan, const struct gb_field_table *table);

#endif
