/* migrate_work.h: what the two halves of migrate share: reading what is applied, and applying.
 * Inside src/db. */
#ifndef GB_DB_MIGRATE_WORK_H
#define GB_DB_MIGRATE_WORK_H

#include "db/migrate.h"

struct gb_migrate {
    struct gb_pg *pg;
    const struct gb_migrate_target *target;
    const struct gb_migration_list *list;
    struct gb_arena *arena; /* of the call at hand */
    bool *applied;          /* list->items[i] is in the database */
    bool locked;
};

/* Marks what is applied, and compares; `exists`: its own table is there. Errors as of
 * gb_migrate_open. */
enum gb_result gb_migrate_read(struct gb_migrate *migrate, bool exists,
                               struct gb_err *err) GB_MUST_USE;

/* Is any migration applied? */
bool gb_migrate_begun(const struct gb_migrate *migrate);

/* Compares the datacenter that the database belongs to; `note`: notes it where it is new. */
enum gb_result gb_migrate_claim(struct gb_migrate *migrate, bool note,
                                struct gb_err *err) GB_MUST_USE;

/* One statement without a result of interest, in an arena of its own use. */
enum gb_result gb_migrate_call(struct gb_migrate *migrate, struct gb_call *call,
                               struct gb_err *err) GB_MUST_USE;

#endif
