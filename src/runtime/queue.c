#include "runtime/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "runtime/deadline.h"

struct gb_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    size_t items_max;
    size_t first, count; /* a ring: `count` items from `first` on */
    size_t takers;       /* that wait */
    bool closed;
    void *items[];
};

struct gb_queue *gb_queue_new(size_t items_max)
{
    GB_CHECK(items_max > 0 && items_max < SIZE_MAX / sizeof(void *) / 2);
    struct gb_queue *queue = malloc(sizeof(*queue) + items_max * sizeof(queue->items[0]));
    GB_CHECK(queue != NULL);
    *queue = (struct gb_queue){.items_max = items_max};
    GB_CHECK(pthread_mutex_init(&queue->lock, NULL) == 0);
    gb_deadline_cond_init(&queue->filled);
    return queue;
}

void gb_queue_free(struct gb_queue *queue)
{
    if (queue == NULL)
        return;
    (void)pthread_cond_destroy(&queue->filled);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}

bool gb_queue_push(struct gb_queue *queue, void *item)
{
    return gb_queue_push_all(queue, &item, 1);
}

bool gb_queue_push_all(struct gb_queue *queue, void *const *items, size_t count)
{
    GB_CHECK(pthread_mutex_lock(&queue->lock) == 0);
    bool taken = !queue->closed && count <= queue->items_max - queue->count;
    if (taken) {
        for (size_t i = 0; i < count; i++)
            queue->items[(queue->first + queue->count + i) % queue->items_max] = items[i];
        queue->count += count;
        if (queue->takers > 0)
            GB_CHECK((count == 1 ? pthread_cond_signal(&queue->filled)
                                 : pthread_cond_broadcast(&queue->filled)) == 0);
    }
    GB_CHECK(pthread_mutex_unlock(&queue->lock) == 0);
    return taken;
}

size_t gb_queue_take(struct gb_queue *queue, void **ret_items, size_t max, int64_t timeout_ms)
{
    struct timespec deadline = gb_deadline_after_ms(timeout_ms);
    GB_CHECK(pthread_mutex_lock(&queue->lock) == 0);
    bool timed_out = false;
    while (queue->count == 0 && !queue->closed && !timed_out) {
        queue->takers++;
        timed_out = !gb_deadline_cond_wait(&queue->filled, &queue->lock, &deadline);
        queue->takers--;
    }
    size_t taken = queue->count < max ? queue->count : max;
    for (size_t i = 0; i < taken; i++)
        ret_items[i] = queue->items[(queue->first + i) % queue->items_max];
    queue->first = (queue->first + taken) % queue->items_max;
    queue->count -= taken;
    GB_CHECK(pthread_mutex_unlock(&queue->lock) == 0);
    return taken;
}

void gb_queue_close(struct gb_queue *queue)
{
    GB_CHECK(pthread_mutex_lock(&queue->lock) == 0);
    queue->closed = true;
    GB_CHECK(pthread_cond_broadcast(&queue->filled) == 0);
    GB_CHECK(pthread_mutex_unlock(&queue->lock) == 0);
}

size_t gb_queue_length(struct gb_queue *queue)
{
    GB_CHECK(pthread_mutex_lock(&queue->lock) == 0);
    size_t count = queue->count;
    GB_CHECK(pthread_mutex_unlock(&queue->lock) == 0);
    return count;
}
