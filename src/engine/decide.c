#include "engine/work.h"

#include <string.h>

#include "wire/messages.h"

/* Where a command stands in the batch. */
struct turn {
    struct gb_command *command;
    struct gb_work_share *share;
    struct gb_work_operation *operation; /* of a pay-in */
};

/* `message`: static, or in the batch's arena. */
static void poison(struct gb_command *command, const char *code, const char *message)
{
    command->outcome = GB_OUTCOME_POISON;
    command->poison_code = code;
    command->poison_message = message;
}

static void add_entry(struct gb_work *work, const struct gb_entry *entry,
                      const struct gb_command *command, struct gb_work_share *share)
{
    share->changed = true;
    work->entries[work->entries_count++] =
        (struct gb_work_entry){.entry = *entry, .command = command, .share = share};
}

static void owe_result(struct gb_work *work, const struct gb_command *command,
                       enum gb_operation_state state, const char *reason, int64_t decided_at_us)
{
    work->results[work->results_count++] = (struct gb_work_result){
        .command = command, .state = state, .reason = reason, .decided_at_us = decided_at_us};
}

static bool contradicts_catalogue(const struct gb_work_share *share)
{
    return share->known && (strcmp(share->known_id, share->account_id) != 0 ||
                            !gb_currency_equal(share->known_currency, share->currency));
}

/* Does the command's account contradict the share or the catalogue? Then what about it, else NULL.
 */
static const char *account_contradiction(const struct gb_command *command,
                                         const struct gb_work_share *share)
{
    if (!share->locked)
        return "account_id, account_no or currency contradicts the catalogue";
    if (strcmp(command->account_id, share->account_id) != 0)
        return "account_no belongs to another account_id";
    if (!gb_currency_equal(command->currency, share->currency))
        return "currency is not the account's";
    if (contradicts_catalogue(share))
        return "the share contradicts the catalogue";
    return NULL;
}

static bool owned_here(const struct gb_work *work, const struct gb_command *command)
{
    struct gb_dc prefix;
    if (gb_key_prefix(command->key, &prefix) && !gb_dc_equal(prefix, work->dc))
        return false;
    return gb_dc_equal(command->owner, work->dc);
}

static struct gb_request request_of(const struct gb_command *command)
{
    return (struct gb_request){.kind = GB_OPERATION_PAYIN,
                               .account_no = command->account_no,
                               .amount = command->amount,
                               .reference = command->reference,
                               .metadata = command->metadata};
}

/* Finds or makes the operation's content; false when the command ends here. */
static bool matches_operation(struct gb_work *work, struct turn turn, bool relayed)
{
    struct gb_command *command = turn.command;
    struct gb_work_operation *operation = turn.operation;
    struct gb_request asked = request_of(command);
    if (!operation->stored && !relayed) {
        poison(command, "OPERATION_UNKNOWN", "no operation of this key was accepted here");
        return false;
    }
    if (!operation->stored && operation->inserted_by == NULL) {
        operation->request = asked;
        operation->state = GB_STATE_ACCEPTED;
        operation->inserted_by = command;
        return true;
    }
    if (!relayed) /* not read for those */
        asked.metadata = operation->request.metadata;
    const char *field = gb_request_difference(&operation->request, &asked);
    if (field == NULL)
        return true;
    if (!relayed) {
        poison(command, "OPERATION_CONTRADICTED",
               gb_arena_printf(work->arena, "%s is not the accepted operation's", field));
        return false;
    }
    command->outcome = GB_OUTCOME_REFUSED;
    owe_result(work, command, GB_STATE_REFUSED, "IDEMPOTENCY_MISMATCH", work->now_us);
    return false;
}

static void book(struct gb_work *work, struct turn turn, const struct gb_entry *entry)
{
    struct gb_work_operation *operation = turn.operation;
    add_entry(work, entry, turn.command, turn.share);
    operation->state = GB_STATE_BOOKED;
    operation->decided_at_us = work->now_us;
    operation->booked = operation->stored;
    if (operation->awaited || turn.command->awaited)
        work->notify = true;
}

