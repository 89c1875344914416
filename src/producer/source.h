/* source.h: what cutting and reading pages needs: a connection, the holder of the lease, bounded
 * memory, and who we are. Belongs to one thread. */
#ifndef GB_PRODUCER_SOURCE_H
#define GB_PRODUCER_SOURCE_H

#include "core/identity.h"
#include "db/pg.h"

struct gb_source {
    struct gb_pg *pg;
    struct gb_arena *arena;        /* of one step: reset by whoever begins one */
    struct gb_arena *record_arena; /* of one record */
    struct gb_dc dc;
    int32_t incarnation;
    const char *holder; /* whose lease must be there for a page to be stored */
    int32_t page_records_max;
    int64_t page_bytes_max;
    int64_t statement_timeout_ms; /* of the connection, but for cutting a backlog */
};

enum { GB_SOURCE_ARENA_BYTES = 16 * 1024 * 1024, GB_SOURCE_PAGE_BYTES = 4 * 1024 * 1024 };

#endif
