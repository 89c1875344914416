/* Holds that end: captured, voided, expired. (Placing one is a spend.) */
#include "core/operation.h"
#include "engine/work.h"

bool gb_work_hold_is_here(struct gb_turn turn)
{
    return turn.hold->stored && turn.hold->account_no.value == turn.command->account_no.value;
}

/* A hold that is due expires with whatever is asked of it. */
static void note_end(struct gb_work_hold *hold)
{
    hold->ended = hold->hold.state != GB_HOLD_OPEN;
}

static enum gb_reason end(struct gb_work *work, struct gb_turn turn, size_t operation)
{
    struct gb_hold *hold = &turn.hold->hold;
    if (turn.command->operation == GB_OPERATION_CAPTURE)
        return gb_hold_capture(&work->books, turn.at, hold, operation, turn.command->amount);
    return gb_hold_void(&work->books, turn.at, hold, operation);
}

void gb_work_end_hold(struct gb_work *work, struct gb_turn turn)
{
    struct gb_work_operation *operation = turn.operation;
    bool capture = turn.command->operation == GB_OPERATION_CAPTURE;
    bool was_open = turn.hold->hold.state == GB_HOLD_OPEN;
    enum gb_reason reason = end(work, turn, (size_t)(operation - work->operations));
    enum gb_operation_event event = capture ? GB_EVENT_PAY : GB_EVENT_RELEASE;
    if (reason != GB_REASON_NONE) {
        event = GB_EVENT_REFUSE;
        operation->reason = gb_reason_name((int)reason);
    }
    GB_CHECK(gb_operation_next(GB_STATE_NEW, event, &operation->state));
    if (was_open)
        note_end(turn.hold);
}

void gb_work_expire_hold(struct gb_work *work, struct gb_turn turn)
{
    bool due =
        gb_work_hold_is_here(turn) && gb_hold_expire(&work->books, turn.at, &turn.hold->hold);
    turn.command->outcome = due ? GB_OUTCOME_APPLIED : GB_OUTCOME_UNCHANGED;
    if (due)
        note_end(turn.hold);
}
