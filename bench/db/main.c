/* gb_bench_db: what a row costs on its way through the database layer: arrays bound and parsed,
 * stored in a table without anything, in one with its key and constraints, in the ledger with all
 * its indexes, and as another datacenter's copy. One transaction a batch, fsync on.
 *
 *     gb_bench_db */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cost.h"
#include "db/sql.h"
#include "runtime/uuid.h"

enum { ROWS_MAX = 1000, ROWS_TOTAL = 100000, BATCHES_MAX = 1500, ACCOUNTS = 5000 };

/* The columns of a batch of entries. */
static struct columns {
    int64_t account_no[ROWS_MAX], version[ROWS_MAX], amount[ROWS_MAX], zero[ROWS_MAX];
    int64_t one[ROWS_MAX], created_at_us[ROWS_MAX];
    int16_t kind[ROWS_MAX];
    int32_t client_no[ROWS_MAX];
    struct gb_uuid trace_id[ROWS_MAX];
    const char *key[ROWS_MAX];
    const char *none[ROWS_MAX];
    char key_text[ROWS_MAX][GB_UUID_TEXT_SIZE];
} columns;

static int64_t versions[ACCOUNTS];

/* The next `count` entries, over all accounts in turn, from where the last batch stopped. */
static void fill(size_t count)
{
    static size_t next;
    for (size_t i = 0; i < count; i++, next++) {
        size_t account = next * 2654435761U % ACCOUNTS;
        columns.account_no[i] = (int64_t)account + 1;
        columns.version[i] = ++versions[account];
        columns.amount[i] = 100 * columns.version[i];
        columns.one[i] = 1;
        columns.created_at_us[i] = 1795397935123456;
        columns.kind[i] = 1;
        columns.client_no[i] = 1;
        columns.trace_id[i] = gb_uuid_v7();
        gb_uuid_format(columns.trace_id[i], columns.key_text[i]);
        columns.key[i] = columns.key_text[i];
    }
}

static void int8(struct gb_params *params, const int64_t *values, size_t count)
{
    gb_params_int8_array(params, values, NULL, count);
}

/* In the order of ledger_insert.sql. */
static void put_entries(struct gb_params *params, size_t count)
{
    static bool nulls[ROWS_MAX];
    memset(nulls, true, sizeof(nulls));
    int8(params, columns.account_no, count);
    int8(params, columns.version, count);
    gb_params_int2_array(params, columns.kind, NULL, count);
    gb_params_int2_array(params, columns.kind, NULL, count);
    int8(params, columns.amount, count);
    int8(params, columns.amount, count); /* balance after */
    int8(params, columns.zero, count);
    int8(params, columns.amount, count); /* credits in all */
    for (int i = 0; i < 3; i++)
        int8(params, columns.zero, count);
    int8(params, columns.one, count);
    int8(params, columns.created_at_us, count);
    int8(params, columns.one, count); /* span */
    gb_params_int4_array(params, columns.client_no, NULL, count);
    gb_params_uuid_array(params, columns.trace_id, count);
    gb_params_text_array(params, columns.key, count);
    gb_params_text_array(params, columns.none, count);
    gb_params_text_array(params, columns.none, count); /* peer */
    gb_params_int8_array(params, columns.zero, nulls, count);
    gb_params_int8_array(params, columns.zero, nulls, count);
    gb_params_int4(params, 1);
}

/* In the order of replicated_ledger_insert.sql. */
static void put_copies(struct gb_params *params, size_t count)
{
    static bool nulls[ROWS_MAX];
    memset(nulls, true, sizeof(nulls));
    gb_params_text(params, "dc2");
    int8(params, columns.account_no, count);
    int8(params, columns.version, count);
    gb_params_int2_array(params, columns.kind, NULL, count);
    gb_params_int2_array(params, columns.kind, NULL, count);
    int8(params, columns.amount, count);
    int8(params, columns.amount, count);
    int8(params, columns.zero, count);
    int8(params, columns.amount, count);
    for (int i = 0; i < 3; i++)
        int8(params, columns.zero, count);
    gb_params_int8_array(params, columns.zero, nulls, count);
    gb_params_int8_array(params, columns.zero, nulls, count);
    gb_params_int4_array(params, columns.client_no, NULL, count);
    gb_params_text_array(params, columns.key, count);
    gb_params_text_array(params, columns.none, count);
    int8(params, columns.one, count);
    int8(params, columns.created_at_us, count);
    int8(params, columns.one, count);
    gb_params_uuid_array(params, columns.trace_id, count);
    gb_params_text_array(params, columns.none, count);
}

