/* The HTTP server against a bare socket: what is answered, what is cut, what never reaches the
 * handler. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "hand.h"
#include "http/server.h"
#include "runtime/clock.h"

enum { TEXT_SIZE = 64 * 1024, BODY_MAX = 1000, TIMEOUT_MS = 400, CONNECTIONS_MAX = 8 };
enum { LONG_MAX_BYTES = 4000 };

static struct gb_http_server *server;
static uint16_t port;
static char text[TEXT_SIZE];
static _Atomic int handled;

/* One request may be kept for an answer from the test's own thread. */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t kept_there = PTHREAD_COND_INITIALIZER;
static struct gb_http_request *kept;

static void keep(struct gb_http_request *request)
{
    (void)pthread_mutex_lock(&kept_lock);
    kept = request;
    (void)pthread_cond_signal(&kept_there);
    (void)pthread_mutex_unlock(&kept_lock);
}

static struct gb_http_request *take_kept(void)
{
    (void)pthread_mutex_lock(&kept_lock);
    while (kept == NULL)
        (void)pthread_cond_wait(&kept_there, &kept_lock);
    struct gb_http_request *request = kept;
    kept = NULL;
    (void)pthread_mutex_unlock(&kept_lock);
    return request;
}

static struct gb_bytes bytes(const char *of)
{
    return (struct gb_bytes){.data = of, .size = strlen(of)};
}

static void count_parameter(void *context, const char *name, const char *value)
{
    size_t *used = context;
    (void)name, (void)value;
    (*used)++;
}

/* Answers with everything that was understood of the request. */
static void mirror(struct gb_http_request *request)
{
    struct gb_bytes body = gb_http_body(request);
    const char *a = gb_http_query(request, "a"), *header = gb_http_header(request, "x-test");
    size_t parameters = 0;
    gb_http_query_each(request, count_parameter, &parameters);
    const char *answer = gb_arena_printf(
        gb_http_arena(request), "%s %s a=%s x=%s n=%zu body=%.*s", gb_http_method(request),
        gb_http_path(request), a == NULL ? "none" : a, header == NULL ? "none" : header, parameters,
        (int)body.size, body.size == 0 ? "" : (const char *)body.data);
    assert_non_null(answer);
    struct gb_http_field fields[] = {{"X-One", "1"}, {"X-Broken", "a\r\nX-Injected: b"}};
    gb_http_respond(request, 200, fields, 2, "text/plain", bytes(answer));
}

static void handle(void *context, struct gb_http_request *request)
{
    (void)context;
    atomic_fetch_add(&handled, 1);
    if (strcmp(gb_http_path(request), "/late") == 0)
        keep(request);
    else
        mirror(request);
}

static bool takes_long(const char *method, const char *path)
{
    return strcmp(method, "POST") == 0 &&
           (strcmp(path, "/late") == 0 || strcmp(path, "/long") == 0);
}

