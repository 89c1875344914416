/* balances.h: balances, many in one round trip. */
#ifndef GB_API_BALANCES_H
#define GB_API_BALANCES_H

#include "api/api.h"

/* Where balances are read: of one thread. */
struct gb_api_reading {
    struct gb_api *api;
    struct gb_pg *pg;
    struct gb_arena *arena;
};

/* Answers `n` requests for the balances of accounts that are known. On failure none has been
 * answered. */
enum gb_result gb_api_answer_balances(const struct gb_api_reading *reading,
                                      struct gb_api_request *const *requests,
                                      const struct gb_api_account *accounts, size_t n,
                                      struct gb_err *err) GB_MUST_USE;

/* The thread that answers what is in api->balance_queue; whose account is not known here goes on to
 * a lane. */
struct gb_api_balances;
struct gb_api_balances *gb_api_balances_open(struct gb_api *api);
/* After the queue was closed: what is left in it is still answered. NULL is fine. */
void gb_api_balances_close(struct gb_api_balances *balances);
bool gb_api_balances_ready(const struct gb_api_balances *balances); /* any thread */

#endif
