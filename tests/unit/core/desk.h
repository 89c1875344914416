/* desk.h: two accounts of dc1 with dc2 and dc3 as peers, in books, for the tests of the core. */
#ifndef GB_TEST_UNIT_CORE_DESK_H
#define GB_TEST_UNIT_CORE_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ask.h"
#include "core/books.h"
#include "core/credit.h"
#include "core/deadline.h"
#include "core/hold.h"
#include "core/reply.h"
#include "core/spend.h"
#include "core/wish.h"

enum { DESK_ACCOUNTS = 2, DESK_LINKS = 2, DESK_WAITERS = 4, DESK_EFFECTS = 32, NOW_US = 1000 };

struct desk {
    struct gb_reserve_settings settings;
    struct gb_link links[DESK_ACCOUNTS][DESK_LINKS];
    struct gb_waiter waiters[DESK_ACCOUNTS][DESK_WAITERS];
    struct gb_account accounts[DESK_ACCOUNTS];
    struct gb_effect_entry entries[DESK_EFFECTS];
    struct gb_effect_decision decisions[DESK_EFFECTS];
    struct gb_effect_message messages[DESK_EFFECTS];
    struct gb_books books;
    struct gb_refusal refusal;
};

/* Begun, at NOW_US. */
void desk_init(struct desk *desk, int64_t balance_of_first, int64_t balance_of_second);

/* The next transaction. */
void desk_next(struct desk *desk);

/* Of the first account, patient, with a deadline 1000 us away. */
enum gb_operation_state desk_spend(struct desk *desk, enum gb_operation_kind kind, int64_t amount,
                                   size_t operation);

/* A reply of a peer whose share has that balance, from nothing but pay-ins, after it granted so
 * much. */
struct gb_reply desk_reply(const struct gb_link *link, int64_t balance, int64_t granted);
struct gb_ask desk_ask(int64_t seq, int64_t target, int64_t clock_us); /* of dc2 */

#endif
