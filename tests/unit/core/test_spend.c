#include "desk.h"

#include <string.h>

static void refusals_change_nothing(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 10, 10);
    struct gb_spend transfer = {
        .kind = GB_OPERATION_TRANSFER, .amount = 3, .deadline_us = 5000, .payee = 0};
    assert_int_equal(gb_spend(&d.books, 0, &transfer, &d.refusal), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_PAYEE_IS_PAYER);
    d.accounts[1].currency = (struct gb_currency){"USD"};
    assert_int_equal(desk_spend(&d, GB_OPERATION_TRANSFER, 3, 1), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_CURRENCY_MISMATCH);
    d.accounts[1].currency = (struct gb_currency){"EUR"};
    d.accounts[1].share.status = GB_STATUS_CLOSING;
    assert_int_equal(desk_spend(&d, GB_OPERATION_TRANSFER, 3, 1), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_PAYEE_ACCOUNT_CLOSED);
    d.accounts[0].share.status = GB_STATUS_BLOCKED;
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 3, 1), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_ACCOUNT_BLOCKED);
    assert_int_equal(desk_spend(&d, GB_OPERATION_TRANSFER, 3, 1), GB_STATE_REFUSED);
    assert_int_equal(d.accounts[0].share.balance, 10);
    assert_int_equal(d.books.effects.entries_count, 0);
}

static void caps_are_refused(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 10, GB_BALANCE_MAX);
    assert_int_equal(desk_spend(&d, GB_OPERATION_TRANSFER, 3, 1), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_LIMIT_REACHED);
    struct gb_share *share = &d.accounts[0].share;
    share->debits_total = GB_TOTAL_MAX;
    share->in_total = d.links[0][0].in_total = GB_TOTAL_MAX;
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 3, 1), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_LIMIT_REACHED);
    struct gb_hold hold = {GB_HOLD_OPEN, 2, 0, INT64_MAX, 0};
    share->held = 2;
    assert_int_equal(gb_hold_capture(&d.books, 0, &hold, 1, 2), GB_REASON_LIMIT_REACHED);
    assert_int_equal(hold.state, GB_HOLD_OPEN);
    assert_int_equal(d.books.effects.entries_count, 0);
}

static void charges_take_the_known_price(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 10, 0);
    struct gb_spend spend = {
        .kind = GB_OPERATION_CHARGE, .deadline_us = 5000, .payee = GB_NO_ACCOUNT};
    struct gb_price price = {.amount = 4, .currency = {"EUR"}};
    assert_int_equal(gb_spend_charge(&d.books, 0, &spend, &price, &d.refusal), GB_STATE_PAID);
    assert_int_equal(d.accounts[0].share.balance, 6);
    assert_int_equal(d.entries[0].entry.kind, GB_ENTRY_CHARGE);
    price.retired = true;
    assert_int_equal(gb_spend_charge(&d.books, 0, &spend, &price, &d.refusal), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_SERVICE_RETIRED);
    price = (struct gb_price){.amount = 4, .currency = {"USD"}};
    assert_int_equal(gb_spend_charge(&d.books, 0, &spend, &price, &d.refusal), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_CURRENCY_MISMATCH);
}

static void a_deadline_of_now_does_not_wait(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 10, 0);
    struct gb_spend spend = {
        .kind = GB_OPERATION_PAYOUT, .amount = 11, .deadline_us = NOW_US, .payee = GB_NO_ACCOUNT};
    d.links[0][0].hint = 4;
    d.links[0][1].hint = 5;
    assert_int_equal(gb_spend(&d.books, 0, &spend, &d.refusal), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_FUNDS_UNREACHABLE);
    /* Nobody was asked. */
    assert_true(!d.refusal.peers[0].silent && d.refusal.peers[0].asked_at_us == 0);
    assert_int_equal(d.refusal.total, 10 + 4 + 5);
    assert_int_equal(d.refusal.most, 1);
    assert_int_equal(d.refusal.available, 10);
    d.links[0][0].hint = 6;
    assert_int_equal(gb_spend(&d.books, 0, &spend, &d.refusal), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.most, 0);
    const struct gb_share copy = {
        .balance = 30, .held = 20, .version = 3, .credits_total = 50, .debits_total = 20};
    gb_link_learn(&d.links[0][0], &copy, 0, NOW_US);
    assert_int_equal(gb_spend(&d.books, 0, &spend, &d.refusal), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.peers[0].known, 10);
    assert_int_equal(d.refusal.total, 10 + 30 + 5);
}

static void the_queue_has_a_bound(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 0, 0);
    for (size_t i = 0; i < DESK_WAITERS; i++)
        assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 5, i), GB_STATE_WAITING);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 5, 9), GB_STATE_REFUSED);
    assert_int_equal(d.refusal.reason, GB_REASON_WAITING_LIMIT);
    for (size_t i = 0; i < DESK_WAITERS; i++)
        d.waiters[0][i].amount = GB_TOTAL_MAX / 2 + 1; /* far more than can be: the sum has a cap */
    assert_true(gb_spend_waiting(&d.books, 0, NULL) == GB_TOTAL_MAX);
}

