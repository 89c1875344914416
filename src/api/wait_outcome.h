/* wait_outcome.h: requests whose command is not decided yet. */
#ifndef GB_API_WAIT_OUTCOME_H
#define GB_API_WAIT_OUTCOME_H

#include "api/api.h"

/* Starts the thread: it listens for decisions and looks itself every 250 ms. */
struct gb_api_waiter *gb_api_waiter_open(struct gb_api *api);
/* Those who still wait are answered 202. NULL is fine. */
void gb_api_waiter_close(struct gb_api_waiter *waiter);
bool gb_api_waiter_ready(const struct gb_api_waiter *waiter); /* any thread */

/* Answers the request once its command is decided, at the latest at command.until_us. One that
 * nobody has decided at its time goes to the commands lane once more. Too many of them: at
 * once. Any thread; gives the request away. */
void gb_api_wait_outcome(struct gb_api_request *request);

#endif
