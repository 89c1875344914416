/* close_relays.h: RESULT: the owner of a key says what became of a command that we had accepted for
 * it. Two halves around a round trip; inside read_control. */
#ifndef GB_CONSUMER_CLOSE_RELAYS_H
#define GB_CONSUMER_CLOSE_RELAYS_H

#include "stream/batch.h"
#include "wire/messages.h"

struct gb_result_item {
    struct gb_item *item;
    struct gb_message_result message;
};

/* The call that finds what was relayed, for `count` >= 1 results. */
void gb_close_relays_find(const struct gb_result_item *results, size_t count,
                          struct gb_arena *arena, struct gb_call *ret_call);

/* With its rows: appends to the batch what closes them; a result that contradicts what was relayed
 * becomes a dead letter. Returns how many are closed. */
size_t gb_close_relays(struct gb_batch *batch, struct gb_result_item *results, size_t count,
                       const struct gb_rows *found);

#endif
