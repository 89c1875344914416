/* queue.h: a bounded hand-over between threads. Many may push, many may take. */
#ifndef GB_RUNTIME_QUEUE_H
#define GB_RUNTIME_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/result.h"

struct gb_queue;

struct gb_queue *gb_queue_new(size_t items_max);
void gb_queue_free(
    struct gb_queue *queue); /* what is still in it belongs to the caller: take it first */

/* False when the queue is full or closed: the caller answers 503, or waits and tries again. */
bool gb_queue_push(struct gb_queue *queue, void *item) GB_MUST_USE;
/* All of them, one behind the other, or none. */
bool gb_queue_push_all(struct gb_queue *queue, void *const *items, size_t count) GB_MUST_USE;
/* Takes up to `max` items, waiting at most timeout_ms for the first. Returns how many; 0 on
 * time-out or when closed and empty. */
size_t gb_queue_take(struct gb_queue *queue, void **ret_items, size_t max, int64_t timeout_ms);
/* No more pushes; takers get what is left, then 0 at once. */
void gb_queue_close(struct gb_queue *queue);
size_t gb_queue_length(struct gb_queue *queue);

#endif
