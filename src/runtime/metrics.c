#include "runtime/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/result.h"

enum kind { COUNTER, GAUGE, DURATION, SIZE };
enum { BUCKETS_MAX = 16 };

struct gb_metric {
    struct gb_metric *next; /* by name, then labels */
    enum kind kind;
    char *name, *labels, *help;               /* labels: "" for none */
    _Atomic int64_t value;                    /* of a histogram: the sum */
    _Atomic int64_t buckets[BUCKETS_MAX + 1]; /* each without those below it; the last is +Inf */
};

/* Upper bounds as fed, and as written. Durations are fed in microseconds and written in seconds. */
struct bounds {
    size_t count;
    int64_t upper[BUCKETS_MAX];
    const char *text[BUCKETS_MAX];
};
static const struct bounds duration_bounds = {
    16,
    {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
     5000000, 10000000},
    {"0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",
     "0.25", "0.5", "1", "2.5", "5", "10"}};
static const struct bounds size_bounds = {
    13,
    {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000},
    {"1", "2", "5", "10", "20", "50", "100", "200", "500", "1000", "2000", "5000", "10000"}};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gb_metric *first; /* only ever grows */

static bool is_histogram(const struct gb_metric *metric)
{
    return metric->kind == DURATION || metric->kind == SIZE;
}

static bool is_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return strncmp(name, "geobill_", 8) == 0 && length > 8 && name[length] == '\0';
}

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    GB_CHECK(copy != NULL);
    return copy;
}

static struct gb_metric *metric_new(enum kind kind, const char *name, const char *labels,
                                    const char *help)
{
    struct gb_metric *metric = calloc(1, sizeof(*metric));
    GB_CHECK(metric != NULL);
    metric->kind = kind;
    metric->name = copy_text(name);
    metric->labels = copy_text(labels);
    metric->help = copy_text(help);
    return metric;
}

/* The metric of that name and labels, made when it is new. */
static struct gb_metric *registered(enum kind kind, const char *name, const char *labels,
                                    const char *help)
{
    GB_CHECK(is_name(name));
    labels = labels == NULL ? "" : labels;
    GB_CHECK(pthread_mutex_lock(&lock) == 0);
    struct gb_metric **at = &first;
    int order = -1;
    for (; *at != NULL; at = &(*at)->next) {
        order = strcmp((*at)->name, name);
        GB_CHECK(order != 0 || (*at)->kind == kind);
        order = order == 0 ? strcmp((*at)->labels, labels) : order;
        if (order >= 0)
            break;
    }
    if (*at == NULL || order != 0) {
        struct gb_metric *metric = metric_new(kind, name, labels, help);
        metric->next = *at;
        *at = metric;
    }
    struct gb_metric *found = *at;
    GB_CHECK(pthread_mutex_unlock(&lock) == 0);
    return found;
}

struct gb_metric *gb_metric_counter(const char *name, const char *labels, const char *help)
{
    return registered(COUNTER, name, labels, help);
}

struct gb_metric *gb_metric_gauge(const char *name, const char *labels, const char *help)
{
    return registered(GAUGE, name, labels, help);
}

struct gb_metric *gb_metric_duration(const char *name, const char *labels, const char *help)
{
    return registered(DURATION, name, labels, help);
}

struct gb_metric *gb_metric_size(const char *name, const char *labels, const char *help)
{
    return registered(SIZE, name, labels, help);
}

void gb_metric_add(struct gb_metric *metric, int64_t delta)
{
    GB_CHECK(metric->kind == GAUGE || (metric->kind == COUNTER && delta >= 0));
    (void)atomic_fetch_add_explicit(&metric->value, delta, memory_order_relaxed);
}

void gb_metric_set(struct gb_metric *metric, int64_t value)
{
    GB_CHECK(metric->kind == GAUGE);
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

static const struct bounds *bounds_of(const struct gb_metric *metric)
{
    return metric->kind == DURATION ? &duration_bounds : &size_bounds;
}

void gb_metric_observe(struct gb_metric *metric, int64_t value)
{
    GB_CHECK(is_histogram(metric));
    value = value < 0 ? 0 : value;
    const struct bounds *bounds = bounds_of(metric);
    size_t i = 0;
    while (i < bounds->count && value > bounds->upper[i])
        i++;
    (void)atomic_fetch_add_explicit(&metric->buckets[i], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&metric->value, value, memory_order_relaxed);
}

static const char *type_of(const struct gb_metric *metric)
{
    switch (metric->kind) {
    case COUNTER:
        return "counter";
    case GAUGE:
        return "gauge";
    case DURATION:
    case SIZE:
        return "histogram";
    }
    return "untyped";
}

/* The count is the last bucket's, so that both always agree, whatever is observed meanwhile. */
static void write_histogram(FILE *out, const struct gb_metric *metric)
{
    const struct bounds *bounds = bounds_of(metric);
    const char *comma = *metric->labels == '\0' ? "" : ",";
    const char *open = *metric->labels == '\0' ? "" : "{", *close = *open == '\0' ? "" : "}";
    int64_t below = 0;
    for (size_t i = 0; i <= bounds->count; i++) {
        below += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
        fprintf(out, "%s_bucket{%s%sle=\"%s\"} %lld\n", metric->name, metric->labels, comma,
                i < bounds->count ? bounds->text[i] : "+Inf", (long long)below);
    }
    int64_t sum = atomic_load_explicit(&metric->value, memory_order_relaxed);
    fprintf(out, "%s_sum%s%s%s ", metric->name, open, metric->labels, close);
    if (metric->kind == DURATION)
        fprintf(out, "%lld.%06lld\n", (long long)(sum / 1000000), (long long)(sum % 1000000));
    else
        fprintf(out, "%lld\n", (long long)sum);
    fprintf(out, "%s_count%s%s%s %lld\n", metric->name, open, metric->labels, close,
            (long long)below);
}

static void write_metric(FILE *out, const struct gb_metric *metric, bool is_first_of_name)
{
    if (is_first_of_name)
        fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
                type_of(metric));
    if (is_histogram(metric)) {
        write_histogram(out, metric);
        return;
    }
    int64_t value = atomic_load_explicit(&metric->value, memory_order_relaxed);
    if (*metric->labels == '\0')
        fprintf(out, "%s %lld\n", metric->name, (long long)value);
    else
        fprintf(out, "%s{%s} %lld\n", metric->name, metric->labels, (long long)value);
}

char *gb_metrics_render(size_t *ret_size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_size);
    GB_CHECK(out != NULL);
    GB_CHECK(pthread_mutex_lock(&lock) == 0);
    const char *last = "";
    for (const struct gb_metric *metric = first; metric != NULL; metric = metric->next) {
        write_metric(out, metric, strcmp(metric->name, last) != 0);
        last = metric->name;
    }
    GB_CHECK(pthread_mutex_unlock(&lock) == 0);
    GB_CHECK(fclose(out) == 0 && text != NULL);
    return text;
}
