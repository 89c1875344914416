/* Random interleavings of transactions with cutting: one seed is one history. The same histories
 * catch two plausible mistakes, so they can fail. GEOBILL_SEEDS=n runs n histories, GEOBILL_SEED=s
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"

enum { WRITERS = 5, STEPS = 120, SEEDS = 25, MISTAKEN_SEEDS = 8 };

static struct gb_test_postgres *server;
static struct gb_pg *owner;

static int group_setup(void **state)
{
    (void)state;
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc1");
    owner = gb_test_connect(server, "dc1", NULL);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    gb_pg_close(owner);
    gb_test_postgres_stop(server);
    return 0;
}

/* A wrong rule of cutting: the rows of `before 'end' after`, then the end moves by `next_end`. */
struct mistake {
    const char *before, *after;
    const char *order;
    const char *first_end;
    const char *next_end;
};

struct history {
    uint64_t random;
    struct gb_pg *writers[WRITERS];
    bool open[WRITERS];
    bool saved[WRITERS];               /* has a savepoint */
    int locked_by[SCENE_ACCOUNTS + 1]; /* writer + 1; 0: free */
    const struct mistake *mistake; /* cuts by it, instead of the publisher; NULL: the publisher */
    char mistaken_end[4096];
    struct cut_rows mistaken;
};

static uint32_t draw(struct history *history, uint32_t below)
{
    history->random =
        history->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(history->random >> 33) % below;
}

static void end_transaction(struct history *history, int writer, bool commit)
{
    gb_test_sql(history->writers[writer], commit ? "COMMIT" : "ROLLBACK");
    history->open[writer] = false;
    history->saved[writer] = false;
    for (int i = 1; i <= SCENE_ACCOUNTS; i++)
        if (history->locked_by[i] == writer + 1)
            history->locked_by[i] = 0;
}

/* One entry on an account that nobody else has locked. */
static void write_one(struct history *history, int writer)
{
    int account = 1 + (int)draw(history, SCENE_ACCOUNTS);
    if (history->locked_by[account] != 0 && history->locked_by[account] != writer + 1)
        return;
    history->locked_by[account] = writer + 1;
    write_entry(history->writers[writer], account);
}

static void step_writer(struct history *history, int writer)
{
    struct gb_pg *pg = history->writers[writer];
    if (!history->open[writer]) {
        gb_test_sql(pg, "BEGIN");
        history->open[writer] = true;
        write_one(history, writer);
        return;
    }
    switch (draw(history, 8)) {
    case 0:
        gb_test_sql(pg, "SAVEPOINT s");
        history->saved[writer] = true;
        break;
    case 1:
        if (history->saved[writer])
            gb_test_sql(pg, "ROLLBACK TO s");
        break;
    case 2:
    case 3:
    case 4:
        end_transaction(history, writer, true);
        break;
    case 5:
        end_transaction(history, writer, draw(history, 2) == 0);
        break;
    default:
        write_one(history, writer);
    }
}

static void add_mistaken(struct cut_rows *cut, const struct gb_rows *rows)
{
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        if (cut->count == cut->size) {
            cut->size = cut->size == 0 ? 1024 : 2 * cut->size;
            cut->rows = realloc(cut->rows, cut->size * sizeof(*cut->rows));
            assert_non_null(cut->rows);
        }
        cut->rows[cut->count++] = (struct cut_row){
            .seq = strtoll(gb_rows_text(rows, i, 0), NULL, 10),
            .account = strtoll(gb_rows_text(rows, i, 1), NULL, 10),
            .version = strtoll(gb_rows_text(rows, i, 2), NULL, 10),
            .page = 1,
        };
    }
}

static struct gb_rows *query(const char *text)
{
    struct gb_rows *rows = NULL;
    struct gb_err err = {.message = ""};
    if (gb_pg_query_text(owner, text, &rows, &err) != GB_OK)
        fail_msg("%s: %s", err.code, err.message);
    return rows;
}

static void cut_mistaken(struct history *history)
{
    const struct mistake *mistake = history->mistake;
    char text[8192];
    (void)snprintf(text, sizeof(text),
                   "SELECT seq, account_no, version FROM ledger WHERE %s'%s'%s ORDER BY %s",
                   mistake->before, history->mistaken_end, mistake->after, mistake->order);
    struct gb_rows *rows = query(text);
    add_mistaken(&history->mistaken, rows);
    gb_rows_free(rows);
    rows = query(mistake->next_end);
    (void)snprintf(history->mistaken_end, sizeof(history->mistaken_end), "%s",
                   gb_rows_text(rows, 0, 0));
    gb_rows_free(rows);
}

