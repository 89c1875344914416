/* search.h: all states of a scenario, breadth first. */
#ifndef GB_TEST_MODEL_RESERVE_SEARCH_H
#define GB_TEST_MODEL_RESERVE_SEARCH_H

#include "world.h"

struct search {
    const struct scenario *scenario;
    uint64_t states_max; /* stops there, and says so; below 2^31 */
    bool publish_early;  /* also follow histories of an engine that sends before it commits */
    uint64_t *progress;  /* always the number of the step under way: the core ends the process where
                            it finds a bug of its own, and then another process wants to know */
    uint64_t stop_before; /* prints the way to this step and stops; 0: no */
    uint32_t heal_one_in; /* how many states are healed to see whether they come to rest; 0: none */
};

struct found {
    const char *what; /* NULL: nothing is broken. Static text; the history has been printed */
    uint64_t states;
    uint64_t transitions;
    uint64_t healed;
    uint64_t beyond; /* states beyond the bounds of the search, not followed */
    int depth;
    bool complete; /* all states were seen */
};

struct found search_all(const struct search *search);

#endif
