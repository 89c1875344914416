#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/stream/feed.h"
#include "projector/projection.h"
#include "stream/apply.h"
#include "support/postgres.h"

#define LEDGER "geobill.dc2.ledger.v1"

static struct gb_test_postgres *server;
static struct gb_pg *admin;
static struct gb_pg *pg;
static struct feed *feed;
static struct gb_projection projection;
static struct gb_applier *applier;
static int64_t next_offset[2];

/* --- records --- */

/* Every record is a page of its own: the pages are tested elsewhere. */
static struct feed_at at(const char *topic, const char *stream)
{
    int which = strcmp(stream, "catalogue") == 0;
    int64_t offset = next_offset[which]++;
    return (struct feed_at){
        .topic = topic,
        .source = "dc2",
        .stream = stream,
        .offset = offset,
        .page = offset + 1,
        .previous = offset,
        .count = 1,
    };
}

/* Pay-ins of 10 only: version says it all. */
static struct gb_message_ledger_entry entry_of(int64_t account_no, int64_t version)
{
    static char ids[16][GB_ACCOUNT_ID_SIZE];
    char *id = ids[account_no % 16];
    (void)snprintf(id, sizeof(ids[0]), "acc-%lld", (long long)account_no);
    struct gb_message_ledger_entry entry = {
        .account = {.incarnation = 1, .account_id = id, .account_no = {account_no}},
        .version = version,
        .kind = GB_ENTRY_PAYIN,
        .status = GB_STATUS_OPEN,
        .amount = 10,
        .balance_after = 10 * version,
        .credits_total = 10 * version,
        .account_version = 1,
        .created_at_us = 1000 + version,
        .client_no = {7},
        .key = "key-1",
        .reference = "ref",
    };
    GB_CHECK(gb_dc_parse("dc2", &entry.account.dc) &&
             gb_currency_parse("EUR", &entry.account.currency));
    return entry;
}

static void put_entry(const struct gb_message_ledger_entry *entry)
{
    struct feed_at where = at(LEDGER, "ledger");
    (void)feed_entry(feed, &where, entry);
}

static void put(int64_t account_no, int64_t version)
{
    struct gb_message_ledger_entry entry = entry_of(account_no, version);
    put_entry(&entry);
}

static struct gb_message_catalogue_account account_of(int64_t account_no, int64_t version,
                                                      enum gb_account_status status)
{
    static char name[64];
    struct gb_message_ledger_entry entry = entry_of(account_no, 1);
    (void)snprintf(name, sizeof(name), "Name %lld", (long long)account_no);
    return (struct gb_message_catalogue_account){
        .account = entry.account,
        .name = name,
        .status = status,
        .version = version,
        .created_at_us = 1,
        .updated_at_us = version,
    };
}

static void put_account(const struct gb_message_catalogue_account *account)
{
    struct feed_at where = at(GB_TOPIC_CATALOGUE, "catalogue");
    (void)feed_account(feed, &where, account);
}

static struct gb_applied run(void)
{
    struct gb_applied applied;
    struct gb_err err = {.message = ""};
    enum gb_result result = gb_applier_run(
        applier, pg, &(const struct gb_arrived){feed->records, feed->count, true}, &applied, &err);
    if (result != GB_OK)
        print_error("%s: %s\n", err.code, err.message);
    assert_int_equal(result, GB_OK);
    feed_clear(feed);
    return applied;
}

static int64_t look(const char *query)
{
    return gb_test_sql_int(admin, query);
}

#define ENTRIES "SELECT count(*) FROM replicated_ledger WHERE dc = 'dc2'"
#define SHARE(column, account)                                                                     \
    "SELECT " column " FROM replicated_share WHERE dc = 'dc2' AND account_no = " account
#define DEAD(code) "SELECT count(*) FROM dead_letter WHERE code = '" code "'"

/* --- the ledger --- */

