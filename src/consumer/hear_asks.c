#include "consumer/hear_asks.h"

#include <stdlib.h>

#include "consumer/messages.h"
#include "wire/messages.h"

struct gb_hear_asks {
    struct gb_dc dc;
    struct gb_engine *engine;
    bool engaged; /* the engine is part of the batch in work */
};

/* An ask's time to live counts from when the broker had it: one that lay in the topic for an hour
 * is stale. */
static int64_t received_us(const struct gb_item *item, int64_t now_us)
{
    int64_t at_us = item->record->timestamp_ms * 1000;
    return at_us > 0 && at_us < now_us ? at_us : now_us;
}

/* What a message says as a command; false: it became a dead letter. */
static bool read_command(const struct gb_hear_asks *step, struct gb_item *item,
                         const struct gb_batch *batch, struct gb_command *ret)
{
    struct gb_message_ask message;
    struct gb_err err;
    if (item->envelope.kind != GB_MESSAGE_ASK) {
        gb_item_bury(item, "KIND_UNEXPECTED", "not an ask");
        return false;
    }
    if (gb_wire_ask_decode(item->record->value, batch->arena, &message, &err) != GB_OK) {
        gb_item_dead(item, "decode", &err);
        return false;
    }
    if (!gb_item_comes_from(item, message.account.dc))
        return false;
    if (!gb_dc_equal(message.peer, step->dc)) {
        gb_item_bury(item, "WRONG_DATACENTER", "it asks another datacenter");
        return false;
    }
    *ret = (struct gb_command){
        .kind = GB_COMMAND_ASK,
        .account_no = message.account.account_no,
        .account_id = message.account.account_id,
        .currency = message.account.currency,
        .accepted_by = message.account.dc,
        .ask = message.ask,
        .received_us = received_us(item, batch->now_us),
        .trace = item->envelope.trace,
    };
    return true;
}

static enum gb_result apply(void *context, struct gb_batch *batch, struct gb_err *err)
{
    struct gb_hear_asks *step = context;
    struct gb_item_commands read = gb_item_commands_new(batch);
    for (size_t i = 0; i < batch->count; i++) {
        struct gb_item *item = &batch->items[i];
        if (!item->dead && read_command(step, item, batch, &read.commands[read.count]))
            read.items[read.count++] = item;
    }
    step->engaged = read.count > 0;
    return gb_batch_decide(batch, step->engine, &read, err);
}

static void committed(void *context, const struct gb_batch *batch)
{
    (void)batch;
    struct gb_hear_asks *step = context;
    if (step->engaged)
        gb_engine_committed(step->engine);
}

struct gb_hear_asks *gb_hear_asks_new(const struct gb_engine_options *options)
{
    struct gb_hear_asks *step = calloc(1, sizeof(*step));
    GB_CHECK(step != NULL);
    step->dc = options->dc;
    step->engine = gb_engine_new(options);
    return step;
}

void gb_hear_asks_free(struct gb_hear_asks *step)
{
    if (step == NULL)
        return;
    gb_engine_free(step->engine);
    free(step);
}

struct gb_reader gb_hear_asks_reader(struct gb_hear_asks *step)
{
    return (struct gb_reader){.apply = apply, .committed = committed, .context = step};
}
