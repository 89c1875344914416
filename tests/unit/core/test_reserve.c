#include "desk.h"

#include <string.h>

/* The first message of that kind to that link; NULL: none. */
static const struct gb_effect_message *message_to(const struct desk *d, size_t link, bool is_reply)
{
    for (size_t i = 0; i < d->books.effects.messages_count; i++) {
        if (d->messages[i].link == link && d->messages[i].is_reply == is_reply)
            return &d->messages[i];
    }
    return NULL;
}

/* All zero, and a failed test, when there is none. */
static struct gb_ask ask_to(const struct desk *d, size_t link)
{
    const struct gb_effect_message *message = message_to(d, link, false);
    assert_non_null(message);
    return message == NULL ? (struct gb_ask){0} : message->ask;
}

static struct gb_reply reply_to(const struct desk *d, size_t link)
{
    const struct gb_effect_message *message = message_to(d, link, true);
    assert_non_null(message);
    return message == NULL ? (struct gb_reply){0} : message->reply;
}

static void few_are_asked_by_hint_and_all_when_in_doubt(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 10, 0);
    d.links[0][0].hint = 20;
    d.links[0][1].hint = 50;
    assert_true(gb_wish_due_us(&d.accounts[0]) == INT64_MAX);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 40, 1), GB_STATE_WAITING);
    gb_books_finish(&d.books);
    assert_null(message_to(&d, 0, false));
    assert_int_equal(ask_to(&d, 1).ask_target, 30);
    assert_int_equal(gb_wish_due_us(&d.accounts[0]), NOW_US + 200);
    gb_books_begin(&d.books);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 50, 2), GB_STATE_WAITING);
    gb_books_finish(&d.books); /* 80 are missing, 70 are promised */
    assert_int_equal(ask_to(&d, 0).ask_target, 30);
    assert_int_equal(ask_to(&d, 1).ask_target, 60);
}

static void a_reply_pays_and_withdraws(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 10, 0);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 40, 1), GB_STATE_WAITING);
    desk_next(&d);
    struct gb_reply reply = desk_reply(&d.links[0][0], 5, 30);
    assert_int_equal(gb_reply_hear(&d.books, 0, 0, &reply), GB_HEARD_APPLIED);
    gb_books_finish(&d.books);
    assert_int_equal(d.decisions[0].state, GB_STATE_PAID);
    assert_int_equal(d.accounts[0].share.balance, 0);
    assert_int_equal(ask_to(&d, 1).ask_target, 0); /* withdrawn */
    assert_null(message_to(&d, 0, false));
    gb_books_begin(&d.books);
    assert_int_equal(gb_reply_hear(&d.books, 0, 0, &reply), GB_HEARD_APPLIED); /* again */
    assert_int_equal(d.books.effects.entries_count, 0);
    reply.share.balance++;
    assert_int_equal(gb_reply_hear(&d.books, 0, 0, &reply), GB_HEARD_IMPOSSIBLE);
    reply.share.balance--;
    reply.ask_seq = 1; /* an older answer than known */
    assert_int_equal(gb_reply_hear(&d.books, 0, 0, &reply), GB_HEARD_APPLIED);
    assert_int_not_equal(d.links[0][0].answers[0].ask_seq, 1);
    reply.ask_seq = INT64_MAX; /* never asked: a database that went back */
    assert_int_equal(gb_reply_hear(&d.books, 0, 0, &reply), GB_HEARD_APPLIED);
    assert_true(d.links[0][0].answers[0].ask_seq != INT64_MAX);
}

static void what_does_not_fit_stays_in_flight(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, GB_BALANCE_MAX - 5, 0);
    struct gb_reply reply = desk_reply(&d.links[0][0], 0, 8);
    assert_int_equal(gb_reply_hear(&d.books, 0, 0, &reply), GB_HEARD_APPLIED);
    assert_int_equal(d.links[0][0].in_total, 5);
    assert_int_equal(d.links[0][0].granted_total, 8);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 10, 1), GB_STATE_PAID);
    assert_int_equal(d.links[0][0].in_total, 8);
    assert_true(d.accounts[0].share.balance == GB_BALANCE_MAX - 7);
}

