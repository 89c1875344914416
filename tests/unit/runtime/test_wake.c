#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/clock.h"
#include "runtime/wake.h"
#include "unit/runtime/cm.h"

static char folder[64], path[80], address[96];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/test_wake.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/wake", folder);
    (void)snprintf(address, sizeof(address), "unix:%s", path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static struct gb_wake_sender *open_sender(const char *at)
{
    struct gb_err err = {.message = ""};
    struct gb_wake_sender *sender;
    if (gb_wake_sender_open(at, &sender, &err) != GB_OK)
        fail_msg("%s", err.message);
    return sender;
}

static struct gb_wake_receiver *open_receiver(const char *at)
{
    struct gb_err err = {.message = ""};
    struct gb_wake_receiver *receiver;
    if (gb_wake_receiver_open(at, &receiver, &err) != GB_OK)
        fail_msg("%s", err.message);
    return receiver;
}

static void many_hints_are_one_waking(void **state)
{
    (void)state;
    struct gb_wake_receiver *receiver = open_receiver(address);
    struct gb_wake_sender *sender = open_sender(address);
    assert_int_equal(gb_wake_wait(receiver, 0), 0);
    for (int i = 0; i < 5; i++)
        gb_wake_send(sender, GB_WAKE_PAYINS);
    assert_int_equal(gb_wake_wait(receiver, 8000), GB_WAKE_PAYINS);
    assert_int_equal(gb_wake_wait(receiver, 0), 0);
    gb_wake_sender_close(sender);
    gb_wake_receiver_close(receiver);
}

static void hints_say_what_was_committed(void **state)
{
    (void)state;
    struct gb_wake_receiver *receiver = open_receiver(address);
    struct gb_wake_sender *sender = open_sender(address);
    gb_wake_send(sender, GB_WAKE_ENTRIES);
    gb_wake_send(sender, GB_WAKE_OUTBOX);
    assert_int_equal(gb_wake_wait(receiver, 8000), GB_WAKE_ENTRIES | GB_WAKE_OUTBOX);
    gb_wake_send(sender, 'w'); /* another version's: it may mean anything */
    assert_int_equal(gb_wake_wait(receiver, 8000), GB_WAKE_ALL);
    gb_wake_send(sender, 0);
    assert_int_equal(gb_wake_wait(receiver, 8000), GB_WAKE_ALL);
    gb_wake_sender_close(sender);
    gb_wake_receiver_close(receiver);
}

static void waits_no_longer_than_told(void **state)
{
    (void)state;
    struct gb_wake_receiver *receiver = open_receiver(address);
    int64_t start_us = gb_clock_mono_us();
    assert_int_equal(gb_wake_wait(receiver, 30), 0);
    assert_true(gb_clock_mono_us() - start_us >= 30000);
    assert_int_equal(gb_wake_wait(receiver, -1), 0);
    gb_wake_receiver_close(receiver);
}

static void *send_one(void *context)
{
    gb_wake_send(context, GB_WAKE_PAYINS);
    return NULL;
}

static void a_waiter_is_woken(void **state)
{
    (void)state;
    struct gb_wake_receiver *receiver = open_receiver(address);
    struct gb_wake_sender *sender = open_sender(address);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_one, sender), 0);
    assert_int_equal(gb_wake_wait(receiver, INT64_MAX), GB_WAKE_PAYINS);
    assert_int_equal(pthread_join(thread, NULL), 0);
    gb_wake_sender_close(sender);
    gb_wake_receiver_close(receiver);
}

static void nobody_there_and_full_do_not_block(void **state)
{
    (void)state;
    struct gb_wake_sender *sender = open_sender(address);
    gb_wake_send(sender, GB_WAKE_PAYINS);
    struct gb_wake_receiver *receiver = open_receiver(address);
    for (int i = 0; i < 100000; i++)
        gb_wake_send(sender, GB_WAKE_PAYINS);
    assert_int_equal(gb_wake_wait(receiver, 0), GB_WAKE_PAYINS);
    gb_wake_receiver_close(receiver);
    gb_wake_send(sender, GB_WAKE_PAYINS);
    gb_wake_sender_close(sender);
}

static void a_receiver_that_comes_again_is_found(void **state)
{
    (void)state;
    struct gb_wake_receiver *old = open_receiver(address);
    struct gb_wake_sender *sender = open_sender(address);
    struct gb_wake_receiver *fresh = open_receiver(address); /* the old file is still there */
    gb_wake_send(sender, GB_WAKE_PAYINS);
    assert_int_equal(gb_wake_wait(fresh, 8000), GB_WAKE_PAYINS);
    assert_int_equal(gb_wake_wait(old, 0), 0);
    gb_wake_sender_close(sender);
    gb_wake_receiver_close(old);
    gb_wake_receiver_close(fresh);
}

/* A UDP port that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    assert_int_equal(close(fd), 0);
    return ntohs(at.sin_port);
}

static void works_over_udp(void **state)
{
    (void)state;
    char udp[64];
    (void)snprintf(udp, sizeof(udp), "udp:127.0.0.1:%d", free_port());
    struct gb_wake_sender *sender = open_sender(udp);
    gb_wake_send(sender, GB_WAKE_PAYINS); /* refused by the port: the next one goes all the same */
    struct gb_wake_receiver *receiver = open_receiver(udp);
    for (int i = 0; i < 3; i++)
        gb_wake_send(sender, GB_WAKE_PAYINS);
    assert_int_equal(gb_wake_wait(receiver, 8000), GB_WAKE_PAYINS);
    struct gb_wake_receiver *second;
    struct gb_err err;
    assert_int_equal(gb_wake_receiver_open(udp, &second, &err), GB_RETRY);
    assert_null(second);
    assert_string_equal(err.code, "WAKE_BIND");
    gb_wake_sender_close(sender);
    gb_wake_receiver_close(receiver);
}

static void refuses_addresses(void **state)
{
    (void)state;
    char long_path[200] = "unix:/";
    memset(long_path + 6, 'x', 108);
    const char *const cases[] = {
        "",      "unix:",          "/tmp/wake",          long_path,        "udp:", "udp:127.0.0.1",
        "udp::", "udp:127.0.0.1:", "udp:127.0.0.1:http", "tcp:localhost:1"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gb_wake_sender *sender;
        struct gb_wake_receiver *receiver;
        struct gb_err err = {.message = ""};
        assert_int_equal(gb_wake_sender_open(cases[i], &sender, &err), GB_FATAL);
        assert_null(sender);
        assert_string_equal(err.code, "WAKE_ADDRESS");
        assert_int_equal(gb_wake_receiver_open(cases[i], &receiver, NULL), GB_FATAL);
        assert_null(receiver);
    }
    struct gb_wake_receiver *receiver;
    assert_int_equal(gb_wake_receiver_open("unix:/nowhere/wake", &receiver, NULL), GB_RETRY);
    gb_wake_sender_close(NULL);
    gb_wake_receiver_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_hints_are_one_waking, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(hints_say_what_was_committed, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(waits_no_longer_than_told, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_waiter_is_woken, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(nobody_there_and_full_do_not_block, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_receiver_that_comes_again_is_found, make_folder,
                                        remove_folder),
        cmocka_unit_test(works_over_udp),
        cmocka_unit_test(refuses_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
