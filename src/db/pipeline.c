/* Many statements in one round trip: Parse (first use only), Bind, Execute of each, one Sync; then
 * the answers in order. */
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "db/connection.h"
#include "db/sql.h"
#include "db/sqlstate.h"

#define NOT_HERE SIZE_MAX

static const int binary_formats[GB_PARAMS_MAX] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
};

/* A statement that this connection has, with the parameter types it was prepared for. */
struct gb_prepared {
    const struct gb_statement *statement; /* the hash key */
    int count;
    unsigned types[GB_PARAMS_MAX];
    UT_hash_handle hh;
};

/* One round trip under way. */
struct round_trip {
    struct gb_pg *pg;
    struct gb_call *calls;
    size_t n;
    uint64_t prepares; /* bit i: a Parse went before call i */
    size_t commit_at;  /* index of the call that commits, n: the Sync does, NOT_HERE: nothing is
                          committed here */
    size_t failed;     /* index of the first failure, NOT_HERE: none */
    bool told;         /* the server itself said why it failed */
    bool fatal;        /* ... and that it ends the connection */
    struct gb_err err; /* of the first failure */
};

void gb_call_init(struct gb_call *call, const struct gb_statement *statement,
                  struct gb_arena *arena)
{
    call->statement = statement;
    call->rows = NULL;
    call->affected = 0;
    gb_params_init(&call->params, arena);
}

void gb_calls_release(struct gb_call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gb_rows_free(calls[i].rows);
        calls[i].rows = NULL;
    }
}

static struct gb_prepared *prepared_find(const struct gb_pg *pg,
                                         const struct gb_statement *statement)
{
    struct gb_prepared *prepared = NULL;
    HASH_FIND_PTR(pg->prepared, &statement, prepared);
    return prepared;
}

static void prepared_add(struct gb_pg *pg, const struct gb_call *call)
{
    struct gb_prepared *prepared = calloc(1, sizeof *prepared);
    GB_CHECK(prepared != NULL);
    prepared->statement = call->statement;
    prepared->count = call->params.count;
    memcpy(prepared->types, call->params.types,
           sizeof prepared->types[0] * (size_t)call->params.count);
    HASH_ADD_PTR(pg->prepared, statement, prepared);
}

static void prepared_forget(struct gb_pg *pg, const struct gb_statement *statement)
{
    struct gb_prepared *prepared = prepared_find(pg, statement);
    if (prepared != NULL) {
        HASH_DEL(pg->prepared, prepared);
        free(prepared);
    }
}

void gb_prepared_clear(struct gb_pg *pg)
{
    struct gb_prepared *prepared = pg->prepared;
    HASH_CLEAR(hh, pg->prepared);
    while (prepared != NULL) {
        struct gb_prepared *next = prepared->hh.next;
        free(prepared);
        prepared = next;
    }
}

/* A statement always gets the same types (a null may stand for any): other ones would be read as
 * garbage. */
static void check_types(const struct gb_prepared *prepared, const struct gb_params *params)
{
    GB_CHECK(prepared->count == params->count);
    for (int i = 0; i < params->count; i++)
        GB_CHECK(prepared->types[i] == params->types[i] || prepared->types[i] == 0 ||
                 params->types[i] == 0);
}

/* Where this round trip commits; see struct round_trip. */
static size_t find_commit(const struct gb_pg *pg, const struct gb_call *calls, size_t n)
{
    bool open = PQtransactionStatus(pg->conn) != PQTRANS_IDLE;
    for (size_t i = 0; i < n; i++) {
        if (calls[i].statement == &gb_sql_tx_begin)
            open = true;
        if (calls[i].statement == &gb_sql_tx_commit) {
            GB_CHECK(open); /* else each statement before it was committed alone */
            return i;
        }
    }
    return open ? NOT_HERE : n;
}

