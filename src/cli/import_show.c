/* How far an import is, on standard error. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/import_run.h"
#include "runtime/clock.h"

#define BAR_WIDTH 30
#define LINE_EVERY_US 5000000

/* Only the thread that waits for the others shows; clearing is under the lock as showing is. */
static bool bar_stands;
static int64_t line_shown_us;

void gb_import_clear_bar(void)
{
    if (bar_stands)
        fputs("\r\033[K", stderr);
    bar_stands = false;
}

static void show_bar(const char *what, uint64_t done, uint64_t all, const char *more)
{
    char bar[BAR_WIDTH + 1];
    size_t filled = (size_t)(done * BAR_WIDTH / all);
    memset(bar, '#', filled);
    memset(bar + filled, '.', BAR_WIDTH - filled);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r%s [%s] %3" PRIu64 " %%  %" PRIu64 " of %" PRIu64 "%s\033[K", what, bar,
            done * 100 / all, done, all, more);
    (void)fflush(stderr);
    bar_stands = true;
}

static void show(const char *what, uint64_t done, uint64_t all, const char *more, bool last)
{
    int64_t now_us = gb_clock_mono_us();
    if (all == 0)
        return;
    if (isatty(STDERR_FILENO)) {
        show_bar(what, done, all, more);
        if (last) {
            fputc('\n', stderr);
            bar_stands = false;
        }
    } else if (last || now_us - line_shown_us >= LINE_EVERY_US) {
        fprintf(stderr, "%s %" PRIu64 " of %" PRIu64 "%s\n", what, done, all, more);
        line_shown_us = now_us;
    }
}

void gb_import_show_posting(struct gb_import_run *run, bool last)
{
    char more[96], again[48] = "";
    uint64_t retries = run->retries;
    int64_t ms = (gb_clock_mono_us() - run->begun_us) / 1000;
    if (retries > 0)
        snprintf(again, sizeof(again), ", %" PRIu64 " sent again", retries);
    snprintf(more, sizeof(more), ", %" PRIu64 " a second%s",
             run->posted * 1000 / (uint64_t)(ms > 0 ? ms : 1), again);
    show("posted", run->posted, run->file->movements_count, more, last);
}

void gb_import_show_comparing(struct gb_import_run *run, bool last)
{
    show("compared", run->compared, run->order_count * run->plan->dcs_count, "", last);
}
