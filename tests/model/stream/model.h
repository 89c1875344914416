/* model.h: what a run of the model may find, and its two ways of looking. */
#ifndef GB_TEST_MODEL_STREAM_H
#define GB_TEST_MODEL_STREAM_H

#include <stdbool.h>
#include <stdint.h>

/* What was broken; NULL: nothing was. Static text. */
struct finding {
    const char *what;
};

/* What happened in the histories: a simulation in which nothing happens says nothing. */
struct totals {
    int64_t applied, resent, went_back, crashes, fenced, lease_lost, rebuilt, fed, forgotten,
        merged, wiped, lost;
    int64_t healing_steps_max;
};

/* All states that a reader of one partition can reach, by any records in any order, for all layouts
 * of four pages with up to two records each, also where two of them were merged at the source after
 * they had been sent. Returns how many states there were. */
int64_t exhaust_reader(struct finding *ret);

/* One random history of source, log and readers, determined by its seed. Adds to the totals. */
void run_history(uint64_t seed, struct totals *totals, struct finding *ret);

#endif
