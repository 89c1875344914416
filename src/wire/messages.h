/* messages.h: the messages as C values, and their Avro codecs. Text is zero-terminated, in the
 * caller's arena after decoding; NULL where a field may be absent.
 * encode: *ret_framed (with the frame) in the arena. GB_POISON FIELD_INVALID for a message that no
 * decoder would take.
 * decode: reads framed bytes of any version known by the version's own schema, and trusts nothing;
 * takes from the arena at most the bytes it was given, the C values of 4096 items, and padding.
 * GB_POISON with a code (FRAME_INVALID, SCHEMA_UNKNOWN, AVRO_INVALID, FIELD_INVALID) and the
 * field's name; *ret is undefined then.
 * Both: GB_RETRY ARENA_FULL when the arena was sized too small, which is no fault of the message.
 * Any thread: codecs have no state but their read-only schemas, opened by gb_wire_init. */
#ifndef GB_WIRE_MESSAGES_H
#define GB_WIRE_MESSAGES_H

#include "core/identity.h"
#include "core/kinds.h"
#include "core/link.h"
#include "core/money.h"
#include "wire/envelope.h"

/* Characters, not bytes. */
enum { GB_ACCOUNT_NAME_CHARACTERS_MAX = 200, GB_CLIENT_NAME_CHARACTERS_MAX = 100 };

/* Once in main, before threads. GB_FATAL when a compiled-in schema does not parse. */
enum gb_result gb_wire_init(struct gb_err *err) GB_MUST_USE;
void gb_wire_done(void);

/* What every message about an account says: a pair that contradicts what is known is poison. */
struct gb_message_account {
    struct gb_dc dc; /* who says it */
    int32_t incarnation;
    const char *account_id;
    struct gb_account_no account_no;
    struct gb_currency currency;
};

struct gb_message_payin {
    struct gb_message_account account;
    struct gb_dc owner; /* of the key: books it */
    struct gb_client_no client_no;
    const char *key;
    int64_t amount;
    const char *reference; /* NULL: none */
    const char *metadata;  /* canonical JSON; NULL: none */
    int64_t accepted_at_us;
    bool awaited; /* somebody waits at `account.dc` */
};

/* Relayed: a refund of our own is decided where it is accepted. */
struct gb_message_refund {
    struct gb_message_account account;
    struct gb_dc owner; /* of both keys: decides it */
    struct gb_client_no client_no;
    const char *key;
    const char *original_key;
    int64_t amount;
    const char *reference; /* NULL: none */
    const char *metadata;  /* canonical JSON; NULL: none */
    int64_t accepted_at_us;
};

struct gb_message_ledger_entry {
    struct gb_message_account account;
    int64_t version;
    enum gb_entry_kind kind;
    enum gb_account_status status;
    int64_t amount;
    int64_t balance_after, held_after;
    int64_t credits_total, debits_total, out_total, in_total;
    int64_t account_version;
    int64_t created_at_us;
    struct gb_client_no client_no;         /* 0: no operation */
    const char *key;                       /* NULL: no operation */
    const char *reference;                 /* NULL: none */
    const char *peer;                      /* NULL: no link changed */
    int64_t link_out_total, link_in_total; /* when peer is given */
};

struct gb_message_catalogue_account {
    struct gb_message_account account;
    const char *name;
    enum gb_account_status status;
    int64_t version;
    int64_t created_at_us, updated_at_us;
};

struct gb_message_client {
    struct gb_dc dc;
    int32_t incarnation;
    struct gb_client_no client_no;
    const char *name;
    uint8_t token_hash[32];
    enum gb_role role;
    struct gb_dc home;
    bool revoked;
    int64_t version;
    int64_t created_at_us, updated_at_us;
};

struct gb_message_service {
    struct gb_dc dc;
    int32_t incarnation;
    const char *service_id;
    const char *name;
    int64_t price; /* minor units */
    struct gb_currency currency;
    bool retired;
    int64_t version;
    int64_t created_at_us, updated_at_us;
};

struct gb_message_result {
    struct gb_message_account account; /* .dc: the owner */
    struct gb_client_no client_no;
    const char *key;
    enum gb_operation_state state; /* BOOKED, REFUSED */
    const char *reason;            /* NULL, or IDEMPOTENCY_MISMATCH ... */
    int64_t decided_at_us;
};

/* One partition of one stream: of an acknowledgement the last complete page, and how many records
 * of the page that follows are there too; of a head the last page cut. */
struct gb_message_stream_page {
    const char *stream;
    const char *topic;
    int32_t partition;
    int64_t page;
    int32_t records; /* of an acknowledgement, from the first on without a gap */
};
struct gb_message_status {
    struct gb_dc dc; /* who says it: reader of the acks' streams, source of the heads' */
    int32_t incarnation;
    int64_t sent_at_us;
    const struct gb_message_stream_page *acks;
    size_t acks_count;
    const struct gb_message_stream_page *heads;
    size_t heads_count;
};

/* The datacenter `account.dc` asks `peer` for part of its share (core/link.h). */
struct gb_message_ask {
    struct gb_message_account account;
    struct gb_dc peer;
    struct gb_ask ask; /* ask.priority.dc is account.dc: it is not sent twice */
};

/* What the share of `account.dc` and its link with `peer` are now. `available` and `in_flight`
 * follow from the rest, and are sent for people. */
struct gb_message_reply {
    struct gb_message_account account;
    const char *peer;
    struct gb_reply reply;
    int64_t available, in_flight;
};

#define GB_WIRE_CODEC(name, type)                                                                  \
    enum gb_result gb_wire_##name##_encode(const struct type *message, struct gb_arena *arena,     \
                                           struct gb_bytes *ret_framed, struct gb_err *err)        \
        GB_MUST_USE;                                                                               \
    enum gb_result gb_wire_##name##_decode(struct gb_bytes framed, struct gb_arena *arena,         \
                                           struct type *ret, struct gb_err *err) GB_MUST_USE
GB_WIRE_CODEC(payin, gb_message_payin);
GB_WIRE_CODEC(ledger_entry, gb_message_ledger_entry);
GB_WIRE_CODEC(account, gb_message_catalogue_account);
GB_WIRE_CODEC(client, gb_message_client);
GB_WIRE_CODEC(result, gb_message_result);
GB_WIRE_CODEC(status, gb_message_status);
GB_WIRE_CODEC(ask, gb_message_ask);
GB_WIRE_CODEC(reply, gb_message_reply);
GB_WIRE_CODEC(service, gb_message_service);
GB_WIRE_CODEC(refund, gb_message_refund);
#undef GB_WIRE_CODEC

#endif
