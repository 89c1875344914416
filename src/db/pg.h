/* pg.h: one PostgreSQL connection: prepared statements with binary parameters, many in one round
 * trip. The only door to libpq. A connection belongs to one thread. */
#ifndef GB_DB_PG_H
#define GB_DB_PG_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/arena.h"
#include "runtime/result.h"
#include "runtime/uuid.h"

/* One file of sql/queries, compiled in: `gb_sql_<file name>`; declared in the generated header
 * "db/sql.h". */
struct gb_statement {
    const char *name;
    const char *text;
};

struct gb_pg;

struct gb_pg_options {
    const char *conninfo;         /* libpq's; may carry TLS settings */
    const char *user;             /* NULL: as in conninfo */
    const char *password;         /* NULL: none */
    const char *application_name; /* "geobill-consumer/payin" */
    int64_t connect_timeout_ms;
    /* At least 1. The server ends a statement after it (57014); a server that is silent for a
     * second longer is given up (DEADLINE_PASSED), and ends a transaction in which we are as long
     * idle. */
    int64_t statement_timeout_ms;
    /* Each statement is planned once, by index: for daemons, whose statements are few, short and
     * run often. (docs/adr/0010) */
    bool plans_once;
};

/* Connects. GB_RETRY when the server is away, GB_FATAL when it refuses us (password, role,
 * database). The strings of `options` are copied. gb_pg_close takes NULL. */
enum gb_result gb_pg_open(const struct gb_pg_options *options, struct gb_pg **ret,
                          struct gb_err *err) GB_MUST_USE;
void gb_pg_close(struct gb_pg *pg);

/* False after a failure that left the connection unusable: reset it. */
bool gb_pg_usable(const struct gb_pg *pg);
/* Connects anew with the same options (prepared statements start over). */
enum gb_result gb_pg_reset(struct gb_pg *pg, struct gb_err *err) GB_MUST_USE;

/* Another limit for the statements to come, also over a reset: for the one step that takes longer
 * than all others. The limit counts on our side even when the server could not be told. */
enum gb_result gb_pg_set_timeout(struct gb_pg *pg, int64_t statement_timeout_ms,
                                 struct gb_err *err) GB_MUST_USE;

/* Parameters of one call, in order, binary; memory from the arena, values copied there. At most
 * GB_PARAMS_MAX. */
#define GB_PARAMS_MAX 40
struct gb_params {
    struct gb_arena *arena;
    int count;
    unsigned types[GB_PARAMS_MAX];
    const char *values[GB_PARAMS_MAX];
    int lengths[GB_PARAMS_MAX];
};

void gb_params_init(struct gb_params *params, struct gb_arena *arena);
void gb_params_null(struct gb_params *params); /* type left to the server */
void gb_params_bool(struct gb_params *params, bool value);
void gb_params_int2(struct gb_params *params, int16_t value);
void gb_params_int4(struct gb_params *params, int32_t value);
void gb_params_int8(struct gb_params *params, int64_t value);
void gb_params_text(struct gb_params *params, const char *value); /* NULL: null */
void gb_params_bytea(struct gb_params *params, struct gb_bytes value);
void gb_params_uuid(struct gb_params *params,
                    const struct gb_uuid *value); /* NULL or all zero: null */
/* Arrays of `n`. In the text array a NULL pointer is a null element. `nulls` may be NULL (none);
 * nulls[i] true: null. A uuid of all zero is a null element. */
void gb_params_bool_array(struct gb_params *params, const bool *values, size_t n);
void gb_params_int2_array(struct gb_params *params, const int16_t *values, const bool *nulls,
                          size_t n);
void gb_params_int4_array(struct gb_params *params, const int32_t *values, const bool *nulls,
                          size_t n);
void gb_params_int8_array(struct gb_params *params, const int64_t *values, const bool *nulls,
                          size_t n);
void gb_params_text_array(struct gb_params *params, const char *const *values, size_t n);
void gb_params_bytea_array(struct gb_params *params, const struct gb_bytes *values,
                           size_t n); /* data NULL: null */
void gb_params_uuid_array(struct gb_params *params, const struct gb_uuid *values, size_t n);

/* Rows of one result, binary. Pointers into it live until gb_rows_free. A wrong column, row or type
 * is a bug (aborts). */
