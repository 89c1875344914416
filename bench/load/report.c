#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

static const struct {
    const char *name;
    int64_t permyriad;
} percentiles[] = {{"p50", 5000}, {"p95", 9500}, {"p99", 9900}, {"p999", 9990}, {"max", 10000}};
enum { PERCENTILES = sizeof(percentiles) / sizeof(percentiles[0]) };

static const char *const kind_names[] = {
    [LOAD_PAYIN] = "payin", [LOAD_PAYOUT] = "payout", [LOAD_BALANCE] = "balance"};

static int64_t answers(const struct load_result *result)
{
    int64_t count = 0;
    for (int status = 0; status < LOAD_STATUS_MAX; status++)
        count += result->statuses[status];
    return count;
}

static int64_t cpu_hundredths(const struct load_result *result)
{
    int64_t count = answers(result);
    return count == 0 ? 0 : result->cpu_us * 100 / count;
}

void load_report_text(const struct load_options *options, const struct load_result *result)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (options->rate > 0)
        printf("offered   %" PRId64 "/s", options->rate);
    else
        printf("offered   as fast as answered");
    printf(" over %" PRId64 " connections for %" PRId64 " s\n", options->connections,
           options->duration_s);
    printf("achieved  %" PRId64 "/s answered 2xx\n", result->in_time / options->duration_s);
    printf("latency  ");
    for (int i = 0; i < PERCENTILES; i++) {
        int64_t us = load_histogram_at(&result->latency, percentiles[i].permyriad);
        printf(" %s %" PRId64 ".%02" PRId64 " ms", percentiles[i].name, us / 1000, us % 1000 / 10);
    }
    printf("\nanswers  ");
    for (int status = 0; status < LOAD_STATUS_MAX; status++)
        if (result->statuses[status] > 0)
            printf(" %d: %" PRId64, status, result->statuses[status]);
    printf("; replayed %" PRId64 " of %" PRId64 " repeats\n", result->replayed,
           result->repeats_sent);
    printf("failures  lost %" PRId64 ", unanswered %" PRId64 ", never sent %" PRId64 "\n",
           result->lost, result->unanswered, result->unsent);
    if (options->kind != LOAD_BALANCE)
        printf("accepted  %" PRId64 " different payments, together %" PRId64 " minor units\n",
               result->accepted, result->accepted_minor_units);
    printf("own CPU   %" PRId64 ".%02" PRId64 " us an answer\n", cpu_hundredths(result) / 100,
           cpu_hundredths(result) % 100);
}

static void write_json(FILE *file, const struct load_options *options,
                       const struct load_result *result)
{
    fprintf(file,
            "{\"kind\":\"%s\",\"rate\":%" PRId64 ",\"connections\":%" PRId64 ",\"seconds\":%" PRId64
            ",\"due\":%" PRId64 ",\"achieved_per_s\":%" PRId64 ",\"latency_us\":{",
            kind_names[options->kind], options->rate, options->connections, options->duration_s,
            result->due, result->in_time / options->duration_s);
    for (int i = 0; i < PERCENTILES; i++)
        fprintf(file, "%s\"%s\":%" PRId64, i == 0 ? "" : ",", percentiles[i].name,
                load_histogram_at(&result->latency, percentiles[i].permyriad));
    fprintf(file, "},\"statuses\":{");
    const char *comma = "";
    for (int status = 0; status < LOAD_STATUS_MAX; status++) {
        if (result->statuses[status] == 0)
            continue;
        fprintf(file, "%s\"%d\":%" PRId64, comma, status, result->statuses[status]);
        comma = ",";
    }
    fprintf(file,
            "},\"replayed\":%" PRId64 ",\"repeats_sent\":%" PRId64 ",\"accepted\":%" PRId64
            ",\"accepted_minor_units\":%" PRId64 ",\"lost\":%" PRId64 ",\"unanswered\":%" PRId64
            ",\"unsent\":%" PRId64 ",\"measured_from_us\":%" PRId64 ",\"ended_at_us\":%" PRId64
            ",\"answers\":%" PRId64 ",\"cpu_us\":%" PRId64 "}\n",
            result->replayed, result->repeats_sent, result->accepted, result->accepted_minor_units,
            result->lost, result->unanswered, result->unsent, result->measured_from_us,
            result->ended_at_us, answers(result), result->cpu_us);
}

bool load_report_json(const struct load_options *options, const struct load_result *result)
{
    if (strcmp(options->json, "-") == 0) {
        write_json(stdout, options, result);
        return true;
    }
    FILE *file = fopen(options->json, "w");
    if (file != NULL)
        write_json(file, options, result);
    if (file != NULL && fclose(file) == 0)
        return true;
    fprintf(stderr, "geobill-load: %s: %s\n", options->json, strerror(errno));
    return false;
}
