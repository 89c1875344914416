/* What the engine does per second: accepts pay-ins as the API does, books them in batches, and says
 * what each step cost:
 *
 *     bench-engine CONNINFO PAYINS BATCH ACCOUNTS
 *
 * CONNINFO names an empty, migrated database of dc1 and a superuser. ACCOUNTS 1 is one hot account.
 * Prints rates, the CPU of this process and of its PostgreSQL backend per pay-in, WAL bytes per
 * pay-in, and full-page images among them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine.h"
#include "runtime/clock.h"
#include "wire/messages.h"

static const struct gb_statement accept_statement = {
    "bench_accept", "INSERT INTO operation (client_no, kind, state, key, account_no, amount, "
                    "created_at_us, seq, trace_id, span_id,"
                    " reference) SELECT 1, 1, 1, k, a, 100, $3::bigint, nextval('operation_seq'), "
                    "gen_random_uuid(), 77, 'invoice 4711'"
                    " FROM unnest($1::text[], $2::bigint[]) AS n (k, a) ON CONFLICT DO NOTHING"};

struct bench {
    struct gb_pg *pg;
    struct gb_engine *engine;
    struct gb_arena *arena;
    int64_t payins, batch, accounts;
    char (*keys)[48];
    char (*account_ids)[32];
};

static void die(const char *what, const struct gb_err *err)
{
    fprintf(stderr, "%s: %s %s\n", what, err->code, err->message);
    exit(1);
}

static int64_t cpu_us(void)
{
    struct timespec now;
    GB_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* User and system time of a process, from /proc; 0 when it cannot be read. */