static int set_up(void **state)
{
    (void)state;
    struct gb_http_server_options options = {
        .listen = "127.0.0.1:0",
        .threads = 2,
        .connections_max = CONNECTIONS_MAX,
        .body_bytes_max = BODY_MAX,
        .takes_long = takes_long,
        .long_bytes_max = LONG_MAX_BYTES,
        .long_bodies_max = 1,
        .request_timeout_ms = TIMEOUT_MS,
        .arena_bytes = 64 * 1024,
        .handle = handle,
    };
    struct gb_err err;
    assert_int_equal(gb_http_server_open(&options, &server, &err), GB_OK);
    port = gb_http_server_port(server);
    atomic_store(&handled, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gb_http_server_drain(server, 1000);
    gb_http_server_close(server);
    return 0;
}

static void test_answers_with_what_was_asked(void **state)
{
    (void)state;
    int status = hand_ask(port,
                          "POST /p%20q/%C3%A4%00%zz?a=1%2b2&b&c=%26 HTTP/1.1\r\nHost: t\r\n"
                          "X-TEST: v\r\nContent-Length: 5\r\n\r\nhello",
                          text, sizeof(text));
    assert_int_equal(status, 200);
    assert_non_null(strstr(text, "POST /p q/\xc3\xa4%00%zz a=1+2 x=v n=3 body=hello"));
    assert_non_null(strstr(text, "X-One: 1\r\n"));
    assert_non_null(strstr(text, "Content-Type: text/plain\r\n"));
    assert_null(strstr(text, "Injected"));
}

static void test_keeps_the_connection(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    for (int i = 0; i < 100; i++) {
        hand_send(fd, "GET /again HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    }
    hand_send(fd, "GET /last HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    assert_true(hand_closed(fd, HAND_WAIT_MS));
    (void)close(fd);
}

static void test_two_requests_in_one_packet(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd, "GET /one HTTP/1.1\r\nHost: t\r\n\r\nGET /two HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    assert_non_null(strstr(text, "GET /one"));
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    assert_non_null(strstr(text, "GET /two"));
    (void)close(fd);
}

static void test_answer_from_another_thread(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd, "POST /late HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi");
    struct gb_http_request *request = take_kept();
    assert_int_equal(gb_http_body(request).size, 2);
    gb_http_respond(request, 202, NULL, 0, "text/plain", bytes("later"));
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 202);
    assert_non_null(strstr(text, "\r\n\r\nlater"));
    (void)close(fd);
}

static int post(const char *method, const char *path, size_t size)
{
    char request[LONG_MAX_BYTES + 200];
    int fd = hand_connect(port);
    int head =
        snprintf(request, sizeof(request),
                 "%s %s HTTP/1.1\r\nHost: t\r\nContent-Length: %zu\r\n\r\n", method, path, size);
    assert_true(head > 0 && (size_t)head + size < sizeof(request));
    memset(request + head, 'x', size);
    request[(size_t)head + size] = '\0';
    hand_send(fd, request);
    return fd;
}

static int read_and_close(int fd)
{
    int status = hand_read(fd, false, text, sizeof(text));
    (void)close(fd);
    return status;
}

/* Some paths take longer bodies, but few at a time: who has none of the places is told to come
 * again, and the usual bodies are not touched by it. */
static void test_long_bodies_are_few(void **state)
{
    (void)state;
    int first = post("POST", "/late", LONG_MAX_BYTES);
    struct gb_http_request *request = take_kept();
    assert_int_equal(gb_http_body(request).size, LONG_MAX_BYTES);
    assert_int_equal(read_and_close(post("POST", "/late", BODY_MAX + 1)), 503);
    assert_non_null(strstr(text, "\"OVERLOADED\""));
    assert_non_null(strstr(text, "Retry-After: 1\r\n"));
    int usual = post("POST", "/late", BODY_MAX);
    struct gb_http_request *other = take_kept();
    gb_http_respond(other, 200, NULL, 0, NULL, bytes(""));
    assert_int_equal(read_and_close(usual), 200);
    assert_int_equal(read_and_close(post("PUT", "/late", BODY_MAX + 1)), 413);
    gb_http_respond(request, 202, NULL, 0, NULL, bytes(""));
    assert_int_equal(read_and_close(first), 202);
    int status = 503; /* until the server knows that its answer is out */
    for (int i = 0; i < 1000 && status == 503; i++)
        status = read_and_close(post("POST", "/long", LONG_MAX_BYTES));
    assert_int_equal(status, 200);
}

static void test_handler_has_no_deadline(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd, "GET /late HTTP/1.1\r\nHost: t\r\n\r\n");
    struct gb_http_request *request = take_kept();
    assert_false(hand_closed(fd, TIMEOUT_MS + 300));
    gb_http_respond(request, 200, NULL, 0, NULL, bytes(""));
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    (void)close(fd);
}

static void test_client_gone_before_the_answer(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd, "GET /late HTTP/1.1\r\nHost: t\r\n\r\n");
    struct gb_http_request *request = take_kept();
    (void)close(fd);
    gb_http_respond(request, 200, NULL, 0, "text/plain", bytes("nobody"));
    assert_int_equal(hand_ask(port, "GET / HTTP/1.1\r\nHost: t\r\n\r\n", text, sizeof(text)), 200);
}

static void test_head_has_no_body(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd, "HEAD /x HTTP/1.1\r\nHost: t\r\n\r\nGET /y HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(hand_read(fd, true, text, sizeof(text)), 200);
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    assert_non_null(strstr(text, "GET /y"));
    (void)close(fd);
}

static void test_continue_is_sent(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd,
              "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(hand_read(fd, true, text, sizeof(text)), 100);
    hand_send(fd, "abc");
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    assert_non_null(strstr(text, "body=abc"));
    (void)close(fd);
}

