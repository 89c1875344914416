/* topup.h: asking before anybody has to wait: a share that will not last long wishes for part of a
 * richer peer's. Pure. */
#ifndef GB_CORE_TOPUP_H
#define GB_CORE_TOPUP_H

#include "core/books.h"

/* Is `left` not enough for low_water times `spent` more? Never where top-ups are off. */
bool gb_topup_is_low(const struct gb_reserve_settings *settings, int64_t spent, int64_t left);

/* Of an account for which nothing waits: what is wished for from each peer. The wish is for one
 * minor unit; what is worth having is the prefetch that a filled ask brings, half of what the peer
 * does not need itself. So a repeated ask brings nothing, and one to a peer with waiters next to
 * nothing. At most one top-up is open at a time; it goes out only in a batch that spent, and none
 * within the wait for an answer to the last ask. One that is not answered in that time is
 * withdrawn by the next batch of the account. */
void gb_topup_wish(const struct gb_books *books, size_t account, int64_t wishes[GB_PEERS_MAX]);

/* Somebody waits now: open top-ups become asks like others, and are sent again as such. */
void gb_topup_end(struct gb_account *account);

#endif
