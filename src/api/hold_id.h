/* hold_id.h: a hold as clients name it: "dc1-0191e3c2-...": its datacenter's code and its id. */
#ifndef GB_API_HOLD_ID_H
#define GB_API_HOLD_ID_H

#include "core/identity.h"
#include "runtime/arena.h"
#include "runtime/uuid.h"

/* In the arena; NULL when that is full. */
const char *gb_api_hold_id_format(struct gb_dc dc, struct gb_uuid id, struct gb_arena *arena);
/* False: it names no hold, wherever. */
bool gb_api_hold_id_parse(const char *text, struct gb_dc *ret_dc, struct gb_uuid *ret_id);

#endif
