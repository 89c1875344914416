/* scripts.h: what lies in sql/, compiled in. Statements one by one are declared in the generated
 * "db/sql.h". */
#ifndef GB_DB_SCRIPTS_H
#define GB_DB_SCRIPTS_H

#include <stddef.h>

#include "db/pg.h"

/* All of sql/queries, by name. */
extern const struct gb_statement *const gb_statements[];
extern const size_t gb_statements_count;

/* sql/migrations/NNNN_what.sql, by number. */
struct gb_migration {
    int number;
    const char *name; /* "0001_pay_in_path" */
    const char *text;
};
extern const struct gb_migration gb_migrations[];
extern const size_t gb_migrations_count;

/* sql/checks/<invariant>.sql, by name. Each is one query whose rows are what breaks the invariant.
 */
struct gb_check {
    const char *name;
    const char *text;
};
extern const struct gb_check gb_checks[];
extern const size_t gb_checks_count;

/* sql/bookkeeping.sql: the table of migrations; may run any number of times. */
extern const char gb_sql_bookkeeping_script[];

/* sql/roles.sql: who may do what; may run any number of times. */
extern const char gb_sql_roles_script[];

#endif
