#include "consumer/messages.h"

void gb_item_bury(struct gb_item *item, const char *code, const char *why)
{
    struct gb_err err;
    (void)gb_err_set(&err, GB_POISON, code, "%s", why);
    gb_item_dead(item, "decode", &err);
}

bool gb_item_comes_from(struct gb_item *item, struct gb_dc dc)
{
    struct gb_err err;
    if (gb_dc_equal(dc, item->envelope.source))
        return true;
    (void)gb_err_set(&err, GB_POISON, "SOURCE_CONTRADICTED",
                     "the message is of %s, its header says %s", dc.code,
                     item->envelope.source.code);
    gb_item_dead(item, "decode", &err);
    return false;
}

static void bury_poison(struct gb_item *item, const struct gb_command *command)
{
    struct gb_err err;
    if (command->outcome != GB_OUTCOME_POISON)
        return;
    (void)gb_err_set(&err, GB_POISON, command->poison_code, "%s", command->poison_message);
    gb_item_dead(item, "apply", &err);
}

enum gb_result gb_batch_decide(struct gb_batch *batch, struct gb_engine *engine,
                               const struct gb_item_commands *commands, struct gb_err *err)
{
    if (commands->count == 0)
        return GB_OK;
    enum gb_result result = gb_engine_decide(engine, batch->pg, commands->commands, commands->count,
                                             batch->now_us, err);
    if (result != GB_OK)
        return result;
    batch->begun = true;
    for (size_t i = 0; i < commands->count; i++)
        bury_poison(commands->items[i], &commands->commands[i]);
    batch->calls_count += gb_engine_write(engine, &batch->calls[batch->calls_count]);
    return GB_OK;
}

struct gb_item_commands gb_item_commands_new(const struct gb_batch *batch)
{
    struct gb_item_commands made = {
        .commands = gb_arena_array(batch->arena, batch->count, sizeof(struct gb_command)),
        .items = gb_arena_array(batch->arena, batch->count, sizeof(struct gb_item *)),
    };
    GB_CHECK(made.commands != NULL && made.items != NULL);
    return made;
}
