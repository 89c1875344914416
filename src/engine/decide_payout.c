/* Money that leaves, and money that moves between datacenters. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/ask.h"
#include "core/deadline.h"
#include "core/reply.h"
#include "core/spend.h"
#include "core/wish.h"
#include "engine/work.h"

/* What was known when it was decided; of one that could be paid the reason is NONE, without a name.
 */
static void keep_facts(struct gb_work *work, struct gb_work_operation *operation,
                       const struct gb_refusal *refusal)
{
    operation->denied = refusal->reason == GB_REASON_INSUFFICIENT_FUNDS ||
                        refusal->reason == GB_REASON_FUNDS_HELD ||
                        refusal->reason == GB_REASON_FUNDS_UNREACHABLE;
    operation->reason = gb_reason_name((int)refusal->reason);
    operation->facts = gb_work_facts(refusal, work->now_us, work->arena);
}

static void spend(struct gb_work *work, struct gb_turn turn)
{
    const struct gb_command *command = turn.command;
    struct gb_work_operation *operation = turn.operation;
    operation->request = gb_work_request_of(command);
    operation->inserted_by = command;
    operation->trace = command->trace;
    operation->awaited = command->awaited;
    operation->created_at_us = command->accepted_at_us;
    operation->deadline_us = command->deadline_us;
    const struct gb_spend wanted = {
        .kind = GB_OPERATION_PAYOUT,
        .operation = (size_t)(operation - work->operations),
        .amount = command->amount,
        .deadline_us = command->deadline_us,
        .impatient = command->impatient,
        .payee = GB_NO_ACCOUNT,
    };
    struct gb_refusal refusal;
    operation->state = gb_spend(&work->books, turn.at, &wanted, &refusal);
    if (operation->state == GB_STATE_REFUSED)
        keep_facts(work, operation, &refusal);
    if (operation->state != GB_STATE_WAITING)
        operation->decided_at_us = work->now_us;
}

/* The stored answer stands; one that waits past its deadline is decided now, whoever asks. */
static void repeat(struct gb_work *work, struct gb_turn turn)
{
    struct gb_command *command = turn.command;
    struct gb_work_operation *operation = turn.operation;
    struct gb_request asked = gb_work_request_of(command);
    command->mismatch = gb_request_difference(&operation->request, &asked);
    if (command->mismatch != NULL) {
        command->outcome = GB_OUTCOME_MISMATCH;
        return;
    }
    command->outcome = GB_OUTCOME_REPEATED;
    if (operation->state == GB_STATE_WAITING && operation->deadline_us <= work->now_us)
        gb_deadline_pass(&work->books, turn.at);
}

void gb_work_decide_payout(struct gb_work *work, struct gb_turn turn)
{
    struct gb_command *command = turn.command;
    if (!gb_key_valid(command->key) || !gb_amount_valid(command->amount)) {
        gb_work_poison(command, "COMMAND_INVALID", "key or amount is out of bounds");
    } else if (!gb_work_owned_here(work, command)) {
        gb_work_poison(command, "WRONG_DATACENTER", "the key is owned by another datacenter");
    } else if (turn.operation->stored || turn.operation->inserted_by != NULL) {
        repeat(work, turn);
    } else {
        command->outcome = GB_OUTCOME_APPLIED;
        spend(work, turn);
    }
}

/* The link with the one who says it; GB_NO_LINK: the command is poison. */
static size_t link_of(const struct gb_work *work, struct gb_turn turn)
{
    const struct gb_account *account = &work->books.accounts[turn.at];
    for (size_t i = 0; i < account->links_count; i++) {
        if (gb_dc_equal(account->links[i].peer, turn.command->accepted_by))
            return i;
    }
    gb_work_poison(turn.command, "UNKNOWN_DATACENTER", "no [peer.*] of ours says this");
    return GB_NO_LINK;
}

static void take_heard(struct gb_work *work, struct gb_command *command, enum gb_heard heard)
{
    switch (heard) {
    case GB_HEARD_APPLIED:
        command->outcome = GB_OUTCOME_APPLIED;
        break;
    case GB_HEARD_OLD:
    case GB_HEARD_STALE:
        command->outcome = GB_OUTCOME_UNCHANGED;
        break;
    case GB_HEARD_IMPOSSIBLE:
        work->impossible++;
        gb_work_poison(command, "LINK_CONTRADICTED",
                       "its totals contradict ours: one of the two has lost what was committed");
        break;
    }
}

