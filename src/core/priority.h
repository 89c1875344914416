/* priority.h: who comes first when two datacenters want the same money: a hybrid logical clock,
 * with the datacenter's code to break ties. Clocks change fairness only, never safety. Pure. */
#ifndef GB_CORE_PRIORITY_H
#define GB_CORE_PRIORITY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/identity.h"

/* Of an ask for which nobody waits: younger than all that ever waited. (A time that every calendar
 * can print.) */
#define GB_CLOCK_LAST INT64_C(253402300799999999)

/* Lower is older is first. */
struct gb_priority {
    int64_t clock_us;
    struct gb_dc dc;
};

bool gb_priority_older(struct gb_priority a, struct gb_priority b); /* false for the same one */

/* The clock of the next event: now, but later than all that was seen. */
int64_t gb_clock_next(int64_t seen_us, int64_t now_us);

/* What was seen, after hearing of `heard_us`. A clock that is ahead of ours by more than
 * `skew_us_max` is believed only so far, and *alarm becomes true; it is left alone otherwise. */
int64_t gb_clock_merge(int64_t seen_us, int64_t heard_us, int64_t now_us, int64_t skew_us_max,
                       bool *alarm);

#endif
