/* share.h: the part of an account's balance that one datacenter may spend, as a value; and an
 * entry, which is what changed on it with the state after it. Pure. */
#ifndef GB_CORE_SHARE_H
#define GB_CORE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/kinds.h"

/* Money is in minor units. The totals are cumulative: they never go down, and
 * balance = credits_total - debits_total - out_total + in_total. */
struct gb_share {
    int64_t balance; /* 0 .. GB_BALANCE_MAX */
    int64_t held;    /* 0 .. balance */
    int64_t version; /* number of its last entry; 0: none yet */
    int64_t credits_total, debits_total;
    int64_t out_total, in_total;   /* granted to, received from other datacenters, ever */
    enum gb_account_status status; /* CLOSED: its closing is confirmed */
    int64_t account_version;       /* of the catalogue's account whose status it obeys */
    int64_t updated_at_us;         /* time of its last entry */
};

/* One line of the ledger. Its version and time are after.version and after.updated_at_us. */
struct gb_entry {
    enum gb_entry_kind kind;
    int64_t amount; /* >= 0; the kind says which way */
    struct gb_share after;
};

/* A share without any entry. */
struct gb_share gb_share_new(void);

/* Ranges and the identity above hold. A decision on a share that is not sound is a bug. */
bool gb_share_sound(const struct gb_share *share);

/* balance - held. */
int64_t gb_share_available(const struct gb_share *share);

/* Moves `amount` as the kind says (which of balance, held and totals go up or down is one table),
 * voids a confirmed closing (CLOSED goes back to CLOSING), and enters it. False, and nothing
 * changed, when `amount` is not positive or the ranges above would be left: too little is there, or
 * a cap would be passed. */
bool gb_share_move(struct gb_share *share, enum gb_entry_kind kind, int64_t amount, int64_t now_us,
                   struct gb_entry *ret_entry) __attribute__((warn_unused_result));

/* The next entry: version up by one, time max(now_us, time of the last entry). Changes *share;
 * *ret_entry is its after-image. The caller has changed the money and the status before. */
void gb_share_enter(struct gb_share *share, enum gb_entry_kind kind, int64_t amount, int64_t now_us,
                    struct gb_entry *ret_entry);

#endif
