/* stream.h: the rules of streams as pure values: what a record of a page says of itself, how a
 * reader knows what is complete, how a source decides to go back. Pure: no IO, clock, random, heap.
 * (Architecture, section 3.5.) */
#ifndef GB_CORE_STREAM_H
#define GB_CORE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

/* What each record of a page carries in its headers. Within page and partition records are numbered
 * 0 .. count - 1. */
struct gb_stream_mark {
    int64_t page;        /* >= 1 */
    int64_t previous;    /* the last earlier page with anything for this partition; 0: none. Below
                            `page` */
    int32_t index;       /* 0 .. count - 1 */
    int32_t count;       /* >= 1 */
    int32_t incarnation; /* of the source, >= 1 */
    int64_t cut_at_us;   /* when the source cut the page */
};

/* A reader's progress in one (source, stream, topic, partition). All zero at first: nothing is
 * complete. */
struct gb_stream_progress {
    int32_t incarnation;
    int64_t complete; /* the last page that is complete without a hole before it */
    int64_t complete_cut_at_us;
    int64_t page;     /* in progress; 0: none */
    int64_t previous; /* its previous and count: another page of the same number starts over */
    int32_t count;
    int32_t next_index; /* records 0 .. next_index - 1 of it have been applied; the source is told:
                           a reader that moves within a page does not stand still. A record that was
                           lost stops it, whatever else arrives */
};

/* True when the mark is possible at all (ranges above). A record with an impossible mark is poison.
 */
bool gb_stream_mark_valid(const struct gb_stream_mark *mark);

/* Tells the progress that the record with this mark has been applied (in the same transaction). Any
 * order, any repetition, any gap: `complete` only moves when every record of every page up to it
 * has been applied. Returns true when `complete` moved. Rules: page <= complete: a repeat, nothing
 * changes. previous > complete: a hole, nothing changes. Otherwise the page continues what is
 * complete (previous < complete happens after pages were merged at the source): index == next_index
 * of this very page (same page, previous, count) goes on by one; index 0 of another starts it; all
 * else changes nothing. A higher incarnation starts from nothing; a lower one changes nothing. */
bool gb_stream_progress_apply(struct gb_stream_progress *progress,
                              const struct gb_stream_mark *mark);

/* True when a page before the mark's is missing here: `complete` cannot move by this record. Either
 * it was lost, or this progress is older than what others have applied meanwhile. */
bool gb_stream_progress_misses(const struct gb_stream_progress *progress,
                               const struct gb_stream_mark *mark);

/* True when the record with this mark was applied before: there is nothing left to do for it. Not
 * when its page, though its number is not above what is complete, was cut later than that: the
 * source's database went back and numbers other pages the same. */
bool gb_stream_progress_has(const struct gb_stream_progress *progress,
                            const struct gb_stream_mark *mark);

/* Of two messages of one peer the newest counts, however they arrive. A time that a peer claims to
 * come from further ahead of our clock than a minute is no measure of what is newer: its clock was
 * wrong, or ours is. */
struct gb_stream_word {
    int32_t incarnation;
    int64_t sent_at_us; /* by the peer's clock; 0: never heard */
};
bool gb_stream_word_is_newer(const struct gb_stream_word *word, const struct gb_stream_word *known,
                             int64_t now_us);

/* How far a reader is in a partition: the last page complete without a hole before it, and how many
 * records of the page that follows it has, from the first on. */
struct gb_stream_reached {
    int64_t page;
    int32_t records;
};

/* What a source knows of one reader in one partition of a stream. */
struct gb_stream_reader {
    int64_t sent; /* the last page with anything for the partition that Kafka has confirmed */
    int64_t acknowledged; /* the reader's last word; may go down: its database went back, or it is
                             rebuilt */
    int32_t records;      /* of the page that follows, from its first on, it has so many */
    int64_t heard_at_us;  /* when it last said anything; 0: never */
    int64_t moved_at_us;  /* when `acknowledged` last changed or `records` went up, or `sent` first
                             went above it, or we last went back */
    int32_t resends;      /* how often in a row we went back without its moving */
    bool told;            /* scratch of hearing: it said something of this partition, */
    int64_t said;         /* namely that this page is complete, */
    int32_t said_records; /* and how many records of the next are there */
    bool went_back;       /* we went back for it when it was last judged */
};

struct gb_stream_limits {
    int64_t silent_after_us; /* not heard of for longer: nothing is sent twice */
    int64_t resend_after_us; /* alive but standing still for longer: go back */
    int64_t resend_backoff_us_max;
};

/* Should the source go back to the page after `acknowledged` for this reader, now? Pure; the caller
 * then sends again, raises `resends` and sets moved_at_us. */
bool gb_stream_reader_goes_back(const struct gb_stream_reader *reader,
                                const struct gb_stream_limits *limits, int64_t now_us);

#endif
