/* Least privilege: for every role and table the exact set of what it may do, compared with what the
 * server says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/postgres.h"

/* What each role may do besides reading: I insert, U update, D delete. A table that is not named:
 * nothing. */
static const struct {
    const char *role;
    const char *table;
    const char *may;
} matrix[] = {
    {"geobill_api", "account", "IU"},
    {"geobill_api", "client", "IU"},
    {"geobill_api", "service", "IU"},
    {"geobill_api", "status_pending", "IU"},
    {"geobill_api", "operation", "Iu"},
    {"geobill_api", "relay", "I"},
    {"geobill_api", "outbox", "I"},
    {"geobill_api", "share", "iU"},
    {"geobill_api", "share_link", "IU"},
    {"geobill_api", "ledger", "I"},
    {"geobill_api", "waiting", "ID"},
    {"geobill_api", "denial", "I"},
    {"geobill_api", "open_hold", "ID"},
    {"geobill_api", "hold", "Iu"},
    {"geobill_api", "catalogue_command", "I"},
    {"geobill_api", "proposal", "Iu"},
    {"geobill_api", "daemon", "IU"},
    {"geobill_publisher", "page", "ID"},
    {"geobill_publisher", "publisher_lease", "U"},
    {"geobill_publisher", "outbox", "D"},
    {"geobill_publisher", "stream_sent", "IU"},
    {"geobill_publisher", "reader_resend", "IU"},
    {"geobill_publisher", "daemon", "IU"},
    {"geobill_consumer", "share", "IU"},
    {"geobill_consumer", "share_link", "IU"},
    {"geobill_consumer", "ledger", "I"},
    {"geobill_consumer", "waiting", "ID"},
    {"geobill_consumer", "denial", "ID"},
    {"geobill_consumer", "open_hold", "ID"},
    {"geobill_consumer", "hold", "Iu"},
    {"geobill_consumer", "operation", "Iu"},
    {"geobill_consumer", "relay", "u"},
    {"geobill_consumer", "account", "u"},
    {"geobill_consumer", "overdue", "IUD"},
    {"geobill_consumer", "status_pending", "IUD"},
    {"geobill_consumer", "outbox", "I"},
    {"geobill_consumer", "position", "IU"},
    {"geobill_consumer", "progress", "IU"},
    {"geobill_consumer", "reader_ack", "IU"},
    {"geobill_consumer", "reader", "IU"},
    {"geobill_consumer", "source_head", "IU"},
    {"geobill_consumer", "dead_letter", "IUD"},
    {"geobill_consumer", "proposal", "u"},
    {"geobill_consumer", "late_partition", "IUD"},
    {"geobill_consumer", "daemon", "IU"},
    {"geobill_projector", "replicated_share", "IU"},
    {"geobill_projector", "replicated_link", "IU"},
    {"geobill_projector", "replicated_ledger", "I"},
    {"geobill_projector", "account", "IU"},
    {"geobill_projector", "client", "IU"},
    {"geobill_projector", "service", "IU"},
    {"geobill_projector", "status_pending", "IU"},
    {"geobill_projector", "outbox", "I"},
    {"geobill_projector", "position", "IU"},
    {"geobill_projector", "progress", "IU"},
    {"geobill_projector", "dead_letter", "IU"},
    {"geobill_projector", "daemon", "IU"},
};

/* Per role and table: I/U whole rows, i/u some columns only, D delete, T truncate or worse, r not
 * readable. */
static const char privileges_query[] =
    "SELECT r.rolname, c.relname,"
    " CASE WHEN has_table_privilege(r.oid, c.oid, 'INSERT') THEN 'I'"
    "      WHEN has_any_column_privilege(r.oid, c.oid, 'INSERT') THEN 'i' ELSE '' END ||"
    " CASE WHEN has_table_privilege(r.oid, c.oid, 'UPDATE') THEN 'U'"
    "      WHEN has_any_column_privilege(r.oid, c.oid, 'UPDATE') THEN 'u' ELSE '' END ||"
    " CASE WHEN has_table_privilege(r.oid, c.oid, 'DELETE') THEN 'D' ELSE '' END ||"
    " CASE WHEN has_table_privilege(r.oid, c.oid, 'TRUNCATE, TRIGGER, REFERENCES') THEN 'T' ELSE "
    "'' END ||"
    " CASE WHEN has_any_column_privilege(r.oid, c.oid, 'SELECT') THEN '' ELSE 'r' END"
    " FROM pg_roles r, pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
    " AND r.rolname IN ('geobill_api', 'geobill_publisher', 'geobill_consumer', "
    "'geobill_projector',"
    "                   'geobill_operator') ORDER BY 1, 2";

