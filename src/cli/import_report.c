#include "cli/import_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/output.h"

/* Differences printed; more are counted. */
#define DIFFERENCES_MAX 10000

static const struct gb_column dc_columns[] = {
    {"dc", GB_CELL_TEXT},          {"accounts", GB_CELL_NUMBER}, {"as_in_the_file", GB_CELL_NUMBER},
    {"different", GB_CELL_NUMBER}, {"silent", GB_CELL_NUMBER},
};
static const struct gb_column difference_columns[] = {
    {"account_id", GB_CELL_TEXT}, {"dc", GB_CELL_TEXT},  {"expected", GB_CELL_NUMBER},
    {"found", GB_CELL_NUMBER},    {"why", GB_CELL_TEXT},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* How the accounts stand at one datacenter. */
struct tally {
    int64_t compared, right, different, silent;
};

static void add_difference(struct gb_cli *cli, const struct gb_import_run *run,
                           struct gb_table *table, size_t place, size_t dc)
{
    const struct gb_import_plan *plan = run->plan;
    const struct gb_import_account *account = &run->file->accounts[run->order[place]];
    int64_t shown = run->shown[place * plan->dcs_count + dc];
    bool known = shown != GB_IMPORT_UNKNOWN && shown != GB_IMPORT_SILENT;
    const char *why = shown == GB_IMPORT_SILENT    ? "no answer"
                      : shown == GB_IMPORT_UNKNOWN ? "account unknown"
                                                   : NULL;
    const char *id = gb_arena_printf(cli->arena, "%s%s", plan->prefix, account->name);
    GB_CHECK(id != NULL);
    gb_table_row(table,
                 (const char *[]){id, plan->dcs[dc].code,
                                  gb_cell_int(cli, gb_import_expected(account, plan->only_credit)),
                                  known ? gb_cell_int(cli, shown) : NULL, why});
}

/* Counts one datacenter, and lists what differs there. */
static struct tally tally_dc(struct gb_cli *cli, const struct gb_import_run *run, size_t dc,
                             struct gb_table *differences)
{
    struct tally tally = {0};
    for (size_t place = 0; place < run->order_count; place++) {
        int64_t shown = run->shown[place * run->plan->dcs_count + dc];
        if (shown == GB_IMPORT_NOT_COMPARED)
            continue;
        tally.compared++;
        if (shown ==
            gb_import_expected(&run->file->accounts[run->order[place]], run->plan->only_credit)) {
            tally.right++;
            continue;
        }
        tally.silent += shown == GB_IMPORT_SILENT;
        tally.different += shown != GB_IMPORT_SILENT;
        if (gb_table_rows(differences) < DIFFERENCES_MAX)
            add_difference(cli, run, differences, place, dc);
    }
    return tally;
}

/* The numbers of the summary, in the order in which they are printed. */
struct summary {
    uint64_t movements, posted, repeats, left_out, accounts, stopped, retries, ms, per_second;
};

static struct summary sum_up(const struct gb_import_run *run, int64_t posting_us)
{
    uint64_t ms = (uint64_t)posting_us / 1000;
    const uint32_t *lines = run->file->lines_of;
    return (struct summary){
        .movements = run->file->movements_count,
        .posted = run->posted,
        .repeats = run->repeats,
        .left_out = run->plan->only_credit ? lines[GB_IMPORT_DEBIT] : 0,
        .accounts = run->order_count,
        .stopped = run->refused,
        .retries = run->retries,
        .ms = ms,
        .per_second = run->posted * 1000 / (ms > 0 ? ms : 1),
    };
}

static void print_for_people(const struct gb_import_run *run, const struct summary *summary,
                             struct gb_table *dcs, struct gb_table *differences)
{
    printf("movements  %" PRIu64 " posted of %" PRIu64 ", %" PRIu64 " of them repeats",
           summary->posted, summary->movements, summary->repeats);
    if (run->plan->only_credit)
        printf("; %" PRIu64 " debits left out", summary->left_out);
    printf("\naccounts   %" PRIu64, summary->accounts);
    if (summary->stopped > 0)
        printf(", %" PRIu64 " of them stopped at a refusal", summary->stopped);
    printf("\ntime       %" PRIu64 ".%03" PRIu64 " s, %" PRIu64 " movements a second",
           summary->ms / 1000, summary->ms % 1000, summary->per_second);
    if (summary->retries > 0)
        printf("; %" PRIu64 " requests sent again", summary->retries);
    putchar('\n');
    gb_table_print(dcs, NULL);
    if (gb_table_rows(differences) > 0)
        gb_table_print(differences, "\nDifferent from the file");
}

static void print_for_programs(const struct summary *summary, struct gb_table *dcs,
                               struct gb_table *differences)
{
    json_t *all = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "movements",
        (json_int_t)summary->movements, "posted", (json_int_t)summary->posted, "repeats",
        (json_int_t)summary->repeats, "debits_left_out", (json_int_t)summary->left_out, "accounts",
        (json_int_t)summary->accounts, "accounts_stopped", (json_int_t)summary->stopped,
        "sent_again", (json_int_t)summary->retries, "milliseconds", (json_int_t)summary->ms,
        "per_second", (json_int_t)summary->per_second, "datacenters", gb_table_as_json(dcs),
        "differences", gb_table_as_json(differences));
    GB_CHECK(all != NULL);
    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(all);
}

static void raise_exit(struct gb_import_run *run, int exit_code)
{
    if (run->exit_code == GB_EXIT_FINE)
        run->exit_code = exit_code;
}

void gb_import_report(struct gb_cli *cli, struct gb_import_run *run, int64_t posting_us)
{
    struct gb_table *dcs = gb_table_new(cli, dc_columns, COUNT(dc_columns));
    struct gb_table *differences = gb_table_new(cli, difference_columns, COUNT(difference_columns));
    int64_t wrong = 0, silent = 0;
    for (size_t dc = 0; dc < run->plan->dcs_count; dc++) {
        struct tally tally = tally_dc(cli, run, dc, differences);
        gb_table_row(
            dcs, (const char *[]){run->plan->dcs[dc].code, gb_cell_int(cli, tally.compared),
                                  gb_cell_int(cli, tally.right), gb_cell_int(cli, tally.different),
                                  gb_cell_int(cli, tally.silent)});
        wrong += tally.different;
        silent += tally.silent;
    }
    struct summary summary = sum_up(run, posting_us);
    if (cli->json)
        print_for_programs(&summary, dcs, differences);
    else
        print_for_people(run, &summary, dcs, differences);
    if ((uint64_t)(wrong + silent) > gb_table_rows(differences))
        fprintf(stderr, "geobill: %" PRId64 " more differences\n",
                wrong + silent - (int64_t)gb_table_rows(differences));
    if (summary.stopped > 0 || wrong > 0)
        raise_exit(run, GB_EXIT_FOUND);
    else if (silent > 0)
        raise_exit(run, GB_EXIT_UNREACHABLE);
}
