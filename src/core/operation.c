#include "core/operation.h"

#include <stddef.h>

enum { STATES = GB_STATE_RELEASED + 1, EVENTS = GB_EVENT_REFUSE + 1 };

/* 0: cannot happen. A decided operation stays as it is for ever. */
static const unsigned char OPERATIONS[STATES][EVENTS] = {
    [GB_STATE_NEW] =
        {
            [GB_EVENT_ACCEPT] = GB_STATE_ACCEPTED,
            [GB_EVENT_BOOK] = GB_STATE_BOOKED,
            [GB_EVENT_WAIT] = GB_STATE_WAITING,
            [GB_EVENT_PAY] = GB_STATE_PAID,
            [GB_EVENT_HOLD] = GB_STATE_HELD,
            [GB_EVENT_RELEASE] = GB_STATE_RELEASED,
            [GB_EVENT_REFUSE] = GB_STATE_REFUSED,
        },
    [GB_STATE_ACCEPTED] = {[GB_EVENT_BOOK] = GB_STATE_BOOKED},
    [GB_STATE_WAITING] =
        {
            [GB_EVENT_PAY] = GB_STATE_PAID,
            [GB_EVENT_HOLD] = GB_STATE_HELD,
            [GB_EVENT_REFUSE] = GB_STATE_REFUSED,
        },
};

bool gb_operation_next(enum gb_operation_state state, enum gb_operation_event event,
                       enum gb_operation_state *ret)
{
    unsigned char next = OPERATIONS[state][event];
    if (next == 0)
        return false;
    *ret = (enum gb_operation_state)next;
    return true;
}

static const unsigned char HOLDS[GB_HOLD_EXPIRED + 1][GB_HOLD_EXPIRE + 1] = {
    [GB_HOLD_OPEN] =
        {
            [GB_HOLD_CAPTURE] = GB_HOLD_CAPTURED,
            [GB_HOLD_VOID] = GB_HOLD_VOIDED,
            [GB_HOLD_EXPIRE] = GB_HOLD_EXPIRED,
        },
};

bool gb_hold_next(enum gb_hold_state state, enum gb_hold_event event, enum gb_hold_state *ret)
{
    unsigned char next = HOLDS[state][event];
    if (next == 0)
        return false;
    *ret = (enum gb_hold_state)next;
    return true;
}

struct ask_step {
    enum gb_ask_state next;
    enum gb_ask_action action;
};
static const struct ask_step ASKS[GB_ASK_ANSWERED + 1][GB_ASK_FILL + 1] =
    {
        [GB_ASK_IDLE] =
            {
                [GB_ASK_WISH] = {GB_ASK_OPEN, GB_ASK_SEND},
                [GB_ASK_NO_WISH] = {GB_ASK_IDLE, GB_ASK_NOTHING},
                [GB_ASK_TIMER] = {GB_ASK_IDLE, GB_ASK_NOTHING},
                [GB_ASK_ANSWER] = {GB_ASK_IDLE, GB_ASK_NOTHING},
                [GB_ASK_FILL] = {GB_ASK_IDLE, GB_ASK_NOTHING},
            },
        [GB_ASK_OPEN] =
            {
                [GB_ASK_WISH] = {GB_ASK_OPEN, GB_ASK_SEND},
                [GB_ASK_NO_WISH] = {GB_ASK_IDLE, GB_ASK_WITHDRAW},
                [GB_ASK_TIMER] = {GB_ASK_OPEN, GB_ASK_SEND},
                [GB_ASK_ANSWER] = {GB_ASK_ANSWERED, GB_ASK_NOTHING},
                [GB_ASK_FILL] = {GB_ASK_IDLE, GB_ASK_NOTHING},
            },
        [GB_ASK_ANSWERED] =
            {
                [GB_ASK_WISH] = {GB_ASK_OPEN, GB_ASK_SEND},
                [GB_ASK_NO_WISH] = {GB_ASK_IDLE, GB_ASK_WITHDRAW},
                [GB_ASK_TIMER] = {GB_ASK_OPEN, GB_ASK_SEND},
                [GB_ASK_ANSWER] = {GB_ASK_ANSWERED, GB_ASK_NOTHING},
                [GB_ASK_FILL] = {GB_ASK_IDLE, GB_ASK_NOTHING},
            },
};

enum gb_ask_state gb_ask_next(enum gb_ask_state state, enum gb_ask_event event,
                              enum gb_ask_action *ret_action)
{
    struct ask_step step = ASKS[state][event];
    *ret_action = step.action;
    return step.next;
}
