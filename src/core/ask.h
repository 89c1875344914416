/* ask.h: the granting side of reservations: a peer's ask, open asks when money comes, and the
 * grants that split an opening balance. Pure. */
#ifndef GB_CORE_ASK_H
#define GB_CORE_ASK_H

#include "core/books.h"

enum gb_heard {
    GB_HEARD_APPLIED,    /* whatever it changed; an ask gets a reply from gb_books_finish */
    GB_HEARD_OLD,        /* a newer ask is known: nothing but totals and clock were taken from it */
    GB_HEARD_STALE,      /* its time to live is over: the same, and later copies are old */
    GB_HEARD_IMPOSSIBLE, /* poison: nothing changed */
};

/* Grants what the ask may have. `received_us`: when it reached this datacenter. */
enum gb_heard gb_ask_hear(struct gb_books *books, size_t account, size_t link,
                          const struct gb_ask *ask, int64_t received_us);

/* Grants to the peers' open asks, oldest first, what is left. */
void gb_ask_serve_open(struct gb_books *books, size_t account);

/* A new account's balance, at the datacenter that opens it. */
struct gb_opening {
    int64_t balance; /* >= 0; 0 enters nothing */
    bool even; /* each peer gets floor(balance / datacenters), and this datacenter keeps the rest */
    size_t home; /* not even: the link whose peer gets all; GB_NO_LINK: this datacenter keeps it */
    size_t operation;
};

/* Enters it (OPENING), and grants what the peers get. False, and nothing changed: the balance is
 * above its cap, or the share is not new. */
bool gb_ask_split_opening(struct gb_books *books, size_t account, const struct gb_opening *opening)
    __attribute__((warn_unused_result));

#endif