#define ENTRY_COLUMNS                                                                              \
    "account_no, version, kind, status, amount, balance_after, held_after, credits_total, "        \
    "debits_total, out_total, in_total, account_version, created_at_us, span_id, client_no, "      \
    "trace_id, key, reference, peer, link_out_total, link_in_total"
#define ENTRY_ARRAYS                                                                               \
    "unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::bigint[], "            \
    "$6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], "       \
    "$12::bigint[], $13::bigint[], $14::bigint[], $15::integer[], $16::uuid[], $17::text[], "      \
    "$18::text[], $19::text[], $20::bigint[], $21::bigint[]) AS n (" ENTRY_COLUMNS ")"

static const struct gb_statement arrays = {"bench_arrays",
                                           "SELECT count(*) + $22::integer FROM " ENTRY_ARRAYS};
static const struct gb_statement bare = {"bench_bare", "INSERT INTO bare (" ENTRY_COLUMNS
                                                       ", epoch) SELECT n.*, $22::integer "
                                                       "FROM " ENTRY_ARRAYS};
static const struct gb_statement keyed = {"bench_keyed", "INSERT INTO keyed (" ENTRY_COLUMNS
                                                         ", epoch) SELECT n.*, $22::integer "
                                                         "FROM " ENTRY_ARRAYS};

static const struct {
    const char *name;
    const struct gb_statement *statement;
    void (*put)(struct gb_params *params, size_t count);
} kinds[] = {
    {"arrays bound and parsed only", &arrays, put_entries},
    {"bare table", &bare, put_entries},
    {"with primary key and checks", &keyed, put_entries},
    {"ledger, all its indexes", &gb_sql_ledger_insert, put_entries},
    {"replicated_ledger", &gb_sql_replicated_ledger_insert, put_copies},
};

static void run(struct gb_pg *pg, size_t kind, size_t count)
{
    struct gb_arena *arena = gb_arena_new(8 << 20);
    struct gb_err err;
    int64_t batches = ROWS_TOTAL / (int64_t)count;
    if (batches > BATCHES_MAX)
        batches = BATCHES_MAX;
    struct bench_span span = bench_begin(pg);
    for (int64_t i = 0; i < batches; i++) {
        struct gb_call calls[3];
        gb_arena_reset(arena);
        fill(count);
        gb_call_init(&calls[0], &gb_sql_tx_begin, arena);
        gb_call_init(&calls[1], kinds[kind].statement, arena);
        gb_call_init(&calls[2], &gb_sql_tx_commit, arena);
        kinds[kind].put(&calls[1].params, count);
        if (gb_pg_run(pg, calls, 3, NULL, &err) != GB_OK)
            gb_check_failed(err.message, __FILE__, __LINE__);
        gb_calls_release(calls, 3);
    }
    bench_end(pg, &span, kinds[kind].name, batches * (int64_t)count, batches);
    gb_arena_free(arena);
}

static void sql(struct gb_pg *pg, const char *text)
{
    struct gb_err err;
    if (gb_pg_script(pg, text, &err) != GB_OK)
        gb_check_failed(err.message, __FILE__, __LINE__);
}

int main(int argc, char **argv)
{
    static const size_t counts[] = {1, 10, 100, 1000};
    if (argc != 2) {
        fprintf(stderr, "usage: bench-db CONNINFO\n");
        return 2;
    }
    struct gb_pg_options options = {.conninfo = argv[1],
                                    .application_name = "bench-db",
                                    .connect_timeout_ms = 5000,
                                    .statement_timeout_ms = 60000};
    struct gb_pg *pg;
    struct gb_err err;
    if (gb_pg_open(&options, &pg, &err) != GB_OK) {
        fprintf(stderr, "bench-db: %s\n", err.message);
        return 1;
    }
    sql(pg, "CREATE TABLE bare (LIKE ledger INCLUDING DEFAULTS)");
    sql(pg, "CREATE TABLE keyed (LIKE ledger INCLUDING DEFAULTS INCLUDING CONSTRAINTS, "
            "PRIMARY KEY (account_no, version))");
    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
            run(pg, kind, counts[i]);
    gb_pg_close(pg);
    return 0;
}
