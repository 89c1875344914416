/* intake.h: the intake lane: accepts pay-ins, many in one commit. */
#ifndef GB_API_INTAKE_H
#define GB_API_INTAKE_H

#include "api/api.h"

/* Starts the thread, which takes from api->intake_queue. */
struct gb_api_intake *gb_api_intake_open(struct gb_api *api);
/* After the queue was closed: what is left in it is still accepted. NULL is fine. */
void gb_api_intake_close(struct gb_api_intake *intake);
bool gb_api_intake_ready(const struct gb_api_intake *intake); /* any thread */

/* What is stored for the request's pay-in is in request->command: answers it, or lets it wait for
 * its outcome. Gives the request away. Any thread. */
void gb_api_settle_payin(struct gb_api_request *request);

#endif
