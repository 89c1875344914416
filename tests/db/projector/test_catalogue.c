/* Copies of the catalogue's accounts, clients and services. */
#include <string.h>

#include "scene.h"

static void the_newest_account_wins_and_the_sweeper_hears_of_its_status(void **state)
{
    (void)state;
    struct gb_message_catalogue_account open = scene_account_of(1, 1, GB_STATUS_OPEN);
    scene_put_account(&open);
    (void)scene_run();
    assert_int_equal(
        scene_look("SELECT count(*) FROM account WHERE account_no = 1 AND account_id = "
                   "'acc-1' AND name = 'Name 1'"
                   " AND currency = 'EUR' AND status = 1 AND version = 1"),
        1);
    assert_int_equal(scene_look("SELECT count(*) FROM status_pending"), 0);
    struct gb_message_catalogue_account blocked = scene_account_of(1, 3, GB_STATUS_BLOCKED);
    scene_put_account(&blocked);
    scene_put_account(&open);
    (void)scene_run();
    assert_int_equal(scene_look("SELECT status * 10 + version FROM account WHERE account_no = 1"),
                     23);
    assert_int_equal(scene_look("SELECT count(*) FROM status_pending WHERE account_no = 1"), 1);
    gb_test_sql(scene_admin, "DELETE FROM status_pending");
    scene_put_account(&blocked);
    scene_put_account(&open);
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(scene_look("SELECT count(*) FROM status_pending"), 0);
    /* One that is first heard of when it is blocked. */
    struct gb_message_catalogue_account late = scene_account_of(2, 5, GB_STATUS_BLOCKED);
    scene_put_account(&late);
    (void)scene_run();
    assert_int_equal(scene_look("SELECT count(*) FROM status_pending WHERE account_no = 2"), 1);
}

static void an_account_that_contradicts_is_never_applied(void **state)
{
    (void)state;
    struct gb_message_catalogue_account account = scene_account_of(1, 1, GB_STATUS_OPEN);
    scene_put_account(&account);
    (void)scene_run();
    struct gb_message_catalogue_account other = scene_account_of(1, 1, GB_STATUS_BLOCKED);
    scene_put_account(&other); /* the same version */
    assert_int_equal(scene_run().dead, 1);
    assert_int_equal(scene_look(DEAD("REPLICA_CONFLICT")), 1);
    other = scene_account_of(1, 2, GB_STATUS_OPEN);
    other.account.account_id = "another"; /* the number is taken */
    scene_put_account(&other);
    other = scene_account_of(3, 2, GB_STATUS_OPEN);
    other.account.account_id = "acc-1"; /* the id is taken */
    scene_put_account(&other);
    scene_put(1, 1);
    struct gb_message_ledger_entry entry = scene_entry_of(1, 2);
    GB_CHECK(gb_currency_parse("USD", &entry.account.currency));
    scene_put_entry(&entry);
    assert_int_equal(scene_run().dead, 3);
    assert_int_equal(scene_look(DEAD("ACCOUNT_CONTRADICTED")), 3);
    assert_int_equal(scene_look("SELECT count(*) FROM account WHERE version = 1"), 1);
    assert_int_equal(scene_look("SELECT count(*) FROM account"), 1);
    assert_int_equal(scene_look(SHARE("version", "1")), 1);
}

static void a_taken_name_is_a_dead_letter_alone(void **state)
{
    (void)state;
    struct gb_message_catalogue_account account = scene_account_of(1, 1, GB_STATUS_OPEN);
    scene_put_account(&account);
    struct gb_message_catalogue_account same_name = scene_account_of(2, 1, GB_STATUS_OPEN);
    same_name.name = "Name 1";
    scene_put_account(&same_name);
    account = scene_account_of(3, 1, GB_STATUS_OPEN);
    scene_put_account(&account);
    scene_put(3, 1);
    assert_int_equal(scene_run().dead, 1);
    assert_int_equal(scene_look(DEAD("23505")), 1);
    assert_int_equal(scene_look("SELECT count(*) FROM account"), 2);
    assert_int_equal(scene_look(ENTRIES), 1);
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
    struct feed_at where = scene_at(GB_TOPIC_CATALOGUE, "catalogue");
    (void)feed_client(scene_feed, &where, &client);
}