void gb_work_hear_ask(struct gb_work *work, struct gb_turn turn)
{
    size_t link = link_of(work, turn);
    if (link != GB_NO_LINK)
        take_heard(work, turn.command,
                   gb_ask_hear(&work->books, turn.at, link, &turn.command->ask,
                               turn.command->received_us));
}

void gb_work_hear_reply(struct gb_work *work, struct gb_turn turn)
{
    size_t link = link_of(work, turn);
    bool was_closed = work->books.accounts[turn.at].share.status == GB_STATUS_CLOSED;
    if (link == GB_NO_LINK)
        return;
    take_heard(work, turn.command,
               gb_reply_hear(&work->books, turn.at, link, &turn.command->reply));
    work->voided[turn.at] |=
        was_closed && work->books.accounts[turn.at].share.status != GB_STATUS_CLOSED;
}

void gb_work_pass_time(struct gb_work *work, struct gb_turn turn)
{
    bool due = gb_wish_due_us(&work->books.accounts[turn.at]) <= work->now_us;
    turn.command->outcome = due ? GB_OUTCOME_APPLIED : GB_OUTCOME_UNCHANGED;
    gb_deadline_pass(&work->books, turn.at);
    gb_wish_reask(&work->books, turn.at);
}

static void settle_decision(struct gb_work *work, const struct gb_effect_decision *decision)
{
    struct gb_work_operation *operation = &work->operations[decision->waiter.operation];
    operation->state = decision->state;
    operation->decided_at_us = work->now_us;
    operation->decided = operation->stored;
    keep_facts(work, operation, &decision->refusal);
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
        if (command->kind == GB_COMMAND_PAYOUT && answered)
            command->answer = (struct gb_command_answer){
                .state = operation->state,
                .reason = operation->reason,
                .facts = operation->facts,
                .created_at_us = operation->created_at_us,
                .decided_at_us = operation->decided_at_us,
                .deadline_us = operation->deadline_us,
            };
    }
}

/* JSON text that grows in a buffer of its own; numbers and codes only. */
struct facts {
    char text[4096];
    size_t size;
};

static void add(struct facts *facts, const char *format, ...) GB_PRINTF(2, 3);

static void add(struct facts *facts, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size =
        vsnprintf(facts->text + facts->size, sizeof(facts->text) - facts->size, format, args);
    va_end(args);
    GB_CHECK(size >= 0 && (size_t)size < sizeof(facts->text) - facts->size);
    facts->size += (size_t)size;
}

static void add_peer(struct facts *facts, const struct gb_refusal_peer *peer, int64_t now_us)
{
    add(facts, "{\"dc\":\"%s\",\"known\":", peer->dc.code);
    if (peer->known_at_us == 0)
        add(facts, "null,\"age_ms\":null");
    else
        add(facts, "%" PRId64 ",\"age_ms\":%" PRId64, peer->known,
            (now_us - peer->known_at_us) / 1000);
    add(facts,
        ",\"asked\":%" PRId64 ",\"came\":%" PRId64 ",\"rounds\":%d,\"asked_ms_ago\":", peer->asked,
        peer->came, (int)peer->rounds);
    if (peer->asked_at_us == 0)
        add(facts, "null");
    else
        add(facts, "%" PRId64, (now_us - peer->asked_at_us) / 1000);
    add(facts, ",\"silent\":%s}", peer->silent ? "true" : "false");
}

const char *gb_work_facts(const struct gb_refusal *refusal, int64_t now_us, struct gb_arena *arena)
{
    struct facts facts = {.size = 0};
    add(&facts, "{\"available\":%" PRId64 ",\"held\":%" PRId64 ",\"total\":%" PRId64,
        refusal->available, refusal->held, refusal->total);
    add(&facts, ",\"peers\":[");
    for (size_t i = 0; i < refusal->peers_count; i++) {
        add(&facts, i == 0 ? "" : ",");
        add_peer(&facts, &refusal->peers[i], now_us);
    }
    add(&facts, "]");
    if (refusal->most != GB_NO_LINK)
        add(&facts, ",\"most\":\"%s\"", refusal->peers[refusal->most].dc.code);
    add(&facts, "}");
    char *kept = gb_arena_strdup(arena, facts.text);
    GB_CHECK(kept != NULL);
    return kept;
}
