#include "client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "runtime/clock.h"
#include "runtime/result.h"

enum { EVENTS_MAX = 256, RETRY_US = 100 * 1000, BODY_CHUNK = 16 * 1024 };

static void idle_push(struct load_connection *connection)
{
    struct load_server *server = connection->server;
    connection->next_idle = NULL;
    if (server->idle_last == NULL)
        server->idle_first = connection;
    else
        server->idle_last->next_idle = connection;
    server->idle_last = connection;
}

static void idle_remove(struct load_connection *connection)
{
    struct load_server *server = connection->server;
    struct load_connection *before = NULL;
    for (struct load_connection *at = server->idle_first; at != NULL; at = at->next_idle) {
        if (at == connection) {
            if (before == NULL)
                server->idle_first = at->next_idle;
            else
                before->next_idle = at->next_idle;
            if (server->idle_last == at)
                server->idle_last = before;
            return;
        }
        before = at;
    }
}

struct load_connection *load_client_take(struct load_server *server)
{
    struct load_connection *connection = server->idle_first;
    if (connection == NULL)
        return NULL;
    server->idle_first = connection->next_idle;
    if (server->idle_first == NULL)
        server->idle_last = NULL;
    return connection;
}

static void watch(const struct load_client *client, struct load_connection *connection, int how,
                  uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    GB_CHECK(epoll_ctl(client->epoll, how, connection->fd, &event) == 0);
}

/* Forgets the socket; it is tried again a moment later. */
static void drop(struct load_connection *connection)
{
    if (!connection->busy && !connection->connecting)
        idle_remove(connection);
    (void)close(connection->fd);
    connection->fd = -1;
    connection->connecting = false;
    connection->retry_at_us = gb_clock_mono_us() + RETRY_US;
}

