/* lease.h: one publisher at a time. The lock (an advisory lock of a session of its own) says who
 * may begin; the lease row, written by its holder only, is what every stored page is checked
 * against; its heartbeat tells a standby that a holder has gone without giving up its session.
 * (Architecture, section 3.14.) */
#ifndef GB_PRODUCER_LEASE_H
#define GB_PRODUCER_LEASE_H

#include <stdatomic.h>

#include "producer/settings.h"

enum { GB_HOLDER_SIZE = 17 };

struct gb_lease {
    const struct gb_publisher_settings *settings;
    struct gb_pg *pg; /* NULL: not connected */
    struct gb_arena *arena;
    char holder[GB_HOLDER_SIZE]; /* ours: another at each taking, so that what we began under an
                                    earlier one is a stranger's */
    atomic_bool held;
    _Atomic int64_t
        good_until_us; /* monotonic: without another heartbeat we do not trust it beyond */
    /* Of another's lease, as last seen. */
    char other[GB_HOLDER_SIZE];
    int64_t other_beat;
    int64_t other_since_us; /* monotonic: since when the beat has stood still; 0: not seen */
};

/* The owner's thread calls all but gb_lease_good. */
void gb_lease_init(struct gb_lease *lease, const struct gb_publisher_settings *settings);
/* Gives the lease back when it is held. */
void gb_lease_done(struct gb_lease *lease);

/* Tries once to take it; ends a holder whose heartbeat has stood still for lease_stale_ms.
 * *ret_taken tells. GB_RETRY when the database is away. */
enum gb_result gb_lease_try(struct gb_lease *lease, bool *ret_taken,
                            struct gb_err *err) GB_MUST_USE;
/* The holder's heartbeat. After a failure it is not held any more. */
enum gb_result gb_lease_beat(struct gb_lease *lease, struct gb_err *err) GB_MUST_USE;
/* Gives it back, so that a standby needs not wait. */
void gb_lease_release(struct gb_lease *lease);

/* May the holder's threads go on? Any thread. */
bool gb_lease_good(const struct gb_lease *lease);

#endif
