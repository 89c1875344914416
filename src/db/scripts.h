/* scripts.h: what lies in sql/, compiled in. Statements one by one are declared in the generated
 * "db/sql.h". */
#ifndef GB_DB_SCRIPTS_H
#define GB_DB_SCRIPTS_H

#include <stddef.h>

#include "db/pg.h"

/* All of sql/queries, by name. */
extern const struct gb_statement *const gb_statements[];
extern const size_t gb_statements_count;

/* What a migration does to daemons of an earlier release, which go on beside it. (docs/adr/0025) */
enum gb_stage {
    GB_STAGE_EXPAND,   /* adds: they do not notice */
    GB_STAGE_MOVE,     /* fills what was added, in batches, while they work */
    GB_STAGE_CONTRACT, /* removes what they use: none of them may be left */
};
#define GB_STAGES 3

/* sql/migrations/NNNN_what[.move|.contract].sql. The text of a move is one statement with one
 * parameter, the most rows that it may change. */
struct gb_migration {
    int number;
    enum gb_stage stage;
    struct gb_statement statement; /* name "0001_pay_in_path": the file's without ".sql" */
};
/* By number. */
extern const struct gb_migration gb_migrations[];
extern const size_t gb_migrations_count;
/* Those of a program, or a test's own; never empty. */
struct gb_migration_list {
    const struct gb_migration *items;
    size_t count;
};
extern const struct gb_migration_list gb_migrations_known;

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

/* sql/revoke.sql and sql/roles.sql: who may do what. The first takes everything away, the second
 * gives; both may run any number of times. */
extern const char gb_sql_revoke_script[];
extern const char gb_sql_roles_script[];

#endif
