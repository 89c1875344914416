#include "hand.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/clock.h"

int hand_listen(uint16_t *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

int hand_connect(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

void hand_send(int fd, const char *text)
{
    size_t size = strlen(text);
    assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
}

static bool readable(int fd, int64_t until_us)
{
    int64_t left_us = until_us - gb_clock_mono_us();
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    return left_us > 0 && poll(&polled, 1, (int)(left_us / 1000) + 1) > 0;
}

static size_t body_size(const char *text)
{
    const char *length = strcasestr(text, "\r\nContent-Length:");
    return length == NULL ? 0 : strtoul(length + 17, NULL, 10);
}

int hand_read(int fd, bool head_only, char *text, size_t size)
{
    int64_t until_us = gb_clock_mono_us() + HAND_WAIT_MS * 1000;
    size_t used = 0;
    text[0] = '\0';
    for (;;) {
        const char *end = strstr(text, "\r\n\r\n");
        if (end != NULL) {
            size_t head = (size_t)(end - text) + 4;
            if (head_only || used >= head + body_size(text))
                return (int)strtol(text + 9, NULL, 10);
        }
        assert_true(used + 1 < size);
        /* Byte by byte up to the end of the head, so that the next answer stays in the socket. */
        size_t want = end == NULL ? 1 : (size_t)(end - text) + 4 + body_size(text) - used;
        if (want > size - used - 1)
            want = size - used - 1;
        assert_true(readable(fd, until_us));
        ssize_t got = recv(fd, text + used, want, 0);
        if (got <= 0)
            return 0;
        used += (size_t)got;
        text[used] = '\0';
    }
}

int hand_ask(uint16_t port, const char *request, char *text, size_t size)
{
    int fd = hand_connect(port);
    hand_send(fd, request);
    int status = hand_read(fd, false, text, size);
    (void)close(fd);
    return status;
}

bool hand_closed(int fd, int wait_ms)
{
    int64_t until_us = gb_clock_mono_us() + (int64_t)wait_ms * 1000;
    char heard[256];
    while (readable(fd, until_us))
        if (recv(fd, heard, sizeof(heard), 0) <= 0)
            return true;
    return false;
}
