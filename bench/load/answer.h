/* answer.h: reads the head of an HTTP/1.1 answer. */
#ifndef GB_BENCH_LOAD_ANSWER_H
#define GB_BENCH_LOAD_ANSWER_H

#include <stdbool.h>

struct load_connection;

/* Looks at what has come into `in`. When the head is complete: sets head_size, status, body_left
 * (what has yet to come), replayed, closing. False: this is no answer with a length that we can
 * read (chunked ones are not). */
bool load_answer_parse(struct load_connection *connection);

#endif
