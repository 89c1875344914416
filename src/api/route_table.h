/* route_table.h: all routes below /v1, one row each. */
#ifndef GB_API_ROUTE_TABLE_H
#define GB_API_ROUTE_TABLE_H

#include "api/api.h"

#define GB_API_ROUTES_MAX 32

extern const struct gb_api_route gb_api_routes[];
extern const size_t gb_api_routes_count; /* at most GB_API_ROUTES_MAX */

#endif