static void the_newest_client_wins_and_never_moves(void **state)
{
    (void)state;
    put_client(1, 2, true, "dc3");
    put_client(1, 1, false, "dc3");
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(
        scene_look(
            "SELECT count(*) FROM client WHERE client_no = 1 AND revoked AND version = 2 AND home "
            "= 'dc3'"
            " AND role = 2 AND name = 'shop' AND token_hash = decode(repeat('5a', 32), 'hex')"),
        1);
    put_client(1, 2, false, "dc3");
    put_client(1, 1, false, "dc3");
    assert_int_equal(scene_run().dead, 1);
    put_client(1, 3, false, "dc1");
    assert_int_equal(scene_run().dead, 1);
    assert_int_equal(
        scene_look("SELECT count(*) FROM client WHERE revoked AND version = 2 AND home = 'dc3'"),
        1);
}

static void put_service(int64_t version, int64_t price, bool retired, const char *currency)
{
    struct gb_message_service service = {
        .incarnation = 1,
        .service_id = "sms",
        .name = "Text",
        .price = price,
        .retired = retired,
        .version = version,
        .created_at_us = 1,
        .updated_at_us = version,
    };
    GB_CHECK(gb_dc_parse("dc2", &service.dc) && gb_currency_parse(currency, &service.currency));
    struct feed_at where = scene_at(GB_TOPIC_CATALOGUE, "catalogue");
    struct gb_bytes framed;
    struct gb_err err;
    GB_CHECK(gb_wire_service_encode(&service, scene_feed->arena, &framed, &err) == GB_OK);
    (void)feed_value(scene_feed, &where, GB_MESSAGE_SERVICE, framed);
}

static void the_newest_service_wins_and_keeps_its_currency(void **state)
{
    (void)state;
    put_service(2, 12, false, "EUR");
    put_service(1, 9, false, "EUR");
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(
        scene_look("SELECT count(*) FROM service WHERE service_id = 'sms' AND name = 'Text' "
                   "AND price = 12 AND currency = 'EUR' AND NOT retired AND version = 2"),
        1);
    put_service(2, 12, false, "EUR");
    assert_int_equal(scene_run().dead, 0);
    put_service(2, 13, false, "EUR"); /* the same version with other content */
    assert_int_equal(scene_run().dead, 1);
    put_service(3, 12, true, "USD");
    assert_int_equal(scene_run().dead, 1);
    assert_int_equal(scene_look("SELECT count(*) FROM service WHERE version = 2 AND NOT retired"),
                     1);
    put_service(3, 12, true, "EUR");
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(scene_look("SELECT count(*) FROM service WHERE retired AND version = 3"), 1);
}

static void a_rebuilt_catalogue_is_replaced_version_by_version(void **state)
{
    (void)state;
    struct gb_message_catalogue_account open = scene_account_of(1, 1, GB_STATUS_OPEN);
    struct gb_message_catalogue_account blocked = scene_account_of(1, 2, GB_STATUS_BLOCKED);
    scene_put_account(&open);
    scene_put_account(&blocked);
    (void)scene_run();
    gb_test_sql(scene_admin, "UPDATE account SET name = 'Wrong', status = 1");
    scene_rebuild("catalogue");
    scene_put_account(&blocked);
    scene_expect_fenced();
    scene_take_again(GB_TOPIC_CATALOGUE);
    scene_put_account(&open);
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(scene_look("SELECT version FROM account WHERE suspect AND name = 'Wrong'"), 2);
    scene_put_account(&blocked);
    assert_int_equal(scene_run().dead, 0);
    assert_int_equal(scene_look("SELECT status FROM account WHERE NOT suspect AND name = 'Name 1'"),
                     2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_newest_account_wins_and_the_sweeper_hears_of_its_status),
        TEST(an_account_that_contradicts_is_never_applied),
        TEST(a_taken_name_is_a_dead_letter_alone),
        TEST(the_newest_client_wins_and_never_moves),
        TEST(the_newest_service_wins_and_keeps_its_currency),
        TEST(a_rebuilt_catalogue_is_replaced_version_by_version),
    };
    return cmocka_run_group_tests(tests, scene_before_all, scene_after_all);
}
