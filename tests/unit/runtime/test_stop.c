#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/clock.h"
#include "runtime/stop.h"
#include "unit/runtime/child.h"
#include "unit/runtime/cm.h"

static struct child child;

static int stop_by_signal(void *context)
{
    gb_stop_init();
    if (gb_stop_asked() || gb_stop_wait(0))
        return 1;
    (void)kill(getpid(), *(const int *)context);
    if (!gb_stop_wait(8000) || !gb_stop_asked())
        return 2;
    (void)kill(getpid(), *(const int *)context); /* once more changes nothing */
    return gb_stop_wait(0) ? 0 : 3;
}

static void signals_ask(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        int number = signals[i];
        child_run(&child, stop_by_signal, &number);
        assert_int_equal(child.signal, 0);
        assert_int_equal(child.code, 0);
    }
}

static void *wait_long(void *context)
{
    bool *asked = context;
    *asked = gb_stop_wait(8000);
    return NULL;
}

static int stop_from_inside(void *context)
{
    (void)context;
    pthread_t waiters[3];
    bool asked[3] = {false};
    gb_stop_init();
    for (int i = 0; i < 3; i++)
        if (pthread_create(&waiters[i], NULL, wait_long, &asked[i]) != 0)
            return 1;
    if (gb_stop_wait(50)) /* all three wait by then, or the test proves less */
        return 3;
    gb_stop_ask();
    for (int i = 0; i < 3; i++)
        if (pthread_join(waiters[i], NULL) != 0 || !asked[i])
            return 2;
    return 0;
}

static void all_waiters_are_woken(void **state)
{
    (void)state;
    child_run(&child, stop_from_inside, NULL);
    assert_int_equal(child.code, 0);
}

static int time_out(void *context)
{
    int64_t start_us = gb_clock_mono_us();
    if (*(const int *)context != 0)
        gb_stop_init();
    if (gb_stop_wait(40) || gb_clock_mono_us() - start_us < 40000)
        return 1;
    return gb_stop_wait(-1) ? 2 : 0;
}

static void waits_no_longer_than_told(void **state)
{
    (void)state;
    for (int with_init = 0; with_init < 2; with_init++) {
        child_run(&child, time_out, &with_init);
        assert_int_equal(child.code, 0);
    }
}

static int write_into_a_closed_pipe(void *context)
{
    int ends[2];
    (void)context;
    gb_stop_init();
    if (pipe(ends) != 0 || close(ends[0]) != 0)
        return 1;
    return write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
}

static void a_closed_pipe_is_no_signal(void **state)
{
    (void)state;
    child_run(&child, write_into_a_closed_pipe, NULL);
    assert_int_equal(child.signal, 0);
    assert_int_equal(child.code, 0);
}

/* Binds `address`, sets $NOTIFY_SOCKET to `name`, and checks that the state arrives. */
static void assert_notified(const struct sockaddr_un *address, socklen_t size, const char *name)
{
    char text[64] = "";
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)address, size), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    gb_service_notify("READY=1");
    assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), 7);
    assert_string_equal(text, "READY=1");
    assert_int_equal(close(fd), 0);
}

static void tells_the_supervisor(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_stop.XXXXXX", path[64], name[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/notify", folder);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_notified(&address, sizeof(address), path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);

    struct sockaddr_un hidden = {.sun_family = AF_UNIX};
    (void)snprintf(name, sizeof(name), "@geobill-test-%d", (int)getpid());
    (void)snprintf(hidden.sun_path + 1, sizeof(hidden.sun_path) - 1, "%s", name + 1);
    assert_notified(&hidden, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)),
                    name);
}

static void tells_nobody_where_nobody_is(void **state)
{
    (void)state;
    char long_path[300];
    memset(long_path, '/', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    const char *const names[] = {"", "/", "relative/path", "/nowhere/notify", long_path};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
        gb_service_notify("READY=1");
    }
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    gb_service_notify("READY=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_ask),
        cmocka_unit_test(all_waiters_are_woken),
        cmocka_unit_test(waits_no_longer_than_told),
        cmocka_unit_test(a_closed_pipe_is_no_signal),
        cmocka_unit_test(tells_the_supervisor),
        cmocka_unit_test(tells_nobody_where_nobody_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
