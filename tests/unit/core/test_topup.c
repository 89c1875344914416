#include "desk.h"

/* dc1 has `balance`; dc2 and dc3 are believed to have these. */
static void init(struct desk *d, int64_t balance, int64_t at_dc2, int64_t at_dc3)
{
    desk_init(d, balance, 0);
    d->settings.low_water = 8;
    d->links[0][0].hint = at_dc2;
    d->links[0][1].hint = at_dc3;
}

static size_t pay(struct desk *d, int64_t amount)
{
    assert_int_equal(desk_spend(d, GB_OPERATION_PAYOUT, amount, 1), GB_STATE_PAID);
    gb_books_finish(&d->books);
    return d->books.effects.messages_count;
}

static void the_richest_is_asked_for_the_least(void **state)
{
    (void)state;
    struct desk d;
    init(&d, 90, 400, 500);
    assert_int_equal(pay(&d, 10), 0); /* 80 are 8 times 10 */
    gb_books_begin(&d.books);
    assert_int_equal(pay(&d, 10), 1);
    const struct gb_ask *ask = &d.messages[0].ask;
    assert_int_equal(d.messages[0].link, 1);
    assert_int_equal(ask->ask_target, 1);
    assert_int_equal(ask->round, 1);
    assert_true(ask->priority.clock_us == GB_CLOCK_LAST);
    assert_int_equal(d.links[0][1].ask_round, 0);
    gb_books_begin(&d.books); /* it is open: not again, and not withdrawn */
    assert_int_equal(pay(&d, 10), 0);
    struct gb_reply reply = desk_reply(&d.links[0][1], 249, 251);
    gb_books_begin(&d.books);
    assert_int_equal(gb_reply_hear(&d.books, 0, 1, &reply), GB_HEARD_APPLIED);
    gb_books_finish(&d.books);
    assert_int_equal(d.books.effects.messages_count, 0);
    assert_int_equal(d.links[0][1].ask_state, GB_ASK_IDLE);
    assert_int_equal(d.accounts[0].share.balance, 60 + 251);
}

static void none_goes_out_for_nothing(void **state)
{
    (void)state;
    struct desk d;
    init(&d, 80, 279, 280); /* not more than four times what is left */
    assert_int_equal(pay(&d, 10), 0);
    init(&d, 80, 400, 0);
    d.settings.low_water = 0;
    assert_int_equal(pay(&d, 10), 0);
    init(&d, 80, 400, 0);
    d.settings.prefetch_max = 0;
    assert_int_equal(pay(&d, 10), 0);
    init(&d, 80, 400, 0);
    d.accounts[0].share.status = GB_STATUS_CLOSING;
    assert_int_equal(pay(&d, 10), 0);
    init(&d, 80, 159, 0); /* half of it is less than what was spent */
    assert_int_equal(pay(&d, 80), 0);
    init(&d, 0, 400, 0); /* nothing was spent */
    gb_books_finish(&d.books);
    assert_int_equal(d.books.effects.messages_count, 0);
}

static void what_is_not_answered_is_given_up(void **state)
{
    (void)state;
    struct desk d;
    init(&d, 80, 400, 0);
    assert_int_equal(pay(&d, 10), 1);
    gb_books_begin(&d.books);
    d.books.now_us = d.links[0][0].reask_at_us;
    assert_int_equal(pay(&d, 10), 1);
    assert_int_equal(d.messages[0].ask.ask_target, 0); /* withdrawn */
    assert_int_equal(d.links[0][0].ask_state, GB_ASK_IDLE);
    gb_books_begin(&d.books); /* within the wait for an answer */
    assert_int_equal(pay(&d, 10), 0);
    gb_books_begin(&d.books); /* over, but the peer is silent */
    d.books.now_us = d.links[0][0].reask_at_us;
    assert_int_equal(pay(&d, 10), 0);
    gb_books_begin(&d.books);
    d.books.now_us = d.links[0][0].reask_at_us + d.settings.reask_backoff_us_max;
    assert_int_equal(pay(&d, 10), 1);
    assert_int_equal(d.messages[0].ask.ask_target, 1);
    gb_books_begin(&d.books); /* nor is it sent again when its time comes */
    d.books.now_us = d.links[0][0].reask_at_us;
    gb_wish_reask(&d.books, 0);
    gb_books_finish(&d.books);
    assert_int_equal(d.messages[0].ask.ask_target, 0);
}

static void one_with_nothing_to_give_is_left_alone(void **state)
{
    (void)state;
    struct desk d;
    init(&d, 80, 400, 0);
    assert_int_equal(pay(&d, 10), 1);
    struct gb_reply reply = desk_reply(&d.links[0][0], 0, 0);
    gb_books_begin(&d.books);
    assert_int_equal(gb_reply_hear(&d.books, 0, 0, &reply), GB_HEARD_APPLIED);
    gb_books_finish(&d.books);
    assert_int_equal(d.messages[0].ask.ask_target, 0);
    assert_int_equal(d.links[0][0].ask_state, GB_ASK_IDLE);
}

static void it_becomes_an_ask_of_who_waits(void **state)
{
    (void)state;
    struct desk d;
    init(&d, 80, 400, 0);
    assert_int_equal(pay(&d, 10), 1);
    gb_books_begin(&d.books);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 71, 2), GB_STATE_WAITING);
    gb_books_finish(&d.books);
    assert_int_equal(d.books.effects.messages_count, 1);
    assert_int_equal(d.messages[0].ask.ask_target, 1); /* the same, and yet sent again */
    assert_true(d.messages[0].ask.priority.clock_us == d.waiters[0][0].clock_us);
    assert_int_equal(d.links[0][0].ask_round, 1);
}

/* The granter's part: who waits there comes first, and half is given once. */
static void it_takes_nothing_that_is_needed(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 101, 0);
    struct gb_ask ask = desk_ask(5, 1, 10);
    ask.priority.clock_us = GB_CLOCK_LAST;
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_APPLIED);
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_APPLIED);
    assert_int_equal(d.links[0][0].out_total, 51);
    desk_next(&d);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 60, 1), GB_STATE_WAITING);
    ask = desk_ask(6, 52, 10);
    ask.priority.clock_us = GB_CLOCK_LAST;
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_APPLIED);
    assert_int_equal(d.links[0][0].out_total, 51);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_richest_is_asked_for_the_least),
        cmocka_unit_test(none_goes_out_for_nothing),
        cmocka_unit_test(what_is_not_answered_is_given_up),
        cmocka_unit_test(one_with_nothing_to_give_is_left_alone),
        cmocka_unit_test(it_becomes_an_ask_of_who_waits),
        cmocka_unit_test(it_takes_nothing_that_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
