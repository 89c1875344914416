/* book_payins.h: the payin lane: messages of accepted pay-ins, our own and those relayed to us, and
 * of relayed refunds go through the engine. */
#ifndef GB_CONSUMER_BOOK_PAYINS_H
#define GB_CONSUMER_BOOK_PAYINS_H

#include "engine/engine.h"
#include "stream/batch.h"

struct gb_book_payins;

/* The caller frees. */
struct gb_book_payins *gb_book_payins_new(const struct gb_engine_options *options);
void gb_book_payins_free(struct gb_book_payins *step); /* NULL is fine */

/* For the lane; used on its thread only. Batches have at most GB_ENGINE_COMMANDS_MAX records. */
struct gb_reader gb_book_payins_reader(struct gb_book_payins *step);

#endif
