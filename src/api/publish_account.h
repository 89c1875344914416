/* publish_account.h: the catalogue's message about an account, into the outbox. In a lane of the
 * catalogue datacenter. */
#ifndef GB_API_PUBLISH_ACCOUNT_H
#define GB_API_PUBLISH_ACCOUNT_H

#include "api/api.h"
#include "api/views.h"

/* Prepares the call that adds the message to the stream, to be run in the transaction that changed
 * the account. */
enum gb_result gb_api_call_publish(struct gb_api_lane *lane, const struct gb_api_request *request,
                                   const struct gb_api_account_row *account, struct gb_call *call,
                                   struct gb_err *err) GB_MUST_USE;

/* Wakes the publisher after the commit; `what`: a mask of enum gb_wake. */
void gb_api_wake_publisher(struct gb_api *api, unsigned what);

#endif
