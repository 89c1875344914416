/* json_text.h: JSON answers, written piece by piece into an arena. Running out of the arena is
 * noted and told at the end, so that the pieces need no checks. One thread. */
#ifndef GB_API_JSON_TEXT_H
#define GB_API_JSON_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/arena.h"

struct gb_json_text {
    struct gb_arena *arena;
    char *data;
    size_t used, room;
    bool full;
};

void gb_json_init(struct gb_json_text *text, struct gb_arena *arena);
/* The text so far, in the arena; data NULL when the arena was too small. */
struct gb_bytes gb_json_done(const struct gb_json_text *text) GB_MUST_USE;

void gb_json_raw(struct gb_json_text *text, const char *json); /* as it stands */
void gb_json_raw_bytes(struct gb_json_text *text, struct gb_bytes json);
void gb_json_string(struct gb_json_text *text, const char *value);
void gb_json_int(struct gb_json_text *text, int64_t value);
/* `"name":` with a comma before it, unless it is the first of its object. */
void gb_json_name(struct gb_json_text *text, const char *name);

/* Members: name and value. NULL text and time 0 are left out. */
void gb_json_member_text(struct gb_json_text *text, const char *name, const char *value);
void gb_json_member_int(struct gb_json_text *text, const char *name, int64_t value);
void gb_json_member_bool(struct gb_json_text *text, const char *name, bool value);
void gb_json_member_time(struct gb_json_text *text, const char *name, int64_t wall_us);
void gb_json_member_money(struct gb_json_text *text, const char *name, int64_t minor_units,
                          const char *currency);

#endif
