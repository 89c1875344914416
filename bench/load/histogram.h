/* histogram.h: how often which duration was seen, in 64 steps a power of two: a percentile is at
 * most 1.6 % above the true one. The caller's storage; all zero is empty. */
#ifndef GB_BENCH_LOAD_HISTOGRAM_H
#define GB_BENCH_LOAD_HISTOGRAM_H

#include <stdint.h>

#define LOAD_HISTOGRAM_STEPS 64
#define LOAD_HISTOGRAM_SLOTS (LOAD_HISTOGRAM_STEPS * 32)

struct load_histogram {
    int64_t counts[LOAD_HISTOGRAM_SLOTS];
    int64_t total;
    int64_t max_us;
};

/* Durations over an hour count as one hour, negative ones as 0. */
void load_histogram_add(struct load_histogram *histogram, int64_t duration_us);

/* The duration that `permyriad` of 10,000 do not exceed (upper edge of its step, never over the
 * maximum); 0 when nothing was seen. */
int64_t load_histogram_at(const struct load_histogram *histogram, int64_t permyriad);

#endif
