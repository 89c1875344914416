/* read_letters.h: the letters lane: dead letters that other programs (Kafka Connect, Spring Kafka)
 * wrote to our dead-letter topic become rows of dead_letter, with code FOREIGN_FAILURE. Our own are
 * rows already, and passed over. Nothing is sent. */
#ifndef GB_CONSUMER_READ_LETTERS_H
#define GB_CONSUMER_READ_LETTERS_H

#include "stream/batch.h"

struct gb_read_letters;

/* The caller frees. */
struct gb_read_letters *gb_read_letters_new(void);
void gb_read_letters_free(struct gb_read_letters *step); /* NULL is fine */

/* For the lane, whose stream is none (gb_lane_stream); used on its thread only. */
struct gb_reader gb_read_letters_reader(struct gb_read_letters *step);

#endif