/* As a role: what must be refused (42501), and what must do. */
static const struct {
    const char *role;
    const char *text;
    bool allowed;
} attempts[] = {
    {"geobill_api", "INSERT INTO share (account_no, account_id, currency) VALUES (7, 'x', 'EUR')",
     true},
    {"geobill_api",
     "INSERT INTO share (account_no, account_id, currency, balance, credits_total)"
     " VALUES (7, 'x', 'EUR', 1, 1)",
     false},
    {"geobill_api", "UPDATE share SET balance = 0, debits_total = 1", true},
    {"geobill_api", "UPDATE operation SET state = 4, facts = NULL", true},
    {"geobill_api", "UPDATE operation SET refunded = 0", true},
    {"geobill_consumer", "UPDATE operation SET refunded = 0", true},
    {"geobill_consumer", "UPDATE operation SET original_key = 'o'", false},
    {"geobill_api", "UPDATE operation SET amount = 1", false},
    {"geobill_api", "UPDATE waiting SET deadline_us = 1", false},
    {"geobill_api", "DELETE FROM ledger", false},
    {"geobill_api", "UPDATE proposal SET moved = 1", false},
    {"geobill_api", "UPDATE dead_letter SET state = 3", false},
    {"geobill_consumer", "UPDATE proposal SET decided_by = 1", false},
    {"geobill_consumer", "UPDATE waiting SET deadline_us = 1", false},
    {"geobill_api", "UPDATE hold SET state = 3, ended_at_us = 1", true},
    {"geobill_api", "UPDATE hold SET amount = 1", false},
    {"geobill_consumer", "UPDATE hold SET expires_at_us = 1", false},
    {"geobill_consumer", "DELETE FROM hold", false},
    {"geobill_api",
     "INSERT INTO operation (client_no, kind, state, key, account_no, amount, created_at_us, seq)"
     " VALUES (1, 1, 1, 'k', 1, 1, 1, nextval('operation_seq'))",
     true},
    {"geobill_api", "SELECT token_hash FROM client", true},
    {"geobill_consumer", "UPDATE operation SET state = 2, decided_at_us = 1", true},
    {"geobill_consumer", "UPDATE operation SET amount = 1", false},
    {"geobill_consumer", "UPDATE operation SET key = 'other'", false},
    {"geobill_consumer", "UPDATE operation SET seq = 1", false},
    {"geobill_consumer", "UPDATE account SET status = 2, version = 2, updated_at_us = 1", true},
    {"geobill_consumer", "UPDATE account SET account_id = 'other'", false},
    {"geobill_consumer", "SELECT nextval('ledger_seq')", true},
    {"geobill_consumer", "SELECT setval('ledger_seq', 1)", false},
    {"geobill_consumer", "SELECT expect_rows(1, 1, '40001')", true},
    {"geobill_consumer", "UPDATE replicated_share SET balance = 1", false},
    {"geobill_projector", "INSERT INTO ledger DEFAULT VALUES", false},
    {"geobill_projector", "UPDATE share SET version = 1", false},
    {"geobill_projector", "SELECT nextval('ledger_seq')", false},
    {"geobill_publisher",
     "SELECT count(*) FROM ledger, operation, outbox, page, reader_ack, progress", true},
    {"geobill_publisher", "SELECT pg_terminate_backend(0)", true},
    {"geobill_publisher", "SELECT token_hash FROM client", false},
    {"geobill_operator", "SELECT token_hash FROM client", true},
    {"geobill_operator", "SELECT client_no, name, role, home, revoked FROM client", true},
    {"geobill_operator", "SELECT last_value FROM ledger_seq", true},
    {"geobill_operator", "SELECT nextval('ledger_seq')", false},
    {"geobill_operator", "CREATE TABLE mine (a int)", false},
    {"geobill_operator", "SELECT rebuild_replica('dc2', 'ledger', 1)", true},
    {"geobill_operator", "DELETE FROM replicated_share", false},
    {"geobill_operator", "UPDATE progress SET complete = 0", false},
    {"geobill_projector", "SELECT rebuild_replica('dc2', 'ledger', 1)", false},
    {"geobill_consumer", "SELECT rebuild_replica('dc2', 'ledger', 1)", false},
    {"geobill_publisher", "SELECT rebuild_replica('dc2', 'ledger', 1)", false},
    {"geobill_api", "SELECT rebuild_replica('dc2', 'ledger', 1)", false},
    {"geobill_consumer", "CREATE TABLE mine (a int)", false},
    {"geobill_consumer", "ALTER TABLE ledger DISABLE TRIGGER ledger_append_only", false},
    {"geobill_consumer", "SET session_replication_role = replica", false},
};

static struct gb_test_postgres *server;

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_test_postgres_stop(server);
    return 0;
}

static const char *expected_of(const char *role, const char *table)
{
    for (size_t i = 0; i < sizeof matrix / sizeof matrix[0]; i++) {
        if (strcmp(matrix[i].role, role) == 0 && strcmp(matrix[i].table, table) == 0)
            return matrix[i].may;
    }
    return "";
}

