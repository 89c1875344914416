#include "consumer/book_payins.h"

#include <stdlib.h>

#include "engine/engine.h"
#include "wire/messages.h"

struct gb_book_payins {
    struct gb_engine *engine;
    bool engaged; /* the engine is part of the batch in work */
};

/* What a message says as a command; false: it became a dead letter. */
static bool read_command(struct gb_item *item, struct gb_arena *arena, struct gb_command *ret)
{
    struct gb_message_payin message;
    struct gb_err err;
    if (item->envelope.kind != GB_MESSAGE_PAYIN) {
        (void)gb_err_set(&err, GB_POISON, "KIND_UNEXPECTED", "not a pay-in");
        gb_item_dead(item, "decode", &err);
        return false;
    }
    if (gb_wire_payin_decode(item->record->value, arena, &message, &err) != GB_OK) {
        gb_item_dead(item, "decode", &err);
        return false;
    }
    if (!gb_dc_equal(message.account.dc, item->envelope.source)) {
        (void)gb_err_set(&err, GB_POISON, "SOURCE_CONTRADICTED",
                         "the message is of %s, its header says %s", message.account.dc.code,
                         item->envelope.source.code);
        gb_item_dead(item, "decode", &err);
        return false;
    }
    *ret = (struct gb_command){
        .kind = GB_COMMAND_PAYIN,
        .account_no = message.account.account_no,
        .account_id = message.account.account_id,
        .currency = message.account.currency,
        .accepted_by = message.account.dc,
        .owner = message.owner,
        .client_no = message.client_no,
        .key = message.key,
        .amount = message.amount,
        .reference = message.reference,
        .metadata = message.metadata,
        .accepted_at_us = message.accepted_at_us,
        .awaited = message.awaited && gb_dc_equal(message.account.dc, message.owner),
        .trace = item->envelope.trace,
    };
    return true;
}

static void bury_poison(struct gb_item *item, const struct gb_command *command)
{
    struct gb_err err;
    if (command->outcome != GB_OUTCOME_POISON)
        return;
    (void)gb_err_set(&err, GB_POISON, command->poison_code, "%s", command->poison_message);
    gb_item_dead(item, "apply", &err);
}

static enum gb_result apply(void *context, struct gb_batch *batch, struct gb_err *err)
{
    struct gb_book_payins *step = context;
    struct gb_command *commands = gb_arena_array(batch->arena, batch->count, sizeof(*commands));
    struct gb_item **items = gb_arena_array(batch->arena, batch->count, sizeof(*items));
    GB_CHECK(commands != NULL && items != NULL);
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct gb_item *item = &batch->items[i];
        if (item->dead || !read_command(item, batch->arena, &commands[count]))
            continue;
        items[count++] = item;
    }
    step->engaged = count > 0;
    if (count == 0)
        return GB_OK;
    enum gb_result result =
        gb_engine_decide(step->engine, batch->pg, commands, count, batch->now_us, err);
    if (result != GB_OK)
        return result;
    batch->begun = true;
    for (size_t i = 0; i < count; i++)
        bury_poison(items[i], &commands[i]);
    batch->calls_count += gb_engine_write(step->engine, &batch->calls[batch->calls_count]);
    return GB_OK;
}

static void committed(void *context, const struct gb_batch *batch)
{
    (void)batch;
    struct gb_book_payins *step = context;
    if (step->engaged)
        gb_engine_committed(step->engine);
}

struct gb_book_payins *gb_book_payins_new(struct gb_dc dc, struct gb_wake_sender *wake)
{
    struct gb_book_payins *step = calloc(1, sizeof(*step));
    GB_CHECK(step != NULL);
    step->engine = gb_engine_new(dc, wake);
    return step;
}

void gb_book_payins_free(struct gb_book_payins *step)
{
    if (step == NULL)
        return;
    gb_engine_free(step->engine);
    free(step);
}

struct gb_reader gb_book_payins_reader(struct gb_book_payins *step)
{
    return (struct gb_reader){.apply = apply, .committed = committed, .context = step};
}
