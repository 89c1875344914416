/* stream_source.h: what the source of a stream decides, as pure values: where it goes on after a
 * start, who stands still, who is sent what again and for how long, what has been sent, what may be
 * forgotten or merged. Pure: no IO, clock, random, heap. (Architecture, section 3.5.) */
#ifndef GB_CORE_STREAM_SOURCE_H
#define GB_CORE_STREAM_SOURCE_H

#include <stddef.h>

#include "core/stream.h"

/* One partition of one topic, as far as the stream is concerned. */
struct gb_stream_partition {
    int64_t cut;  /* the last page stored that has anything for it; 0: none */
    int64_t sent; /* the last such page that Kafka has confirmed (or that need not be sent any more:
                     gb_stream_source_skip), none before it missing */
    int64_t again;                    /* pages from this one on are sent again; 0: none */
    struct gb_stream_reader *readers; /* the caller's memory: one per reader of the stream */
    uint64_t blocked; /* scratch of settling: the round in which something before was missing */
};

struct gb_stream_source {
    void *owner;                            /* the caller's, not looked at */
    struct gb_stream_partition *partitions; /* the caller's memory */
    size_t partitions_count;
    int64_t *heard_at_us; /* the caller's memory; of each reader: when it last said anything of this
                             stream; 0: never */
    size_t readers_count;
    int64_t last;          /* number of the last page stored; 0: none */
    int64_t next;          /* the next page to send; last + 1: all are under way */
    int64_t again_records; /* sent again since a reader last moved */
};

/* --- starting --- */

/* What was written down of a partition; what we know better stays. */
void gb_stream_partition_load(struct gb_stream_partition *partition, int64_t cut, int64_t sent);
/* All has been loaded (`last` too, and every partition's `cut`). The `first` time `next` becomes
 * the first page that is not known to be in Kafka with all it has: what was sent since that was
 * last written down is sent twice, nothing else. */
void gb_stream_source_loaded(struct gb_stream_source *source, bool first);

/* --- sending --- */

/* A page was stored: it is the last now. The caller raises `cut` of its partitions. */
void gb_stream_source_stored(struct gb_stream_source *source, int64_t number);
/* May this page leave now, as the next of the stream? Only what is stored may. */
bool gb_stream_source_is_next(const struct gb_stream_source *source, int64_t number);
/* A page was handed over as the next one. */
void gb_stream_source_handed_over(struct gb_stream_source *source, int64_t number);
/* Up to which page nothing of a partition is missing in Kafka, when all of the stream up to
 * `complete` is there (gb_flights_complete). */
int64_t gb_stream_partition_sent(const struct gb_stream_partition *partition, int64_t complete);

/* --- hearing --- */

/* A reader says how far it is in a partition (NULL: one that we never sent anything to). All that
 * they say is told before it is judged. */
void gb_stream_source_hear(struct gb_stream_source *source, struct gb_stream_partition *partition,
                           size_t reader, struct gb_stream_reached reached, int64_t heard_at_us);
/* Takes over what was told and decides who is sent anything again: sets `again` of partitions, and
 * `went_back` of each reader for whom it just went back. Returns for how many. A reader that speaks
 * but has no word on a partition has nothing of it. One that says nothing is sent nothing twice.
 * One that stands still below what Kafka has confirmed, for longer than its patience, is sent again
 * what follows its last complete page. Moving is a page that is complete, or one more record of the
 * next: that ends at the first record that was lost, and a page has a bounded number of them, so
 * nobody moves for ever who lacks something. */
size_t gb_stream_source_judge(struct gb_stream_source *source,
                              const struct gb_stream_limits *limits, int64_t now_us);

/* What all readers have complete counts as sent: it need not be sent any more. Only for a stream
 * whose readers' words stand in the source's own database, so that they never speak of other pages:
 * the own pay-ins, which the consumer reads from the table while Kafka is away. After judging. */
void gb_stream_source_skip(struct gb_stream_source *source);

/* --- sending again --- */

/* Is anything to be sent again? Not when `records_max` were without a reader having moved. */
bool gb_stream_source_wants_again(const struct gb_stream_source *source, int64_t records_max);
/* Is this page one that the partition is to be sent again? */
bool gb_stream_partition_wants(const struct gb_stream_partition *partition, int64_t number);
/* That page, of so many records, was sent again for all who want it. 0: there is none left. */
void gb_stream_source_sent_again(struct gb_stream_source *source, int64_t number, int64_t records);

/* Sending again never takes more than a tenth from live traffic. It goes in turns: a turn begins
 * with a page that is read to be sent again, takes more of them for some milliseconds and some
 * hundred records, and lasts until Kafka has confirmed all of them (or given up). While live
 * traffic flows (a live page was handed over within the last second) ten times as long is left to
 * it before the next turn begins, as the turn lasted, or as a reader takes for its records (50 us
 * each), whichever is longer: whatever live traffic and old pages compete for, the sender's thread,
 * the database, the producer's queue, Kafka or the readers, old pages have it for one part in
 * eleven of the time at most. What is left to it is bounded, ten seconds, so that healing never
 * stops; so only where a turn takes Kafka more than a second is it more than that. Without live
 * traffic nothing is bounded. All times are of one clock, not near 0. */
struct gb_stream_pace {
    int64_t live_at_us;   /* when a live page was last handed over */
    int64_t turn_at_us;   /* when the turn began; 0: none */
    int64_t turn_to_us;   /* when old pages were last seen under way in it */
    int64_t turn_records; /* sent again in it */
    int64_t rest_to_us;   /* no turn begins before */
};
void gb_stream_pace_live(struct gb_stream_pace *pace, int64_t now_us);
/* A page of so many records was sent again; reading it began at `from_us`. */
void gb_stream_pace_again(struct gb_stream_pace *pace, int64_t records, int64_t from_us,
                          int64_t now_us);
/* What Kafka reported has been settled; `under_way`: some page that was sent again still is. */
void gb_stream_pace_settled(struct gb_stream_pace *pace, bool under_way, int64_t now_us);
/* May a page be sent again now? */
bool gb_stream_pace_allows(const struct gb_stream_pace *pace, int64_t now_us);

/* --- forgetting and merging --- */

/* Up to which page all readers have all there is for them, in every partition; below `last`. (A
 * stream without readers goes by Kafka's word.) Nobody needs those pages as they are any more. */
int64_t gb_stream_source_acknowledged(const struct gb_stream_source *source);

/* A page that may be merged with its neighbours. A window that is larger than a page becomes
 * several; only whole windows can be read as one. */
struct gb_stream_merge {
    int64_t number;
    int32_t records;
    int32_t partitions; /* per topic: pages that differ in it stay apart */
    bool begins;        /* no page before it is of its window */
    bool ends;          /* no page after it is of its window */
};
struct gb_stream_merge_limits {
    int64_t acknowledged; /* no page above this one */
    int32_t records_max;  /* of a merged page */
    size_t pages_min;     /* fewer wait for more, unless the next does not fit */
};
/* Of pages in order, from *at on: how many become one, 0 for none. *at is the first of them, or
 * where to look next time: all before it is as it should be. */
size_t gb_stream_merge_next(const struct gb_stream_merge *pages, size_t count,
                            const struct gb_stream_merge_limits *limits, size_t *at);

#endif
