/* reply.h: what a peer's REPLY brings. Pure. */
#ifndef GB_CORE_REPLY_H
#define GB_CORE_REPLY_H

#include "core/ask.h"

/* Only a higher link_out_total than any before moves money, and exactly by the difference, as far
 * as it fits under the cap; the rest stays in flight until it does. GB_HEARD_APPLIED, or
 * GB_HEARD_IMPOSSIBLE: dead letter and alarm, nothing changed. */
enum gb_heard gb_reply_hear(struct gb_books *books, size_t account, size_t link,
                            const struct gb_reply *reply);

#endif
