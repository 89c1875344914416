#include <inttypes.h>

#include "simulate.h"

int64_t clock_of_node(const struct history *h, int node)
{
    enum { EPOCH_US = 100000000 };
    return EPOCH_US + h->now_us + h->skew_us[node];
}

/* The copies of the others' ledgers are as old as the node's last look. */
static void copy_peers(struct history *h, int node)
{
    for (size_t a = 0; a < ACCOUNTS_MAX; a++) {
        for (size_t i = 0; i < LINKS_MAX; i++) {
            int peer = peer_of(node, i);
            const struct stored_account *theirs = &h->nodes[peer].accounts[a];
            if (is_cut(h, node, peer))
                continue;
            h->copies[node][a][i] = theirs->share;
            h->copied_in[node][a][i] = theirs->links[link_to(peer, node)].in_total;
        }
    }
}

static void learn_from_copies(struct history *h, int node)
{
    for (size_t a = 0; a < ACCOUNTS_MAX; a++) {
        for (size_t i = 0; i < LINKS_MAX; i++)
            gb_link_learn(&h->nodes[node].accounts[a].links[i], &h->copies[node][a][i],
                          h->copied_in[node][a][i], clock_of_node(h, node));
    }
}

/* Either all accounts of the node, or one. */
static void begin(struct history *h, int node, int first, int count)
{
    learn_from_copies(h, node);
    h->before = h->nodes[node];
    h->tx.books.settings = &h->settings;
    h->tx.books.now_us = clock_of_node(h, node);
    h->tx.books.jitter = (int32_t)draw(h, 1024);
    transaction_begin(&h->tx, &h->nodes[node], NODES_MAX, first, count);
    h->figures->transactions++;
}

static void decided(struct history *h, struct command *command, enum gb_operation_state state,
                    const struct gb_refusal *refusal)
{
    if (command->state != GB_STATE_NEW && command->state != GB_STATE_WAITING)
        breaks(h, "I5: an operation was decided twice");
    command->state = state;
    command->decided_at_us = h->now_us;
    say(h, "command %d: %s %s", (int)(command - h->commands), gb_operation_state_name((int)state),
        refusal == NULL ? "" : gb_reason_name((int)refusal->reason));
    if (command->kind == GB_OPERATION_TRANSFER && state == GB_STATE_PAID)
        h->credited_at_us[command->payee] = h->now_us;
    if (state == GB_STATE_HELD)
        command->hold = (struct gb_hold){.state = GB_HOLD_OPEN,
                                         .amount = command->amount,
                                         .expires_at_us = clock_of_node(h, command->node) + 900000,
                                         .placed_by = (size_t)(command - h->commands)};
    if (refusal != NULL)
        check_refusal(h, command, refusal);
}

/* False: the node died before its commit, and nothing has happened. */
static bool commit(struct history *h, int node)
{
    transaction_finish(&h->tx, &h->nodes[node]);
    if (!chance(h, 40))
        return true;
    say(h, "dc%d dies before its commit", node + 1);
    h->nodes[node] = h->before;
    return false;
}

/* After the commit, and after what became of the commands themselves. */
static void take_effects(struct history *h, int node)
{
    for (size_t i = 0; i < h->tx.books.effects.decisions_count; i++) {
        const struct gb_effect_decision *decision = &h->tx.decisions[i];
        struct command *command = &h->commands[decision->waiter.operation];
        if (command->state != GB_STATE_WAITING)
            breaks(h, "I5: decided without having waited");
        decided(h, command, decision->state,
                decision->state == GB_STATE_REFUSED ? &decision->refusal : NULL);
    }
    check_transaction(h, node);
    post_effects(h, node);
}

/* --- commands --- */

struct outcome {
    enum gb_operation_state state;
    struct gb_refusal refusal;
    struct gb_hold hold;
    int64_t refunded;
};

static enum gb_operation_state state_for(enum gb_reason reason, enum gb_operation_state good,
                                         struct outcome *outcome)
{
    outcome->refusal = (struct gb_refusal){.reason = reason};
    return reason == GB_REASON_NONE ? good : GB_STATE_REFUSED;
}

