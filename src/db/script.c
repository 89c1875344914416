/* What does not go through prepared statements: scripts, queries given at run time, notifications.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "db/connection.h"
#include "runtime/clock.h"

/* Reads the answers of a simple query to the end, keeping the last good one (caller clears). */
static enum gb_result read_to_end(struct gb_pg *pg, PGresult **ret_last, struct gb_err *err)
{
    enum gb_result outcome = GB_OK;
    for (;;) {
        struct gb_err lost;
        if (!gb_pg_ready(pg, gb_pg_deadline_us(pg), &lost)) {
            if (outcome == GB_OK && err != NULL)
                *err = lost;
            return outcome == GB_OK ? lost.result : outcome;
        }
        PGresult *result = PQgetResult(pg->conn);
        if (result == NULL)
            return outcome;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
            if (outcome == GB_OK)
                outcome = gb_pg_error(pg, result, "script", err);
            PQclear(result);
            continue;
        }
        PQclear(*ret_last);
        *ret_last = result;
    }
}

/* Runs `text` in the simple protocol, outside pipeline mode. *ret_last: the last result, not NULL
 * when GB_OK. */
static enum gb_result run_simple(struct gb_pg *pg, const char *text, PGresult **ret_last,
                                 struct gb_err *err)
{
    *ret_last = NULL;
    if (!gb_pg_usable(pg))
        return gb_pg_lost(pg, err);
    GB_CHECK(PQexitPipelineMode(pg->conn) == 1);
    enum gb_result result =
        PQsendQuery(pg->conn, text) ? read_to_end(pg, ret_last, err) : gb_pg_lost(pg, err);
    if (PQstatus(pg->conn) != CONNECTION_OK)
        pg->broken = true;
    if (!pg->broken)
        GB_CHECK(PQenterPipelineMode(pg->conn) == 1);
    if (result == GB_OK)
        return GB_OK;
    PQclear(*ret_last);
    *ret_last = NULL;
    gb_pg_rollback(pg);
    return result;
}

enum gb_result gb_pg_script(struct gb_pg *pg, const char *text, struct gb_err *err)
{
    PGresult *last = NULL;
    enum gb_result result = run_simple(pg, text, &last, err);
    PQclear(last);
    return result;
}

enum gb_result gb_pg_query_text(struct gb_pg *pg, const char *text, struct gb_rows **ret,
                                struct gb_err *err)
{
    PGresult *last = NULL;
    enum gb_result result = run_simple(pg, text, &last, err);
    if (result == GB_OK)
        *ret = (struct gb_rows *)last;
    return result;
}

enum gb_result gb_pg_listen(struct gb_pg *pg, const char *channel, struct gb_err *err)
{
    char text[80];
    int size = snprintf(text, sizeof text, "LISTEN \"%s\"", channel);
    GB_CHECK(size > 0 && (size_t)size < sizeof text);
    return gb_pg_script(pg, text, err);
}

/* Takes all notifications that have come; true when there was one. */
static bool swallow_notifications(struct gb_pg *pg)
{
    bool any = false;
    for (PGnotify *note = PQnotifies(pg->conn); note != NULL; note = PQnotifies(pg->conn)) {
        any = true;
        PQfreemem(note);
    }
    return any;
}

enum gb_result gb_pg_wait_notify(struct gb_pg *pg, int64_t timeout_ms, bool *ret_notified,
                                 struct gb_err *err)
{
    int64_t deadline_us = gb_clock_mono_us() + timeout_ms * 1000;
    *ret_notified = false;
    if (!gb_pg_usable(pg))
        return gb_pg_lost(pg, err);
    while (!swallow_notifications(pg)) {
        int came = gb_pg_poll(pg, POLLIN, deadline_us);
        if (came == 0)
            return GB_OK;
        if (came < 0 || PQconsumeInput(pg->conn) == 0) {
            pg->broken = true;
            return gb_pg_lost(pg, err);
        }
    }
    *ret_notified = true;
    return GB_OK;
}