static bool send_call(struct round_trip *trip, size_t i)
{
    struct gb_pg *pg = trip->pg;
    const struct gb_call *call = &trip->calls[i];
    const struct gb_params *params = &call->params;
    const char *name = call->statement->name;
    const struct gb_prepared *prepared = prepared_find(pg, call->statement);
    if (prepared != NULL) {
        check_types(prepared, params);
    } else {
        if (!PQsendPrepare(pg->conn, name, call->statement->text, params->count, params->types))
            return false;
        trip->prepares |= UINT64_C(1) << i;
        prepared_add(pg, call);
    }
    return PQsendQueryPrepared(pg->conn, name, params->count, params->values, params->lengths,
                               binary_formats, 1) == 1;
}

static bool send_all(struct round_trip *trip)
{
    for (size_t i = 0; i < trip->n; i++) {
        if (!send_call(trip, i))
            return false;
    }
    return PQpipelineSync(trip->pg->conn) == 1;
}

enum gb_result gb_pg_error(const struct gb_pg *pg, const PGresult *result, const char *what,
                           struct gb_err *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    if (sqlstate == NULL)
        return gb_pg_lost(pg, err);
    return gb_err_set(err, gb_sqlstate_classify(sqlstate), sqlstate, "%s: %s%s%s", what,
                      message == NULL ? "" : message, detail == NULL ? "" : "; ",
                      detail == NULL ? "" : detail);
}

/* Notes the first failure only: what follows is its consequence. */
static void note_failure(struct round_trip *trip, size_t at, const PGresult *result)
{
    if (trip->failed != NOT_HERE)
        return;
    trip->failed = at;
    const char *what = at < trip->n ? trip->calls[at].statement->name : "commit";
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    trip->told = PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL;
    trip->fatal = severity != NULL && strcmp(severity, "ERROR") != 0;
    gb_pg_error(trip->pg, result, what, &trip->err);
}

static void note_lost(struct round_trip *trip, size_t at)
{
    trip->pg->broken = true;
    if (trip->failed != NOT_HERE)
        return;
    trip->failed = at;
    gb_pg_lost(trip->pg, &trip->err);
}

/* The next answer, not NULL; NULL when the connection is lost (noted). The caller clears it. */
static PGresult *read_answer(struct round_trip *trip, size_t at)
{
    struct gb_pg *pg = trip->pg;
    struct gb_err err;
    int64_t deadline_us = gb_pg_deadline_us(pg);
    if (!gb_pg_ready(pg, deadline_us, &err)) {
        if (trip->failed == NOT_HERE) {
            trip->failed = at;
            trip->err = err;
        }
        return NULL;
    }
    PGresult *result = PQgetResult(pg->conn);
    bool spoken = result != NULL && PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL;
    if (result == NULL || (PQresultStatus(result) == PGRES_FATAL_ERROR && !spoken)) {
        PQclear(result);
        note_lost(trip, at);
        return NULL;
    }
    return result;
}

