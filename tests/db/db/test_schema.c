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

/* PREPARE as a statement of its own takes everything but the transaction commands. */
static bool is_transaction(const struct gb_statement *statement)
{
    return strncmp(statement->name, "tx_", 3) == 0;
}

static void test_statements_prepare(void **state)
{
    (void)state;
    struct gb_pg *pg = gb_test_connect(server, "dc1", "geobill");
    size_t failures = 0;
    size_t prepared = 0;
    for (size_t i = 0; i < gb_statements_count; i++) {
        const struct gb_statement *statement = gb_statements[i];
        if (is_transaction(statement))
            continue;
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
    assert_int_equal(prepared, gb_statements_count - 3);
    gb_pg_close(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_prepare),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
