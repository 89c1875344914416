/* authenticate.h: whose request this is, and whether the role suffices. */
#ifndef GB_API_AUTHENTICATE_H
#define GB_API_AUTHENTICATE_H

#include "api/api.h"

/* Fills request->client. False: the request has been answered, or given to a lane that looks the
 * client up and goes on. */
bool gb_api_authenticate(struct gb_api_request *request);

/* False: answered 401 or 403. */
bool gb_api_authorize(struct gb_api_request *request);

/* The token of "Authorization: Bearer <token>"; NULL: none. */
const char *gb_api_bearer_token(const struct gb_http_request *http);

#endif