/* A POST of `declared` bytes. */
static void send_post(int fd, size_t declared, bool expect)
{
    char head[256];
    (void)snprintf(head, sizeof(head),
                   "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: %zu\r\n%s\r\n", declared,
                   expect ? "Expect: 100-continue\r\n" : "");
    hand_send(fd, head);
}

static void send_bytes(int fd, size_t size)
{
    char *many = malloc(size + 1);
    assert_non_null(many);
    memset(many, 'b', size);
    many[size] = '\0';
    hand_send(fd, many);
    free(many);
}

static void test_body_at_the_bound(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    send_post(fd, BODY_MAX, false);
    send_bytes(fd, BODY_MAX);
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    (void)close(fd);
}

static void test_body_above_the_bound(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    send_post(fd, BODY_MAX + 1, false);
    send_bytes(fd, BODY_MAX + 1);
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 413);
    assert_non_null(strstr(text, "\"code\":\"BODY_TOO_LARGE\""));
    assert_non_null(strstr(text, "application/problem+json"));
    assert_int_equal(atomic_load(&handled), 0);
    hand_send(fd, "GET /y HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    (void)close(fd);
}

static void test_body_far_above_the_bound_is_not_read(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    send_post(fd, 2000000000, false);
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 413);
    assert_true(hand_closed(fd, HAND_WAIT_MS));
    (void)close(fd);
    fd = hand_connect(port);
    send_post(fd, BODY_MAX + 1, true);
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 413);
    (void)close(fd);
    assert_int_equal(atomic_load(&handled), 0);
}

static void test_chunked_body(void **state)
{
    (void)state;
    int status = hand_ask(port,
                          "POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                          text, sizeof(text));
    assert_int_equal(status, 200);
    assert_non_null(strstr(text, "body=abcde"));
    int fd = hand_connect(port);
    hand_send(fd, "POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        hand_send(fd, "fa\r\n");
        send_bytes(fd, 0xfa);
        hand_send(fd, "\r\n");
    }
    hand_send(fd, "0\r\n\r\n");
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 413);
    (void)close(fd);
    assert_int_equal(atomic_load(&handled), 1);
}

static void test_headers_have_a_bound(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd, "GET /x HTTP/1.1\r\nHost: t\r\nX-Long: ");
    send_bytes(fd, 40000); /* no more: the connection may be closed by now */
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 431);
    (void)close(fd);
    assert_int_equal(atomic_load(&handled), 0);
}

static void test_not_http(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd, "\x16\x03\x01 nonsense\r\n\r\n");
    assert_in_range(hand_read(fd, false, text, sizeof(text)), 0, 505);
    (void)close(fd);
    assert_int_equal(hand_ask(port, "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 4x\r\n\r\nabcd",
                              text, sizeof(text)),
                     400);
    assert_int_equal(atomic_load(&handled), 0);
}

static void test_truncated_body_is_never_handled(void **state)
{
    (void)state;
    enum { CUTS = 5 };
    int fds[CUTS];
    for (size_t i = 0; i < CUTS; i++) {
        fds[i] = hand_connect(port);
        send_post(fds[i], 5, false);
        if (i > 0)
            send_bytes(fds[i], i);
        (void)shutdown(fds[i], SHUT_WR);
    }
    for (size_t i = 0; i < CUTS; i++) {
        assert_true(hand_closed(fds[i], HAND_WAIT_MS)); /* the server is through with it */
        (void)close(fds[i]);
    }
    assert_int_equal(atomic_load(&handled), 0);
}

static void test_slow_request_is_cut(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    static const char slow[] = "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n";
    int64_t start_us = gb_clock_mono_us();
    size_t sent = 0;
    bool closed = false;
    /* A byte every 50 ms is activity enough for an idle time-out, but the request is never
     * complete. */
    while (!closed && gb_clock_mono_us() - start_us < HAND_WAIT_MS * 1000) {
        char one[2] = {sent < sizeof(slow) - 1 ? slow[sent] : 'b', '\0'};
        hand_send(fd, one);
        sent++;
        closed = hand_closed(fd, 50);
    }
    int64_t took_ms = (gb_clock_mono_us() - start_us) / 1000;
    assert_true(closed);
    assert_in_range(took_ms, TIMEOUT_MS - 100, TIMEOUT_MS + 1500);
    (void)close(fd);
    assert_int_equal(atomic_load(&handled), 0);
}

