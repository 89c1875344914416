/* migrate.h: brings a database to the schema that this program was built with. */
#ifndef GB_DB_MIGRATE_H
#define GB_DB_MIGRATE_H

#include "db/pg.h"

/* Which datacenter the database is to belong to. */
struct gb_migrate_target {
    const char *code;      /* "dc1" */
    const char *catalogue; /* code of the catalogue datacenter */
};

/* Called once per migration that was applied now, after its commit. May be NULL. */
struct gb_migrate_report {
    void (*applied)(void *context, int number, const char *name);
    void *context;
};

/* Applies what is missing, each migration in a transaction of its own, then sql/roles.sql, then
 * notes the datacenter. Concurrent runs wait for each other; a second run changes nothing. `pg`
 * belongs to the owner of the database and gets long statement timeouts from its opener. GB_FATAL,
 * nothing changed: CHECKSUM_CHANGED (an applied migration has another text now), SCHEMA_NEWER (the
 * database has one that we do not know), MIGRATION_OUT_OF_ORDER, OTHER_DATACENTER (the database
 * belongs to another datacenter, or has another catalogue). On other failures what was committed
 * stays; run it again. */
enum gb_result gb_migrate_run(struct gb_pg *pg, const struct gb_migrate_target *target,
                              const struct gb_migrate_report *report,
                              struct gb_err *err) GB_MUST_USE;

#endif
