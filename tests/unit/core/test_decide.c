#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/decide.h"
#include "core/money.h"

static struct gb_share share_of(int64_t balance, enum gb_account_status status)
{
    struct gb_share share = gb_share_new();
    share.balance = share.credits_total = balance;
    share.status = status;
    share.account_version = 3;
    share.version = 7;
    share.updated_at_us = 500;
    return share;
}

static void assert_unchanged(struct gb_share a, struct gb_share b)
{
    /* member by member: what lies between them is nobody's */
    assert_int_equal(a.balance, b.balance);
    assert_int_equal(a.held, b.held);
    assert_int_equal(a.version, b.version);
    assert_int_equal(a.credits_total, b.credits_total);
    assert_int_equal(a.debits_total, b.debits_total);
    assert_int_equal(a.out_total, b.out_total);
    assert_int_equal(a.in_total, b.in_total);
    assert_int_equal(a.status, b.status);
    assert_int_equal(a.account_version, b.account_version);
    assert_int_equal(a.updated_at_us, b.updated_at_us);
}

static void requests_name_the_first_difference(void **state)
{
    (void)state;
    struct gb_request a = {GB_OPERATION_PAYIN, {1}, 10, "ref", "{}", "h", {2}, 5, "s", "o"};
    struct gb_request b = a;
    assert_null(gb_request_difference(&a, &b));
    b.metadata = NULL;
    assert_string_equal(gb_request_difference(&a, &b), "metadata");
    b.metadata = "{\"a\":1}";
    assert_string_equal(gb_request_difference(&a, &b), "metadata");
    b.reference = NULL;
    assert_string_equal(gb_request_difference(&a, &b), "reference");
    assert_string_equal(gb_request_difference(&b, &a), "reference");
    b.lasts_us = 6;
    assert_string_equal(gb_request_difference(&a, &b), "expires_in_s");
    b.amount = 11;
    assert_string_equal(gb_request_difference(&a, &b), "amount");
    b.original_key = NULL;
    assert_string_equal(gb_request_difference(&a, &b), "original_key");
    b.service_id = "t";
    assert_string_equal(gb_request_difference(&a, &b), "service_id");
    b.payee_no.value = 3;
    assert_string_equal(gb_request_difference(&a, &b), "payee_account_id");
    b.account_no.value = 2;
    assert_string_equal(gb_request_difference(&a, &b), "account_id");
    b.hold_id = "i";
    assert_string_equal(gb_request_difference(&a, &b), "hold_id");
    b.kind = GB_OPERATION_PAYOUT;
    assert_string_equal(gb_request_difference(&a, &b), "kind");
    a.reference = a.metadata = NULL;
    b = a;
    assert_null(gb_request_difference(&a, &b));
}

static void a_payin_is_booked_whatever_the_status(void **state)
{
    (void)state;
    for (int status = GB_STATUS_OPEN; status <= GB_STATUS_CLOSED; status++) {
        struct gb_share share = share_of(100, (enum gb_account_status)status);
        struct gb_entry entry;
        assert_int_equal(gb_decide_payin(&share, GB_STATE_ACCEPTED, 25, 900, &entry),
                         GB_PAYIN_BOOKED);
        assert_true(gb_share_sound(&share));
        assert_int_equal(share.balance, 125);
        assert_int_equal(share.credits_total, 125);
        assert_int_equal(share.version, 8);
        assert_int_equal(entry.kind, GB_ENTRY_PAYIN);
        assert_int_equal(entry.amount, 25);
        assert_unchanged(entry.after, share);
        int after = status == GB_STATUS_CLOSED ? GB_STATUS_CLOSING : status;
        assert_int_equal(share.status, after);
    }
}

