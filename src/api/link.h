/* link.h: a thread's connection to the database, made anew when it is lost, but not more often than
 * twice a second. One thread; `connected` may be read by any. */
#ifndef GB_API_LINK_H
#define GB_API_LINK_H

#include "api/api.h"

struct gb_api_link {
    struct gb_api *api;
    const char *part;    /* for the database's administrator and the log; lives on */
    struct gb_pg *pg;    /* NULL: none */
    unsigned generation; /* of the connection: goes up with each new one */
    int64_t next_try_us;
    _Atomic bool connected;
};

void gb_api_link_init(struct gb_api_link *link, struct gb_api *api, const char *part);
void gb_api_link_done(struct gb_api_link *link);

/* A usable connection, or GB_RETRY. When the database refuses us for good, the process is asked to
 * stop (GB_FATAL). */
enum gb_result gb_api_link_ensure(struct gb_api_link *link, struct gb_err *err) GB_MUST_USE;

#endif