static void a_batch_becomes_history_and_share(void **state)
{
    (void)state;
    for (int64_t version = 1; version <= 3; version++) {
        put(1, version);
        put(2, version);
    }
    assert_int_equal(run().dead, 0);
    assert_int_equal(look(ENTRIES), 6);
    assert_int_equal(look(SHARE("balance", "1")), 30);
    assert_int_equal(look(SHARE("version", "2")), 3);
    assert_int_equal(
        look("SELECT count(*) FROM replicated_ledger WHERE account_no = 1 AND version = 2 AND "
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
    put(1, 3);
    put(1, 1);
    (void)run();
    assert_int_equal(look(SHARE("version", "1")), 3);
    put(1, 2);
    put(1, 2);
    put(1, 3);
    assert_int_equal(run().dead, 0);
    assert_int_equal(look(SHARE("version", "1")), 3);
    assert_int_equal(look(SHARE("balance", "1")), 30);
    assert_int_equal(look(ENTRIES), 3);
}

static void another_content_of_a_version_is_never_applied(void **state)
{
    (void)state;
    struct gb_message_ledger_entry other = entry_of(1, 2);
    other.balance_after = other.credits_total = 1000;
    put(1, 1);
    put(1, 2);
    (void)run();
    put_entry(&other);
    put(1, 3);
    assert_int_equal(run().dead, 1);
    assert_int_equal(look(DEAD("REPLICA_CONFLICT")), 1);
    assert_int_equal(look(SHARE("balance", "1")), 30);
    assert_int_equal(
        look("SELECT balance_after FROM replicated_ledger WHERE account_no = 1 AND version = 2"),
        20);

    /* As the newest of its batch, and beside its twin in one batch: the first that came stays. */
    put_entry(&other);
    assert_int_equal(run().dead, 1);
    assert_int_equal(look(SHARE("version", "1")), 3);
    struct gb_message_ledger_entry twin = entry_of(2, 1);
    twin.key = "another";
    put(2, 1);
    put_entry(&twin);
    assert_int_equal(run().dead, 1);
    assert_int_equal(look(DEAD("REPLICA_CONFLICT")), 2); /* the first of the two again */
    assert_int_equal(
        look("SELECT count(*) FROM replicated_ledger WHERE account_no = 2 AND key = 'key-1'"), 1);
}

static struct gb_message_ledger_entry share_moved(int64_t account_no, int64_t version,
                                                  const char *peer, int64_t out, int64_t in)
{
    struct gb_message_ledger_entry entry = entry_of(account_no, version);
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
        put_entry(&entries[i]);
    (void)run();
    assert_int_equal(look(LINK("out_total", "dc1")), 9);
    assert_int_equal(look(LINK("in_total", "dc1")), 3);
    assert_int_equal(look(LINK("in_total", "dc3")), 4);
    put_entry(&entries[0]);
    struct gb_message_ledger_entry late =
        share_moved(1, 1, "dc1", 4, 8); /* in one place greater, in the other not */
    put_entry(&late);
    (void)run();
    assert_int_equal(look(LINK("out_total", "dc1")), 9);
    assert_int_equal(look(LINK("in_total", "dc1")), 8);
    late = share_moved(1, 5, "dc1", 10, 2);
    put_entry(&late);
    (void)run();
    assert_int_equal(look(LINK("out_total", "dc1")), 10);
    assert_int_equal(look(LINK("in_total", "dc1")), 8);
    assert_int_equal(
        look("SELECT count(*) FROM replicated_ledger WHERE client_no IS NULL AND key IS NULL"), 5);
}

static void who_speaks_for_another_is_not_believed(void **state)
{
    (void)state;
    struct gb_message_ledger_entry entry = entry_of(1, 1);
    GB_CHECK(gb_dc_parse("dc3", &entry.account.dc));
    put_entry(&entry);
    entry = entry_of(1, 1);
    entry.account.incarnation = 2;
    put_entry(&entry);
    assert_int_equal(run().dead, 2);
    assert_int_equal(look(DEAD("SOURCE_MISMATCH")), 2);
    assert_int_equal(look(ENTRIES), 0);
}

static void what_is_no_entry_is_a_dead_letter(void **state)
{
    (void)state;
    static const char hostile[] = {0,          0,          0,          0,          2,
                                   (char)0xfe, (char)0xff, (char)0xff, (char)0xff, (char)0x0f};
    struct feed_at where = at(LEDGER, "ledger");
    (void)feed_text(feed, &where, "not framed");
    where = at(LEDGER, "ledger");
    (void)feed_value(feed, &where, GB_MESSAGE_LEDGER_ENTRY,
                     (struct gb_bytes){hostile, sizeof(hostile)});
    where = at(LEDGER, "ledger");
    struct gb_message_catalogue_account account = account_of(1, 1, GB_STATUS_OPEN);
    (void)feed_account(feed, &where, &account);
    put(1, 1);
    assert_int_equal(run().dead, 3);
    assert_int_equal(look("SELECT count(*) FROM dead_letter WHERE stage = 'decode'"), 3);
    assert_int_equal(look(ENTRIES), 1);
    assert_int_equal(look("SELECT complete FROM progress WHERE stream = 'ledger'"), 4);
    assert_int_equal(look("SELECT next_offset FROM position WHERE topic = '" LEDGER "'"), 4);
}

/* --- the catalogue --- */

static void the_newest_account_wins_and_the_sweeper_hears_of_its_status(void **state)
{
    (void)state;
    struct gb_message_catalogue_account open = account_of(1, 1, GB_STATUS_OPEN);
    put_account(&open);
    (void)run();
    assert_int_equal(look("SELECT count(*) FROM account WHERE account_no = 1 AND account_id = "
                          "'acc-1' AND name = 'Name 1'"
                          " AND currency = 'EUR' AND status = 1 AND version = 1"),
                     1);
    assert_int_equal(look("SELECT count(*) FROM status_pending"), 0);
    struct gb_message_catalogue_account blocked = account_of(1, 3, GB_STATUS_BLOCKED);
    put_account(&blocked);
    put_account(&open);
    (void)run();
    assert_int_equal(look("SELECT status * 10 + version FROM account WHERE account_no = 1"), 23);
    assert_int_equal(look("SELECT count(*) FROM status_pending WHERE account_no = 1"), 1);
    gb_test_sql(admin, "DELETE FROM status_pending");
    put_account(&blocked);
    put_account(&open);
    assert_int_equal(run().dead, 0);
    assert_int_equal(look("SELECT count(*) FROM status_pending"), 0);
    /* One that is first heard of when it is blocked. */
    struct gb_message_catalogue_account late = account_of(2, 5, GB_STATUS_BLOCKED);
    put_account(&late);
    (void)run();
    assert_int_equal(look("SELECT count(*) FROM status_pending WHERE account_no = 2"), 1);
}

static void an_account_that_contradicts_is_never_applied(void **state)
{
    (void)state;
    struct gb_message_catalogue_account account = account_of(1, 1, GB_STATUS_OPEN);
    put_account(&account);
    (void)run();
    struct gb_message_catalogue_account other = account_of(1, 1, GB_STATUS_BLOCKED);
    put_account(&other); /* the same version */
    assert_int_equal(run().dead, 1);
    assert_int_equal(look(DEAD("REPLICA_CONFLICT")), 1);
    other = account_of(1, 2, GB_STATUS_OPEN);
    other.account.account_id = "another"; /* the number is taken */
    put_account(&other);
    other = account_of(3, 2, GB_STATUS_OPEN);
    other.account.account_id = "acc-1"; /* the id is taken */
    put_account(&other);
    put(1, 1);
    struct gb_message_ledger_entry entry = entry_of(1, 2);
    GB_CHECK(gb_currency_parse("USD", &entry.account.currency));
    put_entry(&entry);
    assert_int_equal(run().dead, 3);
    assert_int_equal(look(DEAD("ACCOUNT_CONTRADICTED")), 3);
    assert_int_equal(look("SELECT count(*) FROM account WHERE version = 1"), 1);
    assert_int_equal(look("SELECT count(*) FROM account"), 1);
    assert_int_equal(look(SHARE("version", "1")), 1);
}

static void a_taken_name_is_a_dead_letter_alone(void **state)
{
    (void)state;
    struct gb_message_catalogue_account account = account_of(1, 1, GB_STATUS_OPEN);
    put_account(&account);
    struct gb_message_catalogue_account same_name = account_of(2, 1, GB_STATUS_OPEN);
    same_name.name = "Name 1";
    put_account(&same_name);
    account = account_of(3, 1, GB_STATUS_OPEN);
    put_account(&account);
    put(3, 1);
    assert_int_equal(run().dead, 1);
    assert_int_equal(look(DEAD("23505")), 1);
    assert_int_equal(look("SELECT count(*) FROM account"), 2);
    assert_int_equal(look(ENTRIES), 1);
}

static void put_client(int32_t client_no, int64_t version, bool revoked, const char *home)
{
    struct gb_message_client client = {
        .incarnation = 1,
        .client_no = {client_no},
        .name = "shop",
        .role = GB_ROLE_WRITE,
        .revoked = revoked,
        .version = version,
        .created_at_us = 1,
        .updated_at_us = version,
    };
    memset(client.token_hash, 0x5a, sizeof(client.token_hash));
    GB_CHECK(gb_dc_parse("dc2", &client.dc) && gb_dc_parse(home, &client.home));
    struct feed_at where = at(GB_TOPIC_CATALOGUE, "catalogue");
    (void)feed_client(feed, &where, &client);
}

static void the_newest_client_wins_and_never_moves(void **state)
{
    (void)state;
    put_client(1, 2, true, "dc3");
    put_client(1, 1, false, "dc3");
    assert_int_equal(run().dead, 0);
    assert_int_equal(
        look("SELECT count(*) FROM client WHERE client_no = 1 AND revoked AND version = 2 AND home "
             "= 'dc3'"
             " AND role = 2 AND name = 'shop' AND token_hash = decode(repeat('5a', 32), 'hex')"),
        1);
    put_client(1, 2, false, "dc3");
    put_client(1, 1, false, "dc3");
    assert_int_equal(run().dead, 1);
    put_client(1, 3, false, "dc1");
    assert_int_equal(run().dead, 1);
    assert_int_equal(
        look("SELECT count(*) FROM client WHERE revoked AND version = 2 AND home = 'dc3'"), 1);
}

/* --- any history --- */

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
            put((int64_t)draw(ACCOUNTS) + 1, (int64_t)draw(VERSIONS) + 1);
        assert_int_equal(run().dead, 0);
    }
    for (int64_t version = VERSIONS; version >= 1; version--) {
        for (int64_t account_no = 1; account_no <= ACCOUNTS; account_no++)
            put(account_no, version);
    }
    assert_int_equal(run().dead, 0);
    assert_int_equal(look(ENTRIES), ACCOUNTS * VERSIONS);
    assert_int_equal(
        look("SELECT count(*) FROM replicated_share WHERE version = 40 AND balance = 400"),
        ACCOUNTS);
    assert_int_equal(
        look("SELECT count(*) FROM replicated_ledger WHERE balance_after <> 10 * version"), 0);
    assert_int_equal(look("SELECT count(*) FROM dead_letter"), 0);
}

