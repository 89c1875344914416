#include <inttypes.h>

#include "rules.h"
#include "simulate.h"

/* A refusal rests on the last two rounds of asks: money that came after them is not seen. The
 * fourth round comes up to 1.2 s after the third (800 ms, and half of it as jitter), and takes its
 * way. */
enum { SETTLED_US = 1300000, LATE_US = 250000 };

static int64_t available_everywhere(const struct history *h, size_t account)
{
    int64_t sum = 0;
    for (int n = 0; n < NODES_MAX; n++) {
        const struct gb_share *share = &h->nodes[n].accounts[account].share;
        sum += share->balance - share->held + share->out_total - share->in_total;
    }
    return sum;
}

static int64_t held_everywhere(const struct history *h, size_t account)
{
    int64_t sum = 0;
    for (int n = 0; n < NODES_MAX; n++)
        sum += h->nodes[n].accounts[account].share.held;
    return sum;
}

void check_transaction(struct history *h, int node)
{
    const struct node *after = &h->nodes[node];
    const char *broken = rules_of_entries(&h->before, after, &h->tx);
    if (broken == NULL)
        broken = rules_of_asks(&h->before, after, &h->tx);
    if (broken == NULL)
        broken = rules_of_age(after, &h->tx);
    for (size_t a = 0; a < ACCOUNTS_MAX && broken == NULL; a++) {
        broken = rules_of_change(&h->before.accounts[a], &after->accounts[a]);
        if (broken == NULL)
            broken = rules_of_account(&after->accounts[a], NODES_MAX, node);
        for (size_t i = 0; i < LINKS_MAX && broken == NULL; i++) {
            int other = peer_of(node, i);
            const struct gb_link *own = &after->accounts[a].links[i];
            const struct gb_link *theirs = &h->nodes[other].accounts[a].links[link_to(other, node)];
            broken = rules_of_link(own, theirs);
            if (broken == NULL)
                broken = rules_of_link(theirs, own);
        }
    }
    if (broken != NULL)
        breaks(h, broken);
}

/* Does anything else wait for this account, anywhere, or did it until a moment ago? What is
 * reserved for an older operation is granted when that is decided, and needs its time to come. */
static bool others_wait(const struct history *h, const struct command *command)
{
    for (int i = 0; i < h->commands_count; i++) {
        const struct command *other = &h->commands[i];
        bool waited = other->state != GB_STATE_NEW && !other->local &&
                      h->now_us - other->decided_at_us < SETTLED_US;
        if (other != command && other->account == command->account &&
            (other->state == GB_STATE_WAITING || waited))
            return true;
    }
    return false;
}

/* Refused for want of money: was there really too little? */
void check_refusal(struct history *h, struct command *command, const struct gb_refusal *refusal)
{
    command->reason = refusal->reason;
    if (refusal->reason == GB_REASON_LIMIT_REACHED)
        breaks(h, "a limit was reached that is far away");
    if (refusal->reason != GB_REASON_INSUFFICIENT_FUNDS &&
        refusal->reason != GB_REASON_FUNDS_HELD && refusal->reason != GB_REASON_FUNDS_UNREACHABLE)
        return;
    command->had_money = available_everywhere(h, command->account) >= command->amount;
    bool quiet = h->now_us - h->credited_at_us[command->account] >= SETTLED_US;
    if (h->calm && quiet && refusal->reason == GB_REASON_INSUFFICIENT_FUNDS &&
        available_everywhere(h, command->account) + held_everywhere(h, command->account) >=
            command->amount)
        breaks(h, "INSUFFICIENT_FUNDS although there is enough");
    if (!h->calm || !command->had_money)
        return;
    bool recent = !quiet || h->now_us - command->starts_at_us < 350000;
    if (!recent && !others_wait(h, command) && !h->duel)
        breaks(h, "liveness: refused although there was money, no fault, and nobody else in need");
}

