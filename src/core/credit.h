/* credit.h: money that comes into a share from outside, and the status it obeys. Pure. */
#ifndef GB_CORE_CREDIT_H
#define GB_CORE_CREDIT_H

#include "core/books.h"

/* gb_decide_payin on an account of the books; what is booked pays waiters and serves asks. */
enum gb_payin_decision gb_credit_payin(struct gb_books *books, size_t account,
                                       enum gb_operation_state state, int64_t amount,
                                       size_t operation);

/* A pay-out, charge or capture that gives money back, under the lock of the share it was paid from.
 */
struct gb_original {
    enum gb_operation_kind kind;
    enum gb_operation_state state;
    int64_t paid;
    int64_t refunded; /* by all refunds so far; 0 .. paid */
};

/* NONE: the share is credited, original->refunded raised (the caller writes both), the operation is
 * BOOKED. Else the reason, and nothing changed. The account's status does not matter: the money is
 * its. `amount`: 1 .. GB_AMOUNT_MAX. */
enum gb_reason gb_credit_refund(struct gb_books *books, size_t account,
                                struct gb_original *original, int64_t amount, size_t operation);

/* gb_decide_status on an account of the books; true when that was an entry. `quiet`: nothing
 * ACCEPTED or relayed for the share here; waiters are looked at here. An account that is open again
 * pays its waiters. */
bool gb_credit_status(struct gb_books *books, size_t account, struct gb_account_says says,
                      bool quiet);

#endif
