/* books.h: the accounts that one transaction has locked, as values, and what was decided on them.
 * The caller locks and reads them, gives the memory, lets commands and messages be decided one
 * after the other (spend, ask, reply, hold, ...), calls gb_books_finish once, and writes what is
 * changed and what lies in the effects. Nothing here keeps anything between two transactions. Pure.
 */
#ifndef GB_CORE_BOOKS_H
#define GB_CORE_BOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/decide.h"
#include "core/link.h"
#include "core/money.h"
#include "core/reason.h"

/* Settings of reservations; the same at every datacenter, though nothing breaks when they differ.
 */
struct gb_reserve_settings {
    int64_t reask_after_us; /* the first time; doubled by each round */
    int64_t reask_backoff_us_max;
    int64_t ask_ttl_us;
    int64_t prefetch_max; /* minor units in one grant above what was asked; 0: off */
    int64_t low_water;    /* a share that does not suffice for so many times what was spent of it in
                             this batch is topped up before anybody has to wait; 0: never */
    int64_t skew_us_max;  /* a clock further ahead than this raises an alarm */
};

/* The caller's number for an operation of the batch; the core only hands it back. */
#define GB_NO_OPERATION SIZE_MAX
/* An index into books->accounts, or none. */
#define GB_NO_ACCOUNT SIZE_MAX
/* An index into account->links, or none. */
#define GB_NO_LINK SIZE_MAX

/* A WAITING operation. */
struct gb_waiter {
    enum gb_operation_kind kind; /* PAYOUT, CHARGE, TRANSFER, HOLD */
    size_t operation;
    int64_t amount;
    int64_t clock_us;  /* its priority; the datacenter is our own */
    int64_t after_seq; /* answers to asks above this count for its refusal */
    int64_t deadline_us;
    bool impatient; /* refused as soon as too little is known to be anywhere; others at the deadline
                     */
    struct gb_account_no payee; /* of a TRANSFER */
};

struct gb_account {
    struct gb_account_no no;
    struct gb_currency currency;
    struct gb_share share;
    struct gb_link
        *links;         /* one for each other datacenter there is, also when there is no row yet */
    size_t links_count; /* 0 .. GB_PEERS_MAX */
    struct gb_waiter *waiters; /* oldest first; room for waiters_max */
    size_t waiters_count;
    size_t waiters_max; /* more than these are refused (WAITING_LIMIT) */
    /* Within one batch. */
    bool changed;         /* the share is to be written */
    int64_t taken_before; /* debits_total + held when it began: what is above was spent since */
    bool credited;        /* waiters and the peers' asks have yet to get their part */
    size_t credited_next; /* the list of those; GB_NO_ACCOUNT: the last */
    bool needs_payee;     /* out: a waiting transfer could be paid, and its payee is not locked: the
                             next     batch locks it too, and calls gb_books_retry */
    bool hurry;           /* the second round of asks goes out at once */
};

/* What was known when an operation was decided: why it was refused, or how it could be paid. */
struct gb_refusal_peer {
    struct gb_dc dc;
    int64_t known;       /* what it could give when it was last heard of */
    int64_t known_at_us; /* 0: never heard of */
    int64_t asked;       /* what it was asked for; 0: nothing */
    int64_t came;        /* what came since it was asked */
    int64_t asked_at_us; /* the last time; 0: not asked */
    int32_t rounds;      /* how often it was asked */
    bool silent;         /* has not answered the last time, nor twice since the operation waits */
};
struct gb_refusal {
    enum gb_reason reason;
    int64_t available, held; /* here */
    int64_t total;           /* of the account, as far as known */
    size_t peers_count;
    struct gb_refusal_peer peers[GB_PEERS_MAX];
    size_t most; /* index of the peer that could give most; GB_NO_LINK: none could give anything */
};

struct gb_effect_entry {
    struct gb_entry entry;
    size_t account;
    size_t operation; /* GB_NO_OPERATION: none */
    struct gb_dc
        peer; /* of SHARE_OUT and SHARE_IN, with the link's totals after it; "" otherwise */
    int64_t link_out_total, link_in_total;
};

/* A WAITING operation that is decided now. (What became of the command itself is its function's
 * value.) */
struct gb_effect_decision {
    size_t account;
    struct gb_waiter waiter;
    enum gb_operation_state state; /* PAID, HELD, REFUSED */
    struct gb_refusal refusal;     /* reason NONE unless REFUSED */
};

/* To links[link].peer, about accounts[account]. */
struct gb_effect_message {
    bool is_reply;
    size_t account;
    size_t link;
    struct gb_ask ask;     /* when not is_reply */
    struct gb_reply reply; /* when is_reply */
};

/* The caller's arrays; with less room than said here it is a bug, and the process ends. */
struct gb_effects {
    struct gb_effect_entry *entries; /* per account 2 * links_count, per waiter 2, per command
                                        2 + links_count */
    size_t entries_count, entries_max;
    struct gb_effect_decision *decisions; /* one per waiter: read, or made in this batch */
    size_t decisions_count, decisions_max;
    struct gb_effect_message *messages; /* two per link */
    size_t messages_count, messages_max;
};

struct gb_books {
    struct gb_dc dc; /* our own */
    int64_t now_us;
    int32_t jitter; /* 0 .. 1023, random: asks are sent again so many 2048ths of their wait later */
    const struct gb_reserve_settings *settings;
    struct gb_account *accounts; /* sorted by number */
    size_t accounts_count;
    struct gb_effects effects;
    bool skew_alarm; /* out: a peer's clock is too far ahead */
    size_t credited; /* the first of the credited accounts */
};

/* Sets what is set within one batch: flags, counts, lists. The rest is filled in before. */
void gb_books_begin(struct gb_books *books);

/* The account, or GB_NO_ACCOUNT. */
size_t gb_books_find(const struct gb_books *books, struct gb_account_no no);

/* Moves money on a share (gb_share_move) and adds the entry to the effects. `link`: of SHARE_OUT
 * and SHARE_IN, its totals already moved; GB_NO_LINK otherwise. What adds to what is available
 * marks the account as credited. False: nothing changed. */
struct gb_move {
    enum gb_entry_kind kind;
    int64_t amount;
    size_t operation;
    size_t link;
};
bool gb_books_move(struct gb_books *books, size_t account, const struct gb_move *move)
    __attribute__((warn_unused_result));

/* Gives what was credited to those who wait for it, until nothing moves any more: money in flight
 * that fits under the cap now, waiters in age order, then peers' open asks. Every function that may
 * credit a share calls it. */
void gb_books_settle(struct gb_books *books);

/* Looks through an account's waiters again although nothing was credited: the payee of one is
 * locked now. */
void gb_books_retry(struct gb_books *books, size_t account);

/* Once, after the last command: refuses impatient waiters that are known to be in vain, plans the
 * asks, and puts asks and replies into the effects; replies tell the state after the whole batch.
 */
void gb_books_finish(struct gb_books *books);

/* For the files of the core: a bug ends the process. */
#define GB_CORE_CHECK(condition)                                                                   \
    do {                                                                                           \
        if (!(condition))                                                                          \
            __builtin_trap();                                                                      \
    } while (0)

#endif