static void begin_connect(struct load_client *client, struct load_connection *connection)
{
    int on = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    GB_CHECK(connection->fd >= 0);
    GB_CHECK(setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
    const struct sockaddr_in *address = &connection->server->address;
    connection->connecting = true;
    watch(client, connection, EPOLL_CTL_ADD, EPOLLOUT);
    if (connect(connection->fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
        errno != EINPROGRESS)
        drop(connection);
}

static void end_connect(struct load_client *client, struct load_connection *connection)
{
    int error = 0;
    socklen_t size = sizeof(error);
    GB_CHECK(getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
    if (error != 0) {
        client->lost++;
        drop(connection);
        return;
    }
    connection->connecting = false;
    watch(client, connection, EPOLL_CTL_MOD, EPOLLIN);
    idle_push(connection);
}

/* The request is over, with or without an answer. */
static void finish(struct load_connection *connection, load_answered *answered, void *context)
{
    answered(context, connection);
    connection->busy = false;
    if (connection->fd < 0)
        return;
    idle_push(connection);
    if (connection->closing)
        drop(connection);
}

static void lose(struct load_client *client, struct load_connection *connection,
                 load_answered *answered, void *context)
{
    bool busy = connection->busy;
    client->lost++;
    drop(connection);
    connection->status = 0;
    if (busy)
        finish(connection, answered, context);
}

/* False: the connection broke. */
static bool write_some(struct load_client *client, struct load_connection *connection)
{
    while (connection->out_done < connection->out_size) {
        ssize_t sent = send(connection->fd, connection->out + connection->out_done,
                            connection->out_size - connection->out_done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            connection->writing = true;
            watch(client, connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return true;
        }
        if (sent <= 0)
            return false;
        connection->out_done += (size_t)sent;
    }
    if (connection->writing)
        watch(client, connection, EPOLL_CTL_MOD, EPOLLIN);
    connection->writing = false;
    return true;
}

void load_client_send(struct load_client *client, struct load_connection *connection)
{
    GB_CHECK(connection->out_size > 0 && connection->out_size <= LOAD_REQUEST_SIZE);
    connection->busy = true;
    connection->out_done = 0;
    connection->head_size = connection->in_size = 0;
    connection->closing = connection->writing = false;
    /* What breaks here is found by epoll as well, and told from there. */
    (void)write_some(client, connection);
}

/* Reads what is there. 1: the answer is complete, 0: not yet, -1: the connection broke. */
static int read_some(struct load_connection *connection)
{
    static char body[BODY_CHUNK]; /* read and forgotten */
    bool in_head = connection->head_size == 0;
    ssize_t got = in_head ? recv(connection->fd, connection->in + connection->in_size,
                                 LOAD_HEAD_SIZE - connection->in_size, 0)
                          : recv(connection->fd, body, sizeof(body), 0);
    if (got < 0 && errno == EAGAIN)
        return 0;
    if (got <= 0 || !connection->busy)
        return -1;
    if (!in_head) {
        connection->body_left -= got;
    } else {
        connection->in_size += (size_t)got;
        if (!load_answer_parse(connection))
            return -1;
        if (connection->head_size == 0)
            return connection->in_size < LOAD_HEAD_SIZE ? 0 : -1;
    }
    if (connection->body_left < 0)
        return -1;
    return connection->body_left == 0 ? 1 : 0;
}

static bool handle(struct load_client *client, const struct epoll_event *event,
                   load_answered *answered, void *context)
{
    struct load_connection *connection = event->data.ptr;
    if (connection->connecting) {
        end_connect(client, connection);
        return false;
    }
    if ((event->events & EPOLLOUT) != 0 && !write_some(client, connection)) {
        lose(client, connection, answered, context);
        return true;
    }
    if ((event->events & ~(uint32_t)EPOLLOUT) == 0)
        return false;
    int complete = read_some(connection);
    if (complete < 0)
        lose(client, connection, answered, context);
    else if (complete > 0)
        finish(connection, answered, context);
    return complete != 0;
}

static void try_again(struct load_client *client, int64_t now_us)
{
    if (now_us < client->looked_after_at_us + RETRY_US)
        return;
    client->looked_after_at_us = now_us;
    for (size_t i = 0; i < client->connections_count; i++) {
        struct load_connection *connection = &client->connections[i];
        if (connection->fd < 0 && now_us >= connection->retry_at_us)
            begin_connect(client, connection);
    }
}

size_t load_client_wait(struct load_client *client, int64_t until_us, load_answered *answered,
                        void *context)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t now_us = gb_clock_mono_us();
    int64_t wait_us = until_us > now_us ? until_us - now_us : 0;
    try_again(client, now_us);
    if (wait_us > RETRY_US)
        wait_us = RETRY_US;
    struct timespec timeout = {.tv_nsec = wait_us * 1000};
    int count = epoll_pwait2(client->epoll, events, EVENTS_MAX, &timeout, NULL);
    GB_CHECK(count >= 0 || errno == EINTR);
    size_t answers = 0;
    for (int i = 0; i < count; i++)
        answers += handle(client, &events[i], answered, context);
    return answers;
}

static void nobody(void *context, struct load_connection *connection)
{
    (void)context, (void)connection;
    GB_CHECK(false); /* no request is on its way yet */
}

static size_t standing(const struct load_client *client)
{
    size_t count = 0;
    for (size_t i = 0; i < client->connections_count; i++)
        count += client->connections[i].fd >= 0 && !client->connections[i].connecting;
    return count;
}

bool load_client_open(struct load_client *client, struct load_server *servers, size_t servers_count,
                      size_t connections, int64_t timeout_ms)
{
    *client = (struct load_client){.connections_count = connections};
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    client->connections = calloc(connections, sizeof(*client->connections));
    GB_CHECK(client->epoll >= 0 && client->connections != NULL);
    int64_t until_us = gb_clock_mono_us() + timeout_ms * 1000;
    for (size_t i = 0; i < connections; i++) {
        client->connections[i].server = &servers[i % servers_count];
        begin_connect(client, &client->connections[i]);
        (void)load_client_wait(client, 0, nobody,
                               NULL); /* a full queue of the listener is no fun */
    }
    while (standing(client) < connections && gb_clock_mono_us() < until_us)
        (void)load_client_wait(client, until_us, nobody, NULL);
    client->lost = 0;
    if (standing(client) == connections)
        return true;
    fprintf(stderr, "geobill-load: %zu of %zu connections stand after %lld ms\n", standing(client),
            connections, (long long)timeout_ms);
    return false;
}

void load_client_close(struct load_client *client)
{
    for (size_t i = 0; i < client->connections_count; i++)
        if (client->connections[i].fd >= 0)
            (void)close(client->connections[i].fd);
    free(client->connections);
    (void)close(client->epoll);
}
