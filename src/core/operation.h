/* operation.h: the states of an operation, of a hold, and of an ask, each as one table: what may
 * happen in which state, and what is then. What a table does not have cannot happen. Pure. */
#ifndef GB_CORE_OPERATION_H
#define GB_CORE_OPERATION_H

#include <stdbool.h>

#include "core/kinds.h"

/* A command before anything was decided about it. */
#define GB_STATE_NEW ((enum gb_operation_state)0)

enum gb_operation_event {
    GB_EVENT_ACCEPT = 1, /* made durable, to be booked later */
    GB_EVENT_BOOK,       /* the money is in */
    GB_EVENT_WAIT,       /* short: asks go out */
    GB_EVENT_PAY,        /* the money is out */
    GB_EVENT_HOLD,       /* the money is set aside */
    GB_EVENT_RELEASE,    /* a hold's money is available again */
    GB_EVENT_REFUSE,
};

/* True when the event may happen in the state; *ret is the state after it. */
bool gb_operation_next(enum gb_operation_state state, enum gb_operation_event event,
                       enum gb_operation_state *ret);

enum gb_hold_event { GB_HOLD_CAPTURE = 1, GB_HOLD_VOID, GB_HOLD_EXPIRE };

/* As above. A hold begins OPEN. */
bool gb_hold_next(enum gb_hold_state state, enum gb_hold_event event, enum gb_hold_state *ret);

/* Our own ask to one peer. */
enum gb_ask_state {
    GB_ASK_IDLE = 0, /* nothing is wished for: none was made, or it is filled or withdrawn */
    GB_ASK_OPEN,     /* sent, and the peer has not answered the last sending */
    GB_ASK_ANSWERED, /* the peer has answered it, and granted too little so far */
};
enum gb_ask_event {
    GB_ASK_WISH = 0, /* more, or less, is wished for than it says */
    GB_ASK_NO_WISH,  /* nothing is wished for any more */
    GB_ASK_TIMER,    /* time to ask again */
    GB_ASK_ANSWER,   /* a reply to its last sending */
    GB_ASK_FILL,     /* all that it wished for is here */
};
enum gb_ask_action { GB_ASK_NOTHING = 0, GB_ASK_SEND, GB_ASK_WITHDRAW };

/* The state after the event, and what to do. Total: every event may happen in every state. */
enum gb_ask_state gb_ask_next(enum gb_ask_state state, enum gb_ask_event event,
                              enum gb_ask_action *ret_action);

#endif
