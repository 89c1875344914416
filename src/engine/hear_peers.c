/* What peers say, and that time has passed. */
#include "core/ask.h"
#include "core/reply.h"
#include "core/wish.h"
#include "engine/work.h"

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
    gb_work_pass_deadlines(work, turn.at);
    gb_wish_reask(&work->books, turn.at);
}
