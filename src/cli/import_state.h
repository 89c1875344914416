/* import_state.h: what a file was imported with the first time, kept beside it, so that the same
 * movements never go out under other keys. One thread. */
#ifndef GB_CLI_IMPORT_STATE_H
#define GB_CLI_IMPORT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/result.h"

/* Everything that decides which keys, accounts and amounts a file becomes. */
struct gb_import_identity {
    const char *sha256; /* of the file, hex */
    int64_t bytes;
    const char *dcs; /* "dc1,dc2,dc3": the list in order */
    int64_t seed;
    const char *currency;
    const char *prefix;
};

/* Compares with what is kept at `path`. GB_OK: the same, or nothing is kept there (*ret_kept says
 * which). GB_POISON: something else is kept, or what is there cannot be read; `err` says what
 * differs. */
enum gb_result gb_import_state_check(const char *path, const struct gb_import_identity *identity,
                                     bool *ret_kept, struct gb_err *err) GB_MUST_USE;

/* Keeps it at `path`: as a whole or not at all, and on disk when this returns GB_OK. Where another
 * import was faster, compares with what that one kept. GB_POISON otherwise. */
enum gb_result gb_import_state_keep(const char *path, const struct gb_import_identity *identity,
                                    struct gb_err *err) GB_MUST_USE;

#endif
