/* read_control.h: the control lane: what peers answer us: REPLY, RESULT and STATUS. */
#ifndef GB_CONSUMER_READ_CONTROL_H
#define GB_CONSUMER_READ_CONTROL_H

#include "engine/engine.h"
#include "stream/batch.h"

struct gb_read_control;

/* The caller frees. */
struct gb_read_control *gb_read_control_new(const struct gb_engine_options *options);
void gb_read_control_free(struct gb_read_control *step); /* NULL is fine */

/* For the lane; used on its thread only. */
struct gb_reader gb_read_control_reader(struct gb_read_control *step);

#endif