static void asks_are_granted_up_to_their_target(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 100, 0);
    d.settings.prefetch_max = 0;
    struct gb_ask ask = desk_ask(5, 30, 10);
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_APPLIED);
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_APPLIED);
    assert_int_equal(d.links[0][0].out_total, 30);
    gb_books_finish(&d.books);
    assert_int_equal(d.books.effects.messages_count, 1);
    assert_int_equal(d.messages[0].reply.link_out_total, 30);
    assert_int_equal(d.messages[0].reply.ask_seq, 5);
    gb_books_begin(&d.books);
    ask = desk_ask(4, 60, 10);
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_OLD);
    ask = desk_ask(6, 60, 10);
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US - 501), GB_HEARD_STALE);
    ask.asker_in_total = 31;
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_IMPOSSIBLE);
    ask = desk_ask(7, 60, 10); /* dc2's ask on dc3's link */
    assert_int_equal(gb_ask_hear(&d.books, 0, 1, &ask, NOW_US), GB_HEARD_IMPOSSIBLE);
    assert_int_equal(d.links[0][0].out_total, 30);
    assert_int_equal(d.books.effects.entries_count, 0);
}

static void prefetch_is_half_of_what_remains(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 100, 0);
    struct gb_ask ask = desk_ask(5, 10, 10);
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_APPLIED);
    assert_int_equal(d.links[0][0].out_total, 55); /* 10, and half of 90 */
    ask = desk_ask(6, 56, 10);
    d.settings.prefetch_max = 5;
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_APPLIED);
    assert_int_equal(d.links[0][0].out_total, 61); /* 1, and no more than may be */
    ask = desk_ask(7, 100, 10);
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_APPLIED);
    assert_int_equal(d.links[0][0].out_total, 100); /* nothing remains */
}

static void credits_serve_open_asks(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 0, 0);
    struct gb_ask ask = desk_ask(5, 30, 10);
    assert_int_equal(gb_ask_hear(&d.books, 0, 0, &ask, NOW_US), GB_HEARD_APPLIED);
    desk_next(&d);
    assert_int_equal(gb_credit_payin(&d.books, 0, GB_STATE_ACCEPTED, 20, 1), GB_PAYIN_BOOKED);
    assert_int_equal(d.links[0][0].out_total, 20);
    gb_books_finish(&d.books);
    assert_int_equal(reply_to(&d, 0).round, 0); /* unsolicited */
    gb_books_begin(&d.books);
    d.books.now_us += 501;
    assert_int_equal(gb_credit_payin(&d.books, 0, GB_STATE_ACCEPTED, 20, 1), GB_PAYIN_BOOKED);
    assert_int_equal(d.links[0][0].out_total, 20);
}

static bool open_even(struct desk *d, size_t account, int64_t balance)
{
    const struct gb_opening opening = {balance, true, GB_NO_LINK, 7};
    return gb_ask_split_opening(&d->books, account, &opening);
}

static void opening_balances_are_split(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 0, 0);
    assert_true(open_even(&d, 0, 0));
    assert_int_equal(d.books.effects.entries_count, 0);
    assert_false(open_even(&d, 0, GB_BALANCE_MAX + 1));
    assert_true(open_even(&d, 0, 101));
    assert_int_equal(d.books.effects.entries_count, 3);
    assert_int_equal(d.books.effects.entries[0].entry.kind, GB_ENTRY_OPENING);
    assert_int_equal(d.books.effects.entries[0].operation, 7);
    assert_int_equal(d.accounts[0].share.balance, 35);
    assert_int_equal(d.links[0][0].out_total, 33);
    assert_int_equal(d.links[0][1].out_total, 33);
    assert_false(open_even(&d, 0, 1));
    assert_true(open_even(&d, 1, 2)); /* too little to split */
    assert_int_equal(d.accounts[1].share.balance, 2);
    gb_books_finish(&d.books);
    assert_int_equal(reply_to(&d, 0).round, 0); /* unsolicited */
}

static void opening_balances_go_home(void **state)
{
    (void)state;
    struct desk d;
    struct gb_opening opening = {101, false, GB_NO_LINK, GB_NO_OPERATION};
    desk_init(&d, 0, 0);
    assert_true(gb_ask_split_opening(&d.books, 0, &opening));
    assert_int_equal(d.accounts[0].share.balance, 101);
    opening.home = 1;
    assert_true(gb_ask_split_opening(&d.books, 1, &opening));
    assert_int_equal(d.accounts[1].share.balance, 0);
    assert_int_equal(d.links[1][0].out_total, 0);
    assert_int_equal(d.links[1][1].out_total, 101);
}

/* Both peers answer the last asks: so much each, nothing granted. */
static void answer_both(struct desk *d, int64_t balance, int64_t reserved)
{
    for (size_t i = 0; i < DESK_LINKS; i++) {
        struct gb_reply reply = desk_reply(&d->links[0][i], balance, 0);
        reply.reserved = reserved;
        assert_int_equal(gb_reply_hear(&d->books, 0, i, &reply), GB_HEARD_APPLIED);
    }
}

