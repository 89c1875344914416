#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/money.h"
#include "core/share.h"

static struct gb_share some_share(void)
{
    return (struct gb_share){.balance = 70,
                             .held = 20,
                             .version = 9,
                             .credits_total = 100,
                             .debits_total = 25,
                             .out_total = 15,
                             .in_total = 10,
                             .status = GB_STATUS_BLOCKED,
                             .account_version = 3,
                             .updated_at_us = 1000};
}

static void a_new_share_is_empty_and_open(void **state)
{
    (void)state;
    struct gb_share share = gb_share_new();
    assert_true(gb_share_sound(&share));
    assert_true(share.balance == 0 && share.version == 0 && share.status == GB_STATUS_OPEN);
}

static void available_is_what_is_not_held(void **state)
{
    (void)state;
    struct gb_share share = some_share();
    assert_true(gb_share_sound(&share));
    assert_int_equal(gb_share_available(&share), 50);
}

static void each_way_to_be_unsound_is_seen(void **state)
{
    (void)state;
    struct gb_share good = some_share();
    struct gb_share bad[] = {good, good, good, good, good, good, good, good,
                             good, good, good, good, good, good, good};
    bad[0].balance = 71;
    bad[1].balance = -1;
    bad[2].balance = GB_BALANCE_MAX + 1;
    bad[3].held = -1;
    bad[4].held = 71;
    bad[5].version = -1;
    bad[6].account_version = -1;
    bad[7].credits_total = -1;
    bad[8].debits_total = -1;
    bad[9].out_total = -1;
    bad[10].in_total = -1;
    bad[11].credits_total = GB_TOTAL_MAX + 1;
    bad[12].status = (enum gb_account_status)0;
    bad[13].in_total = INT64_MAX;
    bad[14].out_total = 16;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(gb_share_sound(&bad[i]));
}

static void the_largest_share_is_sound(void **state)
{
    (void)state;
    struct gb_share share = gb_share_new();
    share.balance = share.held = GB_BALANCE_MAX;
    share.credits_total = share.in_total = share.out_total = GB_TOTAL_MAX;
    share.debits_total = GB_TOTAL_MAX - GB_BALANCE_MAX;
    assert_true(gb_share_sound(&share));
}

static void an_entry_is_the_next_version_and_never_earlier(void **state)
{
    (void)state;
    struct gb_share share = some_share();
    struct gb_entry entry;
    gb_share_enter(&share, GB_ENTRY_PAYIN, 5, 999, &entry);
    assert_int_equal(share.version, 10);
    assert_int_equal(share.updated_at_us, 1000);
    assert_int_equal(entry.kind, GB_ENTRY_PAYIN);
    assert_int_equal(entry.amount, 5);
    assert_memory_equal(&entry.after, &share, sizeof(share));
    gb_share_enter(&share, GB_ENTRY_STATUS, 0, 1001, &entry);
    assert_int_equal(entry.after.version, 11);
    assert_int_equal(entry.after.updated_at_us, 1001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_share_is_empty_and_open),
        cmocka_unit_test(available_is_what_is_not_held),
        cmocka_unit_test(each_way_to_be_unsound_is_seen),
        cmocka_unit_test(the_largest_share_is_sound),
        cmocka_unit_test(an_entry_is_the_next_version_and_never_earlier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
