/* reservations.h: what is under way for money that is short here, as JSON. */
#ifndef GB_API_RESERVATIONS_H
#define GB_API_RESERVATIONS_H

#include "api/api.h"
#include "api/json_text.h"

/* Rows of reservation_asks and reservation_waits over many accounts, read from the front. */
struct gb_api_reservations {
    const struct gb_rows *asks, *waits;
    size_t next_ask, next_wait;
};

/* The member "reservations" of the account in the n-th place, from 0. To be called for one after
 * the other. */
void gb_api_view_reservations(struct gb_json_text *text, struct gb_api_reservations *from, size_t n,
                              const char *currency);

/* Of an operation that waits or has waited, from the rows of operation_steps: the members
 * "deadline", "steps" and "facts"; nothing when there are none. `state`, `reason` (NULL: none) and
 * `decided_at_us` (0: not decided) are the operation's. */
struct gb_api_waited {
    const struct gb_rows *steps;
    int state;
    const char *reason;
    int64_t decided_at_us;
    const char *currency;
};
void gb_api_view_steps(struct gb_json_text *text, const struct gb_api_waited *waited);

#endif
