/* The library's own event loop sleeps for ever when epoll_wait fills its array of 128 events: it
 * asks for more before it has looked at those (0.9.75). So each thread waits by itself and lets the
 * library only take what is there. Without threads of its own the library takes new connections
 * only from the thread that runs it. */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/server_private.h"

struct gb_http_newcomer {
    struct gb_http_newcomer *next;
    int fd;
    struct sockaddr_storage from;
    socklen_t from_size;
};

void gb_http_worker_wake(struct gb_http_worker *worker)
{
    if (!atomic_exchange(&worker->woken, true))
        (void)eventfd_write(worker->wake_fd, 1);
}

void gb_http_worker_give(struct gb_http_worker *worker, int fd, const struct sockaddr_storage *from,
                         socklen_t from_size)
{
    struct gb_http_newcomer *newcomer = malloc(sizeof(*newcomer));
    GB_CHECK(newcomer != NULL);
    *newcomer = (struct gb_http_newcomer){.fd = fd, .from = *from, .from_size = from_size};
    (void)pthread_mutex_lock(&worker->lock);
    newcomer->next = worker->newcomers;
    worker->newcomers = newcomer;
    (void)pthread_mutex_unlock(&worker->lock);
    gb_http_worker_wake(worker);
}

static struct gb_http_newcomer *take_newcomers(struct gb_http_worker *worker)
{
    (void)pthread_mutex_lock(&worker->lock);
    struct gb_http_newcomer *newcomers = worker->newcomers;
    worker->newcomers = NULL;
    (void)pthread_mutex_unlock(&worker->lock);
    return newcomers;
}

static void add_newcomers(struct gb_http_worker *worker)
{
    struct gb_http_newcomer *newcomer = take_newcomers(worker), *next;
    for (; newcomer != NULL; newcomer = next) {
        next = newcomer->next;
        worker->started = false;
        /* The library closes it on failure, too. */
        (void)MHD_add_connection(worker->daemon, newcomer->fd, (struct sockaddr *)&newcomer->from,
                                 newcomer->from_size);
        if (!worker->started)
            gb_http_gate_give_up(&worker->server->gate);
        free(newcomer);
    }
}

static void worker_wait(struct gb_http_worker *worker)
{
    MHD_UNSIGNED_LONG_LONG left_ms = 0;
    eventfd_t wishes = 0;
    struct pollfd polled[2] = {
        {.fd = worker->epoll_fd, .events = POLLIN},
        {.fd = worker->wake_fd, .events = POLLIN},
    };
    int wait_ms = -1;
    if (MHD_get_timeout(worker->daemon, &left_ms) == MHD_YES)
        wait_ms = left_ms > INT_MAX ? INT_MAX : (int)left_ms;
    (void)poll(polled, 2, wait_ms);
    if ((polled[1].revents & POLLIN) != 0)
        (void)eventfd_read(worker->wake_fd, &wishes);
    atomic_store(&worker->woken,
                 false); /* before it looks: what comes from now on wakes it again */
}

static void *worker_run(void *context)
{
    struct gb_http_worker *worker = context;
    while (!atomic_load(&worker->stopping)) {
        worker_wait(worker);
        add_newcomers(worker);
        GB_CHECK(MHD_run_wait(worker->daemon, 0) == MHD_YES);
    }
    return NULL;
}

void gb_http_worker_start(struct gb_http_worker *worker)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(worker->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    GB_CHECK(info != NULL);
    worker->epoll_fd = info->epoll_fd;
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    GB_CHECK(worker->wake_fd >= 0);
    GB_CHECK(pthread_mutex_init(&worker->lock, NULL) == 0);
    GB_CHECK(pthread_create(&worker->thread, NULL, worker_run, worker) == 0);
}

void gb_http_worker_stop(struct gb_http_worker *worker)
{
    atomic_store(&worker->stopping, true);
    gb_http_worker_wake(worker);
    (void)pthread_join(worker->thread, NULL);
    add_newcomers(worker); /* to be closed with the others */
    MHD_stop_daemon(worker->daemon);
    (void)close(worker->wake_fd);
    (void)pthread_mutex_destroy(&worker->lock);
}
