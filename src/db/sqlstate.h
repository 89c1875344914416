/* sqlstate.h: what a SQLSTATE asks us to do. Any thread. */
#ifndef GB_DB_SQLSTATE_H
#define GB_DB_SQLSTATE_H

#include <stdbool.h>

#include "runtime/result.h"

/* GB_RETRY, GB_POISON or GB_FATAL for a five-character SQLSTATE; unknown ones are GB_FATAL. Never
 * GB_OK. */
enum gb_result gb_sqlstate_classify(const char *sqlstate);

/* True for a serialization failure or a deadlock: the same transaction may succeed at once. */
bool gb_sqlstate_repeats(const char *sqlstate);

/* Finds the SQLSTATE in a verbose libpq message ("...: FATAL:  28P01: password ..."): libpq 15 has
 * no other way to learn it when connecting fails. False, and `ret` is "", when the server said
 * nothing. */
bool gb_sqlstate_find(const char *message, char ret[6]);

#endif
