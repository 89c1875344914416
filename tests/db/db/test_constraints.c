/* The database refuses what must not be, whoever asks: each row is a statement and the SQLSTATE it
 * must end with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/postgres.h"

#define CHECK_VIOLATION "23514"
#define UNIQUE_VIOLATION "23505"
#define APPEND_ONLY "GB001"

#define SHARE                                                                                      \
    "INSERT INTO share (account_no, account_id, currency, balance, held, credits_total, "          \
    "debits_total, "
#define ENTRY                                                                                      \
    "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after, held_after, "   \
    "credits_total, debits_total, out_total, in_total, account_version, created_at_us) VALUES "
#define OPERATION                                                                                  \
    "INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us) "      \
    "VALUES "

static const struct {
    const char *what;
    const char *text;
    const char *sqlstate; /* NULL: it is allowed */
} cases[] = {
    {"a sound share", SHARE "out_total, in_total) VALUES (10, 'x', 'EUR', 5, 5, 9, 2, 3, 1)", NULL},
    {"the highest balance",
     SHARE
     "out_total, in_total) VALUES (10, 'x', 'EUR', 9007199254740991, 0, 9007199254740991, 0, 0, 0)",
     NULL},
    {"balance over 2^53 - 1",
     SHARE
     "out_total, in_total) VALUES (10, 'x', 'EUR', 9007199254740992, 0, 9007199254740992, 0, 0, 0)",
     CHECK_VIOLATION},
    {"negative balance", SHARE "out_total, in_total) VALUES (10, 'x', 'EUR', -1, 0, 0, 1, 0, 0)",
     CHECK_VIOLATION},
    {"debit below zero",
     "UPDATE share SET balance = balance - 101, debits_total = debits_total + 101 "
     "WHERE account_no = 1",
     CHECK_VIOLATION},
    {"balance without a total", "UPDATE share SET balance = balance + 1 WHERE account_no = 1",
     CHECK_VIOLATION},
    {"a total without balance", "UPDATE share SET in_total = in_total + 1 WHERE account_no = 1",
     CHECK_VIOLATION},
    {"negative total", "UPDATE share SET credits_total = 99, out_total = -1 WHERE account_no = 1",
     CHECK_VIOLATION},
    {"held over balance", "UPDATE share SET held = 101 WHERE account_no = 1", CHECK_VIOLATION},
    {"negative held", "UPDATE share SET held = -1 WHERE account_no = 1", CHECK_VIOLATION},
    {"negative version", "UPDATE share SET version = -1 WHERE account_no = 1", CHECK_VIOLATION},
    {"unknown status", "UPDATE share SET status = 5 WHERE account_no = 1", CHECK_VIOLATION},
    {"two shares of an account",
     SHARE "out_total, in_total) VALUES (1, 'x', 'EUR', 0, 0, 0, 0, 0, 0)", UNIQUE_VIOLATION},
    {"peer confirms more than granted",
     "INSERT INTO share_link (account_no, peer, out_total, peer_in_total) VALUES (1, 'dc2', 5, 6)",
     CHECK_VIOLATION},

    {"the next entry", ENTRY "(1, 2, 1, 1, 5, 105, 0, 105, 0, 0, 0, 1, 2)", NULL},
    {"two entries with one version", ENTRY "(1, 1, 1, 1, 5, 105, 0, 105, 0, 0, 0, 1, 2)",
     UNIQUE_VIOLATION},
    {"version 0", ENTRY "(1, 0, 1, 1, 5, 105, 0, 105, 0, 0, 0, 1, 2)", CHECK_VIOLATION},
    {"entry below zero", ENTRY "(1, 2, 2, 1, 200, -100, 0, 100, 200, 0, 0, 1, 2)", CHECK_VIOLATION},
    {"entry with held over balance", ENTRY "(1, 2, 1, 1, 5, 105, 106, 105, 0, 0, 0, 1, 2)",
     CHECK_VIOLATION},
    {"entry with broken identity", ENTRY "(1, 2, 1, 1, 5, 105, 0, 104, 0, 0, 0, 1, 2)",
     CHECK_VIOLATION},
    {"entry of negative amount", ENTRY "(1, 2, 1, 1, -5, 95, 0, 95, 0, 0, 0, 1, 2)",
     CHECK_VIOLATION},
    {"changing an entry", "UPDATE ledger SET amount = 1 WHERE account_no = 1", APPEND_ONLY},
    {"changing no entry", "UPDATE ledger SET amount = 1 WHERE false", APPEND_ONLY},
    {"deleting an entry", "DELETE FROM ledger WHERE account_no = 1", APPEND_ONLY},
    {"emptying the ledger", "TRUNCATE ledger", APPEND_ONLY},
    {"upsert of an entry",
     ENTRY "(1, 1, 1, 1, 5, 105, 0, 105, 0, 0, 0, 1, 2) "
           "ON CONFLICT (account_no, version) DO UPDATE SET amount = 7",
     APPEND_ONLY},

    {"another operation", OPERATION "(1, 1, 1, 'k2', 1, 100, 1)", NULL},
    {"another client's same key", OPERATION "(2, 1, 1, 'k1', 1, 100, 1)", NULL},
    {"the same key again", OPERATION "(1, 1, 1, 'k1', 1, 100, 1)", UNIQUE_VIOLATION},
    {"no amount", OPERATION "(1, 1, 1, 'k2', 1, 0, 1)", CHECK_VIOLATION},
    {"amount over 10^15", OPERATION "(1, 1, 1, 'k2', 1, 1000000000000001, 1)", CHECK_VIOLATION},
    {"empty key", OPERATION "(1, 1, 1, '', 1, 1, 1)", CHECK_VIOLATION},
    {"key of 201 characters", OPERATION "(1, 1, 1, repeat('k', 201), 1, 1, 1)", CHECK_VIOLATION},

    {"another datacenter's row",
     "INSERT INTO local_datacenter (code, catalogue) VALUES ('dc2', 'dc1')", UNIQUE_VIOLATION},
    {"a code that is none", "UPDATE local_datacenter SET code = 'paris'", CHECK_VIOLATION},
    {"two accounts of one name", "INSERT INTO account VALUES (2, 'y', 'First', 'EUR', 1, 1, 1, 1)",
     UNIQUE_VIOLATION},
    {"two accounts of one id", "INSERT INTO account VALUES (2, 'a1', 'Second', 'EUR', 1, 1, 1, 1)",
     UNIQUE_VIOLATION},
    {"account id with a slash",
     "INSERT INTO account VALUES (2, 'a/1', 'Second', 'EUR', 1, 1, 1, 1)", CHECK_VIOLATION},
    {"token kept in the clear",
     "INSERT INTO client VALUES (1, 'c', 'secret', 1, 'dc1', false, 1, 1, 1)", CHECK_VIOLATION},
    {"replica with broken identity",
     "INSERT INTO replicated_share VALUES ('dc2', 1, 10, 0, 1, 9, 0, 0, 0, 1, 1, 1)",
     CHECK_VIOLATION},
};

