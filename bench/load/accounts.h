/* accounts.h: the accounts that are paid into. */
#ifndef GB_BENCH_LOAD_ACCOUNTS_H
#define GB_BENCH_LOAD_ACCOUNTS_H

#include "options.h"

struct load_accounts {
    char **ids; /* heap, as are the texts */
    size_t count;
};

/* Reads them from --accounts-file, or opens them through the first API, some at a time. False after
 * a line on stderr. The caller frees them in either case. */
bool load_accounts_get(struct load_accounts *accounts, struct load_options *options);
void load_accounts_free(struct load_accounts *accounts);

#endif
