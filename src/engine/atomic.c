/* All or none: what has become of an atomic batch, and what only stands in one. */
#include <string.h>

#include "core/credit.h"
#include "core/operation.h"
#include "engine/work.h"

/* Booked at once, under the lock of the share: what comes after it in the batch has its money. */
void gb_work_pay_in(struct gb_work *work, struct gb_turn turn)
{
    struct gb_work_operation *operation = turn.operation;
    enum gb_account_status status = work->books.accounts[turn.at].share.status;
    enum gb_reason reason = gb_reason_of_status(status, GB_OPERATION_PAYIN);
    enum gb_operation_event event = GB_EVENT_ACCEPT;
    size_t index = (size_t)(operation - work->operations);
    if (reason == GB_REASON_NONE && gb_credit_payin(&work->books, turn.at, GB_STATE_ACCEPTED,
                                                    turn.command->amount, index) != GB_PAYIN_BOOKED)
        reason = GB_REASON_LIMIT_REACHED;
    if (reason != GB_REASON_NONE) {
        event = GB_EVENT_REFUSE;
        operation->reason = gb_reason_name((int)reason);
    }
    GB_CHECK(gb_operation_next(GB_STATE_NEW, event, &operation->state));
    if (reason == GB_REASON_NONE)
        GB_CHECK(gb_operation_next(operation->state, GB_EVENT_BOOK, &operation->state));
}

static const struct gb_work_operation *operation_of(const struct gb_work *work, size_t at)
{
    return &work->operations[work->operation_of[at]];
}

/* Commands that are neither new nor repeats. */
static enum gb_atomic_outcome bad_outcome(const struct gb_command *command)
{
    switch (command->outcome) {
    case GB_OUTCOME_APPLIED:
    case GB_OUTCOME_REPEATED:
        return 0;
    case GB_OUTCOME_MISMATCH:
        return GB_ATOMIC_MISMATCH;
    case GB_OUTCOME_TURNED_AWAY:
    case GB_OUTCOME_NONE:
    case GB_OUTCOME_OVERDUE:
    case GB_OUTCOME_REFUSED:
    case GB_OUTCOME_UNCHANGED:
    case GB_OUTCOME_POISON:
        return GB_ATOMIC_POISON;
    }
    return GB_ATOMIC_POISON;
}

/* Keys that were used: all in one and the same atomic batch? */
static enum gb_atomic_outcome judge_repeat(const struct gb_work *work, size_t first, size_t *ret_at)
{
    const struct gb_uuid none = {{0}};
    struct gb_uuid batch_id = operation_of(work, first)->batch_id;
    *ret_at = first;
    if (memcmp(&batch_id, &none, sizeof(none)) == 0)
        return GB_ATOMIC_KEY_USED;
    for (size_t i = 0; i < work->count; i++) {
        if (memcmp(&operation_of(work, i)->batch_id, &batch_id, sizeof(batch_id)) != 0)
            return GB_ATOMIC_KEY_USED;
    }
    return GB_ATOMIC_REPEATED;
}

void gb_work_judge(const struct gb_work *work, struct gb_engine_atomic *atomic)
{
    size_t repeat = work->count, refused = work->count;
    for (size_t i = work->count; i > 0; i--) {
        const struct gb_command *command = &work->commands[i - 1];
        atomic->at = i - 1;
        atomic->outcome = bad_outcome(command);
        if (atomic->outcome != 0)
            return;
        if (command->outcome == GB_OUTCOME_REPEATED)
            repeat = i - 1;
        if (command->answer.state == GB_STATE_REFUSED)
            refused = i - 1;
        GB_CHECK(command->answer.state != GB_STATE_WAITING || repeat == i - 1);
    }
    if (repeat < work->count) {
        atomic->outcome = judge_repeat(work, repeat, &atomic->at);
    } else {
        atomic->outcome = refused < work->count ? GB_ATOMIC_ABORTED : GB_ATOMIC_DONE;
        atomic->at = refused;
    }
}
