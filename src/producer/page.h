/* page.h: a numbered piece of a stream, and a page with its rows in memory. */
#ifndef GB_PRODUCER_PAGE_H
#define GB_PRODUCER_PAGE_H

#include "bus/record.h"
#include "producer/source.h"
#include "producer/stream.h"

/* What a page has for one partition. */
struct gb_page_part {
    uint32_t target; /* index into the stream's targets */
    int32_t count;
    int64_t previous; /* the last earlier page with anything for it; 0: none */
};

struct gb_page {
    int64_t number;
    const char *lo, *hi; /* pg_snapshot as text: the window */
    int64_t lo_xmax;     /* gb_snapshot_xmax(lo) */
    int64_t seq_from, seq_to;
    /* Range of the transaction ids of its rows that began after lo; from 0: there are none. It only
     * narrows the index when the page is read again. */
    int64_t xid_from, xid_to;
    int32_t records;
    int32_t partitions; /* per topic */
    int64_t cut_at_us;
    struct gb_page_part *parts;
    size_t parts_count;
};

/* A page with its rows. number 0: there is none. Release it, whatever the outcome. Memory of the
 * source's arena. */
struct gb_window {
    struct gb_page page;
    struct gb_rows *rows;
    uint32_t *targets;     /* per row: its target */
    struct gb_err trouble; /* why nothing could be cut though there may be something; GB_OK: none */
};
void gb_window_release(struct gb_window *window);

/* A page without rows that follows what the stream has. `lo` and `hi` must outlive it. */
struct gb_page gb_page_next(const struct gb_stream *stream, const char *lo, const char *hi,
                            int64_t cut_at_us);
/* What counting needs of a row. */
struct gb_page_row {
    int64_t seq, xid;
    struct gb_bytes key;
    const char *topic;
};
/* Adds a row to the counts of its target (scratch in the stream). `key` NULL: GB_RETRY. */
enum gb_result gb_page_count(struct gb_page *page, struct gb_stream *stream,
                             const struct gb_page_row *row, uint32_t *ret_target,
                             struct gb_err *err) GB_MUST_USE;
/* Ends it: takes the counts out of the stream into page->parts (arena). */
void gb_page_count_end(struct gb_page *page, struct gb_stream *stream, struct gb_arena *arena);
/* Gives it up: the stream's scratch is as before. */
void gb_page_count_drop(struct gb_stream *stream);

/* Counts all rows of a window or page statement; the counts stay in the stream's scratch, for
 * gb_page_count_end or for comparing. */
enum gb_result gb_page_count_rows(struct gb_page *page, struct gb_stream *stream,
                                  const struct gb_rows *rows, struct gb_arena *arena,
                                  uint32_t **ret_targets, struct gb_err *err) GB_MUST_USE;

/* The first transaction id after a snapshot's horizon (its xmax), from its text. */
int64_t gb_snapshot_xmax(const char *snapshot);

/* cut_page.c: looks for new rows of `count` streams (loaded) at one moment; stores the page of each
 * that has any. ret_windows[i] has it with its rows when it is one page; what is more than a page
 * is stored as several, to be read again (gb_page_read). After a failure the streams must be loaded
 * anew: GB_RETRY with code LEASE_LOST when another publisher holds the lease, PAGE_TAKEN when one
 * stored the page before us. */
enum gb_result gb_pages_cut(struct gb_source *source, struct gb_stream *const *streams,
                            size_t count, struct gb_window *ret_windows,
                            struct gb_err *err) GB_MUST_USE;
/* cut_backlog.c: cuts all that lies between the stream's end and `hi` into pages, in one
 * transaction. */
enum gb_result gb_backlog_cut(struct gb_source *source, struct gb_stream *stream, const char *hi,
                              int64_t cut_at_us, struct gb_err *err) GB_MUST_USE;
/* store_page.c: the call that stores a page, in the arena; check it with gb_page_stored after it
 * was run. */
void gb_page_store_call(const struct gb_source *source, const struct gb_stream *stream,
                        const struct gb_page *page, struct gb_arena *arena,
                        struct gb_call *ret_call);
enum gb_result gb_page_stored(const struct gb_call *calls, size_t count,
                              struct gb_err *err) GB_MUST_USE;
/* The outcome of running such calls, a page that is there already seen as what it is. */
enum gb_result gb_page_taken(enum gb_result result, struct gb_err *err) GB_MUST_USE;

/* read_page.c: reads the first stored page from a number on, exactly as it was cut; number 0 when
 * there is none. GB_FATAL PAGE_CHANGED when the rows are not the ones that were counted. */
enum gb_result gb_page_read(struct gb_source *source, struct gb_stream *stream, int64_t from,
                            struct gb_window *ret_window, struct gb_err *err) GB_MUST_USE;

/* load_stream.c: reads where the stream ends and, the first time, how far it was sent. GB_FATAL
 * EPOCH when the database's transaction ids went back. */
enum gb_result gb_stream_load(struct gb_source *source, struct gb_stream *stream,
                              struct gb_err *err) GB_MUST_USE;

/* Who takes the records of a page. What it is given lives until it returns. */
struct gb_record_sink {
    const bool *only; /* per target: wanted; NULL: all */
    enum gb_result (*each)(void *context, const struct gb_record *record, uint32_t part,
                           struct gb_err *err); /* `part` is the index into page.parts */
    void *context;
};
/* make_record.c: gives the records of a page in order. Stops at the sink's first failure and
 * returns that. */
enum gb_result gb_window_records(struct gb_source *source, struct gb_stream *stream,
                                 const struct gb_window *window, const struct gb_record_sink *sink,
                                 struct gb_err *err) GB_MUST_USE;

#endif
