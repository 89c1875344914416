/* stream_kind.h: the three tables that streams are cut from, and what is different about them. */
#ifndef GB_PRODUCER_STREAM_KIND_H
#define GB_PRODUCER_STREAM_KIND_H

#include "db/pg.h"
#include "runtime/wake.h"
#include "stream/stream_row.h"
#include "wire/envelope.h"

struct gb_source;

/* Columns of every kind's backlog cursor. */
enum gb_backlog_column {
    GB_BACKLOG_SEQ,
    GB_BACKLOG_XID,
    GB_BACKLOG_KEY,
    GB_BACKLOG_TOPIC,
    GB_BACKLOG_BYTES,
};

/* What a row becomes, before the stream's marks. Pointers into the rows or the arena. */
struct gb_message {
    struct gb_envelope envelope; /* all but stream and mark */
    bool bare;                   /* no headers of ours: a dead letter carries its own */
    struct gb_bytes value;
    struct gb_header *extra; /* headers after ours */
    size_t extra_count;
};

struct gb_stream_kind {
    enum gb_wake wake;                 /* the hint that there may be something new */
    const struct gb_statement *window; /* lo, hi, limit; by_stream: stream, bytes */
    const struct gb_statement
        *page; /* lo, hi, seq from, seq to, xid from, xid to; by_stream: stream */
    const struct gb_statement *backlog; /* lo, hi; by_stream: stream */
    bool by_stream;                     /* several streams share the table: the outbox */
    int payload; /* column that is NULL when the window has too many bytes; negative: none */
    /* Memory of the source's record_arena. */
    enum gb_result (*encode)(const struct gb_source *source, const char *stream,
                             const struct gb_rows *rows, size_t row, struct gb_message *ret,
                             struct gb_err *err);
};

extern const struct gb_stream_kind gb_stream_kind_ledger; /* encode_ledger.c */
extern const struct gb_stream_kind gb_stream_kind_payin;  /* encode_payin.c */
extern const struct gb_stream_kind gb_stream_kind_outbox; /* encode_outbox.c */

#endif