/* --- surroundings --- */

/* --- a damaged copy is filled again --- */

static void rebuild(const char *stream)
{
    char text[128];
    struct gb_pg *as_operator = gb_test_connect(server, "dc1", "geobill_operator");
    (void)snprintf(text, sizeof(text), "SELECT rebuild_replica('dc2', '%s', 5)", stream);
    gb_test_sql(as_operator, text);
    gb_pg_close(as_operator);
}

/* Whoever is at work knows the old progress: it must write nothing of it. */
static void expect_fenced(void)
{
    struct gb_applied applied;
    struct gb_err err = {.message = ""};
    assert_int_equal(gb_applier_confirm(applier, pg, &err), GB_FATAL);
    assert_true(gb_applier_is_fenced(&err));
    assert_int_equal(gb_applier_run(applier, pg,
                                    &(const struct gb_arrived){feed->records, feed->count, true},
                                    &applied, &err),
                     GB_FATAL);
    assert_true(gb_applier_is_fenced(&err));
    feed_clear(feed);
    next_offset[0] = next_offset[1] = 0;
}

static void take_again(const char *topic)
{
    struct gb_assignment assignment = {topic, 0, -1};
    struct gb_err err;
    assert_int_equal(gb_applier_take(applier, pg, &assignment, 1, &err), GB_OK);
    assert_int_equal(assignment.next_offset, 0);
}

