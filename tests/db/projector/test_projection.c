/* Copies of another datacenter's shares, links and ledger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static void a_batch_becomes_history_and_share(void **state)
{
    (void)state;
    for (int64_t version = 1; version <= 3; version++) {
        scene_put(1, version);
        scene_put(2, version);
    }
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(scene_look(ENTRIES), 6);
    assert_int_equal(scene_look(SHARE("balance", "1")), 30);
    assert_int_equal(scene_look(SHARE("version", "2")), 3);
    assert_int_equal(
        scene_look(
            "SELECT count(*) FROM replicated_ledger WHERE account_no = 1 AND version = 2 AND "
            "amount = 10"
            " AND balance_after = 20 AND credits_total = 20 AND client_no = 7 AND key = 'key-1'"
            " AND reference = 'ref' AND peer IS NULL AND link_out_total IS NULL AND kind = 1 AND "
            "status = 1"
            " AND created_at_us = 1002 AND trace_id IS NOT NULL AND span_id <> 0"),
        1);
}

static void old_repeated_and_late_entries_change_nothing(void **state)
{
    (void)state;
    scene_put(1, 3);
    scene_put(1, 1);
    (void)scene_run();
    assert_int_equal(scene_look(SHARE("version", "1")), 3);
    scene_put(1, 2);
    scene_put(1, 2);
    scene_put(1, 3);
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(scene_look(SHARE("version", "1")), 3);
    assert_int_equal(scene_look(SHARE("balance", "1")), 30);
    assert_int_equal(scene_look(ENTRIES), 3);
}

static void another_content_of_a_version_is_never_applied(void **state)
{
    (void)state;
    struct gb_message_ledger_entry other = scene_entry_of(1, 2);
    other.balance_after = other.credits_total = 1000;
    scene_put(1, 1);
    scene_put(1, 2);
    (void)scene_run();
    scene_put_entry(&other);
    scene_put(1, 3);
    assert_int_equal(scene_run().dead, 1);
    assert_int_equal(scene_look(DEAD("REPLICA_CONFLICT")), 1);
    assert_int_equal(scene_look(SHARE("balance", "1")), 30);
    assert_int_equal(
        scene_look(
            "SELECT balance_after FROM replicated_ledger WHERE account_no = 1 AND version = 2"),
        20);

    /* As the newest of its batch, and beside its twin in one batch: the first that came stays. */
    scene_put_entry(&other);
    assert_int_equal(scene_run().dead, 1);
    assert_int_equal(scene_look(SHARE("version", "1")), 3);
    struct gb_message_ledger_entry twin = scene_entry_of(2, 1);
    twin.key = "another";
    scene_put(2, 1);
    scene_put_entry(&twin);
    assert_int_equal(scene_run().dead, 1);
    assert_int_equal(scene_look(DEAD("REPLICA_CONFLICT")), 2); /* the first of the two again */
    assert_int_equal(
        scene_look("SELECT count(*) FROM replicated_ledger WHERE account_no = 2 AND key = 'key-1'"),
        1);
}

static struct gb_message_ledger_entry share_moved(int64_t account_no, int64_t version,
                                                  const char *peer, int64_t out, int64_t in)
{
    struct gb_message_ledger_entry entry = scene_entry_of(account_no, version);
    entry.kind = in > 0 ? GB_ENTRY_SHARE_IN : GB_ENTRY_SHARE_OUT;
    entry.peer = peer;
    entry.link_out_total = entry.out_total = out;
    entry.link_in_total = entry.in_total = in;
    entry.credits_total = entry.balance_after + out - in;
    entry.key = NULL;
    entry.reference = NULL;
    entry.client_no.value = 0;
    return entry;
}

#define LINK(column, peer)                                                                         \
    "SELECT " column " FROM replicated_link WHERE dc = 'dc2' AND account_no = 1 AND peer = '" peer \
    "'"

static void links_go_by_the_greater_total(void **state)
{
    (void)state;
    struct gb_message_ledger_entry entries[] = {
        share_moved(1, 2, "dc1", 5, 0),
        share_moved(1, 4, "dc1", 9, 3),
        share_moved(1, 3, "dc3", 0, 4),
    };
    for (size_t i = 0; i < 3; i++)
        scene_put_entry(&entries[i]);
    (void)scene_run();
    assert_int_equal(scene_look(LINK("out_total", "dc1")), 9);
    assert_int_equal(scene_look(LINK("in_total", "dc1")), 3);
    assert_int_equal(scene_look(LINK("in_total", "dc3")), 4);
    scene_put_entry(&entries[0]);
    struct gb_message_ledger_entry late =
        share_moved(1, 1, "dc1", 4, 8); /* in one place greater, in the other not */
    scene_put_entry(&late);
    (void)scene_run();
    assert_int_equal(scene_look(LINK("out_total", "dc1")), 9);
    assert_int_equal(scene_look(LINK("in_total", "dc1")), 8);
    late = share_moved(1, 5, "dc1", 10, 2);
    scene_put_entry(&late);
    (void)scene_run();
    assert_int_equal(scene_look(LINK("out_total", "dc1")), 10);
    assert_int_equal(scene_look(LINK("in_total", "dc1")), 8);
    assert_int_equal(
        scene_look(
            "SELECT count(*) FROM replicated_ledger WHERE client_no IS NULL AND key IS NULL"),
        5);
}

