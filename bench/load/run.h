/* run.h: the load itself, and what it saw. */
#ifndef GB_BENCH_LOAD_RUN_H
#define GB_BENCH_LOAD_RUN_H

#include "accounts.h"
#include "histogram.h"
#include "options.h"

#define LOAD_STATUS_MAX 600

/* "Measured" is what was due (closed loop: sent) between the end of the warm-up and the end. */
struct load_result {
    struct load_histogram latency; /* of measured requests that were answered 2xx */
    int64_t due;                   /* measured: how many should have been sent */
    int64_t in_time; /* 2xx answers that came between the end of the warm-up and the end */
    int64_t statuses[LOAD_STATUS_MAX]; /* of all answers, warm-up and drain included */
    int64_t replayed;                  /* of them with Idempotent-Replayed: true */
    int64_t repeats_sent;              /* payments that repeated an earlier one */
    int64_t accepted;                  /* different keys answered 2xx, warm-up and drain included */
    int64_t accepted_minor_units;      /* what they add up to */
    int64_t lost;                      /* requests whose connection broke before the answer */
    int64_t unanswered;                /* sent, but no answer by the end of the drain */
    int64_t unsent;                    /* due, but all connections were busy until then */
    int64_t measured_from_us, ended_at_us; /* wall clock */
    int64_t cpu_us;                        /* of this process, warm-up and drain included */
};

/* Runs it. False, after a line on stderr, when not all connections could be made. */
bool load_run(const struct load_options *options, struct load_server *servers,
              const struct load_accounts *accounts, struct load_result *ret);

/* Writes the result for people, or as one JSON object. */
void load_report_text(const struct load_options *options, const struct load_result *result);
/* False after a line on stderr. */
bool load_report_json(const struct load_options *options, const struct load_result *result);

#endif
