#include "world.h"

#include <stdio.h>
#include <string.h>

#include "rules.h"

enum { CRASHED = 0x80, DEADLINE_US = 1, TTL_US = 1000 };

static struct gb_reserve_settings settings_of(const struct scenario *scenario)
{
    /* Time stands still but for deadlines: an ask may be sent again at any time, and one for which
     * nobody waits is kept or given up at any. */
    return (struct gb_reserve_settings){.reask_after_us = 1,
                                        .reask_backoff_us_max = 1,
                                        .ask_ttl_us = TTL_US,
                                        .prefetch_max = scenario->prefetch_max,
                                        .low_water = scenario->low_water,
                                        .skew_us_max = INT64_MAX / 2};
}

void world_init(struct world *world, const struct scenario *scenario)
{
    memset(world, 0, sizeof(*world));
    for (int n = 0; n < scenario->nodes; n++) {
        node_init(&world->nodes[n], n, scenario->nodes);
        struct gb_share *share = &world->nodes[n].accounts[0].share;
        share->balance = share->credits_total = scenario->balances[n];
        for (size_t i = 0; i < (size_t)scenario->nodes - 1; i++) /* as copies of the ledger say */
            world->nodes[n].accounts[0].links[i].hint =
                scenario->low_water > 0 ? scenario->balances[peer_of(n, i)] : 0;
    }
}

/* The hold that a CAPTURE or VOID is about: the one planned before it. */
static int hold_of(const struct scenario *scenario, int operation)
{
    while (scenario->planned[operation].kind != GB_OPERATION_HOLD)
        operation--;
    return operation;
}

static bool may_start(const struct world *world, const struct scenario *scenario, int operation)
{
    enum gb_operation_kind kind = scenario->planned[operation].kind;
    if (world->states[operation] != GB_STATE_NEW)
        return false;
    if (kind != GB_OPERATION_CAPTURE && kind != GB_OPERATION_VOID)
        return true;
    return world->states[hold_of(scenario, operation)] == GB_STATE_HELD;
}

static bool has_open_ask(const struct world *world, const struct scenario *scenario, int node)
{
    for (int i = 0; i < scenario->nodes - 1; i++) {
        if (world->nodes[node].accounts[0].links[i].ask_state != GB_ASK_IDLE)
            return true;
    }
    return false;
}

int world_events(const struct world *world, const struct scenario *scenario,
                 struct event events[EVENTS_MAX])
{
    int count = 0;
    for (int o = 0; o < scenario->planned_count; o++) {
        if (may_start(world, scenario, o))
            events[count++] = (struct event){START, (uint8_t)o};
        if (world->holds[o].state == GB_HOLD_OPEN)
            events[count++] = (struct event){EXPIRE, (uint8_t)o};
    }
    for (int m = 0; m < world->sent_count; m++) {
        events[count++] = (struct event){DELIVER, (uint8_t)m};
        if (scenario->stale)
            events[count++] = (struct event){DELIVER_STALE, (uint8_t)m};
    }
    for (int n = 0; n < scenario->nodes; n++) {
        if (has_open_ask(world, scenario, n))
            events[count++] = (struct event){REASK, (uint8_t)n};
        if (world->nodes[n].accounts[0].waiters_count > 0)
            events[count++] = (struct event){PASS_DEADLINE, (uint8_t)n};
    }
    return count;
}

static void start(struct world *world, const struct scenario *scenario, struct transaction *tx,
                  int operation)
{
    const struct planned *planned = &scenario->planned[operation];
    struct gb_books *books = &tx->books;
    enum gb_operation_state *state = &world->states[operation];
    struct gb_spend spend = {.kind = planned->kind,
                             .operation = (size_t)operation,
                             .amount = planned->amount,
                             .deadline_us = DEADLINE_US,
                             .impatient = planned->impatient,
                             .payee = GB_NO_ACCOUNT};
    struct gb_refusal refusal;
    struct gb_hold *hold;
    switch ((int)planned->kind) {
    case GB_OPERATION_PAYIN:
        (void)gb_credit_payin(books, 0, GB_STATE_ACCEPTED, planned->amount, (size_t)operation);
        *state = GB_STATE_BOOKED;
        break;
    case GB_OPERATION_CAPTURE:
        hold = &world->holds[hold_of(scenario, operation)];
        *state =
            gb_hold_capture(books, 0, hold, (size_t)operation, planned->amount) == GB_REASON_NONE
                ? GB_STATE_PAID
                : GB_STATE_REFUSED;
        break;
    case GB_OPERATION_VOID:
        hold = &world->holds[hold_of(scenario, operation)];
        *state = gb_hold_void(books, 0, hold, (size_t)operation) == GB_REASON_NONE
                     ? GB_STATE_RELEASED
                     : GB_STATE_REFUSED;
        break;
    default:
        *state = gb_spend(books, 0, &spend, &refusal);
        if (*state == GB_STATE_HELD)
            world->holds[operation] =
                (struct gb_hold){GB_HOLD_OPEN, planned->amount, 0, 1, (size_t)operation};
        break;
    }
}

static int node_of_event(const struct world *world, const struct step *step, struct event event)
{
    if (event.kind == START || event.kind == EXPIRE)
        return step->scenario->planned[event.at].node;
    if (event.kind == DELIVER || event.kind == DELIVER_STALE)
        return post_message(step->post, world->sent[event.at])->to;
    return event.at;
}