static void who_speaks_for_another_is_not_believed(void **state)
{
    (void)state;
    struct gb_message_ledger_entry entry = scene_entry_of(1, 1);
    GB_CHECK(gb_dc_parse("dc3", &entry.account.dc));
    scene_put_entry(&entry);
    entry = scene_entry_of(1, 1);
    entry.account.incarnation = 2;
    scene_put_entry(&entry);
    assert_int_equal(scene_run().dead, 2);
    assert_int_equal(scene_look(DEAD("SOURCE_MISMATCH")), 2);
    assert_int_equal(scene_look(ENTRIES), 0);
}

static void what_is_no_entry_is_a_dead_letter(void **state)
{
    (void)state;
    static const char hostile[] = {0,          0,          0,          0,          2,
                                   (char)0xfe, (char)0xff, (char)0xff, (char)0xff, (char)0x0f};
    struct feed_at where = scene_at(LEDGER, "ledger");
    (void)feed_text(scene_feed, &where, "not framed");
    where = scene_at(LEDGER, "ledger");
    (void)feed_value(scene_feed, &where, GB_MESSAGE_LEDGER_ENTRY,
                     (struct gb_bytes){hostile, sizeof(hostile)});
    where = scene_at(LEDGER, "ledger");
    struct gb_message_catalogue_account account = scene_account_of(1, 1, GB_STATUS_OPEN);
    (void)feed_account(scene_feed, &where, &account);
    scene_put(1, 1);
    assert_int_equal(scene_run().dead, 3);
    assert_int_equal(scene_look("SELECT count(*) FROM dead_letter WHERE stage = 'decode'"), 3);
    assert_int_equal(scene_look(ENTRIES), 1);
    assert_int_equal(scene_look("SELECT complete FROM progress WHERE stream = 'ledger'"), 4);
    assert_int_equal(scene_look("SELECT next_offset FROM position WHERE topic = '" LEDGER "'"), 4);
}

static void a_rebuilt_ledger_begins_at_nothing_whoever_is_at_work(void **state)
{
    (void)state;
    gb_test_sql(scene_admin,
                "INSERT INTO share (account_no, account_id, currency) VALUES (1, 'a', 'EUR')");
    scene_put(1, 1);
    scene_put(1, 2);
    (void)scene_run();
    gb_test_sql(scene_admin, "UPDATE replicated_share SET balance = 7, credits_total = 7;"
                             "DELETE FROM replicated_ledger WHERE version = 1");
    scene_rebuild("ledger");
    scene_put(1, 3);
    scene_expect_fenced();
    assert_int_equal(scene_look(ENTRIES), 0);
    assert_int_equal(scene_look("SELECT count(*) FROM replicated_share"), 0);
    assert_int_equal(scene_look("SELECT sum(complete) FROM progress WHERE stream = 'ledger'"), 0);
    assert_int_equal(scene_look("SELECT count(*) FROM share"), 1); /* the own one stays */
    gb_test_sql(scene_admin, "DELETE FROM share");
    scene_take_again(LEDGER);
    for (int64_t version = 1; version <= 3; version++)
        scene_put(1, version);
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(scene_look(SHARE("balance", "1")), 30);
    assert_int_equal(scene_look(ENTRIES), 3);
    assert_int_equal(scene_look("SELECT complete FROM progress WHERE stream = 'ledger'"), 3);
}

/* Copies of the catalogue stay in use: what comes replaces the same version, and none older. */
static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

/* Whatever is repeated, late, early or read again by another owner: in the end the replica is the
 * source. */
static void any_history_ends_as_the_source(void **state)
{
    (void)state;
    enum { ACCOUNTS = 5, VERSIONS = 40, ROUNDS = 60 };
    const char *given = getenv("GEOBILL_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : 20261123;
    print_message("GEOBILL_SEED=%llu\n", (unsigned long long)seed);
    for (int round = 0; round < ROUNDS; round++) {
        for (uint64_t n = draw(60) + 1; n > 0; n--)
            scene_put((int64_t)draw(ACCOUNTS) + 1, (int64_t)draw(VERSIONS) + 1);
        assert_int_equal(scene_run().dead, 0);
    }
    for (int64_t version = VERSIONS; version >= 1; version--) {
        for (int64_t account_no = 1; account_no <= ACCOUNTS; account_no++)
            scene_put(account_no, version);
    }
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(scene_look(ENTRIES), ACCOUNTS * VERSIONS);
    assert_int_equal(
        scene_look("SELECT count(*) FROM replicated_share WHERE version = 40 AND balance = 400"),
        ACCOUNTS);
    assert_int_equal(
        scene_look("SELECT count(*) FROM replicated_ledger WHERE balance_after <> 10 * version"),
        0);
    assert_int_equal(scene_look("SELECT count(*) FROM dead_letter"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_becomes_history_and_share),
        TEST(old_repeated_and_late_entries_change_nothing),
        TEST(another_content_of_a_version_is_never_applied),
        TEST(links_go_by_the_greater_total),
        TEST(who_speaks_for_another_is_not_believed),
        TEST(what_is_no_entry_is_a_dead_letter),
        TEST(a_rebuilt_ledger_begins_at_nothing_whoever_is_at_work),
        TEST(any_history_ends_as_the_source),
    };
    return cmocka_run_group_tests(tests, scene_before_all, scene_after_all);
}
