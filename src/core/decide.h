/* decide.h: the rules: a share and a command in, the decision and the share after it out. Pure: the
 * time comes in as a value. Whoever calls has locked the share and read its operation after that.
 */
#ifndef GB_CORE_DECIDE_H
#define GB_CORE_DECIDE_H

#include "core/identity.h"
#include "core/share.h"

/* What a command asks for: with the key the operation's fingerprint. The currency is the account's.
 */
struct gb_request {
    enum gb_operation_kind kind;
    struct gb_account_no account_no;
    int64_t amount;        /* 0 of a CHARGE: what it takes is the service's price */
    const char *reference; /* NULL: none */
    const char *metadata;  /* canonical JSON; NULL: none */
    /* Of some kinds; zero, or NULL, for the others. */
    const char *hold_id;           /* CAPTURE, VOID: of which hold */
    struct gb_account_no payee_no; /* TRANSFER: to whom */
    int64_t lasts_us;              /* HOLD: from its acceptance to its expiry */
    const char *service_id;        /* CHARGE: for what */
    const char *original_key;      /* REFUND: of what */
};

/* The first field in which the two differ ("kind", "hold_id", "account_id", "payee_account_id",
 * "service_id", "original_key", "amount", "expires_in_s", "reference", "metadata"), NULL when they
 * ask for the same. Static storage. */
const char *gb_request_difference(const struct gb_request *a, const struct gb_request *b);

enum gb_payin_decision {
    GB_PAYIN_BOOKED,  /* *share and *ret_entry say what is now; the operation becomes BOOKED */
    GB_PAYIN_DECIDED, /* was decided before: its stored answer stands, nothing changes */
    GB_PAYIN_OVERDUE, /* would lift the balance or a total over its cap: stays ACCEPTED until it
                         fits, never lost */
};

/* Books a pay-in whose operation stands in `state`, whatever the status of the account: what was
 * answered 202 is booked. Booking voids a confirmed closing (CLOSED goes back to CLOSING). `amount`
 * 1 .. GB_AMOUNT_MAX. */
enum gb_payin_decision gb_decide_payin(struct gb_share *share, enum gb_operation_state state,
                                       int64_t amount, int64_t now_us, struct gb_entry *ret_entry);

/* What the catalogue says of an account. */
struct gb_account_says {
    enum gb_account_status status;
    int64_t version;
};

/* Lets the share follow the account's status; true when that is an entry (kind STATUS, amount 0).
 * News older than what the share obeys changes nothing. `quiet`: nothing ACCEPTED, relayed or
 * WAITING for the share here; only a quiet and empty share confirms a closing, and each closing
 * (version) anew. A confirmation is voided only by money. */
bool gb_decide_status(struct gb_share *share, struct gb_account_says account, bool quiet,
                      int64_t now_us, struct gb_entry *ret_entry);

/* Of an account's shares at all datacenters, as known at the catalogue's datacenter. */
struct gb_closing {
    int datacenters;   /* configured, this one included */
    int closed;        /* shares in status CLOSED */
    int confirmed;     /* of those, the ones that obey the account's present version */
    int64_t in_flight; /* granted and not yet received */
};

/* The status the account must have: CLOSING becomes CLOSED when all have confirmed it and nothing
 * is in flight; CLOSED goes back to CLOSING when money turned up; all else stays. */
enum gb_account_status gb_decide_account(enum gb_account_status status, struct gb_closing closing);

#endif