static struct gb_test_postgres *server;
static struct gb_pg *owner;

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    owner = gb_test_connect(server, "dc1", "geobill");
    gb_test_sql(
        owner,
        "INSERT INTO account VALUES (1, 'a1', 'First', 'EUR', 1, 1, 1, 1);"
        "INSERT INTO share (account_no, account_id, currency, balance, credits_total, version)"
        " VALUES (1, 'a1', 'EUR', 100, 100, 1);" ENTRY
        "(1, 1, 1, 1, 100, 100, 0, 100, 0, 0, 0, 1, 1);" OPERATION "(1, 1, 2, 'k1', 1, 100, 1)");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_pg_close(owner);
    gb_test_postgres_stop(server);
    return 0;
}

/* Each in a transaction of its own, as the owner: what even the owner may not do, nobody may. */
static void test_refusals(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gb_err err = {.code = ""};
        gb_test_sql(owner, "BEGIN");
        enum gb_result result = gb_pg_script(owner, cases[i].text, &err);
        gb_pg_rollback(owner);
        const char *expected = cases[i].sqlstate == NULL ? "" : cases[i].sqlstate;
        if ((result == GB_OK) != (cases[i].sqlstate == NULL) || strcmp(err.code, expected) != 0) {
            print_error("%s: expected '%s', got '%s' %s\n", cases[i].what, expected, err.code,
                        err.message);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_guard_ends_the_transaction(void **state)
{
    (void)state;
    struct gb_err err;
    assert_int_equal(gb_pg_script(owner, "SELECT expect_rows(1, 1, '40001')", &err), GB_OK);
    assert_int_equal(gb_pg_script(owner, "SELECT expect_rows(0, 1, '40001')", &err), GB_RETRY);
    assert_string_equal(err.code, "40001");
    assert_int_equal(gb_pg_script(owner, "SELECT expect_rows(0, 1, 'GB003')", &err), GB_FATAL);
    assert_string_equal(err.code, "GB003");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_guard_ends_the_transaction),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
