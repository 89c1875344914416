/* All states of small worlds: test_reserve_search [--quick] [--must-find] [--publish-early]
 * [--states N] [--only PART-OF-NAME]. Prints the shortest history of what it finds. Exit 0: nothing
 * was broken; with --must-find: something was. --quick: the short scenarios only; --states: at most
 * so many of each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "search.h"

struct options {
    bool quick, must_find, publish_early;
    uint64_t states_max;
    const char *only;
};

static struct options options_of(int argc, char **argv)
{
    struct options options = {.states_max = INT32_MAX, .only = ""};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = argv[i + 1];
        if (strcmp(word, "--quick") == 0) {
            options.quick = true;
        } else if (strcmp(word, "--must-find") == 0) {
            options.must_find = true;
        } else if (strcmp(word, "--publish-early") == 0) {
            options.publish_early = true;
        } else if (strcmp(word, "--states") == 0 && value != NULL) {
            options.states_max = strtoull(value, NULL, 10);
            i++;
        } else if (strcmp(word, "--only") == 0 && value != NULL) {
            options.only = value;
            i++;
        } else {
            fprintf(stderr, "unknown option: %s\n", word);
            exit(2);
        }
    }
    return options;
}

/* What the process that searches tells the one that waits for it. */
struct shared {
    uint64_t progress, states;
    bool found;
};

static void run_scenario(struct search search, struct shared *shared)
{
    struct timespec begun, ended;
    (void)clock_gettime(CLOCK_MONOTONIC, &begun);
    struct found result = search_all(&search);
    (void)clock_gettime(CLOCK_MONOTONIC, &ended);
    shared->states += result.states;
    shared->found = result.what != NULL;
    printf("%s: %" PRIu64 " states%s, %" PRIu64 " steps, depth %d, %" PRIu64 " healed, %" PRIu64
           " beyond the bound, %ld s%s%s\n",
           search.scenario->name, result.states, result.complete ? "" : " (stopped)",
           result.transitions, result.depth, result.healed, result.beyond,
           (long)(ended.tv_sec - begun.tv_sec), result.what == NULL ? "" : ": ",
           result.what == NULL ? "" : result.what);
    (void)fflush(stdout);
}

/* In a process of its own. One that was ended by the core's own check is repeated up to there. */
static void search_apart(struct search search, struct shared *shared)
{
    int status = 0;
    search.progress = &shared->progress;
    pid_t pid = fork();
    if (pid == 0) {
        run_scenario(search, shared);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        abort();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    search.stop_before = shared->progress;
    run_scenario(search, shared);
    shared->found = true;
}

int main(int argc, char **argv)
{
    struct options options = options_of(argc, argv);
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    for (int i = 0; i < SCENARIOS_COUNT && !shared->found; i++) {
        const struct scenario *scenario = &SCENARIOS[i];
        if ((options.quick && !scenario->quick) || strstr(scenario->name, options.only) == NULL)
            continue;
        search_apart((struct search){.scenario = scenario,
                                     .states_max = options.states_max,
                                     .publish_early = options.publish_early,
                                     .heal_one_in = 16},
                     shared);
    }
    printf("%" PRIu64 " states in all\n", shared->states);
    return shared->found == options.must_find ? 0 : 1;
}
