/* What goes in as a parameter comes out of a row as the same value. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/sql.h"
#include "runtime/arena.h"
#include "support/postgres.h"

static struct gb_test_postgres *server;
static struct gb_pg *pg;
static struct gb_arena *arena;

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    pg = gb_test_connect(server, "postgres", NULL);
    arena = gb_arena_new(64 * 1024 * 1024);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_arena_free(arena);
    gb_pg_close(pg);
    gb_test_postgres_stop(server);
    return 0;
}

static void call(struct gb_call *one)
{
    struct gb_err err = {.message = ""};
    if (gb_pg_call(pg, one, &err) != GB_OK)
        fail_msg("%s: %s %s", one->statement->name, err.code, err.message);
}

static void test_scalars(void **state)
{
    (void)state;
    static const struct gb_statement echo = {
        "echo_scalars",
        "SELECT $1, $2, $3, $4, $5, $6, $7, $2 IS NULL, 42::text::xid8, 'n'::name, $8::varchar"};
    const struct gb_uuid uuid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}};
    struct gb_call one;
    gb_call_init(&one, &echo, arena);
    gb_params_bool(&one.params, true);
    gb_params_int2(&one.params, INT16_MIN);
    gb_params_int4(&one.params, INT32_MIN);
    gb_params_int8(&one.params, INT64_MIN);
    gb_params_text(&one.params, "Zürich 'quoted' \\ \"x\"");
    gb_params_bytea(&one.params, (struct gb_bytes){"\0\1\377", 3});
    gb_params_uuid(&one.params, &uuid);
    gb_params_text(&one.params, "");
    call(&one);
    assert_int_equal(one.affected, 1);
    assert_int_equal(gb_rows_count(one.rows), 1);
    assert_int_equal(gb_rows_columns(one.rows), 11);
    assert_true(gb_rows_bool(one.rows, 0, 0));
    assert_int_equal(gb_rows_int(one.rows, 0, 1), INT16_MIN);
    assert_int_equal(gb_rows_int(one.rows, 0, 2), INT32_MIN);
    assert_true(gb_rows_int(one.rows, 0, 3) == INT64_MIN);
    assert_string_equal(gb_rows_text(one.rows, 0, 4), "Zürich 'quoted' \\ \"x\"");
    assert_int_equal(gb_rows_bytes(one.rows, 0, 5).size, 3);
    assert_memory_equal(gb_rows_bytes(one.rows, 0, 5).data, "\0\1\377", 3);
    struct gb_uuid back = gb_rows_uuid(one.rows, 0, 6);
    assert_memory_equal(&back, &uuid, sizeof uuid);
    assert_false(gb_rows_bool(one.rows, 0, 7));
    assert_int_equal(gb_rows_int(one.rows, 0, 8), 42);
    assert_string_equal(gb_rows_text(one.rows, 0, 9), "n");
    assert_string_equal(gb_rows_text(one.rows, 0, 10), "");
    assert_false(gb_rows_null(one.rows, 0, 10));
    gb_calls_release(&one, 1);
}

static void test_nulls(void **state)
{
    (void)state;
    static const struct gb_statement echo = {"echo_nulls", "SELECT $1::bigint, $2, $3, $4"};
    const struct gb_uuid zero = {{0}};
    struct gb_call one;
    gb_call_init(&one, &echo, arena);
    gb_params_null(&one.params);
    gb_params_text(&one.params, NULL);
    gb_params_bytea(&one.params, (struct gb_bytes){NULL, 0});
    gb_params_uuid(&one.params, &zero);
    call(&one);
    for (int column = 0; column < 4; column++)
        assert_true(gb_rows_null(one.rows, 0, column));
    assert_null(gb_rows_text(one.rows, 0, 1));
    assert_null(gb_rows_bytes(one.rows, 0, 2).data);
    struct gb_uuid back = gb_rows_uuid(one.rows, 0, 3);
    assert_memory_equal(&back, &zero, sizeof zero);
    gb_calls_release(&one, 1);

    /* A value where there was a null the first time. */
    gb_call_init(&one, &echo, arena);
    gb_params_int8(&one.params, 7);
    gb_params_text(&one.params, "x");
    gb_params_bytea(&one.params, (struct gb_bytes){"", 0});
    gb_params_uuid(&one.params, NULL);
    call(&one);
    assert_int_equal(gb_rows_int(one.rows, 0, 0), 7);
    assert_false(gb_rows_null(one.rows, 0, 2));
    assert_int_equal(gb_rows_bytes(one.rows, 0, 2).size, 0);
    gb_calls_release(&one, 1);
}

