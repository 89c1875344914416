/* bench-publisher: entries made at a steady rate, timed from their commit until a consumer has
 * them. A publisher must be running with the same configuration file.
 *
 *     bench-publisher --config FILE RATE SECONDS ROWS_PER_COMMIT
 *
 * Needs accounts 1 .. 100 with their shares and no entries of them, and the owner's login. Open
 * loop: a commit that is late is not waited for by the next. Prints offered and achieved rate, and
 * the time from commit to consumer as p50, p95, p99, max. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/consumer.h"
#include "db/pg.h"
#include "runtime/clock.h"
#include "runtime/config.h"
#include "runtime/wake.h"
#include "wire/messages.h"

enum { ACCOUNTS = 100, ROWS_MAX = 10000000, DRAIN_MS = 10000, POLL_RECORDS = 1000 };

struct bench {
    struct gb_config *config;
    const char *dc;
    int64_t rate, seconds, rows_per_commit;
    int64_t rows;
    int64_t *committed_us; /* per row, monotonic; 0: not yet */
    int64_t *latency_us;   /* per row, -1: not arrived */
    atomic_bool ended;
    _Atomic int64_t arrived;
};

static void fail(const char *what, const struct gb_err *err)
{
    (void)fprintf(stderr, "bench-publisher: %s: %s %s\n", what, err->code, err->message);
    exit(1);
}

static enum gb_result assigned(void *context, struct gb_assignment *assignments, size_t count,
                               struct gb_err *err)
{
    (void)context;
    (void)err;
    for (size_t i = 0; i < count; i++)
        assignments[i].next_offset = -1;
    return GB_OK;
}

static void revoked(void *context, const struct gb_assignment *assignments, size_t count, bool lost)
{
    (void)context;
    (void)assignments;
    (void)count;
    (void)lost;
}

static void take(struct bench *bench, struct gb_arena *arena, const struct gb_record *record,
                 int64_t now_us)
{
    struct gb_message_ledger_entry entry;
    gb_arena_reset(arena);
    if (gb_wire_ledger_entry_decode(record->value, arena, &entry, NULL) != GB_OK ||
        entry.reference == NULL)
        return;
    int64_t row = strtoll(entry.reference, NULL, 10);
    if (row < 0 || row >= bench->rows || bench->latency_us[row] >= 0)
        return;
    int64_t committed_us = bench->committed_us[row];
    bench->latency_us[row] = committed_us == 0 ? 0 : now_us - committed_us;
    atomic_fetch_add(&bench->arrived, 1);
}

static void *consume(void *context)
{
    struct bench *bench = context;
    struct gb_err err;
    char topic[GB_TOPIC_SIZE];
    char group[64];
    gb_topic_name(topic, bench->dc, "ledger");
    (void)snprintf(group, sizeof(group), "bench-publisher-%lld", (long long)gb_clock_wall_us());
    const char *topics[] = {topic};
    const struct gb_consumer_options options = {
        .config = bench->config,
        .cluster = bench->dc,
        .group = group,
        .client_id = "bench-publisher",
        .instance_id = group,
        .session_timeout_ms = 6000,
        .topics = topics,
        .topics_count = 1,
        .assigned = assigned,
        .revoked = revoked,
    };
    struct gb_consumer *consumer;
    if (gb_consumer_open(&options, &consumer, &err) != GB_OK)
        fail("consumer", &err);
    struct gb_arena *arena = gb_arena_new(1024 * 1024);
    while (!atomic_load(&bench->ended)) {
        const struct gb_record *records;
        size_t count;
        if (gb_consumer_poll(consumer, POLL_RECORDS, 100, &records, &count, &err) == GB_FATAL)
            fail("poll", &err);
        int64_t now_us = gb_clock_mono_us();
        for (size_t i = 0; i < count; i++)
            take(bench, arena, &records[i], now_us);
        gb_consumer_release(consumer);
    }
    gb_consumer_close(consumer);
    gb_arena_free(arena);
    return NULL;
}

static void commit_rows(struct bench *bench, struct gb_pg *pg, int64_t first)
{
    char text[1024];
    struct gb_err err;
    (void)snprintf(
        text, sizeof(text),
        "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after,"
        " held_after, credits_total, debits_total, out_total, in_total, account_version,"
        " created_at_us, client_no, key, reference) SELECT 1 + n %% %d, 1 + n / %d, 1, 1,"
        " 1, 1, 0, 1, 0, 0, 0, 1, %lld, 1, 'key-' || n, n::text"
        " FROM generate_series(%lld::bigint, %lld) n",
        ACCOUNTS, ACCOUNTS, (long long)gb_clock_wall_us(), (long long)first,
        (long long)(first + bench->rows_per_commit - 1));
    if (gb_pg_script(pg, text, &err) != GB_OK)
        fail("insert", &err);
    int64_t now_us = gb_clock_mono_us();
    for (int64_t i = 0; i < bench->rows_per_commit; i++)
        bench->committed_us[first + i] = now_us;
}

