#include "consumer/book_payins.h"

#include <stdlib.h>

#include "consumer/messages.h"
#include "engine/engine.h"
#include "wire/messages.h"

struct gb_book_payins {
    struct gb_engine *engine;
    bool engaged; /* the engine is part of the batch in work */
};

/* What a message says as a command; false: it became a dead letter. */
static bool read_payin(struct gb_item *item, struct gb_arena *arena, struct gb_command *ret)
{
    struct gb_message_payin message;
    struct gb_err err;
    if (gb_wire_payin_decode(item->record->value, arena, &message, &err) != GB_OK) {
        gb_item_dead(item, "decode", &err);
        return false;
    }
    if (!gb_item_comes_from(item, message.account.dc))
        return false;
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

static bool read_refund(struct gb_item *item, struct gb_arena *arena, struct gb_command *ret)
{
    struct gb_message_refund message;
    struct gb_err err;
    if (gb_wire_refund_decode(item->record->value, arena, &message, &err) != GB_OK) {
        gb_item_dead(item, "decode", &err);
        return false;
    }
    if (!gb_item_comes_from(item, message.account.dc))
        return false;
    if (gb_dc_equal(message.account.dc, message.owner)) {
        gb_item_bury(item, "NOT_RELAYED", "its owner decides a refund where it accepts it");
        return false;
    }
    *ret = (struct gb_command){
        .kind = GB_COMMAND_OPERATION,
        .operation = GB_OPERATION_REFUND,
        .account_no = message.account.account_no,
        .account_id = message.account.account_id,
        .currency = message.account.currency,
        .accepted_by = message.account.dc,
        .owner = message.owner,
        .client_no = message.client_no,
        .key = message.key,
        .original_key = message.original_key,
        .amount = message.amount,
        .reference = message.reference,
        .metadata = message.metadata,
        .accepted_at_us = message.accepted_at_us,
        .trace = item->envelope.trace,
    };
    return true;
}

static bool read_command(struct gb_item *item, struct gb_arena *arena, struct gb_command *ret)
{
    if (item->envelope.kind == GB_MESSAGE_PAYIN)
        return read_payin(item, arena, ret);
    if (item->envelope.kind == GB_MESSAGE_REFUND)
        return read_refund(item, arena, ret);
    gb_item_bury(item, "KIND_UNEXPECTED", "neither a pay-in nor a refund");
    return false;
}

static enum gb_result apply(void *context, struct gb_batch *batch, struct gb_err *err)
{
    struct gb_book_payins *step = context;
    struct gb_item_commands read = gb_item_commands_new(batch);
    for (size_t i = 0; i < batch->count; i++) {
        struct gb_item *item = &batch->items[i];
        if (!item->dead && read_command(item, batch->arena, &read.commands[read.count]))
            read.items[read.count++] = item;
    }
    step->engaged = read.count > 0;
    return gb_batch_decide(batch, step->engine, &read, err);
}

static void committed(void *context, const struct gb_batch *batch)
{
    (void)batch;
    struct gb_book_payins *step = context;
    if (step->engaged)
        gb_engine_committed(step->engine);
}

struct gb_book_payins *gb_book_payins_new(const struct gb_engine_options *options)
{
    struct gb_book_payins *step = calloc(1, sizeof(*step));
    GB_CHECK(step != NULL);
    step->engine = gb_engine_new(options);
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