static const struct gb_statement echo_arrays = {
    "echo_arrays",
    "SELECT * FROM unnest($1::boolean[], $2::smallint[], $3::integer[], $4::bigint[], $5::text[],"
    " $6::bytea[], $7::uuid[])"};

static void test_arrays_with_nulls(void **state)
{
    (void)state;
    const bool bools[] = {true, false, true};
    const int16_t int2s[] = {1, -2, 3};
    const int32_t int4s[] = {1, -2, 3};
    const int64_t int8s[] = {1, INT64_MAX, -3};
    const bool nulls[] = {false, false, true};
    const char *const texts[] = {"a,b", NULL, "{\"NULL\"}"};
    const struct gb_bytes bytes[] = {{NULL, 0}, {"\0z", 2}, {"", 0}};
    const struct gb_uuid uuids[] = {{{9}}, {{0}}, {{7, 7}}};
    struct gb_call one;
    gb_call_init(&one, &echo_arrays, arena);
    gb_params_bool_array(&one.params, bools, 3);
    gb_params_int2_array(&one.params, int2s, nulls, 3);
    gb_params_int4_array(&one.params, int4s, nulls, 3);
    gb_params_int8_array(&one.params, int8s, NULL, 3);
    gb_params_text_array(&one.params, texts, 3);
    gb_params_bytea_array(&one.params, bytes, 3);
    gb_params_uuid_array(&one.params, uuids, 3);
    call(&one);
    assert_int_equal(gb_rows_count(one.rows), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(gb_rows_bool(one.rows, i, 0), bools[i]);
        assert_int_equal(gb_rows_null(one.rows, i, 1), nulls[i]);
        assert_int_equal(gb_rows_null(one.rows, i, 2), nulls[i]);
        assert_true(gb_rows_int(one.rows, i, 3) == int8s[i]);
        assert_int_equal(gb_rows_null(one.rows, i, 4), texts[i] == NULL);
        assert_int_equal(gb_rows_null(one.rows, i, 5), bytes[i].data == NULL);
        assert_int_equal(gb_rows_bytes(one.rows, i, 5).size, bytes[i].size);
        struct gb_uuid back = gb_rows_uuid(one.rows, i, 6);
        assert_memory_equal(&back, &uuids[i], sizeof back);
    }
    assert_int_equal(gb_rows_int(one.rows, 1, 1), -2);
    assert_int_equal(gb_rows_int(one.rows, 1, 2), -2);
    assert_string_equal(gb_rows_text(one.rows, 0, 4), "a,b");
    assert_string_equal(gb_rows_text(one.rows, 2, 4), "{\"NULL\"}");
    assert_memory_equal(gb_rows_bytes(one.rows, 1, 5).data, "\0z", 2);
    assert_true(gb_rows_null(one.rows, 1, 6));
    gb_calls_release(&one, 1);
}

static void test_empty_arrays(void **state)
{
    (void)state;
    struct gb_call one;
    gb_call_init(&one, &echo_arrays, arena);
    gb_params_bool_array(&one.params, NULL, 0);
    gb_params_int2_array(&one.params, NULL, NULL, 0);
    gb_params_int4_array(&one.params, NULL, NULL, 0);
    gb_params_int8_array(&one.params, NULL, NULL, 0);
    gb_params_text_array(&one.params, NULL, 0);
    gb_params_bytea_array(&one.params, NULL, 0);
    gb_params_uuid_array(&one.params, NULL, 0);
    call(&one);
    assert_int_equal(gb_rows_count(one.rows), 0);
    assert_int_equal(one.affected, 0);
    gb_calls_release(&one, 1);
}