static void a_rebuilt_ledger_begins_at_nothing_whoever_is_at_work(void **state)
{
    (void)state;
    gb_test_sql(admin,
                "INSERT INTO share (account_no, account_id, currency) VALUES (1, 'a', 'EUR')");
    put(1, 1);
    put(1, 2);
    (void)run();
    gb_test_sql(admin, "UPDATE replicated_share SET balance = 7, credits_total = 7;"
                       "DELETE FROM replicated_ledger WHERE version = 1");
    rebuild("ledger");
    put(1, 3);
    expect_fenced();
    assert_int_equal(look(ENTRIES), 0);
    assert_int_equal(look("SELECT count(*) FROM replicated_share"), 0);
    assert_int_equal(look("SELECT sum(complete) FROM progress WHERE stream = 'ledger'"), 0);
    assert_int_equal(look("SELECT count(*) FROM share"), 1); /* the own one stays */
    gb_test_sql(admin, "DELETE FROM share");
    take_again(LEDGER);
    for (int64_t version = 1; version <= 3; version++)
        put(1, version);
    assert_int_equal(run().dead, 0);
    assert_int_equal(look(SHARE("balance", "1")), 30);
    assert_int_equal(look(ENTRIES), 3);
    assert_int_equal(look("SELECT complete FROM progress WHERE stream = 'ledger'"), 3);
}

