#include "runtime/wake.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/clock.h"

/* Hints swallowed in one wait at most: a flood must not keep the waiter from its work. */
enum { SWALLOW_MAX = 4096 };

struct endpoint {
    int fd;
    struct sockaddr_storage address;
    socklen_t address_size;
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /* "" for UDP */
};

struct gb_wake_sender {
    struct endpoint to;
};

struct gb_wake_receiver {
    struct endpoint at;
};

static enum gb_result resolve_unix(const char *path, struct endpoint *endpoint, struct gb_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof(address.sun_path))
        return gb_err_set(err, GB_FATAL, "WAKE_ADDRESS", "unix:%.120s: path of 1 to %zu bytes",
                          path, sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, size + 1);
    memcpy(endpoint->path, path, size + 1);
    memcpy(&endpoint->address, &address, sizeof(address));
    endpoint->address_size = (socklen_t)sizeof(address);
    return GB_OK;
}

/* "host:port", "[::1]:port". A name that does not resolve now may do so later. */
static enum gb_result resolve_udp(const char *text, struct endpoint *endpoint, struct gb_err *err)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    size_t size = colon == NULL ? 0 : (size_t)(colon - text);
    bool bracketed = size > 2 && text[0] == '[' && text[size - 1] == ']';
    if (size == 0 || size >= sizeof(host) || colon[1] == '\0')
        return gb_err_set(err, GB_FATAL, "WAKE_ADDRESS", "udp:%.120s: not udp:host:port", text);
    size_t trim = bracketed ? 1 : 0;
    memcpy(host, text + trim, size - 2 * trim);
    host[size - 2 * trim] = '\0';
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;
    int error = getaddrinfo(host, colon + 1, &hints, &found);
    if (error != 0)
        return gb_err_set(err, error == EAI_AGAIN ? GB_RETRY : GB_FATAL, "WAKE_ADDRESS",
                          "udp:%.120s: %s", text, gai_strerror(error));
    memcpy(&endpoint->address, found->ai_addr, found->ai_addrlen);
    endpoint->address_size = found->ai_addrlen;
    freeaddrinfo(found);
    return GB_OK;
}

static enum gb_result endpoint_open(const char *address, struct endpoint *ret, struct gb_err *err)
{
    *ret = (struct endpoint){.fd = -1};
    enum gb_result result;
    if (strncmp(address, "unix:", 5) == 0)
        result = resolve_unix(address + 5, ret, err);
    else if (strncmp(address, "udp:", 4) == 0)
        result = resolve_udp(address + 4, ret, err);
    else
        return gb_err_set(err, GB_FATAL, "WAKE_ADDRESS",
                          "%.120s: neither unix:/path nor udp:host:port", address);
    if (result != GB_OK)
        return result;
    ret->fd = socket(ret->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (ret->fd < 0)
        return gb_err_set(err, GB_RETRY, "WAKE_SOCKET", "%s: %s", address, strerror(errno));
    return GB_OK;
}

enum gb_result gb_wake_sender_open(const char *address, struct gb_wake_sender **ret,
                                   struct gb_err *err)
{
    struct gb_wake_sender *sender = malloc(sizeof(*sender));
    GB_CHECK(sender != NULL);
    enum gb_result result = endpoint_open(address, &sender->to, err);
    if (result != GB_OK) {
        free(sender);
        sender = NULL;
    }
    *ret = sender;
    return result;
}

void gb_wake_sender_close(struct gb_wake_sender *sender)
{
    if (sender == NULL)
        return;
    (void)close(sender->to.fd);
    free(sender);
}

void gb_wake_send(struct gb_wake_sender *sender, unsigned what)
{
    const uint8_t byte = (uint8_t)what;
    /* The address each time, not once by connect(2): the receiver may come later, and come again.
     */
    (void)sendto(sender->to.fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL,
                 (const struct sockaddr *)&sender->to.address, sender->to.address_size);
}

enum gb_result gb_wake_receiver_open(const char *address, struct gb_wake_receiver **ret,
                                     struct gb_err *err)
{
    *ret = NULL;
    struct gb_wake_receiver *receiver = malloc(sizeof(*receiver));
    GB_CHECK(receiver != NULL);
    enum gb_result result = endpoint_open(address, &receiver->at, err);
    if (result != GB_OK) {
        free(receiver);
        return result;
    }
    if (receiver->at.path[0] != '\0')
        (void)unlink(receiver->at.path);
    if (bind(receiver->at.fd, (const struct sockaddr *)&receiver->at.address,
             receiver->at.address_size) != 0) {
        result = gb_err_set(err, GB_RETRY, "WAKE_BIND", "%s: %s", address, strerror(errno));
        (void)close(receiver->at.fd);
        free(receiver);
        return result;
    }
    *ret = receiver;
    return GB_OK;
}

void gb_wake_receiver_close(struct gb_wake_receiver *receiver)
{
    if (receiver == NULL)
        return;
    (void)close(receiver->at.fd);
    free(receiver);
}

/* Waits for something to read until the deadline. */
static bool wait_readable(int fd, int64_t deadline_us)
{
    for (;;) {
        int64_t left_us = deadline_us - gb_clock_mono_us();
        int64_t left_ms = left_us <= 0 ? 0 : (left_us + 999) / 1000;
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        int ready = poll(&poller, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
        if (ready > 0)
            return true;
        if (ready == 0 && gb_clock_mono_us() >= deadline_us)
            return false;
        GB_CHECK(ready == 0 || errno == EINTR);
    }
}

/* Whoever says nothing that we know (another version) may mean anything. */
static unsigned said(ssize_t size, uint8_t byte)
{
    return size == 0 || byte == 0 || byte > GB_WAKE_ALL ? GB_WAKE_ALL : byte;
}

unsigned gb_wake_wait(struct gb_wake_receiver *receiver, int64_t timeout_ms)
{
    int64_t deadline_us;
    timeout_ms = timeout_ms < 0 ? 0 : timeout_ms;
    if (__builtin_mul_overflow(timeout_ms, 1000, &deadline_us) ||
        __builtin_add_overflow(deadline_us, gb_clock_mono_us(), &deadline_us))
        deadline_us = INT64_MAX;
    if (!wait_readable(receiver->at.fd, deadline_us))
        return 0;
    unsigned what = 0;
    for (int swallowed = 0; swallowed < SWALLOW_MAX; swallowed++) {
        uint8_t byte = 0;
        ssize_t size = recv(receiver->at.fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0)
            break;
        what |= said(size, byte);
    }
    return what;
}
