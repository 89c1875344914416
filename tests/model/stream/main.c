/* Model of streams: test_stream_model [--must-find] [histories] [first seed]. Prints what it found
 * and the seed that shows it: "test_stream_model 1 SEED" repeats that history. Exit 0: nothing was
 * broken; with --must-find (mutants): something was. GEOBILL_FINDINGS names a folder for a
 * fragment of docs/RELIABILITY.md. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model.h"

struct run {
    uint64_t histories, seed, done;
    int64_t states;
    double seconds;
    struct totals totals;
    struct finding reader, history;
};

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_totals(FILE *file, const struct totals *t, const char *before, const char *after)
{
    const struct {
        const char *name;
        int64_t count;
    } rows[] = {{"records applied", t->applied},
                {"records lost by the broker", t->lost},
                {"logs wiped", t->wiped},
                {"processes killed", t->crashes},
                {"readers fenced", t->fenced},
                {"publishers that had lost the lease", t->lease_lost},
                {"replicas rebuilt or gone back", t->rebuilt},
                {"times gone back for a reader", t->went_back},
                {"records sent again", t->resent},
                {"records read from the table", t->fed},
                {"pages forgotten", t->forgotten},
                {"pages merged", t->merged},
                {"rounds until at rest, at most", t->healing_steps_max}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        (void)fprintf(file, "%s%s%s%" PRId64 "\n", before, rows[i].name, after, rows[i].count);
}

/* A simulation in which something never happens says nothing of it. */
static bool all_happened(const struct totals *t)
{
    return t->applied > 0 && t->lost > 0 && t->wiped > 0 && t->crashes > 0 && t->fenced > 0 &&
           t->lease_lost > 0 && t->rebuilt > 0 && t->went_back > 0 && t->resent > 0 && t->fed > 0 &&
           t->forgotten > 0 && t->merged > 0;
}

static void write_findings(const struct run *run)
{
    const char *folder = getenv("GEOBILL_FINDINGS");
    char path[4096];
    if (folder == NULL)
        return;
    (void)snprintf(path, sizeof(path), "%s/test_stream_model.md", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        (void)fprintf(stderr, "%s cannot be written\n", path);
        return;
    }
    (void)fprintf(
        file,
        "## Streams\n\nThe rules of streams (`src/core/stream.c`, `stream_source.c`, "
        "`flights.c`) over a broker that loses, repeats, reorders, forgets and starts "
        "anew, with both publishers and all readers killed, frozen and woken: %" PRIu64
        " histories, %s (`test_stream_model %" PRIu64 " %" PRIu64 "`, %.0f s). All %" PRId64
        " states of a small reader were visited.\n\n| what happened | times |\n|---|---|\n",
        run->done, run->history.what == NULL ? "nothing broken" : run->history.what, run->histories,
        run->seed, run->seconds, run->states);
    print_totals(file, &run->totals, "| ", " | ");
    (void)fclose(file);
}

static void look(struct run *run)
{
    run->states = exhaust_reader(&run->reader);
    printf("reader: %" PRId64 " states%s%s\n", run->states, run->reader.what == NULL ? "" : ": ",
           run->reader.what == NULL ? "" : run->reader.what);
    double began_s = now_s();
    while (run->done < run->histories && run->history.what == NULL)
        run_history(run->seed + run->done++, &run->totals, &run->history);
    run->seconds = now_s() - began_s;
    printf("%" PRIu64 " histories from seed %" PRIu64 " in %.1f s\n", run->done, run->seed,
           run->seconds);
    print_totals(stdout, &run->totals, "  ", ": ");
    if (run->history.what != NULL)
        printf("seed %" PRIu64 ": %s (again: test_stream_model 1 %" PRIu64 ")\n",
               run->seed + run->done - 1, run->history.what, run->seed + run->done - 1);
}

int main(int argc, char **argv)
{
    bool must_find = argc > 1 && strcmp(argv[1], "--must-find") == 0;
    char **numbers = argv + (must_find ? 2 : 1);
    struct run run = {.histories = 3000, .seed = 1};
    if (numbers[0] != NULL)
        run.histories = strtoull(numbers[0], NULL, 10);
    if (numbers[0] != NULL && numbers[1] != NULL)
        run.seed = strtoull(numbers[1], NULL, 10);
    look(&run);
    if (must_find)
        return run.reader.what != NULL || run.history.what != NULL ? 0 : 1;
    write_findings(&run);
    if (run.reader.what != NULL || run.history.what != NULL)
        return 1;
    if (run.histories >= 1000 && !all_happened(&run.totals)) {
        printf("something never happened\n");
        return 1;
    }
    return 0;
}
