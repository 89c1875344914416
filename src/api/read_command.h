/* read_command.h: the body of a command about money. */
#ifndef GB_API_READ_COMMAND_H
#define GB_API_READ_COMMAND_H

#include <jansson.h>

#include "api/api.h"

/* Whose key it is: fills in `owner` and `relayed`. False: answered, no datacenter that we know. */
bool gb_api_read_owner(struct gb_api_request *request);

/* The body into request->command, whose kind says what its members are. False: answered 400 or 422.
 */
bool gb_api_read_command(struct gb_api_request *request);

#endif