static void about_hold(struct history *h, const struct command *command, size_t number,
                       struct outcome *outcome)
{
    const struct command *placed = &h->commands[command->about];
    struct gb_books *books = &h->tx.books;
    outcome->hold = placed->hold;
    if (placed->state != GB_STATE_HELD)
        outcome->state = state_for(GB_REASON_HOLD_VOIDED, GB_STATE_PAID, outcome);
    else if (command->kind == GB_OPERATION_CAPTURE)
        outcome->state = state_for(
            gb_hold_capture(books, command->account, &outcome->hold, number, command->amount),
            GB_STATE_PAID, outcome);
    else
        outcome->state = state_for(gb_hold_void(books, command->account, &outcome->hold, number),
                                   GB_STATE_RELEASED, outcome);
}

static void refund(struct history *h, const struct command *command, size_t number,
                   struct outcome *outcome)
{
    const struct command *paid = &h->commands[command->about];
    struct gb_original original = {paid->kind, paid->state, paid->amount, paid->refunded};
    enum gb_reason reason =
        gb_credit_refund(&h->tx.books, command->account, &original, command->amount, number);
    outcome->state = state_for(reason, GB_STATE_BOOKED, outcome);
    outcome->refunded = original.refunded;
}

static void spend(struct history *h, const struct command *command, size_t number,
                  struct outcome *outcome)
{
    struct gb_price price = {.amount = command->amount, .currency = {"EUR"}};
    struct gb_spend spend = {.kind = command->kind,
                             .operation = number,
                             .amount = command->amount,
                             .deadline_us = h->tx.books.now_us + command->deadline_us,
                             .impatient = command->impatient,
                             .payee = command->payee};
    outcome->state =
        command->kind == GB_OPERATION_CHARGE
            ? gb_spend_charge(&h->tx.books, command->account, &spend, &price, &outcome->refusal)
            : gb_spend(&h->tx.books, command->account, &spend, &outcome->refusal);
}

static void decide(struct history *h, int number, struct outcome *outcome)
{
    const struct command *command = &h->commands[number];
    switch (command->kind) {
    case GB_OPERATION_PAYIN:
        (void)gb_credit_payin(&h->tx.books, command->account, GB_STATE_ACCEPTED, command->amount,
                              (size_t)number);
        outcome->state = GB_STATE_BOOKED;
        break;
    case GB_OPERATION_CAPTURE:
    case GB_OPERATION_VOID:
        about_hold(h, command, (size_t)number, outcome);
        break;
    case GB_OPERATION_REFUND:
        refund(h, command, (size_t)number, outcome);
        break;
    case GB_OPERATION_PAYOUT:
    case GB_OPERATION_HOLD:
    case GB_OPERATION_TRANSFER:
    case GB_OPERATION_CHARGE:
        spend(h, command, (size_t)number, outcome);
        break;
    }
}

static void record(struct history *h, int number, const struct outcome *outcome)
{
    struct command *command = &h->commands[number];
    if (outcome->state == GB_STATE_WAITING) {
        command->state = GB_STATE_WAITING;
        command->deadline_us += h->now_us;
        say(h, "command %d waits", number);
        return;
    }
    command->local = true;
    decided(h, command, outcome->state,
            outcome->state == GB_STATE_REFUSED ? &outcome->refusal : NULL);
    if (command->kind == GB_OPERATION_CAPTURE || command->kind == GB_OPERATION_VOID) {
        struct command *placed = &h->commands[command->about];
        if (placed->hold.state != 0)
            placed->hold = outcome->hold;
        h->credited_at_us[command->account] = h->now_us;
    }
    if (command->kind == GB_OPERATION_REFUND)
        h->commands[command->about].refunded = outcome->refunded;
    if (command->kind == GB_OPERATION_REFUND || command->kind == GB_OPERATION_PAYIN)
        h->credited_at_us[command->account] = h->now_us;
}

/* The client hears what the database says; every answer must be the same. */
static void tell(struct history *h, struct command *command)
{
    bool known = command->state != GB_STATE_NEW && command->state != GB_STATE_WAITING;
    if (known && command->told != GB_STATE_NEW && command->told != command->state)
        breaks(h, "I5: two answers for one key");
    if (known && !chance(h, 10)) /* else the connection broke: the client asks again */
        command->told = command->state;
    command->tries_again_at_us = h->now_us + 300000;
}

static bool is_due(const struct history *h, const struct command *command)
{
    return command->told == GB_STATE_NEW && command->tries_again_at_us <= h->now_us;
}

