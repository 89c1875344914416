/* samples.h: one message of each kind with every member given, and one with as little as may be.
 * Static storage; samples_open first. */
#ifndef GB_TESTS_WIRE_SAMPLES_H
#define GB_TESTS_WIRE_SAMPLES_H

#include "wire/messages.h"

struct sample {
    const char *name;
    enum gb_message_kind kind;
    const void *message; /* the kind's C struct */
    const char *hex;     /* its frozen bytes on the wire, with the frame */
    const char *json;    /* as gb_message_print shows it, compact */
};

extern const struct sample SAMPLES[];
extern const size_t SAMPLES_COUNT;

/* What earlier versions of a schema wrote of a sample: to be read for ever. */
struct older_bytes {
    const char *name; /* of the sample */
    const char *hex;
};
extern const struct older_bytes OLDER_BYTES[];
extern const size_t OLDER_BYTES_COUNT;

extern const struct gb_message_payin SAMPLE_PAYIN;
extern const struct gb_message_ledger_entry SAMPLE_ENTRY;
extern const struct gb_message_catalogue_account SAMPLE_ACCOUNT;
extern const struct gb_message_client SAMPLE_CLIENT;
extern const struct gb_message_service SAMPLE_SERVICE;
extern const struct gb_message_refund SAMPLE_REFUND;
extern const struct gb_message_result SAMPLE_RESULT;
extern const struct gb_message_status SAMPLE_STATUS;
extern const struct gb_message_ask SAMPLE_ASK;
extern const struct gb_message_reply SAMPLE_REPLY;

/* The bytes of `hex`, in the arena. */
struct gb_bytes sample_bytes(const char *hex, struct gb_arena *arena);
/* The reverse. */
const char *sample_hex(struct gb_bytes bytes, struct gb_arena *arena);

#endif
