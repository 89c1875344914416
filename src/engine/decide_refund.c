/* Refunds: part or all of what was paid comes back, under the lock of the share it was paid from.
 */
#include "core/credit.h"
#include "core/operation.h"
#include "engine/work.h"

/* One that waited may have been paid by what came before this in the batch. */
static enum gb_operation_state state_of(const struct gb_work *work, size_t operation)
{
    const struct gb_effects *effects = &work->books.effects;
    enum gb_operation_state state = work->operations[operation].state;
    for (size_t i = 0; i < effects->decisions_count; i++) {
        if (effects->decisions[i].waiter.operation == operation)
            state = effects->decisions[i].state;
    }
    return state;
}

/* NONE: it was given back. The original is the client's own, and of the very account: its row is
 * guarded by the lock of that account's share. */
static enum gb_reason give_back(struct gb_work *work, struct gb_turn turn)
{
    struct gb_work_operation *original = turn.original;
    bool there = original->stored || original->inserted_by != NULL;
    if (!there || original->request.account_no.value != turn.command->account_no.value)
        return GB_REASON_ORIGINAL_NOT_FOUND;
    bool was_closed = work->books.accounts[turn.at].share.status == GB_STATUS_CLOSED;
    struct gb_original paid = {
        .kind = original->request.kind,
        .state = state_of(work, (size_t)(original - work->operations)),
        .paid = original->amount,
        .refunded = original->refunded,
    };
    enum gb_reason reason = gb_credit_refund(&work->books, turn.at, &paid, turn.command->amount,
                                             (size_t)(turn.operation - work->operations));
    if (reason != GB_REASON_NONE)
        return reason;
    original->refunded = paid.refunded;
    original->gives_back = true;
    work->voided[turn.at] |= was_closed;
    return GB_REASON_NONE;
}

void gb_work_refund(struct gb_work *work, struct gb_turn turn)
{
    enum gb_reason reason = give_back(work, turn);
    enum gb_operation_event event = reason == GB_REASON_NONE ? GB_EVENT_BOOK : GB_EVENT_REFUSE;
    turn.operation->reason = gb_reason_name((int)reason);
    GB_CHECK(gb_operation_next(GB_STATE_NEW, event, &turn.operation->state));
}
