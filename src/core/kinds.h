/* kinds.h: the closed lists of the ledger, with their numbers in SQL and their names on the wire
 * and in JSON. Pure. Numbers are for ever; new ones are added at the end. */
#ifndef GB_CORE_KINDS_H
#define GB_CORE_KINDS_H

#include <stdbool.h>

enum gb_operation_kind {
    GB_OPERATION_PAYIN = 1,
    GB_OPERATION_PAYOUT = 2,
    GB_OPERATION_HOLD = 3,
    GB_OPERATION_CAPTURE = 4,
    GB_OPERATION_VOID = 5,
    GB_OPERATION_TRANSFER = 6,
    GB_OPERATION_CHARGE = 7,
    GB_OPERATION_REFUND = 8,
};

enum gb_operation_state {
    GB_STATE_ACCEPTED = 1, /* pay-in: durable, not yet in the ledger */
    GB_STATE_BOOKED = 2,   /* pay-in, refund: in the ledger */
    GB_STATE_WAITING = 3,  /* pay-out, charge, transfer, hold: short, asks are out */
    GB_STATE_PAID = 4,     /* pay-out, charge, transfer, capture */
    GB_STATE_REFUSED = 5,
    GB_STATE_HELD = 6, /* hold: the money is set aside; what becomes of it is the hold's state */
    GB_STATE_RELEASED = 7, /* void: the hold's money is available again */
};

enum gb_entry_kind {
    GB_ENTRY_PAYIN = 1,
    GB_ENTRY_PAYOUT = 2,
    GB_ENTRY_SHARE_OUT = 3,
    GB_ENTRY_SHARE_IN = 4,
    GB_ENTRY_STATUS = 5,   /* amount 0: the share now obeys another status */
    GB_ENTRY_HOLD = 6,     /* set aside */
    GB_ENTRY_CAPTURE = 7,  /* of what is set aside: paid out */
    GB_ENTRY_VOID = 8,     /* of what is set aside: available again, by a command */
    GB_ENTRY_EXPIRE = 9,   /* the same, by time */
    GB_ENTRY_RELEASE = 10, /* the same: what a capture of a part left */
    GB_ENTRY_TRANSFER_OUT = 11,
    GB_ENTRY_TRANSFER_IN = 12,
    GB_ENTRY_CHARGE = 13,
    GB_ENTRY_REFUND = 14,
    GB_ENTRY_OPENING = 15, /* an account's opening balance */
};

enum gb_account_status {
    GB_STATUS_OPEN = 1,
    GB_STATUS_BLOCKED = 2,
    GB_STATUS_CLOSING = 3,
    GB_STATUS_CLOSED = 4, /* of a share: closing confirmed */
};

enum gb_hold_state {
    GB_HOLD_OPEN = 1,
    GB_HOLD_CAPTURED = 2,
    GB_HOLD_VOIDED = 3,
    GB_HOLD_EXPIRED = 4,
};

enum gb_role { GB_ROLE_READ = 1, GB_ROLE_WRITE = 2, GB_ROLE_OPERATE = 3, GB_ROLE_ADMIN = 4 };

/* "PAYIN", "BOOKED", "OPEN", "write" ...: static storage; NULL for a number that is none. The
 * _parse functions give false for a word that is none. */
const char *gb_operation_kind_name(int kind);
const char *gb_operation_state_name(int state);
bool gb_operation_state_parse(const char *name, enum gb_operation_state *ret);
const char *gb_entry_kind_name(int kind);
const char *gb_account_status_name(int status);
bool gb_account_status_parse(const char *name, enum gb_account_status *ret);
const char *gb_hold_state_name(int state);
const char *gb_role_name(int role);
bool gb_role_parse(const char *name, enum gb_role *ret);

#endif
