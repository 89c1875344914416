#include "core/reason.h"

#include <stddef.h>

static const char *const NAMES[] = {
    [GB_REASON_INSUFFICIENT_FUNDS] = "INSUFFICIENT_FUNDS",
    [GB_REASON_FUNDS_HELD] = "FUNDS_HELD",
    [GB_REASON_FUNDS_UNREACHABLE] = "FUNDS_UNREACHABLE",
    [GB_REASON_ACCOUNT_BLOCKED] = "ACCOUNT_BLOCKED",
    [GB_REASON_ACCOUNT_CLOSED] = "ACCOUNT_CLOSED",
    [GB_REASON_PAYEE_ACCOUNT_CLOSED] = "PAYEE_ACCOUNT_CLOSED",
    [GB_REASON_CURRENCY_MISMATCH] = "CURRENCY_MISMATCH",
    [GB_REASON_PAYEE_IS_PAYER] = "PAYEE_IS_PAYER",
    [GB_REASON_LIMIT_REACHED] = "LIMIT_REACHED",
    [GB_REASON_WAITING_LIMIT] = "WAITING_LIMIT",
    [GB_REASON_SERVICE_RETIRED] = "SERVICE_RETIRED",
    [GB_REASON_HOLD_CAPTURED] = "HOLD_CAPTURED",
    [GB_REASON_HOLD_VOIDED] = "HOLD_VOIDED",
    [GB_REASON_HOLD_EXPIRED] = "HOLD_EXPIRED",
    [GB_REASON_CAPTURE_EXCEEDS_HOLD] = "CAPTURE_EXCEEDS_HOLD",
    [GB_REASON_ORIGINAL_NOT_PAID] = "ORIGINAL_NOT_PAID",
    [GB_REASON_REFUND_EXCEEDS_PAID] = "REFUND_EXCEEDS_PAID",
    [GB_REASON_BATCH_ABORTED] = "BATCH_ABORTED",
    [GB_REASON_ORIGINAL_NOT_FOUND] = "ORIGINAL_NOT_FOUND",
};

const char *gb_reason_name(int reason)
{
    return reason >= 0 && reason <= GB_REASON_ORIGINAL_NOT_FOUND ? NAMES[reason] : NULL;
}

/* Status x kind; what is not named is allowed: what is held can be captured or given back, whatever
 * the status. A pay-in is one that is new: what was accepted is booked. */
enum { KINDS = GB_OPERATION_REFUND + 1 };
static const enum gb_reason REFUSED[][KINDS] = {
    [GB_STATUS_OPEN] = {GB_REASON_NONE},
    [GB_STATUS_BLOCKED] =
        {
            [GB_OPERATION_PAYOUT] = GB_REASON_ACCOUNT_BLOCKED,
            [GB_OPERATION_HOLD] = GB_REASON_ACCOUNT_BLOCKED,
            [GB_OPERATION_TRANSFER] = GB_REASON_ACCOUNT_BLOCKED,
            [GB_OPERATION_CHARGE] = GB_REASON_ACCOUNT_BLOCKED,
        },
    /* so that it can be emptied */
    [GB_STATUS_CLOSING] = {[GB_OPERATION_PAYIN] = GB_REASON_ACCOUNT_CLOSED,
                           [GB_OPERATION_HOLD] = GB_REASON_ACCOUNT_CLOSED},
    [GB_STATUS_CLOSED] =
        {
            [GB_OPERATION_PAYIN] = GB_REASON_ACCOUNT_CLOSED,
            [GB_OPERATION_PAYOUT] = GB_REASON_ACCOUNT_CLOSED,
            [GB_OPERATION_HOLD] = GB_REASON_ACCOUNT_CLOSED,
            [GB_OPERATION_TRANSFER] = GB_REASON_ACCOUNT_CLOSED,
            [GB_OPERATION_CHARGE] = GB_REASON_ACCOUNT_CLOSED,
        },
};

enum gb_reason gb_reason_of_status(enum gb_account_status status, enum gb_operation_kind kind)
{
    return REFUSED[status][kind];
}

enum gb_reason gb_reason_of_payee(enum gb_account_status status)
{
    bool closing = status == GB_STATUS_CLOSING || status == GB_STATUS_CLOSED;
    return closing ? GB_REASON_PAYEE_ACCOUNT_CLOSED : GB_REASON_NONE;
}
