/* envelope.h: Confluent framing around Avro, and the headers of every record: CloudEvents,
 * traceparent, stream marks. */
#ifndef GB_WIRE_ENVELOPE_H
#define GB_WIRE_ENVELOPE_H

#include "core/identity.h"
#include "core/stream.h"
#include "runtime/arena.h"
#include "runtime/header.h"
#include "runtime/result.h"
#include "runtime/trace.h"

/* Message kinds = ce_type = the schema's full name: "geobill.payin.v1" ... Frozen ids stand in
 * schemas/ids.json. */
enum gb_message_kind {
    GB_MESSAGE_PAYIN = 1,        /* pay-in accepted here, or relayed to its key's owner */
    GB_MESSAGE_LEDGER_ENTRY = 2, /* after-image of a share */
    GB_MESSAGE_ACCOUNT = 3,      /* catalogue item */
    GB_MESSAGE_CLIENT = 4,       /* catalogue item */
    GB_MESSAGE_RESULT = 5,       /* the owner's outcome of a relayed command */
    GB_MESSAGE_STATUS = 6,       /* acknowledgements and heads of streams */
    GB_MESSAGE_ASK = 7,          /* for part of a peer's share */
    GB_MESSAGE_REPLY = 8,        /* to an ask, with what was granted */
    GB_MESSAGE_SERVICE = 9,      /* catalogue item */
    GB_MESSAGE_REFUND = 10,      /* refund relayed to its key's owner */
};

const char *gb_message_type(enum gb_message_kind kind); /* "geobill.payin.v1" */
bool gb_message_parse_type(const char *type, enum gb_message_kind *ret);

/* The frame: 0x00, 4-byte big-endian schema id, Avro body. gb_frame_open gives the body and the id
 * inside `framed`. GB_POISON (code FRAME_...) when it is none. */
enum gb_result gb_frame_open(struct gb_bytes framed, int32_t *ret_schema_id,
                             struct gb_bytes *ret_body, struct gb_err *err) GB_MUST_USE;

/* Everything that the headers say. `stream` is "" and `mark` all zero for a record outside of
 * streams (Status). */
struct gb_envelope {
    enum gb_message_kind kind;
    struct gb_uuid id;   /* ce_id */
    struct gb_dc source; /* ce_source "geobill/dc1" and geobill-source */
    int64_t time_us;     /* ce_time; not before 1970, not after 9999 */
    struct gb_trace trace;
    char stream[16]; /* "payin", "ledger", "dc2", "catalogue", "dlq" */
    struct gb_stream_mark mark;
};

#define GB_ENVELOPE_HEADERS_MAX 20

/* Writes the headers, values in the arena, which must have a kilobyte left (GB_CHECK); returns how
 * many (at most GB_ENVELOPE_HEADERS_MAX). No traceparent without a trace, no mark without a stream.
 */
size_t gb_envelope_write(const struct gb_envelope *envelope, struct gb_arena *arena,
                         struct gb_header headers[GB_ENVELOPE_HEADERS_MAX]);

/* Reads them, bounded. Of two headers with the same name the first counts; unknown ones and a wrong
 * traceparent are ignored. GB_POISON HEADER_INVALID naming the header that is missing or wrong;
 * even then ret->source, ->stream and ->mark are filled in whenever all headers of the mark are
 * right, so that a reader's progress can count a poisoned record, and are "" and 0 otherwise. */
enum gb_result gb_envelope_read(const struct gb_header *headers, size_t count,
                                struct gb_envelope *ret, struct gb_err *err) GB_MUST_USE;

#endif
