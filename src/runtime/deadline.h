/* deadline.h: waiting on a condition until a moment of the monotonic clock, which no clock change
 * moves. */
#ifndef GB_RUNTIME_DEADLINE_H
#define GB_RUNTIME_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* The moment in timeout_ms from now (negative counts as 0; far away counts as 100 years). */
struct timespec gb_deadline_after_ms(int64_t timeout_ms);

/* A condition for gb_deadline_cond_wait. */
void gb_deadline_cond_init(pthread_cond_t *cond);

/* pthread_cond_timedwait: false when the deadline has passed. Wakes without a reason happen. */
bool gb_deadline_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
                           const struct timespec *deadline);

#endif
