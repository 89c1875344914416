#include "desk.h"

static struct gb_link some_link(void)
{
    return (struct gb_link){.peer = {"dc2"},
                            .out_total = 10,
                            .peer_in_total = 4,
                            .in_total = 5,
                            .granted_total = 6,
                            .ask_state = GB_ASK_OPEN,
                            .ask_seq = 9,
                            .ask_target = 8,
                            .answers = {{.ask_seq = 7}, {.ask_seq = 3}}};
}

#define BREAKS(check, good, member, value)                                                         \
    do {                                                                                           \
        __typeof__(good) broken = (good);                                                          \
        broken.member = (value);                                                                   \
        assert_false(check);                                                                       \
    } while (0)

static void unsound_links_are_seen(void **state)
{
    (void)state;
    struct gb_link good = some_link();
    assert_true(gb_link_sound(&good));
    assert_int_equal(gb_link_in_flight(&good), 6);
    BREAKS(gb_link_sound(&broken), good, peer_in_total, 11);
    BREAKS(gb_link_sound(&broken), good, peer_in_total, -1);
    BREAKS(gb_link_sound(&broken), good, out_total, GB_TOTAL_MAX + 1);
    BREAKS(gb_link_sound(&broken), good, in_total, 7);
    BREAKS(gb_link_sound(&broken), good, ask_target, GB_TOTAL_MAX + 1);
    BREAKS(gb_link_sound(&broken), good, ask_state, GB_ASK_IDLE);
    BREAKS(gb_link_sound(&broken), good, answers[1].ask_seq, 8);
    BREAKS(gb_link_sound(&broken), good, ask_seq, 6);
}

static void impossible_asks_are_seen(void **state)
{
    (void)state;
    struct gb_link link = some_link();
    struct gb_ask good = {.ask_seq = 1, .round = 1, .asker_in_total = 10, .ask_target = 12};
    assert_true(gb_ask_possible(&link, &good));
    BREAKS(gb_ask_possible(&link, &broken), good, ask_seq, 0);
    BREAKS(gb_ask_possible(&link, &broken), good, round, 0);
    BREAKS(gb_ask_possible(&link, &broken), good, ttl_us, -1);
    BREAKS(gb_ask_possible(&link, &broken), good, clock_us, -1);
    BREAKS(gb_ask_possible(&link, &broken), good, priority.clock_us, -1);
    BREAKS(gb_ask_possible(&link, &broken), good, asker_in_total, 11);
    BREAKS(gb_ask_possible(&link, &broken), good, ask_target, -1);
}

static void impossible_replies_are_seen(void **state)
{
    (void)state;
    struct gb_link link = some_link();
    struct gb_reply good = desk_reply(&link, 20, 6);
    good.reserved = 20;
    assert_true(gb_reply_possible(&link, &good));
    BREAKS(gb_reply_possible(&link, &broken), good, ask_seq, -1);
    BREAKS(gb_reply_possible(&link, &broken), good, round, -1);
    BREAKS(gb_reply_possible(&link, &broken), good, clock_us, -1);
    BREAKS(gb_reply_possible(&link, &broken), good, share.balance, 21);
    BREAKS(gb_reply_possible(&link, &broken), good, link_out_total, 7);
    BREAKS(gb_reply_possible(&link, &broken), good, link_in_total, 1);
    BREAKS(gb_reply_possible(&link, &broken), good, reserved, 21);
    good.share.in_total = good.link_in_total = 11; /* more than we ever granted */
    good.share.credits_total -= 11;
    BREAKS(gb_reply_possible(&link, &broken), good, reserved, 0);
}

static void news_from_the_ledger(void **state)
{
    (void)state;
    struct gb_link link = some_link();
    struct gb_share share = gb_share_new();
    share.version = 3;
    share.balance = 9;
    share.held = 2;
    gb_link_learn(&link, &share, 7, 50);
    assert_int_equal(link.hint, 7);
    assert_int_equal(link.hint_at_us, 50);
    assert_int_equal(link.peer_in_total, 7);
    assert_true(link.changed);
    link.changed = false;
    share.balance = 100;
    gb_link_learn(&link, &share, 11, 60); /* no newer; more than was granted */
    gb_link_learn(&link, &share, 6, 60);
    assert_false(link.changed);
    assert_int_equal(link.hint, 7);
    assert_int_equal(link.peer_in_total, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsound_links_are_seen),
        cmocka_unit_test(impossible_asks_are_seen),
        cmocka_unit_test(impossible_replies_are_seen),
        cmocka_unit_test(news_from_the_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