/* Copies of the catalogue stay in use: what comes replaces the same version, and none older. */
static void a_rebuilt_catalogue_is_replaced_version_by_version(void **state)
{
    (void)state;
    struct gb_message_catalogue_account open = account_of(1, 1, GB_STATUS_OPEN);
    struct gb_message_catalogue_account blocked = account_of(1, 2, GB_STATUS_BLOCKED);
    put_account(&open);
    put_account(&blocked);
    (void)run();
    gb_test_sql(admin, "UPDATE account SET name = 'Wrong', status = 1");
    rebuild("catalogue");
    put_account(&blocked);
    expect_fenced();
    take_again(GB_TOPIC_CATALOGUE);
    put_account(&open);
    assert_int_equal(run().dead, 0);
    assert_int_equal(look("SELECT version FROM account WHERE suspect AND name = 'Wrong'"), 2);
    put_account(&blocked);
    assert_int_equal(run().dead, 0);
    assert_int_equal(look("SELECT status FROM account WHERE NOT suspect AND name = 'Name 1'"), 2);
}

static int before_each(void **state)
{
    (void)state;
    static const char *const topics[] = {LEDGER, GB_TOPIC_CATALOGUE};
    static const struct gb_lane_stream streams[] = {{LEDGER, "ledger", "dc2"},
                                                    {GB_TOPIC_CATALOGUE, "catalogue", "dc2"}};
    struct gb_assignment assignments[2] = {{topics[0], 0, -1}, {topics[1], 0, -1}};
    struct gb_dc source;
    struct gb_err err;
    gb_test_sql(admin, "TRUNCATE replicated_ledger, replicated_share, replicated_link, account, "
                       "client, status_pending,"
                       " position, progress, dead_letter CASCADE; DELETE FROM outbox");
    feed_clear(feed);
    next_offset[0] = next_offset[1] = 0;
    GB_CHECK(gb_dc_parse("dc2", &source));
    gb_projection_init(&projection, source);
    const struct gb_applier_options options = {
        .dc = "dc1",
        .group = "geobill.dc1.projector.dc2",
        .streams = streams,
        .streams_count = 2,
        .records_max = 1000,
        .reader = gb_projection_reader(&projection),
    };
    applier = gb_applier_new(&options);
    return gb_applier_take(applier, pg, assignments, 2, &err) == GB_OK ? 0 : -1;
}

static int after_each(void **state)
{
    (void)state;
    gb_applier_free(applier);
    gb_projection_done(&projection);
    return 0;
}

static int before_all(void **state)
{
    (void)state;
    struct gb_err err;
    if (gb_wire_init(&err) != GB_OK)
        return -1;
    feed = feed_new();
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc2");
    admin = gb_test_connect(server, "dc1", NULL);
    pg = gb_test_connect(server, "dc1", "geobill_projector");
    return 0;
}

static int after_all(void **state)
{
    (void)state;
    gb_pg_close(pg);
    gb_pg_close(admin);
    gb_test_postgres_stop(server);
    feed_free(feed);
    gb_wire_done();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, before_each, after_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_becomes_history_and_share),
        TEST(old_repeated_and_late_entries_change_nothing),
        TEST(another_content_of_a_version_is_never_applied),
        TEST(links_go_by_the_greater_total),
        TEST(who_speaks_for_another_is_not_believed),
        TEST(what_is_no_entry_is_a_dead_letter),
        TEST(the_newest_account_wins_and_the_sweeper_hears_of_its_status),
        TEST(an_account_that_contradicts_is_never_applied),
        TEST(a_taken_name_is_a_dead_letter_alone),
        TEST(the_newest_client_wins_and_never_moves),
        TEST(a_rebuilt_ledger_begins_at_nothing_whoever_is_at_work),
        TEST(a_rebuilt_catalogue_is_replaced_version_by_version),
        TEST(any_history_ends_as_the_source),
    };
    return cmocka_run_group_tests(tests, before_all, after_all);
}
