/* Transactions over several round trips: repeating what lost a race. */
#include <string.h>

#include "db/connection.h"
#include "db/sqlstate.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

#define BACKOFF_BASE_MS 2
#define BACKOFF_CAP_MS 200

enum gb_result gb_pg_transact(struct gb_pg *pg, int tries,
                              enum gb_result (*step)(struct gb_pg *pg, void *context,
                                                     struct gb_err *err),
                              void *context, struct gb_err *err)
{
    struct gb_err own;
    for (unsigned attempt = 0;; attempt++) {
        memset(&own, 0, sizeof own);
        enum gb_result result = step(pg, context, &own);
        if (result == GB_OK)
            return GB_OK;
        gb_pg_rollback(pg);
        bool again = result == GB_RETRY && !own.outcome_unknown && gb_sqlstate_repeats(own.code);
        if (!again || (int)attempt + 1 >= tries) {
            if (err != NULL)
                *err = own;
            return result;
        }
        /* Asked to stop, it repeats at once: what was begun is brought to its end quickly. */
        (void)gb_stop_wait(gb_backoff_ms(attempt, BACKOFF_BASE_MS, BACKOFF_CAP_MS));
    }
}
