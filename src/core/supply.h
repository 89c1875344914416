/* supply.h: when a reader takes its own datacenter's stream from the table instead of from Kafka.
 * Pure: no IO, clock, random, heap. (Architecture, section 3.5.)
 *
 * What is right never depends on this rule. Whoever applies records, by whichever way and however
 * often, does so through the engine, which knows what is done, and claims in `progress` only what
 * is applied; the row takes no lower claim (stream/progress.h). So any number of readers may take
 * any page at any time. The rule says only who should, so that nothing waits and little is done
 * twice:
 *
 *   A partition is LATE when a page with something for it is cut and not complete, and it has not
 *   moved for `after_us`: no page became complete, no record of the next one came. That is a row in
 *   the database (`late_partition`), for all readers: a reader that starts without a broker knows
 * at once.
 *
 *   Pages of a late partition are read from the table one after the other, without waiting, by the
 *   reader that has claimed it; a claim that is not renewed for `after_us` is another's to take.
 * Two that read at once do no harm.
 *
 *   It is on time again when Kafka has delivered a page of it that the table had not yet completed
 * a while ago, and it does not stand still: what is replayed from before does not count, nor what
 *   comes after a hole. "A while ago" is `page` of its row: what was complete when the claim was
 *   last renewed but once (renewals come every half of `after_us`). Or when a reader to which
 *   Kafka assigned it, and is connected, sees it at rest, with nothing to read for two times
 *   `after_us`: then Kafka is tried with what comes next. Whoever sees that deletes the row. */
#ifndef GB_CORE_SUPPLY_H
#define GB_CORE_SUPPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/stream.h"

/* One partition, as its reader sees it. All zero at first. */
struct gb_supply {
    int64_t cut;            /* the last page with anything for it */
    int64_t complete;       /* the last complete one */
    int32_t records;        /* of the next one that are there too */
    int64_t still_since_us; /* it is behind and stands still since; 0: it is not behind */
    int64_t rest_since_us;  /* it is not behind since; 0: it is */
};

/* Takes in what is known now. True when the partition is late: it has stood still behind what was
 * cut for after_us. `now_us` never goes back, and is not 0. */
bool gb_supply_look(struct gb_supply *supply, int64_t cut, struct gb_stream_reached reached,
                    int64_t now_us, int64_t after_us);
/* At rest for long enough to try Kafka again. */
bool gb_supply_rests(const struct gb_supply *supply, int64_t now_us, int64_t after_us);

/* What there is to do about a claim on a late partition. */
enum gb_claim {
    GB_CLAIM_LEAVE, /* another's, and fresh */
    GB_CLAIM_KEEP,  /* ours, and fresh: read its pages */
    GB_CLAIM_TAKE,  /* ours and to be renewed, or another's and over */
};
enum gb_claim gb_claim_judge(bool ours, int64_t age_us, int64_t after_us);

#endif
