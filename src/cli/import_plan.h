/* import_plan.h: what an import was asked for, and which datacenter takes a movement. A plan is not
 * changed once made: any thread may read it. */
#ifndef GB_CLI_IMPORT_PLAN_H
#define GB_CLI_IMPORT_PLAN_H

#include "cli/cli.h"

struct gb_import_dc {
    const char *code;
    const char *api; /* base URL */
};

struct gb_import_plan {
    const char *path;                        /* the file */
    const char *state_path;                  /* what is remembered of it */
    struct gb_import_dc dcs[GB_CLI_DCS_MAX]; /* in the order of their numbers */
    size_t dcs_count;
    struct gb_import_dc catalogue; /* where accounts are opened */
    const char *list;              /* the codes in order, with commas */
    int64_t seed;
    const char *currency, *prefix;
    bool only_credit;
    int64_t concurrency; /* movements on the way at once */
    int64_t patience_s;  /* longest a request is tried again */
    int64_t wait_s;      /* longest the comparison waits */
};

/* Reads the command line and finds the datacenters' APIs in the configuration. GB_EXIT_FINE, or
 * GB_EXIT_USAGE with the error printed. Texts live as long as the command. */
int gb_import_plan_read(struct gb_cli *cli, int argc, char **argv, struct gb_import_plan *ret);

/* Which of `count` datacenters takes the movement with this reference. The same for ever: the first
 * 8 bytes, big-endian, of the SHA-256 of "<seed>:<reference>", modulo `count`. */
size_t gb_import_choose(int64_t seed, const char *reference, size_t count);

#endif
