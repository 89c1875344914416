/* The HTTP client against our server: answers, bounds, deadlines, and what it says when nobody
 * answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hand.h"
#include "http/client.h"
#include "runtime/clock.h"

enum { CALL_MS = 3000, BYTES_MAX = 64 * 1024 };

static struct gb_http_server *server;
static struct gb_http_client *client;
static struct gb_arena *arena;
static struct gb_err err;
static char base[64];
static const struct gb_bytes no_body = {.data = NULL, .size = 0};

static void handle(void *context, struct gb_http_request *request)
{
    (void)context;
    const char *path = gb_http_path(request);
    static char large[BYTES_MAX + 1];
    if (strcmp(path, "/large") == 0 || strcmp(path, "/almost") == 0) {
        memset(large, 'x', sizeof(large));
        size_t size = path[1] == 'l' ? BYTES_MAX + 1 : BYTES_MAX;
        gb_http_respond(request, 200, NULL, 0, "text/plain", (struct gb_bytes){large, size});
        return;
    }
    const char *agent = gb_http_header(request, "User-Agent"),
               *x = gb_http_header(request, "X-Test");
    struct gb_bytes body = gb_http_body(request);
    const char *text =
        gb_arena_printf(gb_http_arena(request), "%s %s %s %s %.*s", gb_http_method(request), path,
                        agent == NULL ? "-" : agent, x == NULL ? "-" : x, (int)body.size,
                        body.size == 0 ? "" : (const char *)body.data);
    struct gb_http_field fields[] = {
        {"Location", "/there"}, {"Idempotent-Replayed", "true"}, {"Retry-After", x ? x : "-"}};
    bool plain = strcmp(path, "/plain") == 0;
    gb_http_respond(request, plain ? 404 : 201, fields, plain ? 0 : 3, plain ? NULL : "text/plain",
                    (struct gb_bytes){text, strlen(text)});
}

static int set_up(void **state)
{
    (void)state;
    struct gb_http_server_options options = {
        .listen = "127.0.0.1:0",
        .threads = 1,
        .connections_max = 16,
        .body_bytes_max = 4096,
        .request_timeout_ms = 5000,
        .arena_bytes = 64 * 1024,
        .handle = handle,
    };
    assert_int_equal(gb_http_server_open(&options, &server, &err), GB_OK);
    (void)snprintf(base, sizeof(base), "http://127.0.0.1:%u",
                   (unsigned)gb_http_server_port(server));
    client = gb_http_client_new("geobill-test");
    arena = gb_arena_new(1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gb_http_client_free(client);
    gb_http_server_drain(server, 1000);
    gb_http_server_close(server);
    gb_arena_free(arena);
    return 0;
}

static enum gb_result call_it(const char *method, const char *path, struct gb_bytes body,
                              struct gb_http_answer *ret)
{
    const char *url = gb_arena_printf(arena, "%s%s", base, path);
    struct gb_http_field fields[] = {{"X-Test", "v"}};
    struct gb_http_call call = {method, url, fields, 1, body, CALL_MS, BYTES_MAX};
    return gb_http_call(client, &call, arena, ret, &err);
}

static void assert_body(const struct gb_http_answer *answer, const char *text)
{
    assert_int_equal(answer->body.size, strlen(text));
    assert_memory_equal(answer->body.data, text, answer->body.size);
}

static void test_calls(void **state)
{
    (void)state;
    struct gb_http_answer answer;
    struct gb_bytes body = {.data = "hello", .size = 5};
    assert_int_equal(call_it("POST", "/x", body, &answer), GB_OK);
    assert_int_equal(answer.status, 201);
    assert_body(&answer, "POST /x geobill-test v hello");
    assert_string_equal(answer.content_type, "text/plain");
    assert_string_equal(answer.location, "/there");
    assert_string_equal(answer.idempotent_replayed, "true");
    assert_int_equal(call_it("GET", "/plain", no_body, &answer), GB_OK);
    assert_int_equal(answer.status, 404);
    assert_body(&answer, "GET /plain geobill-test v ");
    assert_string_equal(answer.content_type, "");
    assert_null(answer.location);
    assert_null(answer.idempotent_replayed);
    assert_int_equal(answer.retry_after_s, 0);
    assert_int_equal(call_it("PATCH", "/x", body, &answer), GB_OK);
    assert_body(&answer, "PATCH /x geobill-test v hello");
    assert_int_equal(call_it("DELETE", "/x", no_body, &answer), GB_OK);
    assert_body(&answer, "DELETE /x geobill-test v ");
    assert_int_equal(call_it("HEAD", "/x", no_body, &answer), GB_OK);
    assert_int_equal(answer.body.size, 0);
    assert_int_equal(call_it("POST", "/x", (struct gb_bytes){"", 0}, &answer), GB_OK);
    assert_body(&answer, "POST /x geobill-test v ");
}

static void test_retry_after_is_seconds(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {{"7", 7},
                 {"0", 0},
                 {"60", 60},
                 {"61", 60},
                 {"99999999999999999999", 60},
                 {"-1", 0},
                 {"1.5", 0},
                 {"", 0},
                 {"Fri, 31 Dec 1999 23:59:59 GMT", 0},
                 {"70x", 0},
                 {"soon", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gb_http_answer answer;
        struct gb_http_field field = {"X-Test", cases[i].text};
        struct gb_http_call call = {.method = "GET",
                                    .url = gb_arena_printf(arena, "%s/x", base),
                                    .fields = &field,
                                    .fields_count = 1,
                                    .timeout_ms = CALL_MS,
                                    .bytes_max = BYTES_MAX};
        assert_int_equal(gb_http_call(client, &call, arena, &answer, &err), GB_OK);
        assert_int_equal(answer.retry_after_s, cases[i].seconds);
    }
}

static void test_answers_have_a_bound(void **state)
{
    (void)state;
    struct gb_http_answer answer;
    assert_int_equal(call_it("GET", "/almost", no_body, &answer), GB_OK);
    assert_int_equal(answer.body.size, BYTES_MAX);
    assert_int_equal(call_it("GET", "/large", no_body, &answer), GB_POISON);
    assert_string_equal(err.code, "ANSWER_TOO_LARGE");
    struct gb_arena *small = gb_arena_new(1024);
    struct gb_http_call call = {.method = "GET",
                                .url = gb_arena_printf(arena, "%s/almost", base),
                                .timeout_ms = CALL_MS,
                                .bytes_max = BYTES_MAX};
    enum gb_result result = gb_http_call(client, &call, small, &answer, &err);
    assert_int_equal(result, GB_POISON);
    gb_arena_free(small);
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct gb_http_answer answer;
    uint16_t port = 0;
    (void)close(hand_listen(&port)); /* free again, so nobody listens there */
    (void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", (unsigned)port);
    assert_int_equal(call_it("GET", "/", no_body, &answer), GB_RETRY);
    assert_string_equal(err.code, "HTTP_UNREACHABLE");
    assert_false(err.outcome_unknown);
}

