/* openapi.h: the description of the API, compiled in from docs/openapi.yaml. */
#ifndef GB_API_OPENAPI_H
#define GB_API_OPENAPI_H

#include <stdbool.h>

#include "http/server.h"

/* Answers /openapi.yaml; false: another path, not touched. Any thread. */
bool gb_api_serve_openapi(struct gb_http_request *http);

#endif
