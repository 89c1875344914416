/* lanes.h: the reader lanes: threads that may wait, each with a connection and an HTTP client. */
#ifndef GB_API_LANES_H
#define GB_API_LANES_H

#include "api/api.h"

/* Starts [api] readers threads that take from api->lane_queue; at the catalogue's datacenter each
 * has an engine with these options. */
struct gb_api_lanes *gb_api_lanes_open(struct gb_api *api, const struct gb_engine_options *engine);
/* After the queue was closed: what is left in it is still done. NULL is fine. */
void gb_api_lanes_close(struct gb_api_lanes *lanes);
/* Any thread: is a lane connected? */
bool gb_api_lanes_ready(const struct gb_api_lanes *lanes);

#endif