static void a_decided_payin_is_never_booked_again(void **state)
{
    (void)state;
    static const enum gb_operation_state decided[] = {GB_STATE_BOOKED, GB_STATE_WAITING,
                                                      GB_STATE_PAID, GB_STATE_REFUSED};
    for (size_t i = 0; i < sizeof(decided) / sizeof(decided[0]); i++) {
        struct gb_share share = share_of(100, GB_STATUS_OPEN);
        struct gb_entry entry;
        assert_int_equal(gb_decide_payin(&share, decided[i], 25, 900, &entry), GB_PAYIN_DECIDED);
        assert_unchanged(share, share_of(100, GB_STATUS_OPEN));
    }
}

static void a_payin_over_a_cap_stays_accepted(void **state)
{
    (void)state;
    struct gb_entry entry;
    struct gb_share share = share_of(GB_BALANCE_MAX - 25, GB_STATUS_CLOSED);
    assert_int_equal(gb_decide_payin(&share, GB_STATE_ACCEPTED, 26, 900, &entry), GB_PAYIN_OVERDUE);
    assert_int_equal(gb_decide_payin(&share, GB_STATE_ACCEPTED, INT64_MAX, 900, &entry),
                     GB_PAYIN_OVERDUE);
    assert_unchanged(share, share_of(GB_BALANCE_MAX - 25, GB_STATUS_CLOSED));
    assert_int_equal(gb_decide_payin(&share, GB_STATE_ACCEPTED, 25, 900, &entry), GB_PAYIN_BOOKED);
    assert_true(share.balance == GB_BALANCE_MAX);

    share = share_of(0, GB_STATUS_OPEN);
    share.credits_total = share.debits_total = GB_TOTAL_MAX - 10;
    assert_int_equal(gb_decide_payin(&share, GB_STATE_ACCEPTED, 11, 900, &entry), GB_PAYIN_OVERDUE);
    assert_int_equal(gb_decide_payin(&share, GB_STATE_ACCEPTED, 10, 900, &entry), GB_PAYIN_BOOKED);
    assert_true(share.credits_total == GB_TOTAL_MAX && gb_share_sound(&share));

    share.credits_total = INT64_MAX;
    assert_int_equal(gb_decide_payin(&share, GB_STATE_ACCEPTED, 1, 900, &entry), GB_PAYIN_OVERDUE);
}

/* What each share does on each news: the full product of statuses, of news older, the same and
 * newer than what the share obeys, of quiet or not, of empty or not; against a second, plainer
 * telling of the rule. */
static bool must_enter(struct gb_share share, struct gb_account_says account, bool quiet,
                       int *ret_status)
{
    bool closing = account.status >= GB_STATUS_CLOSING;
    *ret_status = (int)account.status;
    if (closing)
        *ret_status = quiet && share.balance == 0 ? GB_STATUS_CLOSED : GB_STATUS_CLOSING;
    if (account.version < share.account_version)
        return false;
    if (share.status != GB_STATUS_CLOSED)
        return *ret_status != (int)share.status;
    if (account.status == GB_STATUS_CLOSED)
        return false;
    return account.status != GB_STATUS_CLOSING || account.version > share.account_version;
}

static void check_status(struct gb_share before, struct gb_account_says account, bool quiet)
{
    int status;
    bool expected = must_enter(before, account, quiet, &status);
    struct gb_share share = before;
    struct gb_entry entry;
    assert_int_equal(gb_decide_status(&share, account, quiet, 900, &entry), expected);
    if (!expected) {
        assert_unchanged(share, before);
        return;
    }
    assert_int_equal(share.status, status);
    assert_int_equal(share.account_version, account.version);
    assert_int_equal(share.version, before.version + 1);
    assert_int_equal(share.balance, before.balance);
    assert_int_equal(entry.kind, GB_ENTRY_STATUS);
    assert_int_equal(entry.amount, 0);
    assert_unchanged(entry.after, share);
}

