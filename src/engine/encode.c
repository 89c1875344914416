/* What goes to other datacenters: results, asks, replies. */
#include "engine/work.h"
#include "wire/messages.h"

static struct gb_message_account account_of(const struct gb_work *work,
                                            const struct gb_work_share *share)
{
    return (struct gb_message_account){.dc = work->dc,
                                       .incarnation = work->incarnation,
                                       .account_id = share->account_id,
                                       .account_no = share->account_no,
                                       .currency = share->currency};
}

static enum gb_result encode_result(struct gb_work *work, const struct gb_work_result *result,
                                    struct gb_err *err)
{
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
    struct gb_work_message *row = &work->messages[work->messages_count++];
    *row = (struct gb_work_message){.dc = command->accepted_by.code,
                                    .family = "reserve-reply",
                                    .account_id = command->account_id,
                                    .about = "operation",
                                    .kind = GB_MESSAGE_RESULT,
                                    .trace = command->trace};
    return gb_wire_result_encode(&message, work->arena, &row->framed, err);
}

/* An ask belongs to the oldest operation that waits, a reply to what the account's first command
 * belongs to. */
static struct gb_trace trace_of(const struct gb_work *work, const struct gb_effect_message *effect)
{
    const struct gb_account *account = &work->books.accounts[effect->account];
    if (!effect->is_reply && account->waiters_count > 0)
        return work->operations[account->waiters[0].operation].trace;
    return work->shares[effect->account].trace;
}

static enum gb_result encode_effect(struct gb_work *work, const struct gb_effect_message *effect,
                                    struct gb_err *err)
{
    const struct gb_work_share *share = &work->shares[effect->account];
    const struct gb_link *link = &work->books.accounts[effect->account].links[effect->link];
    struct gb_work_message *row = &work->messages[work->messages_count++];
    *row = (struct gb_work_message){
        .dc = link->peer.code,
        .family = effect->is_reply ? "reserve-reply" : "reserve",
        .account_id = share->account_id,
        .about = "share",
        .kind = effect->is_reply ? GB_MESSAGE_REPLY : GB_MESSAGE_ASK,
        .trace = trace_of(work, effect),
    };
    if (!effect->is_reply) {
        struct gb_message_ask ask = {
            .account = account_of(work, share), .peer = link->peer, .ask = effect->ask};
        return gb_wire_ask_encode(&ask, work->arena, &row->framed, err);
    }
    struct gb_message_reply reply = {
        .account = account_of(work, share),
        .peer = link->peer.code,
        .reply = effect->reply,
        .available = gb_share_available(&effect->reply.share),
        .in_flight = gb_link_in_flight(link),
    };
    return gb_wire_reply_encode(&reply, work->arena, &row->framed, err);
}

enum gb_result gb_work_encode(struct gb_work *work, struct gb_err *err)
{
    const struct gb_effects *effects = &work->books.effects;
    enum gb_result result = GB_OK;
    struct gb_err why = {.message = ""};
    for (size_t i = 0; i < work->results_count && result == GB_OK; i++)
        result = encode_result(work, &work->results[i], &why);
    for (size_t i = 0; i < effects->messages_count && result == GB_OK; i++)
        result = encode_effect(work, &effects->messages[i], &why);
    if (result != GB_OK)
        return gb_err_set(err, GB_FATAL, "MESSAGE_ENCODE", "a message cannot be encoded: %s",
                          why.message);
    return GB_OK;
}
