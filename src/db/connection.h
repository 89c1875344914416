/* connection.h: the inside of struct gb_pg, for the files of this folder only. */
#ifndef GB_DB_CONNECTION_H
#define GB_DB_CONNECTION_H

#include <libpq-fe.h>

#include "db/pg.h"

struct gb_prepared;

struct gb_pg {
    PGconn *conn;                 /* in pipeline mode between calls; NULL after a failed reset */
    bool broken;                  /* lost, or we gave up waiting: nothing more is sent */
    struct gb_prepared *prepared; /* hash by statement */
    char *conninfo;
    char *user;
    char *password;
    char *application_name;
    bool plans_once;
    int64_t connect_timeout_ms;
    int64_t statement_timeout_ms;
};

/* A moment from now until which the server may be silent: its own statement timeout and a second.
 */
int64_t gb_pg_deadline_us(const struct gb_pg *pg);

/* Sends what is to be sent and reads until PQgetResult does not block. False when the connection is
 * lost or the deadline passed: then it is marked broken and *err is filled. */
bool gb_pg_ready(struct gb_pg *pg, int64_t deadline_us, struct gb_err *err) GB_MUST_USE;

/* Waits for `events` of poll(2) on the socket. 1: some came; 0: the deadline passed; -1: poll
 * failed. */
int gb_pg_poll(const struct gb_pg *pg, short events, int64_t deadline_us);

/* The refusal of a connection that is not usable. */
enum gb_result gb_pg_lost(const struct gb_pg *pg, struct gb_err *err);

/* Fills *err from a failed result of the server: class by SQLSTATE, `what` in front of the message.
 */
enum gb_result gb_pg_error(const struct gb_pg *pg, const PGresult *result, const char *what,
                           struct gb_err *err);

/* Forgets all prepared statements (the connection that had them is gone). */
void gb_prepared_clear(struct gb_pg *pg);

#endif
