/* Transactions over several round trips: repeating what lost a race. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "db/connection.h"
#include "db/sqlstate.h"
#include "runtime/clock.h"

#define BACKOFF_BASE_MS 2
#define BACKOFF_CAP_MS 200

static void wait_ms(int64_t wait_ms)
{
    struct timespec left = {.tv_sec = wait_ms / 1000, .tv_nsec = (long)(wait_ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

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
        wait_ms(gb_backoff_ms(attempt, BACKOFF_BASE_MS, BACKOFF_CAP_MS));
    }
}
