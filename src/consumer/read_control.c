#include "consumer/read_control.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/close_relays.h"
#include "consumer/hear_readers.h"
#include "consumer/messages.h"
#include "db/sql.h"
#include "runtime/metrics.h"

struct gb_read_control {
    struct gb_dc dc;
    struct gb_engine *engine;
    bool engaged; /* the engine is part of the batch in work */
    struct gb_metric *closed;
    size_t closes; /* of the batch in work */
};

/* What of a batch could be read. */
struct heard {
    struct gb_result_item *results;
    size_t results_count;
    struct gb_status_item *statuses;
    size_t statuses_count;
    struct gb_item_commands replies;
};

static void read_reply(const struct gb_read_control *step, struct heard *heard,
                       struct gb_item *item, struct gb_arena *arena)
{
    struct gb_message_reply message;
    struct gb_err err;
    if (gb_wire_reply_decode(item->record->value, arena, &message, &err) != GB_OK) {
        gb_item_dead(item, "decode", &err);
        return;
    }
    if (!gb_item_comes_from(item, message.account.dc))
        return;
    if (strcmp(message.peer, step->dc.code) != 0) {
        gb_item_bury(item, "WRONG_DATACENTER", "it answers another datacenter");
        return;
    }
    heard->replies.items[heard->replies.count] = item;
    heard->replies.commands[heard->replies.count++] = (struct gb_command){
        .kind = GB_COMMAND_REPLY,
        .account_no = message.account.account_no,
        .account_id = message.account.account_id,
        .currency = message.account.currency,
        .accepted_by = message.account.dc,
        .reply = message.reply,
        .trace = item->envelope.trace,
    };
}

static void read_result(struct heard *heard, struct gb_item *item, struct gb_arena *arena)
{
    struct gb_result_item *result = &heard->results[heard->results_count];
    struct gb_err err;
    if (gb_wire_result_decode(item->record->value, arena, &result->message, &err) != GB_OK) {
        gb_item_dead(item, "decode", &err);
        return;
    }
    result->item = item;
    if (gb_item_comes_from(item, result->message.account.dc))
        heard->results_count++;
}

static bool pages_possible(const struct gb_message_stream_page *pages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pages[i].page < 0 || pages[i].partition < 0)
            return false;
    }
    return true;
}

static void read_status(struct heard *heard, struct gb_item *item, struct gb_arena *arena)
{
    struct gb_status_item *status = &heard->statuses[heard->statuses_count];
    struct gb_err err;
    if (gb_wire_status_decode(item->record->value, arena, &status->message, &err) != GB_OK) {
        gb_item_dead(item, "decode", &err);
        return;
    }
    status->item = item;
    if (!gb_item_comes_from(item, status->message.dc))
        return;
    if (pages_possible(status->message.acks, status->message.acks_count) &&
        pages_possible(status->message.heads, status->message.heads_count))
        heard->statuses_count++;
    else
        gb_item_bury(item, "FIELD_INVALID", "a page or a partition is negative");
}

static void read_item(const struct gb_read_control *step, struct heard *heard, struct gb_item *item,
                      struct gb_arena *arena)
{
    switch (item->envelope.kind) {
    case GB_MESSAGE_RESULT:
        read_result(heard, item, arena);
        break;
    case GB_MESSAGE_REPLY:
        read_reply(step, heard, item, arena);
        break;
    case GB_MESSAGE_STATUS:
        read_status(heard, item, arena);
        break;
    case GB_MESSAGE_PAYIN:
    case GB_MESSAGE_LEDGER_ENTRY:
    case GB_MESSAGE_ACCOUNT:
    case GB_MESSAGE_CLIENT:
    case GB_MESSAGE_SERVICE:
    case GB_MESSAGE_REFUND:
    case GB_MESSAGE_ASK:
        gb_item_bury(item, "KIND_UNEXPECTED", "neither a reply nor a result nor a status");
        break;
    }
}

/* Reads what both halves have to know, in one round trip, and lets them do theirs. */
static enum gb_result take(struct gb_read_control *step, struct gb_batch *batch,
                           struct heard *heard, struct gb_err *err)
{
    struct gb_call calls[3];
    size_t count = 0, relays = 0, readers = 0;
    bool has_results = heard->results_count > 0, has_statuses = heard->statuses_count > 0;
    if (!batch->begun)
        gb_call_init(&calls[count++], &gb_sql_tx_begin, batch->arena);
    if (has_results) {
        relays = count++;
        gb_close_relays_find(heard->results, heard->results_count, batch->arena, &calls[relays]);
    }
    if (has_statuses) {
        readers = count++;
        gb_hear_readers_find(heard->statuses, heard->statuses_count, batch->arena, &calls[readers]);
    }
    enum gb_result result = gb_pg_run(batch->pg, calls, count, NULL, err);
    if (result != GB_OK)
        return result;
    batch->begun = true;
    if (has_results)
        step->closes =
            gb_close_relays(batch, heard->results, heard->results_count, calls[relays].rows);
    if (has_statuses)
        gb_hear_readers(batch, heard->statuses, heard->statuses_count, calls[readers].rows);
    gb_calls_release(calls, count);
    return GB_OK;
}

static enum gb_result apply(void *context, struct gb_batch *batch, struct gb_err *err)
{
    struct gb_read_control *step = context;
    struct heard heard = {
        .results = gb_arena_array(batch->arena, batch->count, sizeof(*heard.results)),
        .statuses = gb_arena_array(batch->arena, batch->count, sizeof(*heard.statuses)),
        .replies = gb_item_commands_new(batch),
    };
    GB_CHECK(heard.results != NULL && heard.statuses != NULL);
    step->closes = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (!batch->items[i].dead)
            read_item(step, &heard, &batch->items[i], batch->arena);
    }
    /* Replies move money: the engine's locks come first. */
    step->engaged = heard.replies.count > 0;
    enum gb_result result = gb_batch_decide(batch, step->engine, &heard.replies, err);
    if (result != GB_OK)
        return result;
    if (heard.results_count == 0 && heard.statuses_count == 0)
        return GB_OK;
    return take(step, batch, &heard, err);
}

static void committed(void *context, const struct gb_batch *batch)
{
    (void)batch;
    struct gb_read_control *step = context;
    if (step->engaged)
        gb_engine_committed(step->engine);
    gb_metric_add(step->closed, (int64_t)step->closes);
}

struct gb_read_control *gb_read_control_new(const struct gb_engine_options *options)
{
    struct gb_read_control *step = calloc(1, sizeof(*step));
    GB_CHECK(step != NULL);
    step->dc = options->dc;
    step->engine = gb_engine_new(options);
    step->closed = gb_metric_counter("geobill_consumer_relays_closed_total", NULL,
                                     "Relayed commands closed by their owner's RESULT.");
    return step;
}

void gb_read_control_free(struct gb_read_control *step)
{
    if (step == NULL)
        return;
    gb_engine_free(step->engine);
    free(step);
}

struct gb_reader gb_read_control_reader(struct gb_read_control *step)
{
    return (struct gb_reader){.apply = apply, .committed = committed, .context = step};
}