static void check_duel(struct history *h)
{
    int64_t paid = 0;
    for (int i = 0; i < h->commands_count; i++)
        paid += h->commands[i].state == GB_STATE_PAID;
    if (h->duel && h->calm && paid != 1)
        breaks(h, "liveness: opposite asks, money for one, and not one was paid");
}

/* Of each pay-out no more is given back than was paid. */
static void check_refunds(struct history *h)
{
    int64_t refunded[COMMANDS_MAX] = {0};
    for (int i = 0; i < h->commands_count; i++) {
        const struct command *command = &h->commands[i];
        if (command->kind == GB_OPERATION_REFUND && command->told == GB_STATE_BOOKED)
            refunded[command->about] += command->amount;
    }
    for (int i = 0; i < h->commands_count; i++) {
        if (refunded[i] > h->commands[i].amount)
            breaks(h, "more was refunded than was paid");
    }
}

/* I10: the balances are what the clients' own journals say. */
static void check_totals(struct history *h, size_t account)
{
    int64_t expected = h->opening[account], balance = 0, held = 0;
    for (int i = 0; i < h->commands_count; i++) {
        const struct command *command = &h->commands[i];
        bool comes = command->told == GB_STATE_BOOKED;
        bool goes = command->told == GB_STATE_PAID;
        if (command->account == account)
            expected += (comes ? command->amount : 0) - (goes ? command->amount : 0);
        if (command->payee == account && goes)
            expected += command->amount;
        if (command->account == account && command->hold.state == GB_HOLD_OPEN)
            held += command->amount;
    }
    for (int n = 0; n < NODES_MAX; n++) {
        const struct stored_account *stored = &h->nodes[n].accounts[account];
        balance += stored->share.balance;
        held -= stored->share.held;
        if (stored->waiters_count > 0)
            breaks(h, "I9: something waits past its deadline");
        for (size_t i = 0; i < LINKS_MAX; i++) {
            int peer = peer_of(n, i);
            if (stored->links[i].out_total !=
                h->nodes[peer].accounts[account].links[link_to(peer, n)].in_total)
                breaks(h, "I9: money is in flight at rest");
        }
    }
    if (balance != expected)
        breaks(h, "I10: the total is not that of the clients' journals");
    if (held != 0)
        breaks(h, "what is held is not the sum of the open holds");
}

static bool waits(enum gb_operation_kind kind)
{
    return kind == GB_OPERATION_PAYOUT || kind == GB_OPERATION_CHARGE ||
           kind == GB_OPERATION_TRANSFER || kind == GB_OPERATION_HOLD;
}

static void count(struct history *h, const struct command *command)
{
    struct figures *figures = h->figures;
    if (!waits(command->kind))
        return;
    bool paid = command->state == GB_STATE_PAID || command->state == GB_STATE_HELD;
    figures->payouts++;
    figures->paid += paid;
    figures->refused += !paid;
    figures->wrong += command->had_money;
    figures->local += paid && command->local;
    if (paid && !command->local)
        figures->waits[63 - __builtin_clzll(
                                (uint64_t)(command->decided_at_us - command->starts_at_us) | 1)]++;
}

void check_rest(struct history *h)
{
    for (int i = 0; i < h->commands_count; i++) {
        const struct command *command = &h->commands[i];
        if (command->told == GB_STATE_NEW || command->told != command->state)
            breaks(h, "I7: an operation has no answer, or another than the client was told");
        if (h->calm && waits(command->kind) && !command->local &&
            command->decided_at_us > command->deadline_us + LATE_US)
            breaks(h, "liveness: decided long after its deadline");
        count(h, command);
    }
    for (size_t a = 0; a < ACCOUNTS_MAX; a++)
        check_totals(h, a);
    check_duel(h);
    check_refunds(h);
    h->figures->commands += h->commands_count;
    h->figures->histories++;
}

bool is_at_rest(const struct history *h)
{
    if (h->mail_count > 0)
        return false;
    for (int i = 0; i < h->commands_count; i++) {
        if (h->commands[i].told == GB_STATE_NEW || h->commands[i].hold.state == GB_HOLD_OPEN)
            return false;
    }
    return true;
}
