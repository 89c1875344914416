/* import_run.h: one import at work: many threads, each with its own kept connections, take items
 * from one list. What they share is here. */
#ifndef GB_CLI_IMPORT_RUN_H
#define GB_CLI_IMPORT_RUN_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/call_api.h"
#include "cli/import_file.h"
#include "cli/import_plan.h"
#include "http/client.h"

/* What became of an account. */
enum gb_import_fate {
    GB_IMPORT_UNFINISHED, /* not all of its movements are answered */
    GB_IMPORT_POSTED,
    GB_IMPORT_STOPPED, /* one of them was refused; what follows was not posted */
};

/* What a datacenter shows for an account: its total, or one of these. */
#define GB_IMPORT_NOT_COMPARED INT64_MIN
#define GB_IMPORT_UNKNOWN (INT64_MIN + 1) /* it does not know the account */
#define GB_IMPORT_SILENT (INT64_MIN + 2)  /* it did not answer */

struct gb_import_run {
    const struct gb_import_plan *plan;
    const struct gb_import_file *file;
    const char *bearer; /* "Bearer ..." */

    uint32_t *order; /* the accounts that are posted, those with most movements first */
    size_t order_count;
    enum gb_import_fate *fates; /* by place in `order`; each written by one thread */
    int64_t *shown;             /* by place in `order` and datacenter; each written by one */
    int64_t begun_us;           /* posting; monotonic */
    int64_t compare_until_us;   /* monotonic */

    _Atomic size_t next;      /* the next item of the list that is worked on */
    _Atomic uint64_t posted;  /* movements answered, repeats among them */
    _Atomic uint64_t repeats; /* movements that were there already */
    _Atomic uint64_t retries; /* requests that had to be sent again */
    _Atomic uint64_t refused; /* accounts stopped by a refusal */
    _Atomic uint64_t compared;
    _Atomic bool ended; /* nothing more is begun */

    pthread_mutex_t lock; /* of all below, and of printing */
    pthread_cond_t idle;  /* no thread works any more */
    size_t working;
    int exit_code; /* the worst so far, of enum gb_exit */
};

/* One thread's own. */
struct gb_import_lane {
    struct gb_import_run *run;
    struct gb_http_client *client;
    struct gb_arena *arena; /* of one request; reset by gb_import_call */
};

/* Works on items 0 .. count - 1, each in one of at most plan->concurrency threads, until all are
 * done or the run has ended or the process is to stop; `show` is called by the caller's thread
 * every now and then, and once at the end. */
void gb_import_run_all(struct gb_import_run *run, size_t count,
                       void (*work)(struct gb_import_lane *lane, size_t item),
                       void (*show)(struct gb_import_run *run, bool last));

/* Nothing more is begun; `exit_code` is what the command ends with. Prints why, the first time. Any
 * thread. */
void gb_import_end(struct gb_import_run *run, int exit_code, const char *format, ...)
    GB_PRINTF(3, 4);
/* Prints a line that must not be mixed with the progress. Any thread. */
void gb_import_say(struct gb_import_run *run, const char *format, ...) GB_PRINTF(2, 3);

/* One request. */
struct gb_import_request {
    const char *method;
    const struct gb_import_dc *dc;
    const char *path;
    const char *key;  /* NULL: none */
    const char *body; /* JSON; NULL: none */
    bool settles;     /* asks to wait for the outcome: 202 is no definite answer */
    int64_t until_us; /* tried again until then (monotonic); at least one attempt */
};

enum gb_import_outcome {
    GB_IMPORT_ANSWERED,   /* 2xx */
    GB_IMPORT_REFUSED,    /* a definite no */
    GB_IMPORT_AWAY,       /* no definite answer until then: it may or may not have been done */
    GB_IMPORT_BROKEN_OFF, /* the process is to stop, or the run has ended: the same */
};

struct gb_import_answer {
    int status;           /* 0: none */
    bool repeat;          /* Idempotent-Replayed */
    struct gb_bytes body; /* in the lane's arena, until the next call */
    char why[320];        /* unless ANSWERED: status, code and detail for people */
    char code[48];        /* of a problem; "" */
};

/* Sends the request until there is a definite answer; the same key each time. Waits longer from
 * attempt to attempt, at random, and no shorter than the server asks for. */
enum gb_import_outcome gb_import_call(struct gb_import_lane *lane,
                                      const struct gb_import_request *request,
                                      struct gb_import_answer *ret) GB_MUST_USE;

/* When a request that begins now is given up. */
int64_t gb_import_patience_until_us(const struct gb_import_run *run);

/* The phases, in their order. Each says what it found by run->exit_code. */
void gb_import_ask_all(
    struct gb_import_run *run); /* does every datacenter answer, with our token? */
void gb_import_post_all(struct gb_import_run *run); /* accounts and movements */
void gb_import_compare_all(struct gb_import_run *run);

/* Progress on standard error: a bar that moves on a terminal, else a line every few seconds. */
void gb_import_show_posting(struct gb_import_run *run, bool last);
void gb_import_show_comparing(struct gb_import_run *run, bool last);
/* Removes the bar from the terminal's line. Under the lock. */
void gb_import_clear_bar(void);

#endif
