/* payouts.h: the payouts lane: decides pay-outs, many in one commit, by an engine of its own. */
#ifndef GB_API_PAYOUTS_H
#define GB_API_PAYOUTS_H

#include "api/api.h"
#include "engine/engine.h"

/* Starts the thread, which takes from api->payout_queue. `options` are copied. */
struct gb_api_payouts *gb_api_payouts_open(struct gb_api *api,
                                           const struct gb_engine_options *options);
/* After the queue was closed: what is left in it is still decided. NULL is fine. */
void gb_api_payouts_close(struct gb_api_payouts *payouts);
bool gb_api_payouts_ready(const struct gb_api_payouts *payouts); /* any thread */

/* What is stored for the request's pay-out is in request->command: answers it, or lets it wait for
 * its outcome. Gives the request away. Any thread. */
void gb_api_settle_payout(struct gb_api_request *request);
/* The answer once the outcome is there, or not in time (state WAITING). */
void gb_api_answer_payout(struct gb_api_request *request);

#endif