static int64_t cpu_of_us(int64_t pid)
{
    char path[64], text[1024];
    (void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 14; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return 0;
    char *end;
    int64_t ticks = strtoll(at + 1, &end, 10);
    ticks += strtoll(end, NULL, 10);
    return ticks * 1000000 / sysconf(_SC_CLK_TCK);
}

static int64_t query_int(struct bench *bench, const char *text)
{
    struct gb_rows *rows = NULL;
    struct gb_err err;
    if (gb_pg_query_text(bench->pg, text, &rows, &err) != GB_OK)
        die(text, &err);
    int64_t value = strtoll(gb_rows_text(rows, 0, 0), NULL, 10);
    gb_rows_free(rows);
    return value;
}

struct reading {
    int64_t at_us, cpu_us, backend_us, wal_bytes, wal_fpi;
};

static struct reading take_reading(struct bench *bench)
{
    struct reading reading = {
        .wal_bytes = query_int(bench, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"),
        .wal_fpi = query_int(bench, "SELECT wal_fpi FROM pg_stat_wal"),
        .backend_us = cpu_of_us(query_int(bench, "SELECT pg_backend_pid()")),
        .cpu_us = cpu_us(),
        .at_us = gb_clock_mono_us(),
    };
    return reading;
}

static void report(struct bench *bench, const char *what, const struct reading *from)
{
    int64_t took_us = gb_clock_mono_us() - from->at_us;
    struct reading to = take_reading(bench);
    int64_t n = bench->payins;
    printf("%-8s %8" PRId64 "/s  own CPU %3" PRId64 ".%" PRId64 " us  backend CPU %3" PRId64
           ".%" PRId64 " us  WAL %4" PRId64 " bytes each  (%" PRId64 " full-page images)\n",
           what, n * 1000000 / took_us, (to.cpu_us - from->cpu_us) / n,
           (to.cpu_us - from->cpu_us) * 10 / n % 10, (to.backend_us - from->backend_us) / n,
           (to.backend_us - from->backend_us) * 10 / n % 10, (to.wal_bytes - from->wal_bytes) / n,
           to.wal_fpi - from->wal_fpi);
    fflush(stdout);
}

static int64_t account_of(const struct bench *bench, int64_t i)
{
    return 1 + (i * 7919) % bench->accounts;
}

static void make_names(struct bench *bench)
{
    bench->keys = calloc((size_t)bench->payins, sizeof(*bench->keys));
    bench->account_ids = calloc((size_t)bench->accounts + 1, sizeof(*bench->account_ids));
    GB_CHECK(bench->keys != NULL && bench->account_ids != NULL);
    for (int64_t i = 0; i < bench->payins; i++)
        gb_uuid_format(gb_uuid_v7(), bench->keys[i]);
    for (int64_t i = 1; i <= bench->accounts; i++)
        (void)snprintf(bench->account_ids[i], sizeof(*bench->account_ids), "acct-%" PRId64, i);
}

static void accept_all(struct bench *bench)
{
    for (int64_t from = 0; from < bench->payins; from += bench->batch) {
        size_t n =
            (size_t)(bench->payins - from < bench->batch ? bench->payins - from : bench->batch);
        struct gb_call call;
        struct gb_err err;
        gb_arena_reset(bench->arena);
        const char **keys = gb_arena_array(bench->arena, n, sizeof(*keys));
        int64_t *accounts = gb_arena_array(bench->arena, n, sizeof(*accounts));
        GB_CHECK(keys != NULL && accounts != NULL);
        for (size_t i = 0; i < n; i++) {
            keys[i] = bench->keys[from + (int64_t)i];
            accounts[i] = account_of(bench, from + (int64_t)i);
        }
        gb_call_init(&call, &accept_statement, bench->arena);
        gb_params_text_array(&call.params, keys, n);
        gb_params_int8_array(&call.params, accounts, NULL, n);
        gb_params_int8(&call.params, gb_clock_wall_us());
        if (gb_pg_call(bench->pg, &call, &err) != GB_OK)
            die("accept", &err);
        gb_calls_release(&call, 1);
    }
}

static struct gb_command command_of(struct bench *bench, int64_t i)
{
    struct gb_command command = {
        .kind = GB_COMMAND_PAYIN,
        .account_no = {account_of(bench, i)},
        .account_id = bench->account_ids[account_of(bench, i)],
        .client_no = {1},
        .key = bench->keys[i],
        .amount = 100,
        .reference = "invoice 4711",
        .trace = {.span_id = 77, .trace_id = gb_uuid_v7()},
    };
    GB_CHECK(gb_dc_parse("dc1", &command.accepted_by) && gb_dc_parse("dc1", &command.owner) &&
             gb_currency_parse("EUR", &command.currency));
    return command;
}

static void book_all(struct bench *bench, enum gb_outcome expected)
{
    static struct gb_command commands[GB_ENGINE_COMMANDS_MAX];
    for (int64_t from = 0; from < bench->payins; from += bench->batch) {
        size_t n =
            (size_t)(bench->payins - from < bench->batch ? bench->payins - from : bench->batch);
        for (size_t i = 0; i < n; i++)
            commands[i] = command_of(bench, from + (int64_t)i);
        struct gb_engine_batch batch = {.commands = commands, .count = n};
        struct gb_err err;
        if (gb_engine_run(bench->engine, bench->pg, &batch, &err) != GB_OK)
            die("book", &err);
        for (size_t i = 0; i < n; i++)
            GB_CHECK(commands[i].outcome == expected);
    }
}

static void run(struct bench *bench)
{
    struct reading from = take_reading(bench);
    accept_all(bench);
    report(bench, "accept", &from);
    from = take_reading(bench);
    book_all(bench, GB_OUTCOME_APPLIED);
    report(bench, "book", &from);
    from = take_reading(bench);
    book_all(bench, GB_OUTCOME_REPEATED);
    report(bench, "repeat", &from);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bench-engine CONNINFO PAYINS BATCH ACCOUNTS\n");
        return 2;
    }
    struct bench bench = {.payins = strtoll(argv[2], NULL, 10),
                          .batch = strtoll(argv[3], NULL, 10),
                          .accounts = strtoll(argv[4], NULL, 10)};
    struct gb_pg_options options = {.conninfo = argv[1],
                                    .application_name = "bench-engine",
                                    .connect_timeout_ms = 5000,
                                    .statement_timeout_ms = 60000,
                                    .plans_once = true};
    struct gb_dc dc;
    struct gb_err err;
    if (bench.payins < 1 || bench.batch < 1 || bench.batch > GB_ENGINE_COMMANDS_MAX ||
        bench.accounts < 1)
        return 2;
    if (gb_wire_init(&err) != GB_OK || gb_pg_open(&options, &bench.pg, &err) != GB_OK)
        die("open", &err);
    GB_CHECK(gb_dc_parse("dc1", &dc));
    const struct gb_engine_options engine = {.dc = dc};
    bench.engine = gb_engine_new(&engine);
    bench.arena = gb_arena_new((size_t)8 << 20);
    make_names(&bench);
    printf("%" PRId64 " pay-ins, batches of %" PRId64 ", %" PRId64 " accounts; fsync is %s\n",
           bench.payins, bench.batch, bench.accounts,
           query_int(&bench, "SELECT (current_setting('fsync') = 'on')::int") ? "on" : "OFF");
    run(&bench);
    gb_engine_free(bench.engine);
    gb_arena_free(bench.arena);
    gb_pg_close(bench.pg);
    free(bench.keys);
    free(bench.account_ids);
    return 0;
}
