#include <errno.h>
#include <linux/tcp.h> /* struct tcp_info with the byte counts */
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/problem.h"
#include "http/server_private.h"
#include "runtime/clock.h"

enum {
    BACKLOG = 4096,
    SWEEP_MS = 250,
    ACCEPTS_PER_ROUND = 256,
    HOST_SIZE = 256,
    ANSWERS_BYTES = 8192
};

static const struct gb_problem problem_full = {
    .status = 503,
    .code = "TOO_MANY_CONNECTIONS",
    .title = "Too many connections",
    .detail = "send it again after Retry-After",
    .retryable = true,
};
static const struct gb_problem problem_slow = {
    .status = 408,
    .code = "REQUEST_TIMEOUT",
    .title = "Request not complete in time",
    .detail = "the connection was closed before the whole request had come",
    .retryable = true,
};

/* A whole answer that closes the connection, for those the library never sees; in the arena. */
static struct gb_bytes answer_write(const struct gb_problem *problem, const char *fields,
                                    struct gb_arena *arena)
{
    struct gb_bytes body = gb_problem_write(problem, arena);
    const char *text = gb_arena_printf(arena,
                                       "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n%sConnection: "
                                       "close\r\nContent-Length: %zu\r\n\r\n%s",
                                       problem->status, problem->title, GB_PROBLEM_CONTENT_TYPE,
                                       fields, body.size, (const char *)body.data);
    GB_CHECK(body.data != NULL && text != NULL);
    return (struct gb_bytes){.data = text, .size = strlen(text)};
}

/* "host:port" or "[host]:port" -> the two parts. */
static bool address_split(const char *listen, char host[HOST_SIZE], const char **ret_port)
{
    const char *colon = strrchr(listen, ':');
    if (colon == NULL || colon == listen || colon[1] == '\0')
        return false;
    const char *start = listen, *end = colon;
    if (*start == '[' && end[-1] == ']') {
        start++;
        end--;
    }
    size_t size = (size_t)(end - start);
    if (size == 0 || size >= HOST_SIZE)
        return false;
    memcpy(host, start, size);
    host[size] = '\0';
    *ret_port = colon + 1;
    return true;
}

static int socket_listen(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    (void)close(fd);
    errno = why;
    return -1;
}

static uint16_t socket_port(int fd)
{
    struct sockaddr_storage at;
    socklen_t size = sizeof(at);
    char port[NI_MAXSERV];
    if (getsockname(fd, (struct sockaddr *)&at, &size) != 0 ||
        getnameinfo((struct sockaddr *)&at, size, NULL, 0, port, sizeof(port), NI_NUMERICSERV) != 0)
        return 0;
    return (uint16_t)strtoul(port, NULL, 10);
}

enum gb_result gb_http_gate_open(struct gb_http_gate *gate, struct gb_http_server *server,
                                 const char *listen, struct gb_err *err)
{
    *gate = (struct gb_http_gate){.server = server, .listen_fd = -1, .wake_fd = -1};
    char host[HOST_SIZE];
    const char *port;
    if (!address_split(listen, host, &port))
        return gb_err_set(err, GB_FATAL, "LISTEN_ADDRESS", "not host:port: %s", listen);
    struct addrinfo wish = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host, port, &wish, &found);
    if (failed != 0)
        return gb_err_set(err, GB_FATAL, "LISTEN_ADDRESS", "%s: %s", listen, gai_strerror(failed));
    gate->listen_fd = socket_listen(found);
    int why = errno;
    freeaddrinfo(found);
    if (gate->listen_fd < 0)
        return gb_err_set(err, GB_FATAL, "LISTEN", "%s: %s", listen, strerror(why));
    gate->port = socket_port(gate->listen_fd);
    gate->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    GB_CHECK(gate->wake_fd >= 0);
    GB_CHECK(pthread_mutex_init(&gate->lock, NULL) == 0);
    gate->arena = gb_arena_new(ANSWERS_BYTES);
    gate->full = answer_write(&problem_full, "Retry-After: 1\r\n", gate->arena);
    gate->slow = answer_write(&problem_slow, "", gate->arena);
    return GB_OK;
}

