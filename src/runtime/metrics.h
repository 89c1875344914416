/* metrics.h: counters, gauges and histograms, written as Prometheus text. Any thread; values are
 * atomic int64. Names start with geobill_, base units (seconds are kept as microseconds and written
 * as seconds), counters end in _total. */
#ifndef GB_RUNTIME_METRICS_H
#define GB_RUNTIME_METRICS_H

#include <stdint.h>
#include <stdio.h>

struct gb_metric;

/* Registered once at start, or later from any thread; never freed. `labels` is NULL or
 * `a="b",c="d"` (copied). The same name and labels give the same metric; the same name with another
 * kind is a bug. */
struct gb_metric *gb_metric_counter(const char *name, const char *labels, const char *help);
struct gb_metric *gb_metric_gauge(const char *name, const char *labels, const char *help);
/* Of durations: fed in microseconds, written in seconds, buckets 100 us ... 10 s. */
struct gb_metric *gb_metric_duration(const char *name, const char *labels, const char *help);
/* Of sizes: buckets 1, 2, 5, 10 ... 10000. */
struct gb_metric *gb_metric_size(const char *name, const char *labels, const char *help);

void gb_metric_add(struct gb_metric *metric, int64_t delta);     /* counter, gauge */
void gb_metric_set(struct gb_metric *metric, int64_t value);     /* gauge */
void gb_metric_observe(struct gb_metric *metric, int64_t value); /* duration (us), size */

/* Prometheus text format 0.0.4 of all metrics, sorted by name; heap, *ret_size bytes, the caller
 * frees. */
char *gb_metrics_render(size_t *ret_size);

#endif
