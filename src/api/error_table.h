/* error_table.h: every problem that the API answers with: one row each. The code is for programs
 * and stays for ever; the documentation is made from this table. */
#ifndef GB_API_ERROR_TABLE_H
#define GB_API_ERROR_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum gb_api_error {
    /* syntax */
    GB_API_JSON_INVALID,
    GB_API_QUERY_INVALID,
    GB_API_KEY_MISSING,
    GB_API_KEY_INVALID,
    GB_API_UNKNOWN_DATACENTER,
    GB_API_KEY_OWNER_MISMATCH,
    /* who, where, how */
    GB_API_UNAUTHENTICATED,
    GB_API_FORBIDDEN,
    GB_API_NOT_FOUND,
    GB_API_ACCOUNT_NOT_FOUND,
    GB_API_SERVICE_NOT_FOUND,
    GB_API_OPERATION_NOT_FOUND,
    GB_API_HOLD_NOT_FOUND,
    GB_API_DEAD_LETTER_NOT_FOUND,
    GB_API_PROPOSAL_NOT_FOUND,
    GB_API_OWN_PROPOSAL,
    GB_API_METHOD_NOT_ALLOWED,
    GB_API_NOT_ACCEPTABLE,
    GB_API_UNSUPPORTED_MEDIA_TYPE,
    /* the state of things says no */
    GB_API_ACCOUNT_BLOCKED,
    GB_API_ACCOUNT_CLOSED,
    GB_API_PAYEE_ACCOUNT_CLOSED,
    GB_API_ACCOUNT_EXISTS,
    GB_API_SERVICE_EXISTS,
    GB_API_NAME_TAKEN,
    GB_API_STATUS_CONFLICT,
    GB_API_INSUFFICIENT_FUNDS,
    GB_API_FUNDS_HELD,
    GB_API_FUNDS_UNREACHABLE,
    GB_API_LIMIT_REACHED,
    GB_API_WAITING_LIMIT,
    GB_API_SERVICE_RETIRED,
    GB_API_HOLD_CAPTURED,
    GB_API_HOLD_VOIDED,
    GB_API_HOLD_EXPIRED,
    GB_API_CAPTURE_EXCEEDS_HOLD,
    GB_API_BATCH_ABORTED,
    GB_API_BATCH_KEY_USED,
    GB_API_ORIGINAL_NOT_FOUND,
    GB_API_ORIGINAL_NOT_PAID,
    GB_API_REFUND_EXCEEDS_PAID,
    GB_API_WRONG_DATACENTER,
    GB_API_OPERATION_REFUSED,
    GB_API_NOTHING_SELECTED,
    GB_API_REPLAY_RUNNING,
    GB_API_PROPOSAL_EXPIRED,
    GB_API_PROPOSAL_STATE,
    /* content */
    GB_API_FIELD_UNKNOWN,
    GB_API_FIELD_MISSING,
    GB_API_FIELD_INVALID,
    GB_API_AMOUNT_INVALID,
    GB_API_CURRENCY_MISMATCH,
    GB_API_IDEMPOTENCY_MISMATCH,
    /* the world says no */
    GB_API_INTERNAL,
    GB_API_OVERLOADED,
    GB_API_DATABASE_UNAVAILABLE,
    GB_API_CATALOGUE_UNREACHABLE,
    GB_API_SERVICE_NOT_HERE_YET,
    GB_API_OWNER_UNREACHABLE,
    GB_API_STOPPING,
    GB_API_ERRORS,
};

struct gb_api_error_row {
    const char *code;
    int status;
    bool retryable; /* the very same request may work later */
    const char *title;
    const char *about; /* what to do about it */
};

/* The row of `error`. Static storage. */
const struct gb_api_error_row *gb_api_error_row(enum gb_api_error error);
/* The error with this code; GB_API_OPERATION_REFUSED for a reason that is none of ours. */
enum gb_api_error gb_api_error_of(const char *code);

#endif
