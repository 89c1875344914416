/* Everything in sql/ fits together: every statement prepares, every check runs, against the
 * migrated schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/sql.h"
#include "support/postgres.h"

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

/* PREPARE as a statement of its own takes everything but transaction commands and cursors (whose
 * queries the publisher's tests run). */
static bool is_command(const struct gb_statement *statement)
{
    return strncmp(statement->name, "tx_", 3) == 0 || strncmp(statement->name, "cursor_", 7) == 0;
}

static void test_statements_prepare(void **state)
{
    (void)state;
    struct gb_pg *pg = gb_test_connect(server, "dc1", "geobill");
    size_t failures = 0;
    size_t prepared = 0;
    size_t commands = 0;
    for (size_t i = 0; i < gb_statements_count; i++) {
        const struct gb_statement *statement = gb_statements[i];
        if (is_command(statement)) {
            commands++;
            continue;
        }
        char *text = NULL;
        assert_true(asprintf(&text, "PREPARE %s AS %s", statement->name, statement->text) > 0);
        struct gb_err err;
        if (gb_pg_script(pg, text, &err) == GB_OK) {
            prepared++;
        } else {
            print_error("%s: %s %s\n", statement->name, err.code, err.message);
            failures++;
        }
        free(text);
    }
    assert_int_equal(failures, 0);
    assert_int_equal(prepared, gb_statements_count - commands);
    gb_pg_close(pg);
}

static void test_checks_run_and_find_nothing(void **state)
{
    (void)state;
    struct gb_pg *pg = gb_test_connect(server, "dc1", "geobill_operator");
    for (size_t i = 0; i < gb_checks_count; i++) {
        struct gb_rows *rows = NULL;
        struct gb_err err;
        if (gb_pg_query_text(pg, gb_checks[i].text, &rows, &err) != GB_OK)
            fail_msg("%s: %s %s", gb_checks[i].name, err.code, err.message);
        assert_int_equal(gb_rows_count(rows), 0);
        gb_rows_free(rows);
    }
    assert_true(gb_checks_count >= 10);
    gb_pg_close(pg);
}

/* Names every table, column and sequence of ours that tells nobody what it is. */
static void test_everything_is_described(void **state)
{
    (void)state;
    struct gb_pg *pg = gb_test_connect(server, "dc1", "geobill");
    struct gb_rows *rows = NULL;
    struct gb_err err;
    enum gb_result result = gb_pg_query_text(
        pg,
        "SELECT c.relname || coalesce('.' || a.attname, '') FROM pg_class c "
        "LEFT JOIN LATERAL (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND "
        "attnum > 0 "
        "                   AND NOT attisdropped UNION ALL SELECT NULL, 0) a ON true "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' "
        "AND NOT EXISTS (SELECT FROM pg_description d WHERE d.objoid = c.oid AND d.objsubid = "
        "a.attnum "
        "                AND d.classoid = 'pg_class'::regclass)",
        &rows, &err);
    assert_int_equal(result, GB_OK);
    for (size_t i = 0; i < gb_rows_count(rows); i++)
        print_error("no COMMENT: %s\n", gb_rows_text(rows, i, 0));
    assert_int_equal(gb_rows_count(rows), 0);
    gb_rows_free(rows);
    gb_pg_close(pg);
}

/* Compares a file of sql/ with what was compiled in: checksums of migrations stand on it. */
static void same_as_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    assert_true(snprintf(path, sizeof path, "%s%s%s.sql", GB_SQL_DIR, folder, name) <
                (int)sizeof path);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s: cannot open", path);
    size_t size = strlen(text);
    char *content = malloc(size + 2);
    assert_non_null(content);
    size_t got = fread(content, 1, size + 2, file);
    fclose(file);
    if (got != size || memcmp(content, text, size) != 0)
        fail_msg("%s differs from what is compiled in", path);
    free(content);
}

static void test_compiled_in_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < gb_statements_count; i++)
        same_as_file("/queries/", gb_statements[i]->name, gb_statements[i]->text);
    for (size_t i = 0; i < gb_migrations_count; i++)
        same_as_file("/migrations/", gb_migrations[i].statement.name,
                     gb_migrations[i].statement.text);
    for (size_t i = 0; i < gb_checks_count; i++)
        same_as_file("/checks/", gb_checks[i].name, gb_checks[i].text);
    same_as_file("/", "bookkeeping", gb_sql_bookkeeping_script);
    same_as_file("/", "revoke", gb_sql_revoke_script);
    same_as_file("/", "roles", gb_sql_roles_script);
    for (size_t i = 1; i < gb_migrations_count; i++)
        assert_true(gb_migrations[i - 1].number < gb_migrations[i].number);
    assert_int_equal(gb_migrations[0].number, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compiled_in_as_it_is),
        cmocka_unit_test(test_statements_prepare),
        cmocka_unit_test(test_checks_run_and_find_nothing),
        cmocka_unit_test(test_everything_is_described),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
