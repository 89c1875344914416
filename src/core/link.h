/* link.h: what one share knows of the share of the same account at one peer: what went which way,
 * what each asks of the other, what the peer last said of itself. Pure. */
#ifndef GB_CORE_LINK_H
#define GB_CORE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/operation.h"
#include "core/priority.h"
#include "core/share.h"

/* Other datacenters at most. */
#define GB_PEERS_MAX 15

/* What moves share, or says that it moved. Amounts in minor units. */
struct gb_ask {         /* "raise what you have granted me in all to at least ask_target" */
    int64_t ask_seq;    /* higher is newer; the asker's microseconds, unless that would go back */
    int64_t ask_target; /* absolute; at asker_in_total or below: withdrawn */
    struct gb_priority priority; /* of the asker's oldest waiting operation */
    int32_t round;               /* 1 the first time, one up each time it is asked again */
    int64_t asker_in_total;      /* what the asker has received from the peer, ever */
    int64_t ttl_us;              /* how long after its receipt it may be granted */
    int64_t clock_us;            /* the asker's hybrid logical clock */
};

struct gb_reply {
    int64_t ask_seq;                       /* echoed */
    int32_t round;                         /* echoed; 0: unsolicited */
    struct gb_share share;                 /* of the sender, after all that it did */
    int64_t link_out_total, link_in_total; /* of the sender, with the receiver */
    int64_t reserved; /* of what is available: for operations that are older than the ask */
    int64_t clock_us; /* the sender's */
};

/* What a peer said of itself in one reply to an ask. */
struct gb_peer_answer {
    int64_t ask_seq; /* of the ask; 0: none */
    int64_t total;   /* credits - debits of its share */
    int64_t balance;
    int64_t available;
    int64_t reserved; /* of what is available */
};

struct gb_link {
    struct gb_dc peer;
    /* Totals, ever; none goes down. */
    int64_t out_total;     /* granted to the peer */
    int64_t in_total;      /* received from it: what of granted_total is in the share */
    int64_t peer_in_total; /* of out_total: what the peer has confirmed */
    int64_t granted_total; /* what the peer says it granted; above in_total: in flight to here */
    /* Our ask. Open while ask_target > in_total. */
    enum gb_ask_state ask_state;
    int64_t ask_seq; /* of the last sending; 0: never */
    int64_t ask_target;
    int32_t ask_round; /* 0 while it is open: a top-up, for which nobody waits */
    int64_t
        ask_from_total; /* in_total when it went from idle to open: what came since is the rest */
    int64_t reask_at_us;
    struct gb_peer_answer
        answers[2]; /* to the two latest sendings that were answered; newest first */
    /* The peer's ask. Open until peer_ask_until_us while peer_ask_target > out_total. */
    int64_t peer_ask_seq;
    int64_t peer_ask_target;
    struct gb_priority peer_ask_priority;
    int32_t peer_ask_round;
    int64_t peer_ask_until_us;
    /* The peer's last known share: the hint. */
    int64_t hint_version; /* of its share; 0: not known */
    int64_t hint;         /* what it could give then */
    int64_t hint_at_us;   /* by our clock, when we heard it */
    int64_t clock_us;     /* the highest clock seen: the peer's, or our own */
    /* Within one batch, never stored. */
    bool changed;         /* the row is to be written */
    bool owes_reply;      /* a REPLY is to be sent */
    bool reply_asked;     /* it answers the peer's ask; false: unsolicited */
    bool reask_due;       /* the open ask is to be sent again */
    bool copied;          /* the copy of the peer's share is newer than what the peer answered: */
    int64_t copied_total; /* its credits - debits */
};

/* Totals, ask and answers are possible at all. A decision on a link that is not sound is a bug. */
bool gb_link_sound(const struct gb_link *link);

/* Granted and not yet confirmed. */
int64_t gb_link_in_flight(const struct gb_link *link);

/* News of the peer's share from elsewhere (its ledger): the hint follows the higher version. `in`:
 * what the peer's ledger says it received from here; above out_total it is not believed. */
void gb_link_learn(struct gb_link *link, const struct gb_share *share, int64_t in, int64_t now_us);

/* Is a message possible at all, as far as the receiver's link shows? One that is not is poison: its
 * sender, or we, have lost what was committed. */
bool gb_ask_possible(const struct gb_link *link, const struct gb_ask *ask);
bool gb_reply_possible(const struct gb_link *link, const struct gb_reply *reply);

#endif
