#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/metrics.h"
#include "unit/runtime/child.h"
#include "unit/runtime/cm.h"

/* Whether the rendered text has exactly this line. */
static void assert_line(const char *line)
{
    size_t size;
    char *text = gb_metrics_render(&size);
    assert_int_equal(strlen(text), size);
    size_t length = strlen(line);
    const char *at = strstr(text, line);
    while (at != NULL && !((at == text || at[-1] == '\n') && at[length] == '\n'))
        at = strstr(at + 1, line);
    if (at == NULL)
        fail_msg("no line \"%s\" in:\n%s", line, text);
    free(text);
}

static void counts(void **state)
{
    (void)state;
    struct gb_metric *metric = gb_metric_counter("geobill_payins_total", NULL, "Pay-ins accepted.");
    assert_line("geobill_payins_total 0");
    gb_metric_add(metric, 1);
    gb_metric_add(metric, 41);
    assert_line("# HELP geobill_payins_total Pay-ins accepted.");
    assert_line("# TYPE geobill_payins_total counter");
    assert_line("geobill_payins_total 42");
}

static void gauges_go_up_and_down(void **state)
{
    (void)state;
    struct gb_metric *metric = gb_metric_gauge("geobill_queue_items", "lane=\"payin\"", "Items.");
    gb_metric_set(metric, 7);
    gb_metric_add(metric, -9);
    assert_line("# TYPE geobill_queue_items gauge");
    assert_line("geobill_queue_items{lane=\"payin\"} -2");
}

static void durations_are_written_in_seconds(void **state)
{
    (void)state;
    struct gb_metric *metric =
        gb_metric_duration("geobill_commit_seconds", "dc=\"dc1\"", "Time of a commit.");
    gb_metric_observe(metric, 0);
    gb_metric_observe(metric, 100);
    gb_metric_observe(metric, 101);
    gb_metric_observe(metric, 10000000);
    gb_metric_observe(metric, 10000001);
    gb_metric_observe(metric, -5);
    assert_line("# TYPE geobill_commit_seconds histogram");
    assert_line("geobill_commit_seconds_bucket{dc=\"dc1\",le=\"0.0001\"} 3");
    assert_line("geobill_commit_seconds_bucket{dc=\"dc1\",le=\"0.00025\"} 4");
    assert_line("geobill_commit_seconds_bucket{dc=\"dc1\",le=\"5\"} 4");
    assert_line("geobill_commit_seconds_bucket{dc=\"dc1\",le=\"10\"} 5");
    assert_line("geobill_commit_seconds_bucket{dc=\"dc1\",le=\"+Inf\"} 6");
    assert_line("geobill_commit_seconds_sum{dc=\"dc1\"} 20.000202");
    assert_line("geobill_commit_seconds_count{dc=\"dc1\"} 6");
}

static void sizes_have_their_own_buckets(void **state)
{
    (void)state;
    struct gb_metric *metric = gb_metric_size("geobill_batch_records", NULL, "Records of a batch.");
    gb_metric_observe(metric, 1);
    gb_metric_observe(metric, 3);
    gb_metric_observe(metric, 10000);
    gb_metric_observe(metric, 10001);
    assert_line("geobill_batch_records_bucket{le=\"1\"} 1");
    assert_line("geobill_batch_records_bucket{le=\"5\"} 2");
    assert_line("geobill_batch_records_bucket{le=\"10000\"} 3");
    assert_line("geobill_batch_records_bucket{le=\"+Inf\"} 4");
    assert_line("geobill_batch_records_sum 20005");
    assert_line("geobill_batch_records_count 4");
}

static void same_name_and_labels_are_the_same_metric(void **state)
{
    (void)state;
    struct gb_metric *one = gb_metric_counter("geobill_sent_total", "dc=\"dc2\"", "Sent.");
    struct gb_metric *other = gb_metric_counter("geobill_sent_total", "dc=\"dc1\"", "Sent.");
    assert_ptr_equal(gb_metric_counter("geobill_sent_total", "dc=\"dc2\"", "Sent."), one);
    assert_ptr_not_equal(one, other);
    gb_metric_add(one, 2);
    gb_metric_add(other, 1);
    size_t size;
    char *text = gb_metrics_render(&size);
    assert_non_null(strstr(text, "# HELP geobill_sent_total Sent.\n"
                                 "# TYPE geobill_sent_total counter\n"
                                 "geobill_sent_total{dc=\"dc1\"} 1\n"
                                 "geobill_sent_total{dc=\"dc2\"} 2\n"));
    free(text);
}

static int other_kind(void *context)
{
    (void)context;
    (void)gb_metric_counter("geobill_twice_total", NULL, "Once.");
    (void)gb_metric_gauge("geobill_twice_total", "a=\"b\"", "Twice.");
    return 0;
}

static int other_prefix(void *context)
{
    (void)context;
    (void)gb_metric_counter("payins_total", NULL, "Without the prefix.");
    return 0;
}

static int counter_down(void *context)
{
    (void)context;
    gb_metric_add(gb_metric_counter("geobill_down_total", NULL, "Down."), -1);
    return 0;
}

static int observe_a_gauge(void *context)
{
    (void)context;
    gb_metric_observe(gb_metric_gauge("geobill_gauge", NULL, "Gauge."), 1);
    return 0;
}

static void misuse_aborts(void **state)
{
    (void)state;
    static struct child child;
    int (*const cases[])(void *) = {other_kind, other_prefix, counter_down, observe_a_gauge};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        child_run(&child, cases[i], NULL);
        assert_int_equal(child.signal, SIGABRT);
    }
}

enum { THREADS = 4, PER_THREAD = 20000 };

static void *count_many(void *context)
{
    (void)context;
    struct gb_metric *counter = gb_metric_counter("geobill_crowd_total", NULL, "Crowd.");
    struct gb_metric *sizes = gb_metric_size("geobill_crowd_records", NULL, "Crowd.");
    for (int i = 0; i < PER_THREAD; i++) {
        gb_metric_add(counter, 1);
        gb_metric_observe(sizes, 2);
    }
    return NULL;
}

static void threads_lose_no_count_while_others_render(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, NULL), 0);
    for (int i = 0; i < 20; i++) {
        size_t size;
        free(gb_metrics_render(&size));
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_line("geobill_crowd_total 80000");
    assert_line("geobill_crowd_records_bucket{le=\"2\"} 80000");
    assert_line("geobill_crowd_records_sum 160000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(gauges_go_up_and_down),
        cmocka_unit_test(durations_are_written_in_seconds),
        cmocka_unit_test(sizes_have_their_own_buckets),
        cmocka_unit_test(same_name_and_labels_are_the_same_metric),
        cmocka_unit_test(misuse_aborts),
        cmocka_unit_test(threads_lose_no_count_while_others_render),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
