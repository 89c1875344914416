#include "desk.h"

#include <string.h>

#include "core/operation.h"

/* Written out once more, row by row: 0 cannot happen. */
static const unsigned char OPERATIONS[GB_STATE_RELEASED + 1][GB_EVENT_REFUSE + 1] = {
    /* -, accept, book, wait, pay, hold, release, refuse */
    {0, 1, 2, 3, 4, 6, 7, 5}, /* new */
    {0, 0, 2, 0, 0, 0, 0, 0}, /* ACCEPTED */
    {0, 0, 0, 0, 0, 0, 0, 0}, /* BOOKED */
    {0, 0, 0, 0, 4, 6, 0, 5}, /* WAITING */
    {0, 0, 0, 0, 0, 0, 0, 0}, /* PAID */
    {0, 0, 0, 0, 0, 0, 0, 0}, /* REFUSED */
    {0, 0, 0, 0, 0, 0, 0, 0}, /* HELD */
    {0, 0, 0, 0, 0, 0, 0, 0}, /* RELEASED */
};

static void operations_in_every_state(void **state)
{
    (void)state;
    for (int s = 0; s <= GB_STATE_RELEASED; s++) {
        for (int e = GB_EVENT_ACCEPT; e <= GB_EVENT_REFUSE; e++) {
            enum gb_operation_state next = GB_STATE_NEW;
            bool possible =
                gb_operation_next((enum gb_operation_state)s, (enum gb_operation_event)e, &next);
            assert_int_equal(possible, OPERATIONS[s][e] != 0);
            assert_int_equal(next, OPERATIONS[s][e]);
        }
    }
}

static void holds_in_every_state(void **state)
{
    (void)state;
    static const enum gb_hold_state AFTER[] = {0, GB_HOLD_CAPTURED, GB_HOLD_VOIDED,
                                               GB_HOLD_EXPIRED};
    for (int s = GB_HOLD_OPEN; s <= GB_HOLD_EXPIRED; s++) {
        for (int e = GB_HOLD_CAPTURE; e <= GB_HOLD_EXPIRE; e++) {
            enum gb_hold_state next = GB_HOLD_OPEN;
            assert_int_equal(gb_hold_next((enum gb_hold_state)s, (enum gb_hold_event)e, &next),
                             s == GB_HOLD_OPEN);
            assert_int_equal(next, s == GB_HOLD_OPEN ? AFTER[e] : GB_HOLD_OPEN);
        }
    }
}

static void asks_in_every_state(void **state)
{
    (void)state;
    /* wish, no wish, timer, answer, fill */
    static const int NEXT[3][5] = {{1, 0, 0, 0, 0}, {1, 0, 1, 2, 0}, {1, 0, 1, 2, 0}};
    static const int ACTION[3][5] = {{1, 0, 0, 0, 0}, {1, 2, 1, 0, 0}, {1, 2, 1, 0, 0}};
    for (int s = 0; s < 3; s++) {
        for (int e = 0; e < 5; e++) {
            enum gb_ask_action action;
            assert_int_equal(gb_ask_next((enum gb_ask_state)s, (enum gb_ask_event)e, &action),
                             NEXT[s][e]);
            assert_int_equal(action, ACTION[s][e]);
        }
    }
}

static void statuses_and_kinds(void **state)
{
    (void)state;
    static const char *const REFUSED[4] = {"", "PHTC", "iH", "iPHTC"}; /* by status */
    static const char KINDS[] = " iPHcvTCr";
    for (int s = GB_STATUS_OPEN; s <= GB_STATUS_CLOSED; s++) {
        for (int k = GB_OPERATION_PAYIN; k <= GB_OPERATION_REFUND; k++) {
            bool refused = strchr(REFUSED[s - 1], KINDS[k]) != NULL;
            assert_int_equal(gb_reason_of_status((enum gb_account_status)s,
                                                 (enum gb_operation_kind)k) != GB_REASON_NONE,
                             refused);
        }
        assert_int_equal(gb_reason_of_payee((enum gb_account_status)s) != GB_REASON_NONE,
                         s >= GB_STATUS_CLOSING);
    }
    assert_int_equal(gb_reason_of_status(GB_STATUS_BLOCKED, GB_OPERATION_PAYOUT),
                     GB_REASON_ACCOUNT_BLOCKED);
    assert_string_equal(gb_reason_name(GB_REASON_FUNDS_HELD), "FUNDS_HELD");
    assert_string_equal(gb_reason_name(GB_REASON_REFUND_EXCEEDS_PAID), "REFUND_EXCEEDS_PAID");
    assert_null(gb_reason_name(GB_REASON_NONE));
    assert_null(gb_reason_name(-1));
    assert_string_equal(gb_reason_name(GB_REASON_BATCH_ABORTED), "BATCH_ABORTED");
    assert_string_equal(gb_reason_name(GB_REASON_ORIGINAL_NOT_FOUND), "ORIGINAL_NOT_FOUND");
    assert_null(gb_reason_name(GB_REASON_ORIGINAL_NOT_FOUND + 1));
}

static void clocks(void **state)
{
    (void)state;
    bool alarm = false;
    assert_int_equal(gb_clock_next(10, 20), 20);
    assert_int_equal(gb_clock_next(20, 20), 21);
    assert_int_equal(gb_clock_merge(10, 30, 20, 10, &alarm), 30);
    assert_int_equal(gb_clock_merge(40, 30, 20, 10, &alarm), 40);
    assert_false(alarm);
    assert_int_equal(gb_clock_merge(10, 31, 20, 10, &alarm), 30);
    assert_true(alarm);
    struct gb_priority a = {5, {"dc1"}}, b = {5, {"dc2"}}, c = {4, {"dc9"}};
    assert_true(gb_priority_older(a, b));
    assert_false(gb_priority_older(b, a));
    assert_false(gb_priority_older(a, a));
    assert_true(gb_priority_older(c, a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_in_every_state),
        cmocka_unit_test(holds_in_every_state),
        cmocka_unit_test(asks_in_every_state),
        cmocka_unit_test(statuses_and_kinds),
        cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