static void test_slow_second_request_is_cut_with_408(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd, "GET /y HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    hand_send(fd, "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab");
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 408);
    assert_non_null(strstr(text, "\"code\":\"REQUEST_TIMEOUT\""));
    assert_true(hand_closed(fd, HAND_WAIT_MS));
    (void)close(fd);
    assert_int_equal(atomic_load(&handled), 1);
}

static void test_idle_connection_is_closed(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    assert_false(hand_closed(fd, TIMEOUT_MS / 2));
    assert_true(hand_closed(fd, HAND_WAIT_MS));
    (void)close(fd);
}

static void test_connections_have_a_bound(void **state)
{
    (void)state;
    int held[CONNECTIONS_MAX];
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        held[i] = hand_connect(port);
        hand_send(held[i], "GET /y HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_int_equal(hand_read(held[i], false, text, sizeof(text)), 200);
    }
    int fd = hand_connect(port);
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 503);
    assert_non_null(strstr(text, "TOO_MANY_CONNECTIONS"));
    assert_non_null(strstr(text, "\"retryable\":true}"));
    assert_true(hand_closed(fd, HAND_WAIT_MS));
    (void)close(fd);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        (void)close(held[i]);
    int64_t until_us = gb_clock_mono_us() + HAND_WAIT_MS * 1000;
    int status = 503;
    while (status != 200 && gb_clock_mono_us() < until_us)
        status = hand_ask(port, "GET /y HTTP/1.1\r\nHost: t\r\n\r\n", text, sizeof(text));
    assert_int_equal(status, 200);
}

static void *answer_late(void *context)
{
    struct gb_http_request *request = context;
    struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};
    (void)nanosleep(&pause, NULL);
    gb_http_respond(request, 200, NULL, 0, "text/plain", bytes("done"));
    return NULL;
}

static void test_drain_waits_for_the_answer(void **state)
{
    (void)state;
    int fd = hand_connect(port);
    hand_send(fd, "GET /late HTTP/1.1\r\nHost: t\r\n\r\n");
    struct gb_http_request *request = take_kept();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_late, request), 0);
    int64_t start_us = gb_clock_mono_us();
    gb_http_server_drain(server, HAND_WAIT_MS);
    assert_in_range((gb_clock_mono_us() - start_us) / 1000, 100, 2000);
    assert_int_equal(hand_read(fd, false, text, sizeof(text)), 200);
    assert_non_null(strcasestr(text, "Connection: close"));
    (void)pthread_join(thread, NULL);
    (void)close(fd);
}

static void test_address_in_use_and_nonsense(void **state)
{
    (void)state;
    char taken[64];
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%u", (unsigned)port);
    const char *bad[] = {taken, "127.0.0.1", ":80", "127.0.0.1:", "999.1.1.1:80", ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gb_http_server_options options = {
            .listen = bad[i], .threads = 1, .connections_max = 1, .handle = handle};
        struct gb_http_server *second = NULL;
        struct gb_err err;
        assert_int_equal(gb_http_server_open(&options, &second, &err), GB_FATAL);
        assert_null(second);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_answers_with_what_was_asked),
        CASE(test_keeps_the_connection),
        CASE(test_two_requests_in_one_packet),
        CASE(test_answer_from_another_thread),
        CASE(test_long_bodies_are_few),
        CASE(test_handler_has_no_deadline),
        CASE(test_client_gone_before_the_answer),
        CASE(test_head_has_no_body),
        CASE(test_continue_is_sent),
        CASE(test_body_at_the_bound),
        CASE(test_body_above_the_bound),
        CASE(test_body_far_above_the_bound_is_not_read),
        CASE(test_chunked_body),
        CASE(test_headers_have_a_bound),
        CASE(test_not_http),
        CASE(test_truncated_body_is_never_handled),
        CASE(test_slow_request_is_cut),
        CASE(test_slow_second_request_is_cut_with_408),
        CASE(test_idle_connection_is_closed),
        CASE(test_connections_have_a_bound),
        CASE(test_drain_waits_for_the_answer),
        CASE(test_address_in_use_and_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
