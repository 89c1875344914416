/* A client's command: the stored answer, or a decision by its kind. */
#include <string.h>

#include "core/deadline.h"
#include "core/spend.h"
#include "engine/work.h"

const char *gb_work_hold_text(struct gb_uuid hold_id, struct gb_arena *arena)
{
    char *text = gb_arena_alloc(arena, GB_UUID_TEXT_SIZE);
    GB_CHECK(text != NULL);
    gb_uuid_format(hold_id, text);
    return text;
}

struct gb_request gb_work_request_of(const struct gb_work *work, const struct gb_command *command)
{
    struct gb_request request = {
        .kind = GB_OPERATION_PAYIN,
        .account_no = command->account_no,
        .amount = command->amount,
        .reference = command->reference,
        .metadata = command->metadata,
    };
    if (command->kind != GB_COMMAND_OPERATION)
        return request;
    request.kind = command->operation;
    if (command->operation == GB_OPERATION_TRANSFER)
        request.payee_no = command->payee_no;
    if (gb_command_has_price(command))
        request.service_id = command->service_id;
    if (gb_command_has_original(command))
        request.original_key = command->original_key;
    if (command->operation == GB_OPERATION_HOLD)
        request.lasts_us = command->expires_at_us - command->accepted_at_us;
    if (gb_command_has_hold(command))
        request.hold_id = gb_work_hold_text(command->hold_id, work->arena);
    return request;
}

void gb_work_keep_facts(struct gb_work *work, struct gb_work_operation *operation,
                        const struct gb_refusal *refusal)
{
    operation->denied = refusal->reason == GB_REASON_INSUFFICIENT_FUNDS ||
                        refusal->reason == GB_REASON_FUNDS_HELD ||
                        refusal->reason == GB_REASON_FUNDS_UNREACHABLE;
    operation->reason = gb_reason_name((int)refusal->reason);
    operation->facts = gb_work_facts(refusal, work->now_us, work->arena);
}

/* What is stored of a new operation, but for its decision. */
static void begin(struct gb_work *work, struct gb_turn turn)
{
    const struct gb_command *command = turn.command;
    struct gb_work_operation *operation = turn.operation;
    operation->request = gb_work_request_of(work, command);
    operation->amount = command->amount;
    if (gb_command_has_price(command)) {
        operation->amount = turn.price->price.amount;
        operation->price_version = turn.price->version;
    }
    operation->inserted_by = command;
    operation->trace = command->trace;
    operation->awaited = command->awaited;
    operation->created_at_us = command->accepted_at_us;
    operation->deadline_us = command->deadline_us;
    operation->expires_at_us = command->expires_at_us;
    operation->hold_id = command->hold_id;
}

void gb_work_spend(struct gb_work *work, struct gb_turn turn)
{
    struct gb_work_operation *operation = turn.operation;
    const struct gb_spend wanted = {
        .kind = turn.command->operation,
        .operation = (size_t)(operation - work->operations),
        .amount = operation->amount,
        .deadline_us = turn.command->deadline_us,
        .impatient = turn.command->impatient,
        .payee = turn.payee,
    };
    struct gb_refusal refusal;
    operation->state =
        gb_command_has_price(turn.command)
            ? gb_spend_charge(&work->books, turn.at, &wanted, &turn.price->price, &refusal)
            : gb_spend(&work->books, turn.at, &wanted, &refusal);
    if (operation->state == GB_STATE_REFUSED)
        gb_work_keep_facts(work, operation, &refusal);
    bool wanting = operation->state == GB_STATE_WAITING || operation->denied;
    GB_CHECK(turn.share->involved || !wanting); /* else the peers would not be asked */
}

void gb_work_pass_deadlines(struct gb_work *work, size_t at)
{
    gb_books_retry(&work->books, at);
    if (work->books.accounts[at].needs_payee && !work->last_round)
        return; /* all is done again with the payee's lock */
    gb_deadline_pass(&work->books, at);
}

/* The stored answer stands; one that waits past its deadline is decided now, whoever asks. */
static void repeat(struct gb_work *work, struct gb_turn turn)
{
    struct gb_command *command = turn.command;
    struct gb_work_operation *operation = turn.operation;
    struct gb_request asked = gb_work_request_of(work, command);
    command->mismatch = gb_request_difference(&operation->request, &asked);
    if (command->mismatch != NULL) {
        command->outcome = GB_OUTCOME_MISMATCH;
        return;
    }
    command->outcome = GB_OUTCOME_REPEATED;
    if (operation->state == GB_STATE_WAITING && operation->deadline_us <= work->now_us)
        gb_work_pass_deadlines(work, turn.at);
}

/* Why a charge cannot be decided here, so that nothing is stored; NULL when it can. The currencies
 * of a service and of an account never change, and the service may only not have come here yet. */