static void test_one_null_in_an_array(void **state)
{
    (void)state;
    static const struct gb_statement count = {
        "count_nulls", "SELECT count(*) - count(a) FROM unnest($1::bigint[]) a"};
    const int64_t values[] = {5};
    const bool nulls[] = {true};
    struct gb_call one;
    gb_call_init(&one, &count, arena);
    gb_params_int8_array(&one.params, values, nulls, 1);
    call(&one);
    assert_int_equal(gb_rows_int(one.rows, 0, 0), 1);
    gb_calls_release(&one, 1);
}

static void test_text_results(void **state)
{
    (void)state;
    struct gb_rows *rows = NULL;
    struct gb_err err;
    assert_int_equal(gb_pg_query_text(pg,
                                      "SELECT 7 AS seven, NULL AS nothing, '{1,2}'::int[] AS list",
                                      &rows, &err),
                     GB_OK);
    assert_int_equal(gb_rows_columns(rows), 3);
    assert_string_equal(gb_rows_column_name(rows, 0), "seven");
    assert_string_equal(gb_rows_text(rows, 0, 0), "7");
    assert_null(gb_rows_text(rows, 0, 1));
    assert_string_equal(gb_rows_text(rows, 0, 2), "{1,2}");
    gb_rows_free(rows);
    gb_rows_free(NULL);
}

/* True when `bug` aborts the process, tried in a child. */
static bool aborts(void (*bug)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        fclose(stderr);
        bug();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static const struct gb_statement one_text = {"one_text", "SELECT 'x'::text, NULL::bigint"};

static struct gb_rows *fetch_one_text(void)
{
    struct gb_pg *own = gb_test_connect(server, "postgres", NULL);
    struct gb_call one;
    gb_call_init(&one, &one_text, arena);
    if (gb_pg_call(own, &one, NULL) != GB_OK)
        _exit(1);
    return one.rows;
}

static void read_text_as_number(void)
{
    (void)gb_rows_int(fetch_one_text(), 0, 0);
}

static void read_null_as_number(void)
{
    (void)gb_rows_int(fetch_one_text(), 0, 1);
}

static void read_beyond_the_columns(void)
{
    (void)gb_rows_text(fetch_one_text(), 0, 2);
}

static void read_beyond_the_rows(void)
{
    (void)gb_rows_text(fetch_one_text(), 1, 0);
}

static void commit_without_begin(void)
{
    struct gb_pg *own = gb_test_connect(server, "postgres", NULL);
    struct gb_call calls[2];
    gb_call_init(&calls[0], &one_text, arena);
    gb_call_init(&calls[1], &gb_sql_tx_commit, arena);
    if (gb_pg_run(own, calls, 2, NULL, NULL) != GB_OK)
        _exit(1);
}

static void change_parameter_types(void)
{
    static const struct gb_statement echo = {"echo_one", "SELECT $1::text"};
    struct gb_pg *own = gb_test_connect(server, "postgres", NULL);
    struct gb_call one;
    gb_call_init(&one, &echo, arena);
    gb_params_text(&one.params, "1");
    if (gb_pg_call(own, &one, NULL) != GB_OK)
        _exit(1);
    gb_call_init(&one, &echo, arena);
    gb_params_int8(&one.params, 1);
    if (gb_pg_call(own, &one, NULL) != GB_OK)
        _exit(1);
}

static void test_bugs_abort(void **state)
{
    (void)state;
    assert_true(aborts(read_text_as_number));
    assert_true(aborts(read_null_as_number));
    assert_true(aborts(read_beyond_the_columns));
    assert_true(aborts(read_beyond_the_rows));
    assert_true(aborts(commit_without_begin));
    assert_true(aborts(change_parameter_types));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_nulls),
        cmocka_unit_test(test_arrays_with_nulls),
        cmocka_unit_test(test_empty_arrays),
        cmocka_unit_test(test_one_null_in_an_array),
        cmocka_unit_test(test_text_results),
        cmocka_unit_test(test_bugs_abort),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
