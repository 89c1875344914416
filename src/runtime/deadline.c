#include "runtime/deadline.h"

#include <errno.h>

#include "runtime/clock.h"

#define TIMEOUT_MS_MAX INT64_C(3155760000000) /* 100 years */

struct timespec gb_deadline_after_ms(int64_t timeout_ms)
{
    timeout_ms = timeout_ms < 0 ? 0 : timeout_ms;
    timeout_ms = timeout_ms > TIMEOUT_MS_MAX ? TIMEOUT_MS_MAX : timeout_ms;
    int64_t at_us = gb_clock_mono_us() + timeout_ms * 1000;
    return (struct timespec){.tv_sec = (time_t)(at_us / 1000000),
                             .tv_nsec = (long)(at_us % 1000000 * 1000)};
}

void gb_deadline_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    GB_CHECK(pthread_condattr_init(&attributes) == 0);
    GB_CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    GB_CHECK(pthread_cond_init(cond, &attributes) == 0);
    GB_CHECK(pthread_condattr_destroy(&attributes) == 0);
}

bool gb_deadline_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
                           const struct timespec *deadline)
{
    int error = pthread_cond_timedwait(cond, lock, deadline);
    GB_CHECK(error == 0 || error == ETIMEDOUT);
    return error == 0;
}