/* Each answer but a Sync's is closed by a NULL. False when the connection is lost. */
static bool read_end(struct round_trip *trip, size_t at)
{
    struct gb_err err;
    if (gb_pg_ready(trip->pg, gb_pg_deadline_us(trip->pg), &err) &&
        PQgetResult(trip->pg->conn) == NULL)
        return true;
    note_lost(trip, at);
    return false;
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static bool read_prepare(struct round_trip *trip, size_t i)
{
    PGresult *result = read_answer(trip, i);
    if (result == NULL)
        return false;
    if (!is_good(result)) {
        prepared_forget(trip->pg, trip->calls[i].statement);
        if (PQresultStatus(result) != PGRES_PIPELINE_ABORTED)
            note_failure(trip, i, result);
    }
    PQclear(result);
    return read_end(trip, i);
}

static bool read_call(struct round_trip *trip, size_t i)
{
    struct gb_call *call = &trip->calls[i];
    PGresult *result = read_answer(trip, i);
    if (result == NULL)
        return false;
    if (is_good(result)) {
        /* A COMMIT of a transaction that had failed says ROLLBACK and calls it success. */
        GB_CHECK(i != trip->commit_at || strcmp(PQcmdStatus(result), "COMMIT") == 0);
        call->affected = strtoll(PQcmdTuples(result), NULL, 10);
        call->rows = (struct gb_rows *)result;
        return read_end(trip, i);
    }
    if (PQresultStatus(result) != PGRES_PIPELINE_ABORTED)
        note_failure(trip, i, result);
    PQclear(result);
    return read_end(trip, i);
}

/* Reads the Sync; an implicit transaction can still fail here. */
static bool read_sync(struct round_trip *trip)
{
    for (;;) {
        PGresult *result = read_answer(trip, trip->n);
        if (result == NULL)
            return false;
        bool synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (!synced)
            note_failure(trip, trip->n, result);
        PQclear(result);
        if (synced)
            return true;
        if (!read_end(trip, trip->n))
            return false;
    }
}

static void read_all(struct round_trip *trip)
{
    for (size_t i = 0; i < trip->n; i++) {
        if ((trip->prepares >> i & 1) != 0 && !read_prepare(trip, i))
            return;
        if (!read_call(trip, i))
            return;
    }
    (void)read_sync(trip);
}

/* Whether the commit may have happened though we were not told. An error that the server sent in
 * place of the answer of an earlier call says that it did not come so far; a plain ERROR at the
 * commit itself says that it failed. */
static bool outcome_unknown(const struct round_trip *trip)
{
    if (trip->commit_at == NOT_HERE)
        return false;
    if (trip->told)
        return trip->fatal && trip->failed >= trip->commit_at;
    return true;
}

/* gb_pg_run, but an explicit transaction stays open after a failure. */
static enum gb_result run(struct gb_pg *pg, struct gb_call *calls, size_t n, size_t *ret_failed,
                          struct gb_err *err)
{
    GB_CHECK(n >= 1 && n <= GB_CALLS_MAX);
    for (size_t i = 0; i < n; i++) {
        calls[i].rows = NULL;
        calls[i].affected = 0;
    }
    *ret_failed = 0;
    if (!gb_pg_usable(pg))
        return gb_pg_lost(pg, err);

    struct round_trip trip = {.pg = pg,
                              .calls = calls,
                              .n = n,
                              .commit_at = find_commit(pg, calls, n),
                              .failed = NOT_HERE};
    if (send_all(&trip))
        read_all(&trip);
    else
        note_lost(&trip, 0);
    if (trip.failed == NOT_HERE)
        return GB_OK;
    gb_calls_release(calls, n);
    *ret_failed = trip.failed < n ? trip.failed : n - 1;
    trip.err.outcome_unknown = outcome_unknown(&trip);
    if (err != NULL)
        *err = trip.err;
    return trip.err.result;
}

enum gb_result gb_pg_run(struct gb_pg *pg, struct gb_call *calls, size_t n, size_t *ret_failed,
                         struct gb_err *err)
{
    size_t failed;
    enum gb_result result = run(pg, calls, n, &failed, err);
    if (ret_failed != NULL)
        *ret_failed = failed;
    if (result != GB_OK)
        gb_pg_rollback(pg);
    return result;
}

enum gb_result gb_pg_call(struct gb_pg *pg, struct gb_call *call, struct gb_err *err)
{
    return gb_pg_run(pg, call, 1, NULL, err);
}

bool gb_pg_begun(const struct gb_pg *pg)
{
    return gb_pg_usable(pg) && PQtransactionStatus(pg->conn) != PQTRANS_IDLE;
}

void gb_pg_rollback(struct gb_pg *pg)
{
    if (!gb_pg_begun(pg))
        return;
    struct gb_call call;
    size_t failed;
    gb_call_init(&call, &gb_sql_tx_rollback, NULL);
    /* A connection that cannot roll back is given up, and the transaction with it. */
    if (run(pg, &call, 1, &failed, NULL) != GB_OK)
        pg->broken = true;
    gb_calls_release(&call, 1);
}
