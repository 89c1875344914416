/* Random histories: test_reserve_simulation [--must-find] [--print] [histories] [first seed]
 * [policy 0..5, else all]. One seed is one history. Prints the figures, and of what is broken the
 * seed and the command that shows it. Exit 0: nothing was broken; with --must-find: something was.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simulate.h"

static int64_t percent(int64_t part, int64_t of)
{
    return of == 0 ? 0 : (part * 1000 + of / 2) / of;
}

/* The power of two below which that part of those who waited were decided. */
static int64_t wait_us(const struct figures *figures, int64_t percentile)
{
    int64_t all = 0, sum = 0;
    for (int i = 0; i < 64; i++)
        all += figures->waits[i];
    for (int i = 0; i < 63; i++) {
        sum += figures->waits[i];
        if (sum * 100 >= all * percentile)
            return INT64_C(2) << i;
    }
    return 0;
}

static void print_figures(const char *name, const char *weather, const struct figures *f)
{
    int64_t local = percent(f->local, f->paid), wrong = percent(f->wrong, f->payouts);
    int64_t messages = f->payouts == 0 ? 0 : f->messages * 100 / f->payouts;
    printf("%s, %s: histories %" PRId64 ", spends %" PRId64 ", paid %" PRId64 ", of those at once "
           "%" PRId64 ".%" PRId64 " %%, messages per spend %" PRId64 ".%02" PRId64
           ", top-ups per 100 spends %" PRId64 ", refused %" PRId64 ", wrongly %" PRId64
           " (%" PRId64 ".%" PRId64 " %%), wait p50 < %" PRId64 " ms, p99 < %" PRId64 " ms\n",
           name, weather, f->histories, f->payouts, f->paid, local / 10, local % 10, messages / 100,
           messages % 100, f->payouts == 0 ? 0 : f->top_ups * 100 / f->payouts, f->refused,
           f->wrong, wrong / 10, wrong % 10, wait_us(f, 50) / 1000, wait_us(f, 99) / 1000);
}

static const struct {
    const char *name;
    struct policy policy;
} POLICIES[] = {
    {"even, prefetch", {true, true, false}},  {"even, no prefetch", {true, false, false}},
    {"home, prefetch", {false, true, false}}, {"home, no prefetch", {false, false, false}},
    {"even, topped up", {true, true, true}},  {"home, topped up", {false, true, true}},
};
enum { POLICIES_COUNT = 6 };

/* What the process that runs the histories tells the one that waits for it: the core ends the
 * process where it finds a bug of its own. */
struct shared {
    uint64_t seed;
    int policy;
    bool found;
};

static void print_repeat(uint64_t seed, int policy, const char *broken)
{
    printf("%s, seed %" PRIu64 ": %s\nagain: test_reserve_simulation --print 1 %" PRIu64 " %d\n",
           POLICIES[policy].name, seed, broken, seed, policy);
}

static bool run_policy(struct shared *shared, uint64_t histories, uint64_t seed, bool prints)
{
    int at = shared->policy;
    struct figures figures[2] = {{0}};
    for (uint64_t i = 0; i < histories; i++) {
        shared->seed = seed + i;
        const char *broken = run_history(seed + i, POLICIES[at].policy, prints, figures);
        if (broken == NULL)
            continue;
        print_repeat(seed + i, at, broken);
        return true;
    }
    print_figures(POLICIES[at].name, "faults", &figures[0]);
    print_figures(POLICIES[at].name, "calm", &figures[1]);
    (void)fflush(stdout);
    return false;
}

struct options {
    bool must_find, prints;
    uint64_t histories, seed;
    int only;
};

static struct options options_of(int argc, char **argv)
{
    struct options options = {.histories = 10000, .seed = 1, .only = -1};
    options.must_find = argc > 1 && strcmp(argv[1], "--must-find") == 0;
    options.prints = argc > 1 && strcmp(argv[1], "--print") == 0;
    char **numbers = argv + (options.must_find || options.prints ? 2 : 1);
    int count = argc - (int)(numbers - argv);
    if (count > 0)
        options.histories = strtoull(numbers[0], NULL, 10);
    if (count > 1)
        options.seed = strtoull(numbers[1], NULL, 10);
    if (count > 2)
        options.only = (int)strtol(numbers[2], NULL, 10);
    return options;
}

static void run_all(const struct options *options, struct shared *shared)
{
    for (int i = 0; i < POLICIES_COUNT && !shared->found; i++) {
        shared->policy = i;
        if (options->only < 0 || options->only == i)
            shared->found = run_policy(shared, options->histories, options->seed, options->prints);
    }
}

int main(int argc, char **argv)
{
    struct options options = options_of(argc, argv);
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    if (shared == MAP_FAILED)
        abort();
    pid_t pid = fork();
    if (pid == 0) {
        run_all(&options, shared);
        (void)fflush(stdout);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        abort();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        print_repeat(shared->seed, shared->policy, "the core found a bug of its own");
        shared->found = true;
    }
    return shared->found == options.must_find ? 0 : 1;
}
