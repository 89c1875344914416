/* dead_letter.h: what cannot be applied is kept, in the transaction of the rest of its batch: a row
 * in dead_letter, and on its first coming one in the outbox for the dead-letter topic, with the
 * headers `__geobill.errors.*` beside its own. Inside src/stream. */
#ifndef GB_STREAM_DEAD_LETTER_H
#define GB_STREAM_DEAD_LETTER_H

#include "stream/batch.h"

struct gb_dead_letter_origin {
    const char *topic; /* the dead-letter topic */
    const char *group; /* who could not apply it */
};

/* The call that keeps the batch's dead items; false when there are none. */
bool gb_dead_letter_keep(const struct gb_batch *batch, const struct gb_dead_letter_origin *origin,
                         struct gb_call *call);

#endif
