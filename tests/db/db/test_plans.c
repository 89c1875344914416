/* How the daemons' statements are planned. A daemon plans each once, and that may be on the first
 * day, while every table is empty and every plan costs nothing: it must be the right one all the
 * same, for years. (docs/adr/0010) */
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

static struct gb_pg *connect_as_daemon(void)
{
    char *conninfo = gb_test_conninfo(server, "dc1");
    const struct gb_pg_options options = {.conninfo = conninfo,
                                          .user = "geobill",
                                          .application_name = "test",
                                          .connect_timeout_ms = 5000,
                                          .statement_timeout_ms = 5000,
                                          .plans_once = true};
    struct gb_pg *pg = NULL;
    struct gb_err err;
    assert_int_equal(gb_pg_open(&options, &pg, &err), GB_OK);
    free(conninfo);
    return pg;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_one_of(const char *const *list, const char *text)
{
    for (; *list != NULL; list++)
        if (starts_with(text, *list))
            return true;
    return false;
}

/* The operator's tool plans as PostgreSQL likes; cursors read all there is, and so do counts of
 * dead letters, a few times a day; of the replayed messages only so many are counted; transaction
 * commands have no plan. */
static bool is_daemons(const struct gb_statement *statement)
{
    static const char *const others[] = {"tx_",
                                         "cursor_",
                                         "verify_",
                                         "replica_",
                                         "status_counts",
                                         "status_daemons",
                                         "client_",
                                         "status_streams",
                                         "schema_migration_",
                                         "dead_letter_count",
                                         "dead_letter_select",
                                         "replay_backlog",
                                         NULL};
    return !is_one_of(others, statement->name);
}

/* The plan, a line a row. The caller frees it. */
static struct gb_rows *explain(struct gb_pg *pg, const struct gb_statement *statement)
{
    char *prepare = NULL, *count = NULL;
    char execute[512];
    struct gb_rows *rows = NULL;
    struct gb_err err;
    assert_true(asprintf(&prepare, "PREPARE %s AS %s", statement->name, statement->text) > 0);
    assert_true(asprintf(&count,
                         "SELECT cardinality(parameter_types) FROM pg_prepared_statements"
                         " WHERE name = '%s'",
                         statement->name) > 0);
    gb_test_sql(pg, prepare);
    int64_t parameters = gb_test_sql_int(pg, count);
    size_t at = (size_t)snprintf(execute, sizeof(execute), "EXPLAIN (COSTS OFF) EXECUTE %s",
                                 statement->name);
    for (int64_t i = 0; i < parameters; i++)
        at += (size_t)snprintf(execute + at, sizeof(execute) - at, "%sNULL%s", i == 0 ? "(" : ", ",
                               i == parameters - 1 ? ")" : "");
    assert_true(at < sizeof(execute));
    if (gb_pg_query_text(pg, execute, &rows, &err) != GB_OK)
        fail_msg("%s: %s %s", statement->name, err.code, err.message);
    free(count);
    free(prepare);
    return rows;
}

/* The name behind `before` in a line of a plan, "" if there is none. */
static void name_behind(const char *line, const char *before, char *ret, size_t size)
{
    const char *at = strstr(line, before);
    ret[0] = '\0';
    if (at != NULL)
        (void)snprintf(ret, size, "%.*s", (int)strcspn(at + strlen(before), " "),
                       at + strlen(before));
}

/* Does the condition name the first column of the index; the stream's rows of the outbox are many,
 * so there the second one, too. */
static bool is_narrow(struct gb_pg *pg, const char *index, const char *condition)
{
    char *text = NULL;
    assert_true(asprintf(&text,
                         "SELECT (position('(' || a.attname || ' ' IN $plan$%s$plan$) > 0)::integer"
                         " FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
                         " AND a.attnum = i.indkey[0] WHERE i.indexrelid = '%s'::regclass",
                         condition, index) > 0);
    bool narrow = strstr(condition, "Index Cond: ") != NULL && gb_test_sql_int(pg, text) == 1;
    free(text);
    if (strcmp(index, "outbox_xid") == 0)
        narrow = narrow && strstr(condition, "(xid ") != NULL;
    return narrow;
}

/* Tables and indexes of a few rows, whatever happens (proposal_...: of those at work): those may be
 * read from end to end. */
static bool is_of_a_small_table(const char *name)
{
    static const char *const small[] = {"publisher_lease",
                                        "local_datacenter",
                                        "daemon",
                                        "late_partition",
                                        "overdue",
                                        "progress",
                                        "status_pending",
                                        "waiting",
                                        "proposal_running",
                                        "proposal_one_replay",
                                        NULL};
    return is_one_of(small, name);
}

/* What is wrong with a line of a plan; NULL: nothing. `next` is the line after it. */
static const char *fault_of(struct gb_pg *pg, const char *line, const char *next)
{
    char name[64];
    name_behind(line, "Seq Scan on ", name, sizeof(name));
    if (name[0] != '\0' && !is_of_a_small_table(name))
        return "reads the whole table";
    if (strstr(line, "Hash Join") != NULL || strstr(line, "Merge Join") != NULL)
        return "joins whole tables";
    name_behind(next, "Bitmap Heap Scan on ", name, sizeof(name));
    if (strstr(line, "Materialize") != NULL && !is_of_a_small_table(name))
        return "goes through the same rows for each row";
    name_behind(line, "Bitmap Index Scan on ", name, sizeof(name));
    if (name[0] == '\0' && strstr(line, " Scan using ") != NULL)
        name_behind(line, " Scan using ", name, sizeof(name));
    if (name[0] != '\0' && !is_of_a_small_table(name) && !is_narrow(pg, name, next))
        return "walks along the whole index";
    return NULL;
}

static size_t faults_of(struct gb_pg *pg, const struct gb_statement *statement)
{
    struct gb_rows *rows = explain(pg, statement);
    size_t faults = 0;
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        const char *line = gb_rows_text(rows, i, 0);
        const char *next = i + 1 < gb_rows_count(rows) ? gb_rows_text(rows, i + 1, 0) : "";
        const char *fault = fault_of(pg, line, next);
        if (fault == NULL)
            continue;
        faults++;
        print_error("%s %s:\n%s\n%s\n", statement->name, fault, line, next);
    }
    gb_rows_free(rows);
    return faults;
}

static void test_daemons_statements_go_by_index(void **state)
{
    (void)state;
    struct gb_pg *pg = connect_as_daemon();
    size_t faults = 0;
    size_t planned = 0;
    for (size_t i = 0; i < gb_statements_count; i++) {
        if (!is_daemons(gb_statements[i]))
            continue;
        planned++;
        faults += faults_of(pg, gb_statements[i]);
    }
    assert_int_equal(faults, 0);
    assert_true(planned > 100);
    gb_pg_close(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_daemons_statements_go_by_index),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
