/* The health port: live, ready or not, metrics, nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hand.h"
#include "http/health.h"
#include "runtime/metrics.h"

static char text[64 * 1024];
static _Atomic bool is_ready;
static struct gb_health *health;
static uint16_t port;

static bool ready(void *context, char *ret_why, size_t size)
{
    assert_ptr_equal(context, &is_ready);
    if (!atomic_load(&is_ready))
        (void)snprintf(ret_why, size, "no \"database\"");
    return atomic_load(&is_ready);
}

static int set_up(void **state)
{
    (void)state;
    struct gb_err err;
    assert_int_equal(gb_health_open("127.0.0.1:0", ready, &is_ready, &health, &err), GB_OK);
    port = gb_health_port(health);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gb_health_close(health);
    return 0;
}

static int get(const char *path)
{
    char request[128];
    (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", path);
    return hand_ask(port, request, text, sizeof(text));
}

static void test_live_whatever_is_missing(void **state)
{
    (void)state;
    atomic_store(&is_ready, false);
    assert_int_equal(get("/livez"), 200);
    assert_non_null(strstr(text, "{\"status\":\"live\"}"));
}

static void test_ready_or_why_not(void **state)
{
    (void)state;
    atomic_store(&is_ready, false);
    assert_int_equal(get("/readyz"), 503);
    assert_non_null(strstr(text, "{\"status\":\"not ready\",\"detail\":\"no \\\"database\\\"\"}"));
    atomic_store(&is_ready, true);
    assert_int_equal(get("/readyz"), 200);
    assert_non_null(strstr(text, "{\"status\":\"ready\"}"));
}

static void test_metrics(void **state)
{
    (void)state;
    gb_metric_add(gb_metric_counter("geobill_test_total", NULL, "Test."), 7);
    assert_int_equal(get("/metrics"), 200);
    assert_non_null(strstr(text, "geobill_test_total 7\n"));
    assert_non_null(strstr(text, "text/plain; version=0.0.4"));
}

static void test_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(get("/"), 404);
    assert_int_equal(get("/livez/x"), 404);
    assert_int_equal(hand_ask(port, "POST /livez HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n",
                              text, sizeof(text)),
                     405);
    assert_non_null(strstr(text, "Allow: GET, HEAD\r\n"));
    int fd = hand_connect(port);
    hand_send(fd, "HEAD /livez HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(hand_read(fd, true, text, sizeof(text)), 200);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_whatever_is_missing),
        cmocka_unit_test(test_ready_or_why_not),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_nothing_else),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
