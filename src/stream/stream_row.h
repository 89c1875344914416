/* stream_row.h: what a row of a stream's own table says. The publisher sends it to Kafka, the
 * consumer reads its own pay-ins from the table when Kafka does not bring them: both by this, so
 * that a pay-in is the same whichever way it came. */
#ifndef GB_STREAM_STREAM_ROW_H
#define GB_STREAM_STREAM_ROW_H

#include "db/pg.h"
#include "wire/messages.h"

/* Columns that the window and the page statement of every kind of stream begin with. */
enum gb_stream_column {
    GB_COLUMN_SEQ,
    GB_COLUMN_XID,
    GB_COLUMN_CREATED_AT_US,
    GB_COLUMN_TRACE_ID,
    GB_COLUMN_SPAN_ID,
    GB_COLUMN_KEY,  /* Kafka's; NULL: the account is not known here */
    GB_COLUMN_HI,   /* of a window, in its first row: the snapshot that it ends with */
    GB_COLUMN_REST, /* the kind's own; of the outbox first the topic */
};

/* A row, and whose. */
struct gb_stream_row {
    const struct gb_rows *rows;
    size_t row;
    struct gb_dc source;
    int32_t incarnation;
};

/* The id of the row `seq` of a stream of our own: made of what names it, so that a record sent
 * again has the same (UUID version 8). */
struct gb_uuid gb_message_id(struct gb_dc source, const char *stream, int64_t seq);

/* What all kinds have in common: source, time and trace; the rest of *ret is empty. */
void gb_stream_row_envelope(const struct gb_stream_row *row, struct gb_envelope *ret);

/* A row of operation_window or operation_page: the kind and the id of its envelope, and its
 * message, with texts in the rows. GB_FATAL for a currency that cannot be. */
enum gb_result gb_stream_row_payin(const struct gb_stream_row *row, struct gb_envelope *envelope,
                                   struct gb_message_payin *ret, struct gb_err *err) GB_MUST_USE;

#endif
