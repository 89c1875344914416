/* stream.h: one stream as its publisher knows it: where it ends, what each partition has, what its
 * readers acknowledged. Owned by one sender's thread. (Architecture, section 3.5.) */
#ifndef GB_PRODUCER_STREAM_H
#define GB_PRODUCER_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "bus/record.h"
#include "core/identity.h"
#include "core/stream.h"
#include "producer/stream_kind.h"

struct gb_metric;
struct gb_page;

enum { GB_STREAM_NAME_SIZE = 16 };

/* A reader of a stream in one partition. */
struct gb_target_reader {
    struct gb_stream_reader state; /* .sent is copied from the target when it is judged */
    bool told;                     /* scratch of hearing: it said something of this partition, */
    int64_t said;                  /* namely that this page is complete */
    struct gb_metric *acknowledged;
};

/* One partition of one topic, as far as this stream is concerned. */
struct gb_target {
    char topic[GB_TOPIC_SIZE];
    int32_t partition;
    int64_t cut;   /* the last page stored that has anything for it; 0: none */
    int64_t sent;  /* the last such page that Kafka has confirmed, none before it missing */
    int64_t again; /* pages from this one on are sent again; 0: none */
    struct gb_target_reader *readers; /* one per reader of the stream, in its order */
    int32_t count;                    /* scratch of whoever goes through a page: 0 in between */
    uint32_t part;                    /* scratch: its part of that page */
    uint64_t blocked; /* scratch of settling: the round in which something before was missing */
    struct gb_metric *cut_page;
    struct gb_metric *sent_page;
};

struct gb_stream {
    char name[GB_STREAM_NAME_SIZE];
    const struct gb_stream_kind *kind;
    char topic[GB_TOPIC_SIZE]; /* "": each row names its own */
    int32_t partitions;        /* of each of its topics */
    bool forgets;              /* pages (and outbox rows) go when all readers have them */
    struct gb_dc *readers;
    int64_t *heard_at_us; /* of each reader: when it last said anything of this stream */
    size_t readers_count;
    struct gb_target *targets;
    size_t targets_count;
    size_t targets_size;

    bool loaded;  /* false: what is below must be read from the database (load_stream.c) */
    int64_t last; /* number of the last page stored; 0: none */
    char *end;    /* pg_snapshot as text: what it sees is cut, or was found to be nothing (heap) */
    int64_t next; /* the next page to send; last + 1: all are under way */

    bool wanted;           /* may have new rows */
    int64_t cut_at_us;     /* monotonic: when last looked at for new rows */
    int64_t retry_at_us;   /* monotonic: sends nothing before */
    unsigned failures;     /* deliveries that failed in a row */
    int64_t saved;         /* what was last written down, as one number */
    int64_t again_records; /* sent again since a reader last moved */
    int64_t warned_at_us;  /* monotonic: when last logged about */
};

/* `topic` "" for rows that name their own. The caller calls _done. */
void gb_stream_init(struct gb_stream *stream, const char *name, const struct gb_stream_kind *kind,
                    const char *topic, int32_t partitions);
void gb_stream_done(struct gb_stream *stream);
/* Before any target is there. */
void gb_stream_add_reader(struct gb_stream *stream, struct gb_dc reader);

/* The index of a target; made when it is not there yet (pointers to targets are dead then). */
uint32_t gb_stream_target(struct gb_stream *stream, const char *topic, int32_t partition);

/* Where the stream ends now; `end` is copied. */
void gb_stream_set_end(struct gb_stream *stream, const char *end);
/* A page was stored: it is the last now, and its partitions' last. Does not move `end`. */
void gb_stream_add_page(struct gb_stream *stream, const struct gb_page *page);

#endif