static void test_silence_is_cut_at_the_deadline(void **state)
{
    (void)state;
    struct gb_http_answer answer;
    uint16_t port = 0;
    int fd = hand_listen(&port);
    const char *url = gb_arena_printf(arena, "http://127.0.0.1:%u/", (unsigned)port);
    int64_t start_us = gb_clock_mono_us();
    struct gb_http_call call = {
        .method = "POST", .url = url, .body = {"x", 1}, .timeout_ms = 200, .bytes_max = BYTES_MAX};
    assert_int_equal(gb_http_call(client, &call, arena, &answer, &err), GB_RETRY);
    assert_in_range((gb_clock_mono_us() - start_us) / 1000, 150, 1500);
    assert_string_equal(err.code, "HTTP_TIMEOUT");
    assert_true(err.outcome_unknown);
    (void)close(fd);
}

static void test_bad_urls(void **state)
{
    (void)state;
    struct gb_http_answer answer;
    const char *urls[] = {"file:///etc/passwd", "http://", "gopher://127.0.0.1/"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct gb_http_call call = {
            .method = "GET", .url = urls[i], .timeout_ms = CALL_MS, .bytes_max = BYTES_MAX};
        assert_int_equal(gb_http_call(client, &call, arena, &answer, &err), GB_POISON);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_retry_after_is_seconds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answers_have_a_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_silence_is_cut_at_the_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_urls, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
