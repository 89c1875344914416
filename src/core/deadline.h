/* deadline.h: refusing what waits in vain: when, and why. Pure. */
#ifndef GB_CORE_DEADLINE_H
#define GB_CORE_DEADLINE_H

#include "core/books.h"

/* Refuses the waiters whose deadline has passed. A waiter is refused or paid under the same lock,
 * in whatever order: never both. */
void gb_deadline_pass(struct gb_books *books, size_t account);

/* Refuses impatient waiters that are known to be in vain: all datacenters have answered two rounds,
 * and together have too little. After the first such round it has the second go out at once. */
void gb_deadline_hurry(struct gb_books *books, size_t account);

/* Why this waiter would be refused now. */
enum gb_reason gb_deadline_reason(const struct gb_account *account, const struct gb_waiter *waiter);

/* What is known, for the answer. */
void gb_deadline_describe(const struct gb_account *account, const struct gb_waiter *waiter,
                          enum gb_reason reason, struct gb_refusal *ret);

#endif
