/* options.h: what geobill-load was asked to do. */
#ifndef GB_BENCH_LOAD_OPTIONS_H
#define GB_BENCH_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

#define LOAD_TARGETS_MAX 9

enum load_kind { LOAD_PAYIN, LOAD_PAYOUT, LOAD_BALANCE };

/* One datacenter's API. Keys sent there are "<dc>:<uuid>"; without a name just "<uuid>". */
struct load_target {
    char dc[16];
    char host[64]; /* numeric, with the port: the Host field */
};

/* Texts are those of the command line. */
struct load_options {
    struct load_target targets[LOAD_TARGETS_MAX];
    struct load_server servers[LOAD_TARGETS_MAX]; /* of the same index */
    size_t targets_count;
    enum load_kind kind;
    const char *token;
    const char *accounts_file; /* NULL: accounts are opened */
    const char *account_prefix;
    int64_t accounts;
    int64_t opening_balance; /* of accounts that are opened, minor units */
    const char *policy;      /* where it lies */
    int64_t amount_max;      /* each payment is 1 .. that, minor units */
    bool in_turn;            /* accounts one after the other, not at random */
    int64_t connections;
    int64_t rate; /* requests a second in all; 0: closed loop, each connection as fast as it can */
    int64_t duration_s;
    int64_t warmup_s;        /* before the duration; not measured */
    int64_t drain_s;         /* how long answers are waited for after the end */
    int64_t repeats_percent; /* payments that repeat an earlier one */
    int64_t wait_s;          /* Prefer: wait; 0: not asked for */
    const char *json;        /* file for the result, "-" for stdout instead of text; NULL: none */
};

/* False after a line on stderr. --help prints and exits. */
bool load_options_read(struct load_options *options, int argc, char **argv);

#endif