/* All commands that are due at the node of the first: one batch, each with its own end. */
void start_commands(struct history *h, int first)
{
    int node = h->commands[first].node, batch[BATCH_MAX], count = 0;
    static struct outcome outcomes[BATCH_MAX];
    for (int i = 0; i < h->commands_count && count < BATCH_MAX; i++) {
        struct command *command = &h->commands[i];
        if (command->node != node || !is_due(h, command))
            continue;
        if (command->state == GB_STATE_NEW && (count == 0 || command->about < 0))
            batch[count++] = i;
        else
            tell(h, command);
    }
    if (count == 0)
        return;
    begin(h, node, 0, ACCOUNTS_MAX);
    for (int i = 0; i < count; i++) {
        say(h, "dc%d command %d: %s %" PRId64 " of account %zu", node + 1, batch[i],
            gb_operation_kind_name((int)h->commands[batch[i]].kind), h->commands[batch[i]].amount,
            h->commands[batch[i]].account);
        decide(h, batch[i], &outcomes[i]);
    }
    for (int i = 0; i < count; i++)
        h->commands[batch[i]].tries_again_at_us = h->now_us + 300000;
    if (!commit(h, node))
        return;
    for (int i = 0; i < count; i++)
        record(h, batch[i], &outcomes[i]);
    take_effects(h, node);
    for (int i = 0; i < count; i++)
        tell(h, &h->commands[batch[i]]);
}

/* --- messages and time --- */

/* A waiting transfer could be paid: the payee's share is locked, too. */
static void lock_payees(struct history *h, int node)
{
    bool needed = false;
    for (size_t a = 0; a < h->tx.books.accounts_count; a++)
        needed = needed || h->tx.accounts[a].needs_payee;
    if (!needed || h->tx.books.accounts_count == ACCOUNTS_MAX)
        return;
    begin(h, node, 0, ACCOUNTS_MAX);
    for (size_t a = 0; a < ACCOUNTS_MAX; a++)
        gb_books_retry(&h->tx.books, a);
    if (commit(h, node))
        take_effects(h, node);
}

void hear_mail(struct history *h, int at)
{
    struct mail mail = h->mail[at];
    size_t link = link_to(mail.to, mail.from);
    if (mail.received_us == 0) /* in its log now, if not yet read */
        mail.received_us = h->mail[at].received_us = clock_of_node(h, mail.to);
    begin(h, mail.to, (int)mail.account, 1);
    enum gb_heard heard = mail.is_reply
                              ? gb_reply_hear(&h->tx.books, 0, link, &mail.reply)
                              : gb_ask_hear(&h->tx.books, 0, link, &mail.ask, mail.received_us);
    if (heard == GB_HEARD_IMPOSSIBLE)
        breaks(h, "a message that was really sent counts as impossible");
    say(h, "dc%d hears %s of dc%d about account %zu: ask_seq %" PRId64 " target/out %" PRId64,
        mail.to + 1, mail.is_reply ? "REPLY" : "ASK", mail.from + 1, mail.account,
        mail.is_reply ? mail.reply.ask_seq : mail.ask.ask_seq,
        mail.is_reply ? mail.reply.link_out_total : mail.ask.ask_target);
    bool applied = commit(h, mail.to);
    take_mail(h, at, applied);
    if (!applied)
        return;
    take_effects(h, mail.to);
    lock_payees(h, mail.to);
}

static void expire_holds(struct history *h, int node, struct gb_hold holds[COMMANDS_MAX])
{
    for (int i = 0; i < h->commands_count; i++) {
        const struct command *command = &h->commands[i];
        holds[i] = command->hold;
        if (command->node == node && holds[i].state == GB_HOLD_OPEN)
            (void)gb_hold_expire(&h->tx.books, command->account, &holds[i]);
    }
}

/* The leader's look: holds, deadlines, asks to be sent again. */
void sweep(struct history *h, int node)
{
    struct gb_hold holds[COMMANDS_MAX] = {{0}};
    copy_peers(h, node);
    begin(h, node, 0, ACCOUNTS_MAX);
    expire_holds(h, node, holds);
    for (size_t a = 0; a < ACCOUNTS_MAX; a++) {
        gb_deadline_pass(&h->tx.books, a);
        gb_wish_reask(&h->tx.books, a);
    }
    if (!commit(h, node))
        return;
    for (int i = 0; i < h->commands_count; i++) {
        if (holds[i].state != h->commands[i].hold.state)
            h->credited_at_us[h->commands[i].account] = h->now_us;
        h->commands[i].hold = holds[i];
    }
    take_effects(h, node);
}