static void a_share_follows_its_account(void **state)
{
    (void)state;
    for (int i = 0; i < 4 * 4 * 3 * 2 * 2; i++) {
        struct gb_share share =
            share_of(i / 96 == 0 ? 0 : 10, (enum gb_account_status)(i % 4 + GB_STATUS_OPEN));
        struct gb_account_says account = {(enum gb_account_status)(i / 4 % 4 + GB_STATUS_OPEN),
                                          share.account_version - 1 + i / 16 % 3};
        check_status(share, account, i / 48 % 2 == 0);
    }
}

static void held_money_is_not_empty(void **state)
{
    (void)state;
    struct gb_share share = share_of(0, GB_STATUS_CLOSING);
    share.held = 1; /* not sound, and still no confirmation */
    struct gb_entry entry;
    assert_false(gb_decide_status(&share, (struct gb_account_says){GB_STATUS_CLOSING, 3}, true, 900,
                                  &entry));
}

static void money_voids_a_confirmation_until_it_is_gone(void **state)
{
    (void)state;
    struct gb_account_says closing = {GB_STATUS_CLOSING, 4};
    struct gb_share share = share_of(0, GB_STATUS_OPEN);
    struct gb_entry entry;
    assert_true(gb_decide_status(&share, closing, true, 900, &entry));
    assert_int_equal(share.status, GB_STATUS_CLOSED);
    assert_int_equal(gb_decide_payin(&share, GB_STATE_ACCEPTED, 5, 901, &entry), GB_PAYIN_BOOKED);
    assert_int_equal(entry.after.status, GB_STATUS_CLOSING);
    assert_false(gb_decide_status(&share, closing, true, 902, &entry));
    share.balance = 0;
    share.debits_total = 5;
    assert_true(gb_decide_status(&share, closing, true, 903, &entry));
    assert_int_equal(share.status, GB_STATUS_CLOSED);
}

static void an_account_closes_when_all_confirm(void **state)
{
    (void)state;
    struct gb_closing all = {.datacenters = 3, .closed = 3, .confirmed = 3, .in_flight = 0};
    struct gb_closing one_old = {.datacenters = 3, .closed = 3, .confirmed = 2, .in_flight = 0};
    struct gb_closing one_open = {.datacenters = 3, .closed = 2, .confirmed = 2, .in_flight = 0};
    struct gb_closing flying = {.datacenters = 3, .closed = 3, .confirmed = 3, .in_flight = 1};
    assert_int_equal(gb_decide_account(GB_STATUS_CLOSING, all), GB_STATUS_CLOSED);
    assert_int_equal(gb_decide_account(GB_STATUS_CLOSING, one_old), GB_STATUS_CLOSING);
    assert_int_equal(gb_decide_account(GB_STATUS_CLOSING, one_open), GB_STATUS_CLOSING);
    assert_int_equal(gb_decide_account(GB_STATUS_CLOSING, flying), GB_STATUS_CLOSING);
    /* Afterwards the shares obey the version before the account's. */
    assert_int_equal(gb_decide_account(GB_STATUS_CLOSED, one_old), GB_STATUS_CLOSED);
    assert_int_equal(gb_decide_account(GB_STATUS_CLOSED, one_open), GB_STATUS_CLOSING);
    assert_int_equal(gb_decide_account(GB_STATUS_CLOSED, flying), GB_STATUS_CLOSING);
    assert_int_equal(gb_decide_account(GB_STATUS_OPEN, all), GB_STATUS_OPEN);
    assert_int_equal(gb_decide_account(GB_STATUS_BLOCKED, all), GB_STATUS_BLOCKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_name_the_first_difference),
        cmocka_unit_test(a_payin_is_booked_whatever_the_status),
        cmocka_unit_test(a_decided_payin_is_never_booked_again),
        cmocka_unit_test(a_payin_over_a_cap_stays_accepted),
        cmocka_unit_test(a_share_follows_its_account),
        cmocka_unit_test(held_money_is_not_empty),
        cmocka_unit_test(money_voids_a_confirmation_until_it_is_gone),
        cmocka_unit_test(an_account_closes_when_all_confirm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
