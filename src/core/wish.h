/* wish.h: the asking side of reservations: whom to ask for how much, when to ask again, when to
 * withdraw. The plan is made once a batch, from the state alone: an ask goes out where what is
 * wished for differs from what was asked. Pure. */
#ifndef GB_CORE_WISH_H
#define GB_CORE_WISH_H

#include "core/books.h"

/* Time has passed: open asks whose time has come are sent again by gb_books_finish. */
void gb_wish_reask(struct gb_books *books, size_t account);

/* The earliest time at which gb_wish_reask or gb_deadline_pass has something to do for this
 * account; INT64_MAX: nothing waits. For the sweep's list of candidates. */
int64_t gb_wish_due_us(const struct gb_account *account);

/* The two halves of gb_books_finish for one account: impatient waiters; asks and replies. */
void gb_wish_finish(struct gb_books *books, size_t account);
void gb_wish_tell(struct gb_books *books, size_t account);

#endif
