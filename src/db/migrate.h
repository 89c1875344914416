/* migrate.h: brings a database to the schema that this program was built with, in three stages
 * that leave daemons of the release before at work: expand, move, contract (docs/adr/0025). */
#ifndef GB_DB_MIGRATE_H
#define GB_DB_MIGRATE_H

#include "db/scripts.h"

/* A daemon whose last sign of life is older than this is taken to be gone. */
#define GB_MIGRATE_DAEMON_GONE_MS 60000

/* Number of the newest that this program knows. */
int gb_migrations_newest(void);

/* Which datacenter the database is to belong to. */
struct gb_migrate_target {
    const char *code;      /* "dc1" */
    const char *catalogue; /* code of the catalogue datacenter */
};

/* What happens while it works. Each may be NULL. */
struct gb_migrate_report {
    /* Once per migration, after the commit that notes it. `moved`: rows that a move has changed in
     * this run; else 0. */
    void (*applied)(void *context, const struct gb_migration *migration, int64_t moved);
    /* After each batch of a move that goes on: rows so far. */
    void (*moving)(void *context, const struct gb_migration *migration, int64_t moved);
    void *context;
};

/* One database that is being brought up. One thread, that of `pg`. */
struct gb_migrate;

/* Reads what is applied; changes nothing. `pg` belongs to the owner of the database, gets long
 * statement timeouts from its opener, and must outlive the object, as all other pointers must.
 * GB_FATAL: CHECKSUM_CHANGED (an applied migration has another text now), SCHEMA_NEWER (the
 * database has one that we do not know), MIGRATION_OUT_OF_ORDER, OTHER_DATACENTER (the database
 * belongs to another datacenter, or has another catalogue). */
enum gb_result gb_migrate_open(struct gb_pg *pg, const struct gb_migrate_target *target,
                               const struct gb_migration_list *list, struct gb_migrate **ret,
                               struct gb_err *err) GB_MUST_USE;
/* Gives the lock back, too. Takes NULL. */
void gb_migrate_close(struct gb_migrate *migrate);

/* Is list->items[i] yet to be applied? */
bool gb_migrate_pending(const struct gb_migrate *migrate, size_t i);

/* Takes the lock that lets one run at a time work on this database, waiting for another to end,
 * and reads again. Before the first gb_migrate_stage. Errors as of gb_migrate_open. */
enum gb_result gb_migrate_lock(struct gb_migrate *migrate, struct gb_err *err) GB_MUST_USE;

/* GB_POISON, DAEMON_TOO_OLD, naming it: a daemon of this datacenter is at work that does not know
 * all migrations of stage contract that are pending. */
enum gb_result gb_migrate_check_daemons(struct gb_migrate *migrate, struct gb_err *err) GB_MUST_USE;

/* Applies what is pending of one stage, in order, each in a transaction of its own; the stages are
 * to be run in order. Also: EXPAND notes the datacenter and gives rights. MOVE repeats each
 * statement until it changes no row, a transaction each. CONTRACT checks the daemons, runs the
 * moves before it once more for what older daemons wrote since, and at its end takes away rights
 * that nobody needs any more; where no migration of this stage is pending, those of older daemons
 * stay while such are at work. On failure what was committed stays: run it again. */
enum gb_result gb_migrate_stage(struct gb_migrate *migrate, enum gb_stage stage,
                                const struct gb_migrate_report *report,
                                struct gb_err *err) GB_MUST_USE;

/* All of it on one database: open, lock, the three stages, close. `report` may be NULL. */
enum gb_result gb_migrate_run(struct gb_pg *pg, const struct gb_migrate_target *target,
                              const struct gb_migration_list *list,
                              const struct gb_migrate_report *report,
                              struct gb_err *err) GB_MUST_USE;

/* For daemons: gb_pg_open of a database that fits this program (gb_migrate_check_fits). NULL in
 * *ret on failure. */
enum gb_result gb_migrate_connect(const struct gb_pg_options *options, struct gb_pg **ret,
                                  struct gb_err *err) GB_MUST_USE;

/* Does this database have what this program uses? GB_FATAL:
 * SCHEMA_OLDER (a migration of stage expand is missing: `geobill migrate` first), SCHEMA_NEWER (a
 * migration of stage contract that we do not know has removed what we use). */
enum gb_result gb_migrate_check_fits(struct gb_pg *pg, const struct gb_migration_list *list,
                                     struct gb_err *err) GB_MUST_USE;

#endif
