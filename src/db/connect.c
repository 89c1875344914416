/* Opening, losing and reopening a connection, and waiting on its socket. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/connection.h"
#include "db/sql.h"
#include "db/sqlstate.h"
#include "runtime/clock.h"

#define SOCKET_GRACE_MS 1000

static char *copy_or_null(const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = strdup(text);
    GB_CHECK(copy != NULL);
    return copy;
}

/* The server's messages reach us as errors of calls; mere notices are nobody's business. */
static void drop_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* A plan made while a table is small would read all of it, and stay when it has grown; made each
 * time, it costs more than running it. */
static const char plans_once[] = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
                                 " -c enable_hashjoin=off -c enable_mergejoin=off";

/* Our session settings behind what the conninfo itself has in `options` (heap). A stopped process
 * must not hold its locks for ever, hence the limit on idle transactions. Neither JIT nor parallel
 * workers (processes started and ended for every run) ever pay on statements this short, whatever
 * a generic plan believes of a large table. */
static char *session_options(const struct gb_pg *pg, const PQconninfoOption *given)
{
    const char *theirs = "";
    for (const PQconninfoOption *option = given; option->keyword != NULL; option++) {
        if (strcmp(option->keyword, "options") == 0 && option->val != NULL)
            theirs = option->val;
    }
    char *options = NULL;
    int size = asprintf(
        &options,
        "%s -c statement_timeout=%lld -c idle_in_transaction_session_timeout=%lld -c jit=off"
        " -c max_parallel_workers_per_gather=0 %s",
        theirs, (long long)pg->statement_timeout_ms,
        (long long)(pg->statement_timeout_ms + SOCKET_GRACE_MS), pg->plans_once ? plans_once : "");
    GB_CHECK(size > 0);
    return options;
}

static enum gb_result start(struct gb_pg *pg, struct gb_err *err)
{
    char *problem = NULL;
    PQconninfoOption *given = PQconninfoParse(pg->conninfo, &problem);
    if (given == NULL) {
        enum gb_result result = gb_err_set(err, GB_FATAL, "CONNINFO", "%s",
                                           problem == NULL ? "out of memory" : problem);
        PQfreemem(problem);
        return result;
    }
    char *options = session_options(pg, given);
    PQconninfoFree(given);
    /* Later names win over the conninfo in `dbname`; empty and NULL values do not count. */
    const char *const names[] = {"dbname",          "user",    "password", "application_name",
                                 "client_encoding", "options", NULL};
    const char *const values[] = {pg->conninfo, pg->user, pg->password, pg->application_name,
                                  "UTF8",       options,  NULL};
    pg->conn = PQconnectStartParams(names, values, 1);
    free(options);
    GB_CHECK(pg->conn != NULL);
    return GB_OK;
}

/* Why connecting failed. Away is a reason to try again, unless the server told us that it does not
 * want us. The message has a line per address that was tried; the server's own words come last. */
static enum gb_result refusal(const struct gb_pg *pg, struct gb_err *err)
{
    const char *message = PQerrorMessage(pg->conn);
    const char *location = strstr(message, "\nLOCATION:");
    int size = (int)(location == NULL ? strlen(message) : (size_t)(location - message));
    while (size > 0 && message[size - 1] == '\n')
        size--;
    char sqlstate[6];
    if (gb_sqlstate_find(message, sqlstate))
        return gb_err_set(err, gb_sqlstate_classify(sqlstate), sqlstate, "%.*s", size, message);
    if (PQconnectionNeedsPassword(pg->conn))
        return gb_err_set(err, GB_FATAL, "PASSWORD_NEEDED", "%.*s", size, message);
    return gb_err_set(err, GB_RETRY, "CONNECT_FAILED", "%.*s", size, message);
}

static enum gb_result establish(struct gb_pg *pg, struct gb_err *err)
{
    int64_t deadline_us = gb_clock_mono_us() + pg->connect_timeout_ms * 1000;
    PostgresPollingStatusType status =
        PQstatus(pg->conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE);
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (gb_pg_poll(pg, events, deadline_us) <= 0)
            return gb_err_set(err, GB_RETRY, "CONNECT_TIMEOUT", "no connection within %lld ms",
                              (long long)pg->connect_timeout_ms);
        status = PQconnectPoll(pg->conn);
    }
    if (status == PGRES_POLLING_FAILED)
        return refusal(pg, err);
    PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
    PQsetNoticeReceiver(pg->conn, drop_notice, NULL);
    GB_CHECK(PQsetnonblocking(pg->conn, 1) == 0);
    GB_CHECK(PQenterPipelineMode(pg->conn) == 1);
    return GB_OK;
}

static void drop(struct gb_pg *pg)
{
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg->broken = true;
    gb_prepared_clear(pg);
}

