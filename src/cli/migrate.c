/* geobill migrate: brings this datacenter's database up. */
#include <stdio.h>

#include "cli/options.h"
#include "cli/output.h"
#include "db/migrate.h"

static const struct gb_column columns[] = {
    {"number", GB_CELL_NUMBER}, {"name", GB_CELL_TEXT}, {"result", GB_CELL_TEXT}};

struct report {
    struct gb_cli *cli;
    struct gb_table *table;
};

static void add_applied(void *context, int number, const char *name)
{
    struct report *report = context;
    gb_table_row(report->table,
                 (const char *[]){gb_cell_int(report->cli, number), name, "applied"});
}

int gb_cli_migrate(struct gb_cli *cli, int argc, char **argv)
{
    const struct gb_syntax syntax = {.command = "migrate"};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct report report = {cli, gb_table_new(cli, columns, 3)};
    struct gb_migrate_report on_applied = {add_applied, &report};
    struct gb_migrate_target target = {cli->dc, cli->catalogue};
    struct gb_pg *pg;
    struct gb_err err = {0};
    if (gb_cli_open_own(cli, "user_owner", &pg, &err) != GB_OK)
        return gb_cli_fail("database", &err);
    enum gb_result result = gb_migrate_run(pg, &target, &on_applied, &err);
    gb_pg_close(pg);
    if (result != GB_OK)
        return gb_cli_fail("migrate", &err);
    if (gb_table_rows(report.table) > 0 || cli->json)
        gb_table_print(report.table, NULL);
    else
        printf("database of %s: nothing to apply\n", cli->dc);
    return GB_EXIT_FINE;
}
