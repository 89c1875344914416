/* spend.h: money that leaves a share, or is set aside on it: pay-outs, charges, transfers and
 * holds. Decided at once where the share has enough, else WAITING until a credit pays it or its
 * deadline refuses it. Pure. */
#ifndef GB_CORE_SPEND_H
#define GB_CORE_SPEND_H

#include "core/books.h"

struct gb_spend {
    enum gb_operation_kind kind; /* PAYOUT, CHARGE, TRANSFER, HOLD */
    size_t operation;
    int64_t amount; /* 1 .. GB_AMOUNT_MAX */
    int64_t deadline_us;
    bool impatient; /* see gb_waiter */
    size_t payee;   /* of a TRANSFER: must be locked; GB_NO_ACCOUNT otherwise */
};

/* Is it one of those kinds? */
bool gb_spend_can_be(enum gb_operation_kind kind);

/* PAID, HELD: done. WAITING: a waiter has been added; gb_books_finish sends the asks, and effects
 * may say still in this batch what became of it. REFUSED: nothing changed, *ret_refusal says why,
 * and is left alone otherwise. */
enum gb_operation_state gb_spend(struct gb_books *books, size_t account,
                                 const struct gb_spend *spend, struct gb_refusal *ret_refusal);

/* A charge takes the price that this datacenter knows now; the caller records its version. */
struct gb_price {
    int64_t amount;
    struct gb_currency currency;
    bool retired;
};
enum gb_operation_state gb_spend_charge(struct gb_books *books, size_t account,
                                        const struct gb_spend *spend, const struct gb_price *price,
                                        struct gb_refusal *ret_refusal);

/* Pays the account's waiters in age order, skipping those that do not fit. */
void gb_spend_pay_waiters(struct gb_books *books, size_t account);

/* Would this waiter be paid if there were enough? (Its account's status may have changed.) */
bool gb_spend_permitted(const struct gb_account *account, const struct gb_waiter *waiter);

/* What the payee of a waiting transfer has against it; NONE of other waiters, and where the payee
 * is not locked. */
enum gb_reason gb_spend_payee_reason(const struct gb_books *books, const struct gb_waiter *waiter);

/* Sum of the permitted waiters' amounts; of those older than `than`, when it is given. At most
 * GB_TOTAL_MAX. */
int64_t gb_spend_waiting(const struct gb_books *books, size_t account,
                         const struct gb_priority *than);

/* Takes a waiter out, and puts what was decided into the effects; `refusal` NULL: done. */
void gb_spend_decided(struct gb_books *books, size_t account, size_t waiter,
                      const struct gb_refusal *refusal);

#endif