static void test_matrix(void **state)
{
    (void)state;
    struct gb_pg *pg = gb_test_connect(server, "dc1", "geobill");
    struct gb_rows *rows = NULL;
    struct gb_err err;
    assert_int_equal(gb_pg_query_text(pg, privileges_query, &rows, &err), GB_OK);
    size_t wrong = 0;
    size_t written = 0;
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        const char *role = gb_rows_text(rows, i, 0);
        const char *table = gb_rows_text(rows, i, 1);
        const char *found = gb_rows_text(rows, i, 2);
        const char *expected = expected_of(role, table);
        written += expected[0] != '\0';
        if (strcmp(found, expected) != 0) {
            print_error("%s on %s: expected '%s', found '%s'\n", role, table, expected, found);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    /* Each row of the matrix was met: none names a table that is not there. */
    assert_int_equal(written, sizeof matrix / sizeof matrix[0]);
    gb_rows_free(rows);
    gb_pg_close(pg);
}

static void test_attempts(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        struct gb_pg *pg = gb_test_connect(server, "dc1", attempts[i].role);
        struct gb_err err = {.code = ""};
        gb_test_sql(pg, "BEGIN");
        enum gb_result result = gb_pg_script(pg, attempts[i].text, &err);
        if (strcmp(err.code, attempts[i].allowed ? "" : "42501") != 0 ||
            (result == GB_OK) != attempts[i].allowed) {
            print_error("%s: %s: '%s' %s\n", attempts[i].role, attempts[i].text, err.code,
                        err.message);
            wrong++;
        }
        gb_pg_close(pg);
    }
    assert_int_equal(wrong, 0);
}

/* The ledger stays as it is for every role, by grant; and the trigger holds where a grant would be
 * given by mistake. */
static void test_ledger_is_append_only(void **state)
{
    (void)state;
    static const char *const roles[] = {"geobill_api", "geobill_publisher", "geobill_consumer",
                                        "geobill_projector", "geobill_operator"};
    static const char *const changes[] = {"UPDATE ledger SET amount = 1", "DELETE FROM ledger",
                                          "TRUNCATE ledger"};
    struct gb_pg *owner = gb_test_connect(server, "dc1", "geobill");
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
        struct gb_pg *pg = gb_test_connect(server, "dc1", roles[r]);
        for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
            struct gb_err err;
            assert_int_equal(gb_pg_script(pg, changes[c], &err), GB_FATAL);
            assert_string_equal(err.code, "42501");
        }
        gb_pg_close(pg);
    }
    gb_test_sql(owner, "GRANT ALL ON ledger TO geobill_consumer");
    struct gb_pg *pg = gb_test_connect(server, "dc1", "geobill_consumer");
    for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
        struct gb_err err;
        assert_int_equal(gb_pg_script(pg, changes[c], &err), GB_FATAL);
        assert_string_equal(err.code, "GB001");
    }
    gb_pg_close(pg);
    gb_pg_close(owner);
}

/* The standby publisher ends the backend of the active one: same role, no superuser. */
static void test_publisher_ends_the_other(void **state)
{
    (void)state;
    struct gb_pg *active = gb_test_connect(server, "dc1", "geobill_publisher");
    struct gb_pg *standby = gb_test_connect(server, "dc1", "geobill_publisher");
    struct gb_pg *consumer = gb_test_connect(server, "dc1", "geobill_consumer");
    int64_t pid = gb_test_sql_int(active, "SELECT pg_backend_pid()");
    char text[80];
    snprintf(text, sizeof text, "SELECT pg_terminate_backend(%lld)::int", (long long)pid);

    struct gb_err err;
    assert_int_equal(gb_pg_script(consumer, text, &err), GB_FATAL);
    assert_string_equal(err.code, "42501");
    assert_int_equal(gb_test_sql_int(standby, text), 1);
    assert_int_equal(gb_pg_script(active, "SELECT 1", &err), GB_RETRY);
    assert_false(gb_pg_usable(active));
    assert_int_equal(gb_pg_reset(active, &err), GB_OK);
    gb_test_sql(active, "SELECT 1");
    gb_pg_close(active);
    gb_pg_close(standby);
    gb_pg_close(consumer);
}

/* A role that is not ours gets in nowhere. */
static void test_strangers_stay_out(void **state)
{
    (void)state;
    struct gb_pg *super = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(super, "CREATE ROLE stranger LOGIN");
    gb_pg_close(super);
    char *conninfo = gb_test_conninfo(server, "dc1");
    struct gb_pg_options options = {.conninfo = conninfo,
                                    .user = "stranger",
                                    .application_name = "test",
                                    .connect_timeout_ms = 2000,
                                    .statement_timeout_ms = 2000};
    struct gb_pg *pg = NULL;
    struct gb_err err;
    assert_int_equal(gb_pg_open(&options, &pg, &err), GB_FATAL);
    assert_string_equal(err.code, "42501");
    free(conninfo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_publisher_ends_the_other),
        cmocka_unit_test(test_strangers_stay_out),
        cmocka_unit_test(test_ledger_is_append_only), /* last: it gives a grant away */
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
