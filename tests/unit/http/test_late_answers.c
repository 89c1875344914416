/* 1,024 connections whose answers all come later, from another thread and in another order, round
 * after round: nobody stalls. (One epoll thread of the library stalls from 128 connections on; its
 * pool does not.) */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "hand.h"
#include "http/server.h"
#include "runtime/clock.h"
#include "runtime/queue.h"

enum { CONNECTIONS = 1024, ROUNDS = 5, BATCH = 100, TEXT_SIZE = 4096, ALL_MS = 20000 };

static struct gb_queue *waiting;

static void handle(void *context, struct gb_http_request *request)
{
    (void)context;
    assert_true(gb_queue_push(waiting, request));
}

/* Answers whole batches, the youngest first. */
static void *answer_all(void *context)
{
    void *batch[BATCH];
    (void)context;
    for (;;) {
        size_t count = gb_queue_take(waiting, batch, BATCH, ALL_MS);
        if (count == 0)
            return NULL;
        for (size_t i = count; i > 0; i--) {
            const char *path = gb_http_path(batch[i - 1]);
            gb_http_respond(batch[i - 1], 200, NULL, 0, "text/plain",
                            (struct gb_bytes){.data = path, .size = strlen(path)});
        }
    }
}

static void ask(int fd, int connection, int round)
{
    char request[256];
    (void)snprintf(request, sizeof(request), "GET /%d/%d HTTP/1.1\r\nHost: t\r\n\r\n", connection,
                   round);
    hand_send(fd, request);
}

/* Reads whatever connection `i` has; true when its answer of this round is there and right. */
static void expect(int fd, int connection, int round)
{
    char text[TEXT_SIZE], path[64];
    (void)snprintf(path, sizeof(path), "\r\n\r\n/%d/%d", connection, round);
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    const char *body = strstr(text, "\r\n\r\n");
    assert_non_null(body);
    assert_string_equal(body, path);
}

static void test_nobody_stalls(void **state)
{
    (void)state;
    static int fds[CONNECTIONS];
    struct rlimit files = {.rlim_cur = 4096, .rlim_max = 4096};
    (void)setrlimit(RLIMIT_NOFILE, &files);
    waiting = gb_queue_new(CONNECTIONS);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_all, NULL), 0);
    struct gb_http_server_options options = {
        .listen = "127.0.0.1:0",
        .threads = 2,
        .connections_max = CONNECTIONS,
        .body_bytes_max = 1024,
        .request_timeout_ms = ALL_MS,
        .arena_bytes = 16 * 1024,
        .handle = handle,
    };
    struct gb_http_server *server;
    struct gb_err err;
    assert_int_equal(gb_http_server_open(&options, &server, &err), GB_OK);
    for (int i = 0; i < CONNECTIONS; i++)
        fds[i] = hand_connect(gb_http_server_port(server));
    int64_t start_us = gb_clock_mono_us();
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CONNECTIONS; i++)
            ask(fds[i], i, round);
        for (int i = 0; i < CONNECTIONS; i++)
            expect(fds[i], i, round);
    }
    assert_in_range(gb_clock_mono_us() - start_us, 0, ALL_MS * 1000);
    for (int i = 0; i < CONNECTIONS; i++)
        (void)close(fds[i]);
    gb_http_server_drain(server, 1000);
    gb_queue_close(waiting);
    (void)pthread_join(thread, NULL);
    gb_http_server_close(server);
    gb_queue_free(waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nobody_stalls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
