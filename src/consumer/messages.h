/* messages.h: what all steps ask of a message before they believe it. Inside src/consumer. */
#ifndef GB_CONSUMER_MESSAGES_H
#define GB_CONSUMER_MESSAGES_H

#include "engine/engine.h"
#include "stream/batch.h"

/* The item becomes a dead letter, at stage "decode". */
void gb_item_bury(struct gb_item *item, const char *code, const char *why);

/* Is the message of the datacenter that its header says? False: it is a dead letter now. */
bool gb_item_comes_from(struct gb_item *item, struct gb_dc dc);

/* The engine found the item's command to be poison: it becomes a dead letter, at stage "apply". */
void gb_item_bury_poison(struct gb_item *item, const struct gb_command *command);

#endif
