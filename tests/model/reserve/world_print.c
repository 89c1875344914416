#include <inttypes.h>
#include <stdio.h>

#include "world.h"

static void print_message(const struct message *message)
{
    const char *from = dc_of(message->from).code, *to = dc_of(message->to).code;
    const struct gb_ask *ask = &message->ask;
    const struct gb_reply *reply = &message->reply;
    if (message->is_reply)
        printf("REPLY dc%c->dc%c ask_seq %" PRId64 " round %d out_total %" PRId64
               " in_total %" PRId64 " balance %" PRId64 " version %" PRId64 " reserved %" PRId64,
               from[2], to[2], reply->ask_seq, reply->round, reply->link_out_total,
               reply->link_in_total, reply->share.balance, reply->share.version, reply->reserved);
    else
        printf("ASK dc%c->dc%c ask_seq %" PRId64 " round %d target %" PRId64 " in_total %" PRId64
               " priority %" PRId64,
               from[2], to[2], ask->ask_seq, ask->round, ask->ask_target, ask->asker_in_total,
               ask->priority.clock_us);
}

void world_print_event(const struct world *world, const struct scenario *scenario,
                       const struct post *post, struct event event)
{
    static const char *const WORDS[] = {
        [START] = "command",
        [DELIVER] = "arrives",
        [DELIVER_STALE] = "arrives too late",
        [REASK] = "asks again",
        [PASS_DEADLINE] = "deadline passes",
        [EXPIRE] = "hold expires",
    };
    int kind = event.kind & 0x7f;
    printf("-> %s: ", WORDS[kind]);
    if (kind == DELIVER || kind == DELIVER_STALE) {
        print_message(post_message(post, world->sent[event.at]));
    } else if (kind == START || kind == EXPIRE) {
        const struct planned *planned = &scenario->planned[event.at];
        printf("%s %" PRId64 " at dc%d", gb_operation_kind_name((int)planned->kind),
               planned->amount, planned->node + 1);
    } else {
        printf("dc%d", event.at + 1);
    }
    printf("%s\n", kind == event.kind ? "" : " (messages leave, then the commit fails)");
}

void world_print(const struct world *world, const struct scenario *scenario)
{
    for (int n = 0; n < scenario->nodes; n++) {
        const struct stored_account *account = &world->nodes[n].accounts[0];
        const struct gb_share *share = &account->share;
        printf("   dc%d balance %" PRId64 " held %" PRId64 " version %" PRId64, n + 1,
               share->balance, share->held, share->version);
        for (size_t i = 0; i < (size_t)scenario->nodes - 1; i++) {
            const struct gb_link *link = &account->links[i];
            printf(" | dc%d out %" PRId64 " (%" PRId64 " confirmed) in %" PRId64 " hint %" PRId64
                   " ask %" PRId64 "->%" PRId64 " state %d",
                   peer_of(n, i) + 1, link->out_total, link->peer_in_total, link->in_total,
                   link->hint, link->ask_seq, link->ask_target, (int)link->ask_state);
        }
        for (size_t i = 0; i < account->waiters_count; i++)
            printf(" | waits %" PRId64 " priority %" PRId64, account->waiters[i].amount,
                   account->waiters[i].clock_us);
        printf("\n");
    }
}