struct gb_rows;
void gb_rows_free(struct gb_rows *rows);          /* NULL is fine */
size_t gb_rows_count(const struct gb_rows *rows); /* NULL has none */
bool gb_rows_null(const struct gb_rows *rows, size_t row, int column);
bool gb_rows_bool(const struct gb_rows *rows, size_t row, int column);
/* int2, int4, int8 and xid8 columns. */
int64_t gb_rows_int(const struct gb_rows *rows, size_t row, int column);
/* text, varchar, name: zero-terminated; NULL for null. (Cast pg_snapshot and others to text in the
 * statement.) */
const char *gb_rows_text(const struct gb_rows *rows, size_t row, int column);
struct gb_bytes gb_rows_bytes(const struct gb_rows *rows, size_t row, int column); /* bytea, text */
struct gb_uuid gb_rows_uuid(const struct gb_rows *rows, size_t row,
                            int column); /* all zero for null */

/* One statement of a round trip, and what came of it. */
struct gb_call {
    const struct gb_statement *statement;
    struct gb_params params; /* gb_params_init it also when there are none */
    struct gb_rows
        *rows; /* out: its rows (the caller frees), NULL when the call failed or was skipped */
    int64_t affected; /* out: rows inserted, updated, deleted or selected */
};

/* Prepares call->params and names the statement. */
void gb_call_init(struct gb_call *call, const struct gb_statement *statement,
                  struct gb_arena *arena);

#define GB_CALLS_MAX 64

/* Sends all `n` calls (1..GB_CALLS_MAX) in one round trip (pipeline mode, one sync at the end), in
 * order, preparing what this connection has not seen yet; the parameter types of its first use are
 * a statement's for good. At the first that fails the rest is skipped. Without
 * gb_sql_tx_begin they share one implicit transaction. On failure *err has the SQLSTATE and
 * `*ret_failed` (may be NULL) the index of the failing call; rows of all calls are freed and NULL;
 * an explicit transaction is rolled back before this returns (or the connection is unusable).
 * Classification by SQLSTATE is one table (sqlstate.c): 40001, 40P01, 57P0x, 08xxx, 53xxx ->
 * GB_RETRY; 22xxx, 23xxx -> GB_POISON; others GB_FATAL. err->outcome_unknown when the connection
 * died after a commit was sent and the server did not say that it came to an end before it; of
 * calls without an explicit transaction, which commit at their end, also when they only read. */
enum gb_result gb_pg_run(struct gb_pg *pg, struct gb_call *calls, size_t n, size_t *ret_failed,
                         struct gb_err *err) GB_MUST_USE;
void gb_calls_release(struct gb_call *calls, size_t n); /* frees the rows */

/* One call alone. */
enum gb_result gb_pg_call(struct gb_pg *pg, struct gb_call *call, struct gb_err *err) GB_MUST_USE;

/* Is an explicit transaction open? */
bool gb_pg_begun(const struct gb_pg *pg);

/* Ends an explicit transaction that a step gives up (does nothing when none is open). */
void gb_pg_rollback(struct gb_pg *pg);

/* Runs `step` as one transaction: BEGIN goes with the first calls that the step makes when it uses
 * gb_sql_tx_begin itself; this runner only repeats the whole step on GB_RETRY of 40001/40P01, at
 * most `tries` times, with jittered backoff. */
enum gb_result gb_pg_transact(struct gb_pg *pg, int tries,
                              enum gb_result (*step)(struct gb_pg *pg, void *context,
                                                     struct gb_err *err),
                              void *context, struct gb_err *err) GB_MUST_USE;

/* Runs a whole SQL script (several statements, no parameters): migrations, roles, checks' set-up.
 */
enum gb_result gb_pg_script(struct gb_pg *pg, const char *text, struct gb_err *err) GB_MUST_USE;
/* One query given at run time (sql/checks, tests): text results. Columns by name for printing. */
enum gb_result gb_pg_query_text(struct gb_pg *pg, const char *text, struct gb_rows **ret,
                                struct gb_err *err) GB_MUST_USE;
int gb_rows_columns(const struct gb_rows *rows);
const char *gb_rows_column_name(const struct gb_rows *rows, int column);

/* LISTEN; then wait at most timeout_ms for a notification on any channel. *ret_notified tells.
 * Swallows all that are there. */
enum gb_result gb_pg_listen(struct gb_pg *pg, const char *channel, struct gb_err *err) GB_MUST_USE;
enum gb_result gb_pg_wait_notify(struct gb_pg *pg, int64_t timeout_ms, bool *ret_notified,
                                 struct gb_err *err) GB_MUST_USE;

#endif
