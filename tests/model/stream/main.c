/* Model of streams: test_stream_model [--must-find] [histories] [first seed]. Prints what it found
 * and the seed that shows it. Exit 0: nothing was broken; with --must-find (mutants): something
 * was. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

int main(int argc, char **argv)
{
    bool must_find = argc > 1 && strcmp(argv[1], "--must-find") == 0;
    char **numbers = argv + (must_find ? 2 : 1);
    uint64_t histories = numbers[0] == NULL ? 3000 : strtoull(numbers[0], NULL, 10);
    uint64_t seed = numbers[0] == NULL || numbers[1] == NULL ? 1 : strtoull(numbers[1], NULL, 10);
    struct finding finding = {.what = NULL};

    int64_t states = exhaust_reader(&finding);
    printf("reader: %" PRId64 " states%s%s\n", states, finding.what == NULL ? "" : ": ",
           finding.what == NULL ? "" : finding.what);
    int64_t applied = 0;
    uint64_t done = 0;
    bool found = finding.what != NULL;
    finding.what = NULL;
    while (done < histories && finding.what == NULL)
        applied += run_history(seed + done++, &finding);
    printf("%" PRIu64 " histories from seed %" PRIu64 ", %" PRId64 " records applied\n", done, seed,
           applied);
    if (finding.what != NULL) {
        printf("seed %" PRIu64 ": %s\n", seed + done - 1, finding.what);
        found = true;
    }
    return found == must_find ? 0 : 1;
}
