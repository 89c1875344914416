/* connect.h: a daemon's connection to its own database, as its settings say. Inside src/stream. */
#ifndef GB_STREAM_CONNECT_H
#define GB_STREAM_CONNECT_H

#include "db/pg.h"
#include "runtime/config.h"

/* Connects as [postgres] user_<role>; `name` is the part after "geobill-<role>/" of the
 * application's name. GB_FATAL also when the database's schema does not fit this program
 * (gb_migrate_check_fits). */
enum gb_result gb_stream_connect(const struct gb_config *config, const char *role, const char *name,
                                 struct gb_pg **ret, struct gb_err *err) GB_MUST_USE;

#endif