static void cut(struct history *history, struct publisher *publisher)
{
    struct gb_err err = {.message = ""};
    if (history->mistake != NULL) {
        cut_mistaken(history);
        return;
    }
    publisher->source.page_records_max = 1 + (int32_t)draw(history, 5);
    if (publisher_cut(publisher, &err) != GB_OK)
        fail_msg("cut: %s %s", err.code, err.message);
    if (draw(history, 6) == 0) { /* dies, and another starts */
        publisher_stop(publisher);
        publisher_start(publisher, server, "test", 3);
    }
}

/* Returns what the judge says. */
static const char *run(uint64_t seed, const struct mistake *mistake)
{
    struct history history = {.random = seed * 2654435761U + 1, .mistake = mistake};
    struct publisher publisher;
    scene_reset(server);
    publisher_start(&publisher, server, "test", 3);
    if (mistake != NULL)
        (void)snprintf(history.mistaken_end, sizeof(history.mistaken_end), "%s",
                       mistake->first_end);
    for (int i = 0; i < WRITERS; i++)
        history.writers[i] = gb_test_connect(server, "dc1", NULL);
    for (int i = 0; i < STEPS; i++) {
        if (draw(&history, 4) == 0)
            cut(&history, &publisher);
        else
            step_writer(&history, (int)draw(&history, WRITERS));
    }
    for (int i = 0; i < WRITERS; i++) {
        if (history.open[i])
            end_transaction(&history, i, draw(&history, 3) != 0);
        cut(&history, &publisher);
        gb_pg_close(history.writers[i]);
    }
    struct cut_rows rows = history.mistaken;
    if (mistake == NULL)
        publisher_read_all(&publisher, &rows);
    const char *wrong = judge(&rows, owner);
    cut_rows_free(&rows);
    publisher_stop(&publisher);
    return wrong;
}

static uint64_t seeds(void)
{
    const char *text = getenv("GEOBILL_SEEDS");
    return text == NULL ? SEEDS : strtoull(text, NULL, 10);
}

static void test_random_histories(void **state)
{
    (void)state;
    const char *only = getenv("GEOBILL_SEED");
    uint64_t first = only == NULL ? 1 : strtoull(only, NULL, 10);
    uint64_t last = only == NULL ? seeds() : first;
    for (uint64_t seed = first; seed <= last; seed++) {
        const char *wrong = run(seed, NULL);
        if (wrong != NULL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, wrong);
    }
}

/* How many of the histories the judge refuses. */
static int refused(const struct mistake *mistake)
{
    int count = 0;
    for (uint64_t seed = 1; seed <= MISTAKEN_SEEDS; seed++)
        count += run(seed, mistake) != NULL;
    return count;
}

/* "Everything above the last number": a late committer with a low one is lost. */
static void test_plain_number_is_caught(void **state)
{
    (void)state;
    static const struct mistake plain_number = {
        .before = "seq > ",
        .after = "",
        .order = "seq",
        .first_end = "0",
        .next_end = "SELECT coalesce(max(seq), 0) FROM ledger",
    };
    int count = refused(&plain_number);
    print_message("plain number: %d of %d histories refused\n", count, MISTAKEN_SEEDS);
    assert_true(count >= MISTAKEN_SEEDS / 2);
}

/* A window that forgets who was running when the one before ended. */
static void test_window_without_running_is_caught(void **state)
{
    (void)state;
    static const struct mistake without_running = {
        .before = "xid >= pg_snapshot_xmax(",
        .after = ")",
        .order = "seq",
        .first_end = "3:3:",
        .next_end = "SELECT pg_current_snapshot()",
    };
    int count = refused(&without_running);
    print_message("window without the running: %d of %d histories refused\n", count,
                  MISTAKEN_SEEDS);
    assert_true(count >= MISTAKEN_SEEDS / 2);
}

/* The transaction-id horizon: nothing above the oldest that runs. Right rows, but by transaction id
 * an account's entries leave in another order than they were made. */
static void test_horizon_order_is_caught(void **state)
{
    (void)state;
    static const struct mistake horizon = {
        .before = "xid < pg_snapshot_xmin(pg_current_snapshot()) AND xid >= pg_snapshot_xmin(",
        .after = ")",
        .order = "xid, seq",
        .first_end = "3:3:",
        .next_end = "SELECT pg_current_snapshot()",
    };
    int count = refused(&horizon);
    print_message("horizon by transaction id: %d of %d histories refused\n", count, MISTAKEN_SEEDS);
    assert_true(count >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_histories),
        cmocka_unit_test(test_plain_number_is_caught),
        cmocka_unit_test(test_window_without_running_is_caught),
        cmocka_unit_test(test_horizon_order_is_caught),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
