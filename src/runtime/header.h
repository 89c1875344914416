/* header.h: one header of a record: a name and bytes. Owns neither. Shared by wire, which writes
 * and reads headers, and bus, which carries them, because neither of the two may use the other. */
#ifndef GB_RUNTIME_HEADER_H
#define GB_RUNTIME_HEADER_H

#include "runtime/arena.h"

struct gb_header {
    const char *name; /* zero-terminated */
    struct gb_bytes value;
};

#endif