static const char *run(struct world *world, struct transaction *tx, struct event event,
                       const struct step *step)
{
    struct gb_books *books = &tx->books;
    const struct message *message;
    enum gb_heard heard = GB_HEARD_APPLIED;
    switch (event.kind) {
    case START:
        start(world, step->scenario, tx, event.at);
        break;
    case EXPIRE:
        books->now_us = DEADLINE_US;
        (void)gb_hold_expire(books, 0, &world->holds[event.at]);
        break;
    case REASK:
        books->now_us = DEADLINE_US;
        gb_wish_reask(books, 0);
        break;
    case PASS_DEADLINE:
        books->now_us = DEADLINE_US;
        gb_deadline_pass(books, 0);
        break;
    default:
        message = post_message(step->post, world->sent[event.at]);
        size_t link = link_to(message->to, message->from);
        int64_t received_us = event.kind == DELIVER_STALE ? -TTL_US - 1 : 0;
        heard = message->is_reply ? gb_reply_hear(books, 0, link, &message->reply)
                                  : gb_ask_hear(books, 0, link, &message->ask, received_us);
        break;
    }
    return heard == GB_HEARD_IMPOSSIBLE ? "a message that was really sent counts as impossible"
                                        : NULL;
}

static void send(struct world *world, const struct gb_effect_message *effect, struct step *step)
{
    struct message message = {.from = step->node,
                              .to = peer_of(step->node, effect->link),
                              .is_reply = effect->is_reply,
                              .ask = effect->ask,
                              .reply = effect->reply};
    uint32_t number = post_number(step->post, &message);
    int at = 0;
    while (at < world->sent_count && world->sent[at] < number)
        at++;
    if (at < world->sent_count && world->sent[at] == number)
        return;
    if (world->sent_count == SENT_MAX) {
        step->beyond = true;
        return;
    }
    memmove(&world->sent[at + 1], &world->sent[at],
            sizeof(world->sent[0]) * (size_t)(world->sent_count - at));
    world->sent[at] = number;
    world->sent_count++;
    if (!effect->is_reply && effect->ask.ask_seq > step->scenario->ask_seq_max)
        step->beyond = true;
}

/* What the transaction decided about operations that waited. */
static const char *take_decisions(struct world *world, const struct transaction *tx)
{
    for (size_t i = 0; i < tx->books.effects.decisions_count; i++) {
        const struct gb_effect_decision *decision = &tx->decisions[i];
        size_t operation = decision->waiter.operation;
        if (world->states[operation] != GB_STATE_WAITING)
            return "I5: an operation was decided twice";
        world->states[operation] = decision->state;
        if (decision->state == GB_STATE_HELD)
            world->holds[operation] =
                (struct gb_hold){GB_HOLD_OPEN, decision->waiter.amount, 0, DEADLINE_US, operation};
    }
    return NULL;
}

/* Due in whatever REASK comes next, however often it was sent. */
static void stop_timers(struct stored_account *account)
{
    for (size_t i = 0; i < LINKS_MAX; i++)
        account->links[i].reask_at_us = account->links[i].ask_state != GB_ASK_IDLE;
}

const char *world_follow(struct world *world, struct event event, struct step *step)
{
    static struct transaction tx;
    bool crashed = (event.kind & CRASHED) != 0;
    event.kind &= (uint8_t)~CRASHED;
    struct world before = *world;
    step->node = node_of_event(world, step, event);
    step->beyond = false;
    struct node *node = &world->nodes[step->node];
    struct gb_reserve_settings settings = settings_of(step->scenario);
    tx.books.settings = &settings;
    tx.books.now_us = 0;
    tx.books.jitter = 0;
    transaction_begin(&tx, node, step->scenario->nodes, 0, 1);
    const char *broken = run(world, &tx, event, step);
    transaction_finish(&tx, node);
    stop_timers(&node->accounts[0]);
    if (broken == NULL)
        broken = take_decisions(world, &tx);
    if (broken == NULL)
        broken = rules_of_asks(&before.nodes[step->node], node, &tx);
    if (broken == NULL)
        broken = rules_of_entries(&before.nodes[step->node], node, &tx);
    if (broken == NULL)
        broken = rules_of_age(node, &tx);
    if (broken == NULL)
        broken = rules_of_change(&before.nodes[step->node].accounts[0], &node->accounts[0]);
    if (broken == NULL && (event.kind == DELIVER || event.kind == DELIVER_STALE)) {
        const struct message *message = post_message(step->post, before.sent[event.at]);
        size_t link = link_to(message->to, message->from);
        if (!message->is_reply)
            broken = rules_of_grant(&before.nodes[step->node], node, link, &message->ask,
                                    event.kind == DELIVER_STALE);
    }
    for (size_t i = 0; i < tx.books.effects.messages_count; i++)
        send(world, &tx.messages[i], step);
    if (crashed) { /* the messages left, and then the commit failed */
        memcpy(world->nodes, before.nodes, sizeof(before.nodes));
        memcpy(world->states, before.states, sizeof(before.states));
        memcpy(world->holds, before.holds, sizeof(before.holds));
    }
    return broken;
}

struct event world_crashed(struct event event)
{
    event.kind |= CRASHED;
    return event;
}