static void waiters_are_paid_in_age_order_skipping_what_does_not_fit(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 0, 0);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 9, 1), GB_STATE_WAITING);
    assert_int_equal(desk_spend(&d, GB_OPERATION_HOLD, 3, 2), GB_STATE_WAITING);
    assert_int_equal(desk_spend(&d, GB_OPERATION_CHARGE, 2, 3), GB_STATE_WAITING);
    assert_int_equal(gb_credit_payin(&d.books, 0, GB_STATE_ACCEPTED, 4, 4), GB_PAYIN_BOOKED);
    assert_int_equal(d.books.effects.decisions_count, 1);
    assert_int_equal(d.decisions[0].waiter.operation, 2);
    assert_int_equal(d.decisions[0].state, GB_STATE_HELD);
    assert_int_equal(gb_credit_payin(&d.books, 0, GB_STATE_BOOKED, 4, 4), GB_PAYIN_DECIDED);
    assert_int_equal(gb_credit_payin(&d.books, 0, GB_STATE_ACCEPTED, INT64_MAX, 5),
                     GB_PAYIN_OVERDUE);
    assert_int_equal(d.accounts[0].waiters_count, 2);
}

static void transfers_wait_for_their_payee(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 0, 0);
    assert_int_equal(desk_spend(&d, GB_OPERATION_TRANSFER, 3, 1), GB_STATE_WAITING);
    desk_next(&d);
    d.books.accounts_count = 1; /* only the payer is locked */
    assert_int_equal(gb_credit_payin(&d.books, 0, GB_STATE_ACCEPTED, 5, 2), GB_PAYIN_BOOKED);
    assert_true(d.accounts[0].needs_payee);
    assert_int_equal(d.accounts[0].waiters_count, 1);
    desk_next(&d);
    d.books.accounts_count = 2;
    d.accounts[1].share.status = GB_STATUS_CLOSED;
    gb_books_retry(&d.books, 0);
    assert_int_equal(d.accounts[0].waiters_count, 1);
    d.accounts[1].share.status = GB_STATUS_OPEN;
    gb_books_retry(&d.books, 0);
    assert_int_equal(d.accounts[0].waiters_count, 0);
    assert_int_equal(d.accounts[0].share.balance, 2);
    assert_int_equal(d.accounts[1].share.balance, 3);
}

/* The money came, and the payee cannot take it. */
static void a_deadline_names_what_the_payee_has_against_it(void **state)
{
    (void)state;
    for (int closed = 0; closed <= 1; closed++) {
        struct desk d;
        desk_init(&d, 0, 0);
        assert_int_equal(desk_spend(&d, GB_OPERATION_TRANSFER, 3, 1), GB_STATE_WAITING);
        desk_next(&d);
        d.accounts[1].share.status = closed ? GB_STATUS_CLOSING : GB_STATUS_OPEN;
        d.accounts[1].share.credits_total = d.accounts[1].share.debits_total = GB_TOTAL_MAX;
        assert_int_equal(gb_credit_payin(&d.books, 0, GB_STATE_ACCEPTED, 5, 2), GB_PAYIN_BOOKED);
        assert_int_equal(d.accounts[0].waiters_count, 1);
        d.books.now_us += 2000;
        gb_deadline_pass(&d.books, 0);
        assert_int_equal(d.books.effects.decisions_count, 1);
        assert_int_equal(d.decisions[0].state, GB_STATE_REFUSED);
        assert_int_equal(d.decisions[0].refusal.reason,
                         closed ? GB_REASON_PAYEE_ACCOUNT_CLOSED : GB_REASON_LIMIT_REACHED);
    }
}

static void a_block_keeps_waiters_from_being_paid(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 0, 0);
    struct gb_account_says blocked = {GB_STATUS_BLOCKED, 2}, open = {GB_STATUS_OPEN, 3};
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 3, 1), GB_STATE_WAITING);
    assert_int_equal(desk_spend(&d, GB_OPERATION_PAYOUT, 2, 2), GB_STATE_WAITING);
    d.waiters[0][1].deadline_us = INT64_MAX;
    assert_true(gb_credit_status(&d.books, 0, blocked, true));
    assert_false(gb_credit_status(&d.books, 0, blocked, true));
    assert_int_equal(gb_credit_payin(&d.books, 0, GB_STATE_ACCEPTED, 5, 4), GB_PAYIN_BOOKED);
    assert_int_equal(d.accounts[0].waiters_count, 2);
    assert_int_equal(gb_spend_waiting(&d.books, 0, NULL), 0);
    d.books.now_us += 2000;
    gb_deadline_pass(&d.books, 0);
    assert_int_equal(d.decisions[0].refusal.reason, GB_REASON_ACCOUNT_BLOCKED);
    assert_true(gb_credit_status(&d.books, 0, open, false));
    assert_int_equal(d.decisions[1].state, GB_STATE_PAID);
    assert_int_equal(d.accounts[0].share.balance, 3);
}

