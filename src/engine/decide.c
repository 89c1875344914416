#include <string.h>

#include "core/ask.h"
#include "core/credit.h"
#include "engine/work.h"

void gb_work_poison(struct gb_command *command, const char *code, const char *message)
{
    command->outcome = GB_OUTCOME_POISON;
    command->poison_code = code;
    command->poison_message = message;
}

void gb_work_owe_result(struct gb_work *work, const struct gb_command *command,
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

/* Does what is said of an account contradict its share or the catalogue? Then what about it, else
 * NULL. */
static const char *contradiction(const struct gb_work_share *share, const char *account_id,
                                 struct gb_currency currency)
{
    if (!share->locked)
        return "account_id, account_no or currency contradicts the catalogue";
    if (strcmp(account_id, share->account_id) != 0)
        return "account_no belongs to another account_id";
    if (!gb_currency_equal(currency, share->currency))
        return "currency is not the account's";
    if (contradicts_catalogue(share))
        return "the share contradicts the catalogue";
    return NULL;
}

static const char *account_contradiction(const struct gb_work *work, struct gb_turn turn)
{
    const struct gb_command *command = turn.command;
    const char *why = contradiction(turn.share, command->account_id, command->currency);
    if (why != NULL || turn.payee == GB_NO_ACCOUNT)
        return why;
    return contradiction(&work->shares[turn.payee], command->payee_id, command->currency);
}

bool gb_work_owned_here(const struct gb_work *work, const struct gb_command *command)
{
    struct gb_dc prefix;
    if (gb_key_prefix(command->key, &prefix) && !gb_dc_equal(prefix, work->dc))
        return false;
    return gb_dc_equal(command->owner, work->dc);
}

/* Finds or makes the operation's content; false when the command ends here. */
static bool matches_operation(struct gb_work *work, struct gb_turn turn, bool relayed)
{
    struct gb_command *command = turn.command;
    struct gb_work_operation *operation = turn.operation;
    struct gb_request asked = gb_work_request_of(work, command);
    if (!operation->stored && !relayed) {
        gb_work_poison(command, "OPERATION_UNKNOWN", "no operation of this key was accepted here");
        return false;
    }
    if (!operation->stored && operation->inserted_by == NULL) {
        operation->request = asked;
        operation->amount = asked.amount;
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
        gb_work_poison(command, "OPERATION_CONTRADICTED",
                       gb_arena_printf(work->arena, "%s is not the accepted operation's", field));
        return false;
    }
    command->outcome = GB_OUTCOME_REFUSED;
    gb_work_owe_result(work, command, GB_STATE_REFUSED, "IDEMPOTENCY_MISMATCH", work->now_us);
    return false;
}

static void book(struct gb_work *work, struct gb_turn turn)
{
    struct gb_work_operation *operation = turn.operation;
    operation->state = GB_STATE_BOOKED;
    operation->decided_at_us = work->now_us;
    operation->booked = operation->stored;
    operation->trace = turn.command->trace;
    if (operation->awaited || turn.command->awaited)
        work->notify = true;
}

static void decide_payin(struct gb_work *work, struct gb_turn turn)
{
    struct gb_command *command = turn.command;
    bool relayed = !gb_dc_equal(command->accepted_by, work->dc);
    if (!gb_key_valid(command->key) || !gb_amount_valid(command->amount)) {
        gb_work_poison(command, "COMMAND_INVALID", "key or amount is out of bounds");
        return;
    }
    if (!gb_work_owned_here(work, command)) {
        gb_work_poison(command, "WRONG_DATACENTER", "the key is owned by another datacenter");
        return;
    }
    if (!matches_operation(work, turn, relayed))
        return;
    bool was_closed = work->books.accounts[turn.at].share.status == GB_STATUS_CLOSED;
    switch (gb_credit_payin(&work->books, turn.at, turn.operation->state, command->amount,
                            (size_t)(turn.operation - work->operations))) {
    case GB_PAYIN_BOOKED:
        command->outcome = GB_OUTCOME_APPLIED;
        work->voided[turn.at] |= was_closed;
        book(work, turn);
        break;
    case GB_PAYIN_DECIDED:
        command->outcome = GB_OUTCOME_REPEATED;
        break;
    case GB_PAYIN_OVERDUE:
        command->outcome = GB_OUTCOME_OVERDUE;
        return;
    }
    if (relayed)
        gb_work_owe_result(work, command, turn.operation->state, turn.operation->reason,
                           turn.operation->decided_at_us);
}

static void decide_status(struct gb_work *work, struct gb_turn turn)
{
    struct gb_work_share *share = turn.share;
    bool follows =
        share->known && gb_credit_status(&work->books, turn.at, share->says, !share->open);
    turn.command->outcome = follows ? GB_OUTCOME_APPLIED : GB_OUTCOME_UNCHANGED;
}

/* The link with the datacenter that gets all; GB_NO_LINK: we do. */
static size_t home_of(const struct gb_work *work, struct gb_turn turn)
{
    const struct gb_account *account = &work->books.accounts[turn.at];
    for (size_t i = 0; i < account->links_count; i++) {
        if (gb_dc_equal(account->links[i].peer, turn.command->home))
            return i;
    }
    return GB_NO_LINK;
}

/* Its key only names the entry: the command is the catalogue's, which made sure that it is new. */
static void decide_opening(struct gb_work *work, struct gb_turn turn)
{
    const struct gb_command *command = turn.command;
    const struct gb_opening opening = {
        .balance = command->amount,
        .even = command->even,
        .home = home_of(work, turn),
        .operation = (size_t)(turn.operation - work->operations),
    };
    turn.operation->trace = command->trace;
    turn.operation->request.reference = NULL;
    if (gb_ask_split_opening(&work->books, turn.at, &opening))
        turn.command->outcome = GB_OUTCOME_APPLIED;
    else
        gb_work_poison(turn.command, "OPENING_IMPOSSIBLE", "the share is not new");
}

/* Before its first command a share obeys what is known of its account. Confirming a closing is left
 * to a STATUS command. */
static void follow_accounts(struct gb_work *work)
{
    for (size_t i = 0; i < work->shares_count; i++) {
        const struct gb_work_share *share = &work->shares[i];
        bool follows =
            share->locked && share->known && !share->status_wanted && !contradicts_catalogue(share);
        if (follows)
            (void)gb_credit_status(&work->books, i, share->says, false);
    }
}

static void decide_one(struct gb_work *work, struct gb_turn turn)
{
    switch (turn.command->kind) {
    case GB_COMMAND_PAYIN:
        decide_payin(work, turn);
        break;
    case GB_COMMAND_STATUS:
        decide_status(work, turn);
        break;
    case GB_COMMAND_OPERATION:
        gb_work_decide_operation(work, turn);
        break;
    case GB_COMMAND_ASK:
        gb_work_hear_ask(work, turn);
        break;
    case GB_COMMAND_REPLY:
        gb_work_hear_reply(work, turn);
        break;
    case GB_COMMAND_TIME:
        gb_work_pass_time(work, turn);
        break;
    case GB_COMMAND_OPENING:
        decide_opening(work, turn);
        break;
    case GB_COMMAND_EXPIRE:
        gb_work_expire_hold(work, turn);
        break;
    }
}

enum gb_result gb_work_decide(struct gb_work *work, struct gb_err *err)
{
    follow_accounts(work);
    for (size_t i = 0; i < work->count; i++) {
        struct gb_turn turn = {.command = &work->commands[i],
                               .at = work->share_of[i],
                               .share = &work->shares[work->share_of[i]],
                               .payee = work->payee_of[i],
                               .operation = &work->operations[work->operation_of[i]],
                               .original = &work->operations[work->original_of[i]],
                               .hold = &work->holds[work->hold_of[i]],
                               .price = &work->prices[i]};
        const char *why = account_contradiction(work, turn);
        if (why != NULL)
            gb_work_poison(turn.command, "ACCOUNT_CONTRADICTED", why);
        else
            decide_one(work, turn);
    }
    gb_books_finish(&work->books);
    gb_work_settle_decisions(work);
    return gb_work_encode(work, err);
}
