/* verify.h: what the parts of `geobill verify` share. One thread. */
#ifndef GB_CLI_VERIFY_H
#define GB_CLI_VERIFY_H

#include "cli/cli.h"
#include "cli/output.h"

/* A run over all datacenters. Findings are rows (check, dc, detail) of one table. */
struct gb_verify {
    struct gb_cli *cli;
    struct gb_cli_dc dcs[GB_CLI_DCS_MAX];
    size_t dcs_count;
    struct gb_table *findings;
    size_t findings_dropped; /* above the bound of what is printed */
    int64_t deadline_us;     /* monotonic: until then a replica may still catch up */
    bool unreachable;        /* a datacenter could not be asked */
};

void gb_verify_found(struct gb_verify *verify, const char *check, const char *dc,
                     const char *detail);
/* Notes that a datacenter stopped answering, once, and does not ask it again. */
void gb_verify_lost(struct gb_verify *verify, struct gb_cli_dc *dc, const struct gb_err *err);
/* Runs a query at a datacenter; its rows are in the call, released by the caller. GB_RETRY, or what
 * went wrong, when the datacenter is lost: that is noted. */
enum gb_result gb_verify_ask(struct gb_verify *verify, struct gb_cli_dc *dc,
                             struct gb_call *call) GB_MUST_USE;

/* I8: every replicated share equals its source, or catches up before the deadline; receivers are
 * read before senders. */
void gb_verify_replicas(struct gb_verify *verify);
/* Every catalogue item is what the catalogue's datacenter has, or comes before the deadline. */
void gb_verify_catalogue(struct gb_verify *verify);
/* I9: nothing unpublished, unacknowledged or unbooked is left at the deadline. */
void gb_verify_at_rest(struct gb_verify *verify);

#endif
