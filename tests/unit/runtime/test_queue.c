#include <pthread.h>
#include <stdatomic.h>

#include "runtime/clock.h"
#include "runtime/queue.h"
#include "unit/runtime/cm.h"

static void first_in_first_out_around_the_ring(void **state)
{
    (void)state;
    int numbers[100];
    void *items[3];
    struct gb_queue *queue = gb_queue_new(3);
    for (int i = 0; i < 98; i += 2) {
        assert_true(gb_queue_push(queue, &numbers[i]));
        assert_true(gb_queue_push(queue, &numbers[i + 1]));
        assert_int_equal(gb_queue_length(queue), 2);
        assert_int_equal(gb_queue_take(queue, items, 3, 0), 2);
        assert_ptr_equal(items[0], &numbers[i]);
        assert_ptr_equal(items[1], &numbers[i + 1]);
    }
    gb_queue_free(queue);
    gb_queue_free(NULL);
}

static void full_refuses_and_goes_on_after_a_take(void **state)
{
    (void)state;
    int number;
    void *items[2];
    struct gb_queue *queue = gb_queue_new(2);
    assert_true(gb_queue_push(queue, &number));
    assert_true(gb_queue_push(queue, NULL));
    assert_false(gb_queue_push(queue, &number));
    assert_int_equal(gb_queue_take(queue, items, 1, 0), 1);
    assert_ptr_equal(items[0], &number);
    assert_true(gb_queue_push(queue, &number));
    assert_int_equal(gb_queue_take(queue, items, 2, 0), 2);
    assert_null(items[0]);
    gb_queue_free(queue);
}

static void many_go_in_together_or_not_at_all(void **state)
{
    (void)state;
    int numbers[4];
    void *items[4], *three[] = {&numbers[0], &numbers[1], &numbers[2]};
    struct gb_queue *queue = gb_queue_new(4);
    assert_true(gb_queue_push(queue, &numbers[3]));
    assert_int_equal(gb_queue_take(queue, items, 1, 0), 1);
    assert_true(gb_queue_push_all(queue, three, 3));
    assert_false(gb_queue_push_all(queue, three, 2));
    assert_true(gb_queue_push_all(queue, three, 1));
    assert_int_equal(gb_queue_take(queue, items, 4, 0), 4);
    for (int i = 0; i < 4; i++)
        assert_ptr_equal(items[i], &numbers[i % 3]);
    gb_queue_close(queue);
    assert_false(gb_queue_push_all(queue, three, 1));
    gb_queue_free(queue);
}

static void waits_no_longer_than_told(void **state)
{
    (void)state;
    void *item;
    struct gb_queue *queue = gb_queue_new(1);
    int64_t start_us = gb_clock_mono_us();
    assert_int_equal(gb_queue_take(queue, &item, 1, 30), 0);
    assert_true(gb_clock_mono_us() - start_us >= 30000);
    assert_int_equal(gb_queue_take(queue, &item, 1, 0), 0);
    assert_int_equal(gb_queue_take(queue, &item, 1, -1), 0);
    gb_queue_free(queue);
}

static void closed_gives_what_is_left_then_nothing(void **state)
{
    (void)state;
    int number;
    void *item;
    struct gb_queue *queue = gb_queue_new(2);
    assert_true(gb_queue_push(queue, &number));
    gb_queue_close(queue);
    assert_false(gb_queue_push(queue, &number));
    assert_int_equal(gb_queue_take(queue, &item, 1, 60000), 1);
    assert_ptr_equal(item, &number);
    assert_int_equal(gb_queue_take(queue, &item, 1, 60000), 0);
    gb_queue_free(queue);
}

static void *take_one(void *context)
{
    void *item = NULL;
    return gb_queue_take(context, &item, 1, 60000) == 1 ? item : NULL;
}

/* Every waiting taker gets its item, also when both are pushed before either wakes. */
static void each_push_reaches_a_waiter(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        int numbers[2];
        pthread_t takers[2];
        void *got[2];
        struct gb_queue *queue = gb_queue_new(4);
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&takers[i], NULL, take_one, queue), 0);
        for (int i = 0; i < 2; i++)
            assert_true(gb_queue_push(queue, &numbers[i]));
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_join(takers[i], &got[i]), 0);
        assert_true((got[0] == &numbers[0] && got[1] == &numbers[1]) ||
                    (got[0] == &numbers[1] && got[1] == &numbers[0]));
        gb_queue_free(queue);
    }
}

static void closing_wakes_all_waiters(void **state)
{
    (void)state;
    pthread_t takers[3];
    struct gb_queue *queue = gb_queue_new(1);
    int64_t start_us = gb_clock_mono_us();
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&takers[i], NULL, take_one, queue), 0);
    gb_queue_close(queue);
    for (int i = 0; i < 3; i++) {
        void *got = queue;
        assert_int_equal(pthread_join(takers[i], &got), 0);
        assert_null(got);
    }
    assert_true(gb_clock_mono_us() - start_us < 30000000);
    gb_queue_free(queue);
}

enum { PUSHERS = 3, TAKERS = 3, PER_PUSHER = 20000 };

struct crowd {
    struct gb_queue *queue;
    _Atomic int next_pusher;
    _Atomic int seen[PUSHERS * PER_PUSHER];
};

static void *push_many(void *context)
{
    struct crowd *crowd = context;
    int pusher = atomic_fetch_add(&crowd->next_pusher, 1);
    for (int i = 0; i < PER_PUSHER; i++)
        while (!gb_queue_push(crowd->queue, &crowd->seen[pusher * PER_PUSHER + i]))
            (void)sched_yield();
    return NULL;
}

static void *take_many(void *context)
{
    struct crowd *crowd = context;
    void *items[7];
    for (size_t taken; (taken = gb_queue_take(crowd->queue, items, 7, 60000)) > 0;)
        for (size_t i = 0; i < taken; i++)
            (void)atomic_fetch_add((_Atomic int *)items[i], 1);
    return NULL;
}

static void a_crowd_loses_and_doubles_nothing(void **state)
{
    (void)state;
    static struct crowd crowd;
    pthread_t pushers[PUSHERS], takers[TAKERS];
    crowd.queue = gb_queue_new(16);
    for (int i = 0; i < TAKERS; i++)
        assert_int_equal(pthread_create(&takers[i], NULL, take_many, &crowd), 0);
    for (int i = 0; i < PUSHERS; i++)
        assert_int_equal(pthread_create(&pushers[i], NULL, push_many, &crowd), 0);
    for (int i = 0; i < PUSHERS; i++)
        assert_int_equal(pthread_join(pushers[i], NULL), 0);
    gb_queue_close(crowd.queue);
    for (int i = 0; i < TAKERS; i++)
        assert_int_equal(pthread_join(takers[i], NULL), 0);
    for (int i = 0; i < PUSHERS * PER_PUSHER; i++)
        assert_int_equal(crowd.seen[i], 1);
    gb_queue_free(crowd.queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out_around_the_ring),
        cmocka_unit_test(full_refuses_and_goes_on_after_a_take),
        cmocka_unit_test(many_go_in_together_or_not_at_all),
        cmocka_unit_test(waits_no_longer_than_told),
        cmocka_unit_test(closed_gives_what_is_left_then_nothing),
        cmocka_unit_test(each_push_reaches_a_waiter),
        cmocka_unit_test(closing_wakes_all_waiters),
        cmocka_unit_test(a_crowd_loses_and_doubles_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
