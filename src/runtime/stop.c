#include "runtime/stop.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/deadline.h"
#include "runtime/result.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_cond_t asked_changed;
static _Atomic bool asked; /* set under the lock */

static void init_condition(void)
{
    gb_deadline_cond_init(&asked_changed);
}

/* The lock, with the condition ready also where gb_stop_init was never called (tests of single
 * parts). */
static void enter(void)
{
    GB_CHECK(pthread_once(&once, init_condition) == 0);
    GB_CHECK(pthread_mutex_lock(&lock) == 0);
}

/* Lives as long as the process: signals are taken by this thread and by no other. */
static void *listen_for_signals(void *context)
{
    const sigset_t *signals = context;
    for (;;) {
        int number;
        if (sigwait(signals, &number) == 0)
            gb_stop_ask();
    }
    return NULL;
}

void gb_stop_init(void)
{
    static sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    GB_CHECK(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
    GB_CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    pthread_t listener;
    GB_CHECK(pthread_create(&listener, NULL, listen_for_signals, &signals) == 0);
    GB_CHECK(pthread_detach(listener) == 0);
}

bool gb_stop_asked(void)
{
    return asked;
}

void gb_stop_ask(void)
{
    enter();
    asked = true;
    GB_CHECK(pthread_cond_broadcast(&asked_changed) == 0);
    GB_CHECK(pthread_mutex_unlock(&lock) == 0);
}

bool gb_stop_wait(int64_t timeout_ms)
{
    struct timespec deadline = gb_deadline_after_ms(timeout_ms);
    enter();
    while (!asked && gb_deadline_cond_wait(&asked_changed, &lock, &deadline)) {
    }
    GB_CHECK(pthread_mutex_unlock(&lock) == 0);
    return asked;
}

void gb_service_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = path == NULL ? 0 : strlen(path);
    if (size < 2 || size >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
        return;
    memcpy(address.sun_path, path, size);
    if (*path == '@')
        address.sun_path[0] = '\0'; /* the abstract namespace */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    /* The supervisor's loss if it does not listen: nothing to be done here. */
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
    (void)close(fd);
}
