/* hear_asks.h: the reserve lane: asks of peers for part of our shares go through the engine, which
 * grants and answers. */
#ifndef GB_CONSUMER_HEAR_ASKS_H
#define GB_CONSUMER_HEAR_ASKS_H

#include "engine/engine.h"
#include "stream/batch.h"

struct gb_hear_asks;

/* The caller frees. */
struct gb_hear_asks *gb_hear_asks_new(const struct gb_engine_options *options);
void gb_hear_asks_free(struct gb_hear_asks *step); /* NULL is fine */

/* For the lane; used on its thread only. Batches have at most GB_ENGINE_COMMANDS_MAX records. */
struct gb_reader gb_hear_asks_reader(struct gb_hear_asks *step);

#endif