static void decide_payin(struct gb_work *work, struct turn turn)
{
    struct gb_command *command = turn.command;
    bool relayed = !gb_dc_equal(command->accepted_by, work->dc);
    if (!gb_key_valid(command->key) || !gb_amount_valid(command->amount)) {
        poison(command, "COMMAND_INVALID", "key or amount is out of bounds");
        return;
    }
    if (!owned_here(work, command)) {
        poison(command, "WRONG_DATACENTER", "the key is owned by another datacenter");
        return;
    }
    if (!matches_operation(work, turn, relayed))
        return;
    bool was_closed = turn.share->share.status == GB_STATUS_CLOSED;
    struct gb_entry entry;
    switch (gb_decide_payin(&turn.share->share, turn.operation->state, command->amount,
                            work->now_us, &entry)) {
    case GB_PAYIN_BOOKED:
        command->outcome = GB_OUTCOME_APPLIED;
        turn.share->voided |= was_closed;
        book(work, turn, &entry);
        break;
    case GB_PAYIN_DECIDED:
        command->outcome = GB_OUTCOME_REPEATED;
        break;
    case GB_PAYIN_OVERDUE:
        command->outcome = GB_OUTCOME_OVERDUE;
        return;
    }
    if (relayed)
        owe_result(work, command, turn.operation->state, turn.operation->reason,
                   turn.operation->decided_at_us);
}

static void decide_status(struct gb_work *work, struct turn turn)
{
    struct gb_work_share *share = turn.share;
    struct gb_entry entry;
    turn.command->outcome = GB_OUTCOME_UNCHANGED;
    if (!share->known ||
        !gb_decide_status(&share->share, share->says, !share->open, work->now_us, &entry))
        return;
    turn.command->outcome = GB_OUTCOME_APPLIED;
    add_entry(work, &entry, NULL, share);
}

/* Before its first command a share obeys what is known of its account. Confirming a closing is left
 * to a STATUS command. */
static void follow_accounts(struct gb_work *work)
{
    for (size_t i = 0; i < work->shares_count; i++) {
        struct gb_work_share *share = &work->shares[i];
        struct gb_entry entry;
        bool follows =
            share->locked && share->known && !share->status_wanted && !contradicts_catalogue(share);
        if (follows && gb_decide_status(&share->share, share->says, false, work->now_us, &entry))
            add_entry(work, &entry, NULL, share);
    }
}

static enum gb_result encode_results(struct gb_work *work, struct gb_err *err)
{
    for (size_t i = 0; i < work->results_count; i++) {
        struct gb_work_result *result = &work->results[i];
        const struct gb_command *command = result->command;
        struct gb_message_result message = {
            .account = {.dc = work->dc,
                        .incarnation = work->incarnation,
                        .account_id = command->account_id,
                        .account_no = command->account_no,
                        .currency = command->currency},
            .client_no = command->client_no,
            .key = command->key,
            .state = result->state,
            .reason = result->reason,
            .decided_at_us = result->decided_at_us,
        };
        enum gb_result encoded = gb_wire_result_encode(&message, work->arena, &result->framed, err);
        if (encoded != GB_OK)
            return gb_err_set(err, GB_FATAL, "RESULT_ENCODE", "a RESULT cannot be encoded");
    }
    return GB_OK;
}

enum gb_result gb_work_decide(struct gb_work *work, struct gb_err *err)
{
    follow_accounts(work);
    for (size_t i = 0; i < work->count; i++) {
        struct turn turn = {.command = &work->commands[i],
                            .share = &work->shares[work->share_of[i]],
                            .operation = &work->operations[work->operation_of[i]]};
        const char *contradiction = account_contradiction(turn.command, turn.share);
        if (contradiction != NULL) {
            poison(turn.command, "ACCOUNT_CONTRADICTED", contradiction);
            continue;
        }
        switch (turn.command->kind) {
        case GB_COMMAND_PAYIN:
            decide_payin(work, turn);
            break;
        case GB_COMMAND_STATUS:
            decide_status(work, turn);
            break;
        }
    }
    return encode_results(work, err);
}
