#include "cli/import_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/clock.h"
#include "runtime/deadline.h"
#include "runtime/stop.h"

#define SHOW_MS 200
#define LANE_ARENA_BYTES ((size_t)256 * 1024)

/* What one thread gets. */
struct job {
    struct gb_import_run *run;
    size_t count;
    void (*work)(struct gb_import_lane *lane, size_t item);
};

static void *work_on_items(void *context)
{
    const struct job *job = context;
    struct gb_import_run *run = job->run;
    struct gb_import_lane lane = {
        .run = run,
        .client = gb_http_client_new("geobill/" GB_VERSION),
        .arena = gb_arena_new(LANE_ARENA_BYTES),
    };
    while (!run->ended && !gb_stop_asked()) {
        size_t item = atomic_fetch_add(&run->next, 1);
        if (item >= job->count)
            break;
        job->work(&lane, item);
    }
    gb_http_client_free(lane.client);
    gb_arena_free(lane.arena);
    GB_CHECK(pthread_mutex_lock(&run->lock) == 0);
    if (--run->working == 0)
        GB_CHECK(pthread_cond_signal(&run->idle) == 0);
    GB_CHECK(pthread_mutex_unlock(&run->lock) == 0);
    return NULL;
}

static void show_until_idle(struct gb_import_run *run,
                            void (*show)(struct gb_import_run *run, bool last))
{
    GB_CHECK(pthread_mutex_lock(&run->lock) == 0);
    while (run->working > 0) {
        struct timespec deadline = gb_deadline_after_ms(SHOW_MS);
        while (run->working > 0 && gb_deadline_cond_wait(&run->idle, &run->lock, &deadline)) {
        }
        show(run, run->working == 0);
    }
    GB_CHECK(pthread_mutex_unlock(&run->lock) == 0);
}

void gb_import_run_all(struct gb_import_run *run, size_t count,
                       void (*work)(struct gb_import_lane *lane, size_t item),
                       void (*show)(struct gb_import_run *run, bool last))
{
    struct job job = {run, count, work};
    size_t threads_count = (size_t)run->plan->concurrency;
    if (threads_count > count)
        threads_count = count;
    pthread_t *threads = calloc(threads_count + 1, sizeof(*threads));
    GB_CHECK(threads != NULL);
    run->next = 0;
    run->working = threads_count;
    for (size_t i = 0; i < threads_count; i++)
        GB_CHECK(pthread_create(&threads[i], NULL, work_on_items, &job) == 0);
    show_until_idle(run, show);
    for (size_t i = 0; i < threads_count; i++)
        GB_CHECK(pthread_join(threads[i], NULL) == 0);
    free(threads);
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list words)
{
    gb_import_clear_bar();
    fputs("geobill: ", stderr);
    vfprintf(stderr, format, words);
    fputc('\n', stderr);
}

void gb_import_say(struct gb_import_run *run, const char *format, ...)
{
    va_list words;
    GB_CHECK(pthread_mutex_lock(&run->lock) == 0);
    va_start(words, format);
    say(format, words);
    va_end(words);
    GB_CHECK(pthread_mutex_unlock(&run->lock) == 0);
}

void gb_import_end(struct gb_import_run *run, int exit_code, const char *format, ...)
{
    va_list words;
    GB_CHECK(pthread_mutex_lock(&run->lock) == 0);
    if (!run->ended) {
        run->ended = true;
        run->exit_code = exit_code;
        va_start(words, format);
        say(format, words);
        va_end(words);
    }
    GB_CHECK(pthread_mutex_unlock(&run->lock) == 0);
}

int64_t gb_import_patience_until_us(const struct gb_import_run *run)
{
    return gb_clock_mono_us() + run->plan->patience_s * 1000000;
}