static void money_voids_a_confirmed_closing(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 0, 5);
    struct gb_account_says closing = {GB_STATUS_CLOSING, 2};
    struct gb_entry entry;
    assert_true(gb_credit_status(&d.books, 0, closing, true));
    assert_int_equal(d.accounts[0].share.status, GB_STATUS_CLOSED);
    assert_int_equal(gb_credit_payin(&d.books, 0, GB_STATE_ACCEPTED, 5, 4), GB_PAYIN_BOOKED);
    assert_int_equal(d.accounts[0].share.status, GB_STATUS_CLOSING);
    assert_false(gb_share_move(&d.accounts[0].share, GB_ENTRY_PAYIN, -1, NOW_US, &entry));
}

static void refunds_are_capped_in_parts(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 0, 0);
    struct gb_original paid = {GB_OPERATION_CAPTURE, GB_STATE_PAID, 10, 0};
    assert_int_equal(gb_credit_refund(&d.books, 0, &paid, 6, 1), GB_REASON_NONE);
    assert_int_equal(gb_credit_refund(&d.books, 0, &paid, 5, 2), GB_REASON_REFUND_EXCEEDS_PAID);
    assert_int_equal(gb_credit_refund(&d.books, 0, &paid, 4, 3), GB_REASON_NONE);
    assert_int_equal(paid.refunded, 10);
    assert_int_equal(d.accounts[0].share.balance, 10);
    struct gb_original others[] = {{GB_OPERATION_PAYOUT, GB_STATE_REFUSED, 10, 0},
                                   {GB_OPERATION_CHARGE, GB_STATE_WAITING, 10, 0},
                                   {GB_OPERATION_TRANSFER, GB_STATE_PAID, 10, 0}};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(gb_credit_refund(&d.books, 0, &others[i], 1, 4),
                         GB_REASON_ORIGINAL_NOT_PAID);
    struct gb_original large = {GB_OPERATION_PAYOUT, GB_STATE_PAID, INT64_MAX, 0};
    assert_int_equal(gb_credit_refund(&d.books, 0, &large, GB_BALANCE_MAX, 5),
                     GB_REASON_LIMIT_REACHED);
}

static void four_kinds_spend(void **state)
{
    (void)state;
    int spends = 0;
    for (int kind = GB_OPERATION_PAYIN; kind <= GB_OPERATION_REFUND; kind++)
        spends += gb_spend_can_be((enum gb_operation_kind)kind) ? 1 << kind : 0;
    assert_int_equal(spends, 1 << GB_OPERATION_PAYOUT | 1 << GB_OPERATION_HOLD |
                                 1 << GB_OPERATION_TRANSFER | 1 << GB_OPERATION_CHARGE);
}

static void holds_end_once(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d, 10, 0);
    assert_int_equal(desk_spend(&d, GB_OPERATION_HOLD, 6, 1), GB_STATE_HELD);
    struct gb_hold hold = {GB_HOLD_OPEN, 6, 0, NOW_US + 1, 1};
    assert_false(gb_hold_expire(&d.books, 0, &hold));
    assert_int_equal(gb_hold_capture(&d.books, 0, &hold, 2, 7), GB_REASON_CAPTURE_EXCEEDS_HOLD);
    assert_int_equal(gb_hold_capture(&d.books, 0, &hold, 2, 4), GB_REASON_NONE);
    assert_int_equal(d.accounts[0].share.balance, 6);
    assert_int_equal(d.accounts[0].share.held, 0);
    assert_int_equal(hold.captured, 4);
    assert_int_equal(gb_hold_void(&d.books, 0, &hold, 3), GB_REASON_HOLD_CAPTURED);
    assert_int_equal(desk_spend(&d, GB_OPERATION_HOLD, 6, 4), GB_STATE_HELD);
    struct gb_hold other = {GB_HOLD_OPEN, 6, 0, NOW_US, 4};
    assert_int_equal(gb_hold_capture(&d.books, 0, &other, 5, 1), GB_REASON_HOLD_EXPIRED);
    assert_int_equal(other.state, GB_HOLD_EXPIRED);
    const struct gb_effect_entry *last =
        &d.books.effects.entries[d.books.effects.entries_count - 1];
    assert_int_equal(last->entry.kind, GB_ENTRY_EXPIRE);
    assert_int_equal(last->operation, 4);
    assert_int_equal(d.accounts[0].share.held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_change_nothing),
        cmocka_unit_test(caps_are_refused),
        cmocka_unit_test(charges_take_the_known_price),
        cmocka_unit_test(a_deadline_of_now_does_not_wait),
        cmocka_unit_test(the_queue_has_a_bound),
        cmocka_unit_test(waiters_are_paid_in_age_order_skipping_what_does_not_fit),
        cmocka_unit_test(transfers_wait_for_their_payee),
        cmocka_unit_test(a_deadline_names_what_the_payee_has_against_it),
        cmocka_unit_test(a_block_keeps_waiters_from_being_paid),
        cmocka_unit_test(money_voids_a_confirmed_closing),
        cmocka_unit_test(refunds_are_capped_in_parts),
        cmocka_unit_test(holds_end_once),
        cmocka_unit_test(four_kinds_spend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
