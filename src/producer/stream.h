/* stream.h: one stream as its publisher knows it: where it ends, what each partition has, what its
 * readers acknowledged. Owned by one sender's thread. (Architecture, section 3.5.) */
#ifndef GB_PRODUCER_STREAM_H
#define GB_PRODUCER_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "bus/record.h"
#include "core/identity.h"
#include "core/stream_source.h"
#include "producer/stream_kind.h"

struct gb_metric;
struct gb_page;

enum { GB_STREAM_NAME_SIZE = 16 };

/* Goings back for a reader in a partition that are not written down yet. */
struct gb_resend {
    int64_t times, from_page, at_us;
};

/* Where a stream goes: a partition of a topic. What is known of it is in the source's partition of
 * the same index. */
struct gb_target {
    char topic[GB_TOPIC_SIZE];
    int32_t partition;
    int32_t count; /* scratch of whoever goes through a page: 0 in between */
    uint32_t part; /* scratch: its part of that page */
    struct gb_metric *cut_page;
    struct gb_metric *sent_page;
    struct gb_metric **acknowledged_page; /* of each reader */
    struct gb_resend *resends;            /* of each reader */
};

struct gb_stream {
    struct gb_stream_source source; /* what is decided by; its owner is this stream */
    char name[GB_STREAM_NAME_SIZE];
    const struct gb_stream_kind *kind;
    char topic[GB_TOPIC_SIZE]; /* "": each row names its own */
    int32_t partitions;        /* of each of its topics */
    bool forgets;              /* pages (and outbox rows) go when all readers have them */
    struct gb_dc *readers;     /* as many as the source has */
    struct gb_target *targets; /* as many as the source has partitions */
    size_t targets_size;

    bool loaded; /* false: where it ends must be read from the database (load_stream.c) */
    char *end;   /* pg_snapshot as text: what it sees is cut, or was found to be nothing (heap) */

    bool wanted;          /* may have new rows */
    int64_t cut_at_us;    /* monotonic: when last looked at for new rows */
    int64_t retry_at_us;  /* monotonic: sends nothing before */
    unsigned failures;    /* deliveries that failed in a row */
    int64_t merge_from;   /* pages below are as large as they get */
    uint64_t saved;       /* digest of what was last written down; 0: nothing was */
    int64_t warned_at_us; /* monotonic: when last logged about */
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
/* Sets the metrics of all its targets. */
void gb_stream_show(const struct gb_stream *stream);

#endif
