/* postgres.h: a private PostgreSQL for a test program, with geobill's roles and as many migrated
 * databases as wanted.
 *
 *     static struct gb_test_postgres *server;
 *     static int group_setup(void **state) { server = gb_test_postgres_start();
 *                                            gb_test_database(server, "dc1", "dc1", "dc1"); return
 * 0; } static int group_teardown(void **state) { gb_test_postgres_stop(server); return 0; }
 *     ... struct gb_pg *pg = gb_test_connect(server, "dc1", "geobill_consumer");
 *
 * The server listens on a unix socket in a folder of its own below /var/tmp, without fsync, and
 * ends with the test program even when that is killed. Whatever goes wrong in here aborts the test
 * program with a reason. Main thread. */
#ifndef GB_TEST_SUPPORT_POSTGRES_H
#define GB_TEST_SUPPORT_POSTGRES_H

#include "db/pg.h"

struct gb_test_postgres;

/* Starts an empty server with the login roles geobill (owner of the databases to come) and
 * geobill_api, _publisher, _consumer, _projector, _operator. Takes about half a second.
 * gb_test_postgres_stop takes NULL and removes the folder. */
struct gb_test_postgres *gb_test_postgres_start(void);
void gb_test_postgres_stop(struct gb_test_postgres *server);

/* Kills the postmaster (SIGKILL), waits until its backends are gone too, and starts it again: it
 * recovers. */
void gb_test_postgres_crash(struct gb_test_postgres *server);

/* Makes an empty database owned by geobill. */
void gb_test_database_empty(struct gb_test_postgres *server, const char *name);
/* ... and migrates it for datacenter `code`. */
void gb_test_database(struct gb_test_postgres *server, const char *name, const char *code,
                      const char *catalogue);

/* Conninfo of a database without a user (give one by gb_pg_options.user); the caller frees it. */
char *gb_test_conninfo(const struct gb_test_postgres *server, const char *database);

/* Connects as `role`, NULL: as superuser. Statement timeout 5 s. The caller closes it. */
struct gb_pg *gb_test_connect(const struct gb_test_postgres *server, const char *database,
                              const char *role);

/* Runs a script that must succeed. */
void gb_test_sql(struct gb_pg *pg, const char *text);
/* The first column of the first row of a query that must succeed, as a number. */
int64_t gb_test_sql_int(struct gb_pg *pg, const char *text);

#endif
