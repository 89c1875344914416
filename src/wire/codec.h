/* codec.h: one message as a table: which member of the C struct is which Avro field, and what it
 * may hold. Encoder and decoder walk the schema with this table; there is no code per field.
 * Internal to wire. Reasons and figures: docs/adr/0003. */
#ifndef GB_WIRE_CODEC_H
#define GB_WIRE_CODEC_H

#include <stddef.h>

#include "wire/envelope.h"

/* Items of all arrays of one message together; more is poison. */
enum { GB_WIRE_ITEMS_MAX = 4096 };

/* The C type of a member. */
enum gb_field_type {
    GB_FIELD_TEXT,     /* const char *, NULL when optional and absent */
    GB_FIELD_DC,       /* struct gb_dc */
    GB_FIELD_CURRENCY, /* struct gb_currency */
    GB_FIELD_INT,      /* int32_t */
    GB_FIELD_LONG,     /* int64_t */
    GB_FIELD_BOOL,     /* bool; false when the writer has no such field */
    GB_FIELD_ENUM,     /* an enum (int); symbol names its numbers from 1 on */
    GB_FIELD_FIXED,    /* uint8_t[size] */
    GB_FIELD_RECORD,   /* members of this very struct that are there together or not at all */
    GB_FIELD_ARRAY,    /* pointer at offset, size_t count at count_offset */
};

struct gb_field {
    const char *name; /* of the Avro field */
    enum gb_field_type type;
    bool optional; /* TEXT, RECORD: may be null, or unknown to the writer */
    bool later;    /* INT: 0 when the writer has no such field */
    size_t offset; /* RECORD: of the text that is NULL when the record is absent */
    size_t size;   /* TEXT: bytes at most; FIXED: bytes; ARRAY: bytes of an item */
    size_t count_offset;
    int64_t min, max; /* INT, LONG, both inclusive */
    bool (*form)(const char *text, size_t size);
    const char *(*symbol)(int number);
    const struct gb_field_table *table; /* RECORD, ARRAY */
};

struct gb_field_table {
    const struct gb_field *fields;
    size_t count;
};

struct gb_codec {
    struct gb_field_table table;
    size_t size; /* of the C struct */
    /* Rules between fields, after each field was found right by itself; NULL: none. */
    enum gb_result (*check)(const void *message, struct gb_err *err);
};

#define GB_FIELD_TABLE(fields)                                                                     \
    {                                                                                              \
        (fields), sizeof(fields) / sizeof((fields)[0])                                             \
    }

/* The table of each kind; defined in the file of its message. */
extern const struct gb_codec gb_codec_payin, gb_codec_ledger_entry, gb_codec_account,
    gb_codec_client, gb_codec_result, gb_codec_status, gb_codec_ask, gb_codec_reply,
    gb_codec_service, gb_codec_refund;

/* What gb_wire_<name>_encode and _decode do; contracts in messages.h. */
enum gb_result gb_codec_encode(enum gb_message_kind kind, const void *message,
                               struct gb_arena *arena, struct gb_bytes *ret_framed,
                               struct gb_err *err) GB_MUST_USE;
enum gb_result gb_codec_decode(enum gb_message_kind kind, struct gb_bytes framed,
                               struct gb_arena *arena, void *ret, struct gb_err *err) GB_MUST_USE;

/* Is the member right by itself? GB_POISON FIELD_INVALID naming it otherwise. Not for RECORD and
 * ARRAY, whose members are checked one by one. */
enum gb_result gb_field_check(const struct gb_field *field, const void *message,
                              struct gb_err *err) GB_MUST_USE;

/* Fails with FIELD_INVALID: "<name>: <why>". */
enum gb_result gb_field_refuse(const char *name, const char *why, struct gb_err *err);

/* Puts the name of what is around before that in a failure's message: "link.peer: ...". `outer` may
 * be NULL. Returns `result`. */
enum gb_result gb_field_within(const struct gb_field *outer, enum gb_result result,
                               struct gb_err *err);

#endif