enum gb_result gb_pg_reset(struct gb_pg *pg, struct gb_err *err)
{
    drop(pg);
    enum gb_result result = start(pg, err);
    if (result == GB_OK)
        result = establish(pg, err);
    if (result != GB_OK) {
        drop(pg);
        return result;
    }
    pg->broken = false;
    return GB_OK;
}

enum gb_result gb_pg_open(const struct gb_pg_options *options, struct gb_pg **ret,
                          struct gb_err *err)
{
    GB_CHECK(options->conninfo != NULL);
    GB_CHECK(options->connect_timeout_ms > 0 && options->statement_timeout_ms > 0);
    struct gb_pg *pg = calloc(1, sizeof *pg);
    GB_CHECK(pg != NULL);
    pg->conninfo = copy_or_null(options->conninfo);
    pg->user = copy_or_null(options->user);
    pg->password = copy_or_null(options->password);
    pg->application_name = copy_or_null(options->application_name);
    pg->plans_once = options->plans_once;
    pg->connect_timeout_ms = options->connect_timeout_ms;
    pg->statement_timeout_ms = options->statement_timeout_ms;
    enum gb_result result = gb_pg_reset(pg, err);
    if (result != GB_OK) {
        gb_pg_close(pg);
        return result;
    }
    *ret = pg;
    return GB_OK;
}

void gb_pg_close(struct gb_pg *pg)
{
    if (pg == NULL)
        return;
    drop(pg);
    free(pg->conninfo);
    free(pg->user);
    free(pg->password);
    free(pg->application_name);
    free(pg);
}

enum gb_result gb_pg_set_timeout(struct gb_pg *pg, int64_t statement_timeout_ms, struct gb_err *err)
{
    enum { TEXTS_BYTES = 1024 };
    GB_CHECK(statement_timeout_ms > 0);
    pg->statement_timeout_ms = statement_timeout_ms;
    struct gb_arena *arena = gb_arena_new(TEXTS_BYTES);
    struct gb_call call;
    char text[24];
    gb_call_init(&call, &gb_sql_session_timeout_set, arena);
    (void)snprintf(text, sizeof text, "%lld", (long long)statement_timeout_ms);
    gb_params_text(&call.params, text);
    (void)snprintf(text, sizeof text, "%lld", (long long)(statement_timeout_ms + SOCKET_GRACE_MS));
    gb_params_text(&call.params, text);
    enum gb_result result = gb_pg_call(pg, &call, err);
    gb_calls_release(&call, 1);
    gb_arena_free(arena);
    return result;
}

bool gb_pg_usable(const struct gb_pg *pg)
{
    return !pg->broken && PQstatus(pg->conn) == CONNECTION_OK;
}

enum gb_result gb_pg_lost(const struct gb_pg *pg, struct gb_err *err)
{
    const char *why = pg->conn == NULL ? "not connected" : PQerrorMessage(pg->conn);
    return gb_err_set(err, GB_RETRY, "CONNECTION_LOST", "%.*s", (int)strcspn(why, "\n"), why);
}

int64_t gb_pg_deadline_us(const struct gb_pg *pg)
{
    return gb_clock_mono_us() + (pg->statement_timeout_ms + SOCKET_GRACE_MS) * 1000;
}

int gb_pg_poll(const struct gb_pg *pg, short events, int64_t deadline_us)
{
    struct pollfd item = {.fd = PQsocket(pg->conn), .events = events};
    for (;;) {
        int64_t left_us = deadline_us - gb_clock_mono_us();
        if (left_us < 0)
            left_us = 0;
        int64_t left_ms = (left_us + 999) / 1000;
        int count = poll(&item, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
        if (count >= 0)
            return count;
        if (errno != EINTR)
            return -1;
    }
}

bool gb_pg_ready(struct gb_pg *pg, int64_t deadline_us, struct gb_err *err)
{
    for (;;) {
        int unsent = PQflush(pg->conn);
        /* On a lost connection, too, PQgetResult answers at once: with what the server still said,
         * then with why. */
        if (!PQisBusy(pg->conn))
            return true;
        /* Reading while there is still something to write: else two full socket buffers would wait
         * for each other. */
        int came =
            unsent < 0 ? -1 : gb_pg_poll(pg, unsent > 0 ? POLLIN | POLLOUT : POLLIN, deadline_us);
        if (came == 0) {
            pg->broken = true;
            gb_err_set(err, GB_RETRY, "DEADLINE_PASSED", "no answer within %lld ms",
                       (long long)(pg->statement_timeout_ms + SOCKET_GRACE_MS));
            return false;
        }
        if (came < 0 || (PQconsumeInput(pg->conn) == 0 && PQisBusy(pg->conn))) {
            pg->broken = true;
            gb_pg_lost(pg, err);
            return false;
        }
    }
}
