/* geobill migrate: brings databases up, a stage at all datacenters before the next. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/output.h"
#include "db/migrate.h"
#include "runtime/clock.h"

#define PROGRESS_EVERY_US 1000000

static const char *const stage_names[GB_STAGES] = {"expand", "move", "contract"};

static const struct gb_column columns[] = {
    {"dc", GB_CELL_TEXT},   {"stage", GB_CELL_TEXT},  {"number", GB_CELL_NUMBER},
    {"name", GB_CELL_TEXT}, {"rows", GB_CELL_NUMBER}, {"result", GB_CELL_TEXT},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* One datacenter's database on its way up. */
struct target {
    struct run *run;
    struct gb_cli_place place;
    struct gb_migrate_target target;
    struct gb_pg *pg;
    struct gb_migrate *migrate;
};

struct run {
    struct gb_cli *cli;
    bool all, dry_run;
    const char *dc;
    enum gb_stage until;
    struct target targets[GB_CLI_DCS_MAX]; /* by code: two runs lock in the same order */
    size_t count;
    struct gb_table *table;
    int64_t shown_us;
};

static void add_row(struct target *target, const struct gb_migration *migration, const char *rows,
                    const char *result)
{
    struct gb_cli *cli = target->run->cli;
    gb_table_row(target->run->table,
                 (const char *[COLUMNS]){target->place.code, stage_names[migration->stage],
                                         gb_cell_int(cli, migration->number),
                                         migration->statement.name, rows, result});
}

static void on_applied(void *context, const struct gb_migration *migration, int64_t moved)
{
    struct target *target = context;
    bool moves = migration->stage == GB_STAGE_MOVE;
    add_row(target, migration, moves ? gb_cell_int(target->run->cli, moved) : NULL, "applied");
}

static void on_moving(void *context, const struct gb_migration *migration, int64_t moved)
{
    struct target *target = context;
    int64_t now_us = gb_clock_mono_us();
    if (now_us - target->run->shown_us < PROGRESS_EVERY_US)
        return;
    target->run->shown_us = now_us;
    fprintf(stderr, "%s: %s: %" PRId64 " rows moved\n", target->place.code,
            migration->statement.name, moved);
}

static int order_by_code(const void *one, const void *other)
{
    const char *a = ((const struct target *)one)->place.code;
    const char *b = ((const struct target *)other)->place.code;
    size_t a_size = strlen(a), b_size = strlen(b);
    return a_size != b_size ? (a_size < b_size ? -1 : 1) : strcmp(a, b);
}

/* Which datacenters. False: there is none of that code. */
static bool choose(struct run *run)
{
    struct gb_cli_place places[GB_CLI_DCS_MAX];
    size_t known = gb_cli_list_dcs(run->cli, places);
    const char *only = run->dc != NULL ? run->dc : run->cli->dc;
    for (size_t i = 0; i < known; i++)
        if (run->all || strcmp(places[i].code, only) == 0)
            run->targets[run->count++] = (struct target){
                .run = run, .place = places[i], .target = {places[i].code, run->cli->catalogue}};
    qsort(run->targets, run->count, sizeof(run->targets[0]), order_by_code);
    return run->count > 0;
}

/* Prints the error with its datacenter; gives the exit code. */
static int fail(const struct target *target, const struct gb_err *err)
{
    char what[64];
    snprintf(what, sizeof(what), "migrate %s", target->place.code);
    return gb_cli_fail(what, err);
}

/* Reads what each database has: nothing is changed anywhere before all have answered. */
static int open_all(struct run *run)
{
    struct gb_err err = {.message = ""};
    for (size_t i = 0; i < run->count; i++) {
        struct target *target = &run->targets[i];
        if (gb_cli_open_place(run->cli, &target->place, "user_owner", &target->pg, &err) != GB_OK ||
            gb_migrate_open(target->pg, &target->target, &gb_migrations_known, &target->migrate,
                            &err) != GB_OK)
            return fail(target, &err);
    }
    return GB_EXIT_FINE;
}

static void close_all(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        gb_migrate_close(run->targets[i].migrate);
        gb_pg_close(run->targets[i].pg);
    }
}

