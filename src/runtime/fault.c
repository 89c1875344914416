#include "runtime/fault.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/result.h"

enum { UNREAD, OFF, ARMED };

static _Atomic int state = UNREAD;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char point[64];
static _Atomic long passings_left;

/* A setting that cannot be read aborts: a fault that silently never fires would make its test pass
 * for nothing. */
static void read_setting(void)
{
    const char *setting = getenv("GEOBILL_FAULT");
    if (setting == NULL || *setting == '\0') {
        atomic_store(&state, OFF);
        return;
    }
    const char *colon = strrchr(setting, ':');
    GB_CHECK(colon != NULL && colon > setting && (size_t)(colon - setting) < sizeof(point));
    char *end;
    errno = 0;
    long count = strtol(colon + 1, &end, 10);
    GB_CHECK(errno == 0 && end != colon + 1 && *end == '\0' && count > 0);
    memcpy(point, setting, (size_t)(colon - setting));
    atomic_store(&passings_left, count);
    atomic_store(&state, ARMED);
}

void gb_fault_point(const char *name)
{
    int now = atomic_load_explicit(&state, memory_order_acquire);
    if (now == OFF)
        return;
    if (now == UNREAD) {
        GB_CHECK(pthread_once(&once, read_setting) == 0);
        now = atomic_load_explicit(&state, memory_order_acquire);
    }
    if (now != ARMED || strcmp(name, point) != 0 || atomic_fetch_sub(&passings_left, 1) != 1)
        return;
    (void)dprintf(STDERR_FILENO,
                  "{\"level\":\"error\",\"message\":\"fault fired\",\"point\":\"%s\"}\n", point);
    (void)kill(getpid(), SIGKILL);
    for (;;)
        (void)pause();
}
