/* hear_readers.h: STATUS: what a peer has read of our streams, and what it has sent of its own. Of
 * each peer only the newest message counts, and it counts as a whole. Two halves around a round
 * trip; inside read_control. */
#ifndef GB_CONSUMER_HEAR_READERS_H
#define GB_CONSUMER_HEAR_READERS_H

#include "stream/batch.h"
#include "wire/messages.h"

struct gb_status_item {
    struct gb_item *item;
    struct gb_message_status message;
};

/* The call that finds when they were last heard of, for `count` >= 1 messages. */
void gb_hear_readers_find(const struct gb_status_item *statuses, size_t count,
                          struct gb_arena *arena, struct gb_call *ret_call);

/* With its rows: appends to the batch what remembers acknowledgements and heads. */
void gb_hear_readers(struct gb_batch *batch, const struct gb_status_item *statuses, size_t count,
                     const struct gb_rows *found);

#endif
