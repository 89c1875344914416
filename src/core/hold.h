/* hold.h: money set aside: captured (paid out, in part or all), voided or expired, each once.
 * Placing one is a spend (spend.h). A hold lives at the datacenter that placed it. Pure. */
#ifndef GB_CORE_HOLD_H
#define GB_CORE_HOLD_H

#include "core/books.h"

struct gb_hold {
    enum gb_hold_state state;
    int64_t amount;   /* set aside */
    int64_t captured; /* of it, when CAPTURED */
    int64_t expires_at_us;
    size_t placed_by; /* the operation that placed it: its expiry is entered under that */
};

/* NONE: the hold and the share are changed, the operation is PAID (capture) or RELEASED (void).
 * Else the reason of the refusal. From expires_at_us on a hold is refused as expired, and expires
 * with that when the sweep has not been there yet; the caller writes it in either case.
 * `operation`: of the command, and of its entries. `amount`: 1 .. GB_AMOUNT_MAX; what a capture
 * leaves is released. */
enum gb_reason gb_hold_capture(struct gb_books *books, size_t account, struct gb_hold *hold,
                               size_t operation, int64_t amount);
enum gb_reason gb_hold_void(struct gb_books *books, size_t account, struct gb_hold *hold,
                            size_t operation);

/* The sweep: true when it expired now; a hold that is not OPEN, or not due, stays as it is. */
bool gb_hold_expire(struct gb_books *books, size_t account, struct gb_hold *hold);

#endif
