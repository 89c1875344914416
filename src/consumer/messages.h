/* messages.h: what all steps ask of a message before they believe it. Inside src/consumer. */
#ifndef GB_CONSUMER_MESSAGES_H
#define GB_CONSUMER_MESSAGES_H

#include "engine/engine.h"
#include "stream/batch.h"

/* The item becomes a dead letter, at stage "decode". */
void gb_item_bury(struct gb_item *item, const char *code, const char *why);

/* Is the message of the datacenter that its header says? False: it is a dead letter now. */
bool gb_item_comes_from(struct gb_item *item, struct gb_dc dc);

/* What the items of a batch say, as commands for the engine, side by side. */
struct gb_item_commands {
    struct gb_command *commands;
    struct gb_item **items;
    size_t count;
};

/* None yet, with room for all items of the batch, in its arena. */
struct gb_item_commands gb_item_commands_new(const struct gb_batch *batch);

/* Has the engine decide them in the batch's transaction, which must not have begun: its locks come
 * first. What it finds to be poison becomes a dead letter, at stage "apply". Without commands
 * nothing happens. On failure nothing is open. */
enum gb_result gb_batch_decide(struct gb_batch *batch, struct gb_engine *engine,
                               const struct gb_item_commands *commands,
                               struct gb_err *err) GB_MUST_USE;

#endif
