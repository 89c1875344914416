/* model.h: what a run of the model may find, and its two ways of looking. */
#ifndef GB_TEST_MODEL_STREAM_H
#define GB_TEST_MODEL_STREAM_H

#include <stdbool.h>
#include <stdint.h>

/* What was broken; NULL: nothing was. Static text. */
struct finding {
    const char *what;
};

/* All states that a reader of one partition can reach, by any records in any order, for all layouts
 * of four pages with up to two records each, also where two of them were merged at the source after
 * they had been sent. Returns how many states there were. */
int64_t exhaust_reader(struct finding *ret);

/* One random history of source, log and reader, determined by its seed. Returns how many records
 * were applied. */
int64_t run_history(uint64_t seed, struct finding *ret);

#endif