static const char *turned_away(struct gb_turn turn)
{
    if (!gb_command_has_price(turn.command))
        return NULL;
    if (!turn.price->known)
        return "SERVICE_NOT_FOUND";
    bool same = gb_currency_equal(turn.price->price.currency, turn.command->currency);
    return same ? NULL : "CURRENCY_MISMATCH";
}

static void abort_with_batch(const struct gb_work *work, struct gb_work_operation *operation)
{
    operation->state = GB_STATE_REFUSED;
    operation->reason = gb_reason_name(GB_REASON_BATCH_ABORTED);
    operation->facts = work->aborted;
}

static void decide(struct gb_work *work, struct gb_turn turn)
{
    turn.command->turned_away = turned_away(turn);
    if (turn.command->turned_away != NULL) {
        turn.command->outcome = GB_OUTCOME_TURNED_AWAY;
        return;
    }
    turn.command->outcome = GB_OUTCOME_APPLIED;
    begin(work, turn);
    if (work->aborted != NULL)
        abort_with_batch(work, turn.operation);
    else if (turn.command->operation == GB_OPERATION_PAYIN)
        gb_work_pay_in(work, turn);
    else if (gb_command_has_hold(turn.command))
        gb_work_end_hold(work, turn);
    else if (gb_command_has_original(turn.command))
        gb_work_refund(work, turn);
    else
        gb_work_spend(work, turn);
    /* A pay-in that was decided when it came has both times the same: so its repeats are known. */
    if (turn.command->operation == GB_OPERATION_PAYIN)
        turn.operation->decided_at_us = turn.operation->created_at_us;
    else if (turn.operation->state != GB_STATE_WAITING)
        turn.operation->decided_at_us = work->now_us;
}

/* Whoever relayed it hears what is stored, each time. */
static void answer_relay(struct gb_work *work, struct gb_turn turn)
{
    struct gb_command *command = turn.command;
    const struct gb_work_operation *operation = turn.operation;
    if (gb_dc_equal(command->accepted_by, work->dc))
        return;
    if (command->outcome == GB_OUTCOME_MISMATCH) {
        command->outcome = GB_OUTCOME_REFUSED;
        gb_work_owe_result(work, command, GB_STATE_REFUSED, "IDEMPOTENCY_MISMATCH", work->now_us);
        return;
    }
    gb_work_owe_result(work, command, operation->state, operation->reason,
                       operation->decided_at_us);
}

void gb_work_decide_operation(struct gb_work *work, struct gb_turn turn)
{
    struct gb_command *command = turn.command;
    bool amount_valid = gb_command_has_price(command) || gb_amount_valid(command->amount);
    if (!gb_key_valid(command->key) || !amount_valid) {
        gb_work_poison(command, "COMMAND_INVALID", "key or amount is out of bounds");
    } else if (!gb_work_owned_here(work, command)) {
        gb_work_poison(command, "WRONG_DATACENTER", "the key is owned by another datacenter");
    } else if (turn.operation->stored || turn.operation->inserted_by != NULL) {
        repeat(work, turn);
        answer_relay(work, turn);
    } else if (gb_command_has_hold(command) && !gb_work_hold_is_here(turn)) {
        gb_work_poison(command, "HOLD_CONTRADICTED", "no such hold of this account is here");
    } else {
        decide(work, turn);
        answer_relay(work, turn);
    }
}

static void settle_decision(struct gb_work *work, const struct gb_effect_decision *decision)
{
    struct gb_work_operation *operation = &work->operations[decision->waiter.operation];
    operation->state = decision->state;
    operation->decided_at_us = work->now_us;
    operation->decided = operation->stored;
    gb_work_keep_facts(work, operation, &decision->refusal);
    work->notify |= operation->stored && operation->awaited;
}

void gb_work_settle_decisions(struct gb_work *work)
{
    const struct gb_effects *effects = &work->books.effects;
    for (size_t i = 0; i < effects->decisions_count; i++)
        settle_decision(work, &effects->decisions[i]);
    for (size_t i = 0; i < work->count; i++) {
        struct gb_command *command = &work->commands[i];
        const struct gb_work_operation *operation = &work->operations[work->operation_of[i]];
        bool answered =
            command->outcome == GB_OUTCOME_APPLIED || command->outcome == GB_OUTCOME_REPEATED;
        if (command->kind == GB_COMMAND_OPERATION && answered)
            command->answer = (struct gb_command_answer){
                .state = operation->state,
                .amount = operation->amount,
                .price_version = operation->price_version,
                .reason = operation->reason,
                .facts = operation->facts,
                .created_at_us = operation->created_at_us,
                .decided_at_us = operation->decided_at_us,
                .deadline_us = operation->deadline_us,
                .expires_at_us = operation->expires_at_us,
                .hold_id = operation->hold_id,
            };
    }
}
