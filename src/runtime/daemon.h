/* daemon.h: how every daemon's main begins and ends: flags, settings, log, signals. */
#ifndef GB_RUNTIME_DAEMON_H
#define GB_RUNTIME_DAEMON_H

#include "runtime/config.h"
#include "runtime/result.h"

struct gb_daemon {
    const char *program; /* "geobill-api" */
    const char *about;   /* one line of --help */
    const char *dc;      /* [datacenter] code; lives as long as `config` */
    struct gb_config *config;
};

/* Once, at the top of main, before any thread. The caller fills `program` and `about`. Reads
 * --config FILE (or $GEOBILL_CONFIG), -X section.key=value, --help, --version; loads the settings;
 * starts the log and gb_stop. True: go on, and gb_daemon_done at the end. False: leave main with
 * *ret_exit (0 after --help and --version, 2 when flags or settings are wrong, and why is on
 * standard error). */
bool gb_daemon_init(struct gb_daemon *daemon, int argc, char **argv, int *ret_exit) GB_MUST_USE;

/* Logs the end and frees. Returns what main returns: 0 for GB_OK, 1 else (`err` is logged). */
int gb_daemon_done(struct gb_daemon *daemon, enum gb_result result, const struct gb_err *err);

#endif
