/* geobill import: the movements of a bank's file, through the API. Everything that can be checked
 * is checked before anything is posted. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/import_report.h"
#include "cli/import_state.h"
#include "runtime/clock.h"
#include "runtime/deadline.h"
#include "runtime/stop.h"
#include "runtime/uuid.h"

/* Wrong lines printed; more are counted. */
#define PROBLEMS_MAX 100000

/* GB_EXIT_FINE when the file is sound and everything in it can be posted. */
static int read_file(const struct gb_import_plan *plan, struct gb_import_file *file)
{
    struct gb_import_problems problems = {
        .out = stderr, .path = plan->path, .printed_max = PROBLEMS_MAX};
    const struct gb_import_rules rules = {plan->prefix, plan->only_credit};
    gb_import_file_read(file, &rules, &problems);
    if (problems.count > problems.printed_max)
        fprintf(stderr, "... and %zu more\n", problems.count - problems.printed_max);
    if (problems.count > 0)
        fprintf(stderr, "geobill: %s has %zu error%s: nothing was posted\n", plan->path,
                problems.count, problems.count == 1 ? "" : "s");
    return problems.count == 0 ? GB_EXIT_FINE : GB_EXIT_FOUND;
}

/* The accounts that have something to post, those with most movements first: then no long one is
 * left alone at the end. */
static int by_count(const void *a, const void *b, void *context)
{
    const struct gb_import_file *file = context;
    uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
    uint32_t counts[] = {file->accounts[one].count, file->accounts[two].count};
    if (counts[0] != counts[1])
        return counts[0] > counts[1] ? -1 : 1;
    return one < two ? -1 : 1;
}

static void run_init(struct gb_import_run *run, const struct gb_import_plan *plan,
                     struct gb_import_file *file, const char *bearer)
{
    *run = (struct gb_import_run){.plan = plan, .file = file, .bearer = bearer};
    GB_CHECK(pthread_mutex_init(&run->lock, NULL) == 0);
    gb_deadline_cond_init(&run->idle);
    size_t room = (size_t)file->accounts_count + 1, shown = room * plan->dcs_count;
    run->order = calloc(room, sizeof(*run->order));
    run->fates = calloc(room, sizeof(*run->fates));
    run->shown = calloc(shown, sizeof(*run->shown));
    GB_CHECK(run->order != NULL && run->fates != NULL && run->shown != NULL);
    for (size_t i = 0; i < shown; i++)
        run->shown[i] = GB_IMPORT_NOT_COMPARED;
    for (uint32_t i = 0; i < file->accounts_count; i++)
        if (file->accounts[i].count > 0)
            run->order[run->order_count++] = i;
    qsort_r(run->order, run->order_count, sizeof(*run->order), by_count, file);
}

static void run_done(struct gb_import_run *run)
{
    free(run->order);
    free(run->fates);
    free(run->shown);
    GB_CHECK(pthread_mutex_destroy(&run->lock) == 0);
    GB_CHECK(pthread_cond_destroy(&run->idle) == 0);
}

/* Asks, remembers, posts, compares, reports. */
static void run_phases(struct gb_cli *cli, struct gb_import_run *run,
                       const struct gb_import_identity *identity)
{
    struct gb_err err = {0};
    gb_import_ask_all(run);
    if (!run->ended && !gb_stop_asked() &&
        gb_import_state_keep(run->plan->state_path, identity, &err) != GB_OK)
        gb_import_end(run, GB_EXIT_FOUND, "nothing was posted: %s", err.message);
    if (!run->ended && gb_stop_asked())
        gb_import_end(run, GB_EXIT_FOUND, "nothing was posted: stopped");
    if (run->ended)
        return;
    run->begun_us = gb_clock_mono_us();
    gb_import_post_all(run);
    int64_t posting_us = gb_clock_mono_us() - run->begun_us;
    if (!run->ended)
        gb_import_compare_all(run);
    if (gb_stop_asked())
        gb_import_end(run, GB_EXIT_FOUND, "stopped");
    gb_import_report(cli, run, posting_us);
    if (run->ended)
        fputs("geobill: not finished. The same command again goes on; it books nothing twice\n",
              stderr);
}

static int import(struct gb_cli *cli, const struct gb_import_plan *plan, const char *bearer,
                  struct gb_import_file *file)
{
    char sha256[2 * GB_DIGEST_SIZE + 1];
    gb_hex_format(file->digest, sizeof(file->digest), sha256);
    const struct gb_import_identity identity = {.sha256 = sha256,
                                                .bytes = (int64_t)file->size,
                                                .dcs = plan->list,
                                                .seed = plan->seed,
                                                .currency = plan->currency,
                                                .prefix = plan->prefix};
    bool kept;
    struct gb_err err = {0};
    if (gb_import_state_check(plan->state_path, &identity, &kept, &err) != GB_OK)
        return gb_cli_fail("nothing was posted", &err);
    int exit_code = read_file(plan, file);
    if (exit_code != GB_EXIT_FINE)
        return exit_code;
    struct gb_import_run run;
    run_init(&run, plan, file, bearer);
    gb_stop_init();
    run_phases(cli, &run, &identity);
    exit_code = run.exit_code;
    run_done(&run);
    return exit_code;
}

int gb_cli_import(struct gb_cli *cli, int argc, char **argv)
{
    struct gb_import_plan plan;
    char token[GB_CLI_TOKEN_SIZE], bearer[sizeof("Bearer ") + GB_CLI_TOKEN_SIZE];
    int exit_code = gb_import_plan_read(cli, argc, argv, &plan);
    if (exit_code != GB_EXIT_FINE)
        return exit_code;
    if (!gb_cli_token(cli, token))
        return GB_EXIT_USAGE;
    snprintf(bearer, sizeof(bearer), "Bearer %s", token);
    struct gb_import_file *file;
    struct gb_err err = {0};
    if (gb_import_file_load(plan.path, &file, &err) != GB_OK)
        return gb_cli_fail("nothing was posted", &err);
    exit_code = import(cli, &plan, bearer, file);
    gb_import_file_free(file);
    return exit_code;
}