/* The plan of one stage at one datacenter. */
static void plan(struct target *target, enum gb_stage stage, const char *result)
{
    for (size_t i = 0; i < gb_migrations_count; i++)
        if (gb_migrations[i].stage == stage && gb_migrate_pending(target->migrate, i))
            add_row(target, &gb_migrations[i], NULL, result);
}

static int show_plan(struct run *run)
{
    int code = GB_EXIT_FINE;
    for (int stage = GB_STAGE_EXPAND; stage <= (int)run->until; stage++)
        for (size_t i = 0; i < run->count; i++) {
            struct target *target = &run->targets[i];
            struct gb_err err = {.message = ""};
            enum gb_result result = GB_OK;
            if (stage == GB_STAGE_CONTRACT)
                result = gb_migrate_check_daemons(target->migrate, &err);
            plan(target, (enum gb_stage)stage, result == GB_OK ? "pending" : "refused");
            if (result != GB_OK)
                code = fail(target, &err);
        }
    return code;
}

/* No database is left without what another has: contract begins nowhere while it is refused
 * somewhere. */
static int check_daemons(struct run *run)
{
    struct gb_err err = {.message = ""};
    for (size_t i = 0; i < run->count; i++)
        if (gb_migrate_check_daemons(run->targets[i].migrate, &err) != GB_OK)
            return fail(&run->targets[i], &err);
    return GB_EXIT_FINE;
}

static int bring_up(struct run *run)
{
    struct gb_err err = {.message = ""};
    for (size_t i = 0; i < run->count; i++)
        if (gb_migrate_lock(run->targets[i].migrate, &err) != GB_OK)
            return fail(&run->targets[i], &err);
    for (int stage = GB_STAGE_EXPAND; stage <= (int)run->until; stage++) {
        int code = stage == GB_STAGE_CONTRACT ? check_daemons(run) : GB_EXIT_FINE;
        for (size_t i = 0; i < run->count && code == GB_EXIT_FINE; i++) {
            struct target *target = &run->targets[i];
            const struct gb_migrate_report report = {on_applied, on_moving, target};
            if (gb_migrate_stage(target->migrate, (enum gb_stage)stage, &report, &err) != GB_OK)
                code = fail(target, &err);
        }
        if (code != GB_EXIT_FINE)
            return code;
    }
    return GB_EXIT_FINE;
}

static void print(struct run *run, int code)
{
    if (gb_table_rows(run->table) > 0 || run->cli->json)
        gb_table_print(run->table, NULL);
    else if (code == GB_EXIT_FINE)
        for (size_t i = 0; i < run->count; i++)
            printf("database of %s: nothing to apply\n", run->targets[i].place.code);
}

static bool read_stage(const char *word, enum gb_stage *ret)
{
    for (int stage = GB_STAGE_EXPAND; stage < GB_STAGES; stage++)
        if (strcmp(stage_names[stage], word) == 0) {
            *ret = (enum gb_stage)stage;
            return true;
        }
    return false;
}

int gb_cli_migrate(struct gb_cli *cli, int argc, char **argv)
{
    struct run run = {.cli = cli, .until = GB_STAGE_CONTRACT};
    const char *until = NULL;
    const struct gb_option options[] = {{"all", NULL, &run.all},
                                        {"dc", &run.dc, NULL},
                                        {"dry-run", NULL, &run.dry_run},
                                        {"until", &until, NULL}};
    const struct gb_syntax syntax = {.command = "migrate", .options = options, .options_count = 4};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    if (run.all && run.dc != NULL)
        return gb_cli_usage("migrate", "--all or --dc, not both");
    if (until != NULL && !read_stage(until, &run.until))
        return gb_cli_usage("migrate", "--until wants expand, move or contract");
    if (!choose(&run))
        return gb_cli_usage("migrate", "--dc names no datacenter that is known here");
    run.table = gb_table_new(cli, columns, COLUMNS);
    int code = open_all(&run);
    if (code == GB_EXIT_FINE) {
        code = run.dry_run ? show_plan(&run) : bring_up(&run);
        print(&run, code);
    }
    close_all(&run);
    return code;
}
