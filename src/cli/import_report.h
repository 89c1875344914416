/* import_report.h: what an import prints at its end. One thread, when no other works. */
#ifndef GB_CLI_IMPORT_REPORT_H
#define GB_CLI_IMPORT_REPORT_H

#include "cli/import_run.h"

/* Prints the summary, and what differs, to standard output; for programs as one JSON object.
 * `posting_us`: how long posting took. Raises run->exit_code where datacenters differ from the file
 * or were silent. */
void gb_import_report(struct gb_cli *cli, struct gb_import_run *run, int64_t posting_us);

#endif
