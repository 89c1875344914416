/* reason.h: why an operation is refused: stable words, stored and sent. Pure. */
#ifndef GB_CORE_REASON_H
#define GB_CORE_REASON_H

#include "core/kinds.h"

enum gb_reason {
    GB_REASON_NONE = 0,
    GB_REASON_INSUFFICIENT_FUNDS, /* all datacenters together have too little */
    GB_REASON_FUNDS_HELD,         /* enough is there, but held or reserved for older operations */
    GB_REASON_FUNDS_UNREACHABLE,  /* a datacenter is silent, or the money did not come in time */
    GB_REASON_ACCOUNT_BLOCKED,
    GB_REASON_ACCOUNT_CLOSED,       /* closing or closed */
    GB_REASON_PAYEE_ACCOUNT_CLOSED, /* of a transfer: the payee's is closing or closed */
    GB_REASON_CURRENCY_MISMATCH,
    GB_REASON_PAYEE_IS_PAYER,
    GB_REASON_LIMIT_REACHED,   /* a balance or a total would pass its cap */
    GB_REASON_WAITING_LIMIT,   /* too many operations wait for this account here */
    GB_REASON_SERVICE_RETIRED, /* of a charge */
    GB_REASON_HOLD_CAPTURED,
    GB_REASON_HOLD_VOIDED,
    GB_REASON_HOLD_EXPIRED,
    GB_REASON_CAPTURE_EXCEEDS_HOLD,
    GB_REASON_ORIGINAL_NOT_PAID,   /* of a refund */
    GB_REASON_REFUND_EXCEEDS_PAID, /* together with the refunds before it */
    GB_REASON_BATCH_ABORTED,       /* of an atomic batch: one of it was refused */
    GB_REASON_ORIGINAL_NOT_FOUND, /* of a refund: its client has no such operation of the account */
};

/* "INSUFFICIENT_FUNDS" ...: static; NULL for NONE and for a number that is none. */
const char *gb_reason_name(int reason);

/* Why an account of this status refuses such a command, NONE when it does not. Of a TRANSFER the
 * payer's account is meant; gb_reason_of_payee says it of the payee's. */
enum gb_reason gb_reason_of_status(enum gb_account_status status, enum gb_operation_kind kind);
enum gb_reason gb_reason_of_payee(enum gb_account_status status);

#endif
