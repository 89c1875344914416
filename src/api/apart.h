/* apart.h: the lane of what is decided in a transaction of its own: atomic batches, and dry runs,
 * whose transaction is rolled back. */
#ifndef GB_API_APART_H
#define GB_API_APART_H

#include "api/api.h"

/* Starts the thread, which takes from api->apart_queue batches (their `body` is a client batch) and
 * single commands. `options` are copied. */
struct gb_api_apart *gb_api_apart_open(struct gb_api *api, const struct gb_engine_options *options);
/* After the queue was closed: what is left in it is still decided. NULL is fine. */
void gb_api_apart_close(struct gb_api_apart *apart);
bool gb_api_apart_ready(const struct gb_api_apart *apart); /* any thread */

#endif
