/* catalog.h: a schema as text, to compare what two ways led to. */
#ifndef GB_TEST_DB_CATALOG_H
#define GB_TEST_DB_CATALOG_H

#include "db/pg.h"

/* Tables, columns, defaults, constraints, indexes, views, functions, triggers, comments and rights
 * of schema public, a line each, sorted; the order of columns does not count. The caller frees it.
 */
char *gb_test_catalog(struct gb_pg *pg);

/* Fails, printing the lines that only one has. */
void gb_test_same_catalog(const char *one, const char *other);

#endif