static void ask_again(struct desk *d)
{
    d->books.now_us += 2000;
    gb_wish_reask(&d->books, 0);
    gb_wish_reask(&d->books, 0); /* twice in one batch is once */
    desk_next(d);
}

static enum gb_reason reason_after(int64_t balance, int64_t reserved, bool silent)
{
    struct desk d;
    desk_init(&d, 1, 0);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 10, 1), GB_STATE_WAITING);
    d.waiters[0][0].deadline_us = 1000000;
    desk_next(&d);
    answer_both(&d, balance, reserved);
    desk_next(&d);
    ask_again(&d);
    if (!silent)
        answer_both(&d, balance, reserved);
    desk_next(&d);
    d.books.now_us = 1000000;
    gb_deadline_pass(&d.books, 0);
    assert_int_equal(d.books.effects.decisions_count, 1);
    assert_int_equal(d.decisions[0].refusal.peers[0].silent, silent);
    assert_int_equal(d.decisions[0].refusal.peers[0].rounds, 2);
    return d.decisions[0].refusal.reason;
}

static void refusals_have_their_reason(void **state)
{
    (void)state;
    assert_int_equal(reason_after(2, 0, false), GB_REASON_INSUFFICIENT_FUNDS);
    assert_int_equal(reason_after(2, 0, true), GB_REASON_FUNDS_UNREACHABLE);
    assert_int_equal(reason_after(20, 20, false), GB_REASON_FUNDS_HELD);
    assert_int_equal(reason_after(20, 0, false), GB_REASON_FUNDS_UNREACHABLE);
}

/* What was asked and came is told of one that was paid, too. */
static void a_paid_one_tells_who_was_asked(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 1, 0);
    d.links[0][0].hint = 20;
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 10, 1), GB_STATE_WAITING);
    desk_next(&d);
    int64_t asked_at_us = d.links[0][0].ask_seq;
    struct gb_reply reply = desk_reply(&d.links[0][0], 20, 9);
    assert_int_equal(gb_reply_hear(&d.books, 0, 0, &reply), GB_HEARD_APPLIED);
    assert_int_equal(d.books.effects.decisions_count, 1);
    const struct gb_refusal *known = &d.decisions[0].refusal;
    assert_int_equal(d.decisions[0].state, GB_STATE_PAID);
    assert_int_equal(known->reason, GB_REASON_NONE);
    assert_int_equal(known->peers[0].asked, 9);
    assert_int_equal(known->peers[0].came, 9);
    assert_int_equal(known->peers[0].asked_at_us, asked_at_us);
    assert_false(known->peers[0].silent);
    assert_int_equal(known->peers[1].rounds, 0); /* one sufficed */
    assert_int_equal(known->peers[1].asked_at_us, 0);
}

static void asks_are_sent_again_more_and_more_slowly(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 0, 0);
    d.books.jitter = 0;
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 10, 1), GB_STATE_WAITING);
    desk_next(&d);
    static const int64_t WAITS_US[] = {200, 400, 700, 700};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(d.links[0][0].reask_at_us - d.books.now_us, WAITS_US[i]);
        gb_wish_reask(&d.books, 0); /* not due */
        gb_books_finish(&d.books);
        assert_int_equal(d.books.effects.messages_count, 0);
        gb_books_begin(&d.books);
        d.books.now_us = d.links[0][0].reask_at_us;
        gb_wish_reask(&d.books, 0);
        gb_wish_reask(&d.books, 0);
        gb_books_finish(&d.books);
        assert_int_equal(d.books.effects.messages_count, 2);
        assert_int_equal(ask_to(&d, 0).round, (int)i + 2);
        gb_books_begin(&d.books);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_are_asked_by_hint_and_all_when_in_doubt),
        cmocka_unit_test(a_reply_pays_and_withdraws),
        cmocka_unit_test(what_does_not_fit_stays_in_flight),
        cmocka_unit_test(asks_are_granted_up_to_their_target),
        cmocka_unit_test(prefetch_is_half_of_what_remains),
        cmocka_unit_test(credits_serve_open_asks),
        cmocka_unit_test(opening_balances_are_split),
        cmocka_unit_test(opening_balances_go_home),
        cmocka_unit_test(refusals_have_their_reason),
        cmocka_unit_test(a_paid_one_tells_who_was_asked),
        cmocka_unit_test(asks_are_sent_again_more_and_more_slowly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