/* A client above the bound hears so instead of waiting in the backlog. */
static void connection_refuse(const struct gb_http_gate *gate, int fd)
{
    char heard[4096];
    (void)send(fd, gate->full.data, gate->full.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    (void)recv(fd, heard, sizeof(heard), MSG_DONTWAIT); /* unread bytes would reset what was sent */
    (void)close(fd);
}

/* Counts a connection that was accepted; false: there are too many. */
static bool count_in(struct gb_http_gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    bool room = gate->count < gate->server->options.connections_max;
    gate->count += room;
    (void)pthread_mutex_unlock(&gate->lock);
    return room;
}

static void accept_waiting(struct gb_http_gate *gate)
{
    for (int i = 0; i < ACCEPTS_PER_ROUND; i++) {
        struct sockaddr_storage from;
        socklen_t size = sizeof(from);
        int fd =
            accept4(gate->listen_fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (!count_in(gate)) {
            connection_refuse(gate, fd);
            continue;
        }
        struct gb_http_server *server = gate->server;
        gb_http_worker_give(&server->workers[gate->next_worker], fd, &from, size);
        gate->next_worker = (gate->next_worker + 1) % server->workers_count;
    }
}

static uint64_t bytes_received(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    return info.tcpi_bytes_received;
}

/* The library reads by itself and tells only of complete headers; the kernel knows when the first
 * byte came. */
static void notice_first_byte(struct gb_http_connection *connection, int64_t deadline_us)
{
    uint64_t received = bytes_received(connection->fd);
    unsigned served = atomic_load(&connection->served);
    if (served != connection->served_seen) {
        connection->served_seen = served;
        connection->received = received;
        return;
    }
    if (received == connection->received)
        return;
    int idle = GB_HTTP_IDLE;
    if (atomic_compare_exchange_strong(&connection->phase, &idle, GB_HTTP_READING))
        atomic_store(&connection->deadline_us, deadline_us);
}

static void cut(const struct gb_http_gate *gate, struct gb_http_connection *connection, int phase)
{
    if (!atomic_compare_exchange_strong(&connection->phase, &phase, GB_HTTP_CUT))
        return;
    if (phase == GB_HTTP_READING)
        (void)send(connection->fd, gate->slow.data, gate->slow.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(connection->fd, SHUT_RDWR);
}

static void sweep(struct gb_http_gate *gate, int64_t now_us)
{
    int64_t deadline_us = now_us + gate->server->options.request_timeout_ms * 1000;
    (void)pthread_mutex_lock(&gate->lock);
    for (struct gb_http_connection *at = gate->connections; at != NULL; at = at->next) {
        int phase = atomic_load(&at->phase);
        if (phase == GB_HTTP_HANDLING || phase == GB_HTTP_CUT)
            continue;
        if (atomic_load(&at->deadline_us) <= now_us)
            cut(gate, at, phase);
        else if (phase == GB_HTTP_IDLE)
            notice_first_byte(at, deadline_us);
    }
    (void)pthread_mutex_unlock(&gate->lock);
}

/* Waits for a connection, a wish or the next sweep. True when there may be connections to accept.
 */
static bool gate_wait(struct gb_http_gate *gate, int64_t until_us)
{
    struct pollfd polled[2] = {
        {.fd = gate->wake_fd, .events = POLLIN},
        {.fd = gate->listen_fd, .events = POLLIN}, /* poll passes over -1 */
    };
    int64_t left_us = until_us - gb_clock_mono_us();
    (void)poll(polled, 2, left_us <= 0 ? 0 : (int)(left_us / 1000) + 1);
    if ((polled[0].revents & POLLIN) != 0) {
        eventfd_t wishes = 0;
        (void)eventfd_read(gate->wake_fd, &wishes);
    }
    return (polled[1].revents & POLLIN) != 0;
}

static void *gate_run(void *context)
{
    struct gb_http_gate *gate = context;
    int64_t sweep_at_us = gb_clock_mono_us() + SWEEP_MS * 1000;
    while (!atomic_load(&gate->stopping)) {
        bool waiting = gate_wait(gate, sweep_at_us);
        if (atomic_load(&gate->refusing) && gate->listen_fd >= 0) {
            (void)close(gate->listen_fd);
            gate->listen_fd = -1;
        } else if (waiting) {
            accept_waiting(gate);
        }
        int64_t now_us = gb_clock_mono_us();
        if (now_us >= sweep_at_us) {
            sweep(gate, now_us);
            sweep_at_us = now_us + SWEEP_MS * 1000;
        }
    }
    return NULL;
}

void gb_http_gate_start(struct gb_http_gate *gate)
{
    GB_CHECK(pthread_create(&gate->thread, NULL, gate_run, gate) == 0);
    gate->running = true;
}

void gb_http_gate_refuse_new(struct gb_http_gate *gate)
{
    atomic_store(&gate->refusing, true);
    (void)eventfd_write(gate->wake_fd, 1);
}

void gb_http_gate_stop(struct gb_http_gate *gate)
{
    atomic_store(&gate->stopping, true);
    (void)eventfd_write(gate->wake_fd, 1);
    if (gate->running)
        (void)pthread_join(gate->thread, NULL);
    gate->running = false;
}

void gb_http_gate_done(struct gb_http_gate *gate)
{
    GB_CHECK(!gate->running && gate->connections == NULL);
    if (gate->listen_fd >= 0)
        (void)close(gate->listen_fd);
    (void)close(gate->wake_fd);
    gb_arena_free(gate->arena);
    (void)pthread_mutex_destroy(&gate->lock);
}

void gb_http_gate_enter(struct gb_http_gate *gate, struct gb_http_connection *connection)
{
    (void)pthread_mutex_lock(&gate->lock);
    connection->next = gate->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    gate->connections = connection;
    (void)pthread_mutex_unlock(&gate->lock);
}

void gb_http_gate_leave(struct gb_http_gate *gate, struct gb_http_connection *connection)
{
    (void)pthread_mutex_lock(&gate->lock);
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        gate->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    gate->count--;
    (void)pthread_mutex_unlock(&gate->lock);
}

void gb_http_gate_give_up(struct gb_http_gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    gate->count--;
    (void)pthread_mutex_unlock(&gate->lock);
}
