#include "cost.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/clock.h"

/* The scheduler's own count: nanoseconds on a processor. */
static int64_t cpu_ns_of(const char *path)
{
    FILE *file = fopen(path, "r");
    int64_t ns = -1;
    GB_CHECK(file != NULL && fscanf(file, "%" SCNd64, &ns) == 1);
    (void)fclose(file);
    return ns;
}

static int64_t backend_cpu_ns(struct gb_pg *pg)
{
    char path[64];
    struct gb_rows *rows;
    struct gb_err err;
    GB_CHECK(gb_pg_query_text(pg, "SELECT pg_backend_pid()", &rows, &err) == GB_OK);
    int64_t pid = strtoll(gb_rows_text(rows, 0, 0), NULL, 10);
    gb_rows_free(rows);
    (void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/schedstat", pid);
    return cpu_ns_of(path);
}

static int64_t own_cpu_ns(void)
{
    struct timespec used;
    GB_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

struct bench_span bench_begin(struct gb_pg *pg)
{
    struct bench_span span = {.backend_ns = backend_cpu_ns(pg)};
    span.own_ns = own_cpu_ns();
    span.wall_us = gb_clock_mono_us();
    return span;
}

void bench_end(struct gb_pg *pg, const struct bench_span *since, const char *what, int64_t items,
               int64_t batches)
{
    int64_t wall_us = gb_clock_mono_us() - since->wall_us;
    int64_t own_ns = own_cpu_ns() - since->own_ns;
    int64_t backend_ns = backend_cpu_ns(pg) - since->backend_ns;
    printf("%-34s batch %4" PRId64 ": %8" PRId64 "/s  %7" PRId64
           " us a batch  CPU each: server %6" PRId64 " ns, client %6" PRId64 " ns\n",
           what, items / batches, items * 1000000 / wall_us, wall_us / batches, backend_ns / items,
           own_ns / items);
}