static void sleep_until(int64_t until_us)
{
    const struct timespec until = {.tv_sec = until_us / 1000000,
                                   .tv_nsec = (long)(until_us % 1000000) * 1000};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* Makes all rows. Returns how long it took. */
static int64_t produce(struct bench *bench)
{
    struct gb_err err;
    struct gb_pg *pg;
    struct gb_wake_sender *wake;
    const struct gb_pg_options options = {
        .conninfo = gb_config_text(bench->config, "postgres", "conninfo"),
        .user = gb_config_text(bench->config, "postgres", "user_owner"),
        .application_name = "bench-publisher",
        .connect_timeout_ms = 5000,
        .statement_timeout_ms = 60000,
    };
    if (gb_pg_open(&options, &pg, &err) != GB_OK)
        fail("database", &err);
    if (gb_wake_sender_open(gb_config_text(bench->config, "publisher", "wake"), &wake, &err) !=
        GB_OK)
        fail("wake", &err);
    int64_t began_us = gb_clock_mono_us();
    for (int64_t row = 0; row < bench->rows; row += bench->rows_per_commit) {
        sleep_until(began_us + row * 1000000 / bench->rate);
        commit_rows(bench, pg, row);
        gb_wake_send(wake, GB_WAKE_ENTRIES);
    }
    int64_t took_us = gb_clock_mono_us() - began_us;
    gb_wake_sender_close(wake);
    gb_pg_close(pg);
    return took_us;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;
    return (*x > *y) - (*x < *y);
}

static void report(struct bench *bench, int64_t took_us)
{
    int64_t missing = bench->rows - atomic_load(&bench->arrived);
    qsort(bench->latency_us, (size_t)bench->rows, sizeof(*bench->latency_us), compare);
    const int64_t *sorted = bench->latency_us + missing;
    int64_t count = bench->rows - missing;
    printf("offered %lld/s, %lld rows a commit, achieved %lld/s, missing %lld",
           (long long)bench->rate, (long long)bench->rows_per_commit,
           (long long)(bench->rows * 1000000 / took_us), (long long)missing);
    if (count > 0)
        printf("; commit to consumer in us: p50 %lld p95 %lld p99 %lld max %lld",
               (long long)sorted[count / 2], (long long)sorted[count * 95 / 100],
               (long long)sorted[count * 99 / 100], (long long)sorted[count - 1]);
    printf("\n");
}

static void init(struct bench *bench, char **argv)
{
    struct gb_err err;
    *bench = (struct bench){
        .rate = strtoll(argv[3], NULL, 10),
        .seconds = strtoll(argv[4], NULL, 10),
        .rows_per_commit = strtoll(argv[5], NULL, 10),
    };
    if (gb_wire_init(&err) != GB_OK ||
        gb_config_load(argv[2], NULL, 0, &bench->config, &err) != GB_OK)
        fail("start", &err);
    bench->dc = gb_config_text(bench->config, "datacenter", "code");
    GB_CHECK(bench->rate > 0 && bench->seconds > 0 && bench->rows_per_commit > 0);
    bench->rows = bench->rate * bench->seconds / bench->rows_per_commit * bench->rows_per_commit;
    GB_CHECK(bench->rows > 0 && bench->rows <= ROWS_MAX);
    bench->committed_us = calloc((size_t)bench->rows, sizeof(int64_t));
    bench->latency_us = calloc((size_t)bench->rows, sizeof(int64_t));
    GB_CHECK(bench->committed_us != NULL && bench->latency_us != NULL);
    memset(bench->latency_us, 0xff, (size_t)bench->rows * sizeof(int64_t));
}

int main(int argc, char **argv)
{
    static struct bench bench;
    pthread_t consumer;
    if (argc != 6 || strcmp(argv[1], "--config") != 0) {
        (void)fprintf(stderr,
                      "usage: bench-publisher --config FILE RATE SECONDS ROWS_PER_COMMIT\n");
        return 2;
    }
    init(&bench, argv);
    GB_CHECK(pthread_create(&consumer, NULL, consume, &bench) == 0);
    sleep_until(gb_clock_mono_us() + 3000000); /* the group's first join */
    int64_t took_us = produce(&bench);
    int64_t until_us = gb_clock_mono_us() + DRAIN_MS * 1000;
    while (atomic_load(&bench.arrived) < bench.rows && gb_clock_mono_us() < until_us)
        sleep_until(gb_clock_mono_us() + 10000);
    atomic_store(&bench.ended, true);
    (void)pthread_join(consumer, NULL);
    report(&bench, took_us);
    gb_config_free(bench.config);
    gb_wire_done();
    return atomic_load(&bench.arrived) == bench.rows ? 0 : 1;
}
