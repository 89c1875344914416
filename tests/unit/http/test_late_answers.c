/* Many connections at once: nobody stalls. (The library's own event loop sleeps for ever when 128
 * of them have something in the same moment.) */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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

/* 1,024 connections whose answers all come later, from another thread and in another order, round
 * after round. */
static void test_late_answers(void **state)
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

static sem_t entered, go_on;

/* The first request holds the server's only thread until all others have come. */
static void handle_in_step(void *context, struct gb_http_request *request)
{
    _Atomic bool *first = context;
    if (atomic_exchange(first, false)) {
        (void)sem_post(&entered);
        (void)sem_wait(&go_on);
    }
    gb_http_respond(request, 200, NULL, 0, "text/plain",
                    (struct gb_bytes){.data = "ok", .size = 2});
}

static void ask_all_at_once(uint16_t port, size_t others, _Atomic bool *first)
{
    int held = hand_connect(port), fds[512];
    char text[TEXT_SIZE];
    assert_true(others <= sizeof(fds) / sizeof(fds[0]));
    for (size_t i = 0; i < others; i++) {
        fds[i] = hand_connect(port);
        ask(fds[i], 0, 0); /* the connection is known to the server's thread now */
        assert_int_equal(hand_read(fds[i], false, text, sizeof(text)), 200);
    }
    atomic_store(first, true);
    ask(held, 0, 0);
    (void)sem_wait(&entered);
    for (size_t i = 0; i < others; i++)
        ask(fds[i], (int)i, 1);
    (void)sem_post(&go_on);
    assert_int_equal(hand_read(held, false, text, sizeof(text)), 200);
    for (size_t i = 0; i < others; i++) {
        assert_int_equal(hand_read(fds[i], false, text, sizeof(text)), 200);
        (void)close(fds[i]);
    }
    (void)close(held);
}

/* As many as the library takes from epoll in one go, and multiples of that, are ready in the same
 * moment and nothing comes after them. */
static void test_all_at_once(void **state)
{
    (void)state;
    static _Atomic bool first;
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&go_on, 0, 0);
    struct gb_http_server_options options = {
        .listen = "127.0.0.1:0",
        .threads = 1,
        .connections_max = CONNECTIONS,
        .body_bytes_max = 1024,
        .request_timeout_ms = ALL_MS,
        .arena_bytes = 16 * 1024,
        .handle = handle_in_step,
        .context = &first,
    };
    struct gb_http_server *server;
    struct gb_err err;
    assert_int_equal(gb_http_server_open(&options, &server, &err), GB_OK);
    for (size_t others = 64; others <= 512; others *= 2)
        ask_all_at_once(gb_http_server_port(server), others, &first);
    gb_http_server_drain(server, 1000);
    gb_http_server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_late_answers),
                                       cmocka_unit_test(test_all_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
