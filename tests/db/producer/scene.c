#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/sql.h"
#include "runtime/digest.h"

void scene_reset(struct gb_test_postgres *server)
{
    struct gb_pg *owner = gb_test_connect(server, "dc1", NULL);
    gb_test_sql(owner,
                "SET session_replication_role = replica;" /* the ledger refuses TRUNCATE */
                "TRUNCATE ledger, operation, outbox, page, stream_sent, reader_ack, account,"
                " share, progress CASCADE;"
                "UPDATE publisher_lease SET holder = 'test', beat = 1;"
                "INSERT INTO account SELECT n, 'account-' || n, 'name ' || n, 'EUR', 1, 1, 1, 1"
                " FROM generate_series(1, 8) n;"
                "INSERT INTO share (account_no, account_id, currency)"
                " SELECT n, 'account-' || n, 'EUR' FROM generate_series(1, 8) n");
    gb_pg_close(owner);
}

void publisher_start(struct publisher *publisher, struct gb_test_postgres *server,
                     const char *holder, int32_t page_records_max)
{
    struct gb_err err = {.message = ""};
    publisher->source = (struct gb_source){
        .pg = gb_test_connect(server, "dc1", "geobill_publisher"),
        .arena = gb_arena_new(GB_SOURCE_ARENA_BYTES),
        .record_arena = gb_arena_new(GB_SOURCE_ARENA_BYTES),
        .incarnation = 1,
        .holder = holder,
        .page_records_max = page_records_max,
        .page_bytes_max = GB_SOURCE_PAGE_BYTES,
        .statement_timeout_ms = 5000,
    };
    assert_true(gb_dc_parse("dc1", &publisher->source.dc));
    gb_stream_init(&publisher->stream, "ledger", &gb_stream_kind_ledger, "geobill.dc1.ledger.v1",
                   4);
    if (gb_stream_load(&publisher->source, &publisher->stream, &err) != GB_OK)
        fail_msg("load: %s %s", err.code, err.message);
}

void publisher_stop(struct publisher *publisher)
{
    gb_stream_done(&publisher->stream);
    gb_pg_close(publisher->source.pg);
    gb_arena_free(publisher->source.arena);
    gb_arena_free(publisher->source.record_arena);
}

void cut_rows_free(struct cut_rows *cut)
{
    free(cut->rows);
    *cut = (struct cut_rows){.rows = NULL};
}

enum gb_result publisher_cut(struct publisher *publisher, struct gb_err *err)
{
    struct gb_window window;
    struct gb_stream *stream = &publisher->stream;
    gb_arena_reset(publisher->source.arena);
    enum gb_result result = gb_pages_cut(&publisher->source, &stream, 1, &window, err);
    gb_window_release(&window);
    return result;
}

static void add_rows(struct cut_rows *cut, const struct gb_window *window)
{
    enum { ACCOUNT_NO = GB_COLUMN_REST + 1, VERSION };
    for (size_t i = 0; i < gb_rows_count(window->rows); i++) {
        if (cut->count == cut->size) {
            cut->size = cut->size == 0 ? 1024 : 2 * cut->size;
            cut->rows = realloc(cut->rows, cut->size * sizeof(*cut->rows));
            assert_non_null(cut->rows);
        }
        cut->rows[cut->count++] = (struct cut_row){
            .seq = gb_rows_int(window->rows, i, GB_COLUMN_SEQ),
            .account = gb_rows_int(window->rows, i, ACCOUNT_NO),
            .version = gb_rows_int(window->rows, i, VERSION),
            .page = window->page.number,
        };
    }
}

/* Reads page after page; `each` may be NULL. */
static void read_pages(struct publisher *publisher,
                       void (*each)(struct publisher *publisher, const struct gb_window *window,
                                    void *context),
                       void *context)
{
    for (int64_t from = 1;;) {
        struct gb_err err = {.message = ""};
        struct gb_window window;
        gb_arena_reset(publisher->source.arena);
        if (gb_page_read(&publisher->source, &publisher->stream, from, &window, &err) != GB_OK)
            fail_msg("page %lld: %s %s", (long long)from, err.code, err.message);
        if (window.page.number == 0)
            return;
        each(publisher, &window, context);
        from = window.page.number + 1;
        gb_window_release(&window);
    }
}

static void collect(struct publisher *publisher, const struct gb_window *window, void *context)
{
    (void)publisher;
    add_rows(context, window);
}

void publisher_read_all(struct publisher *publisher, struct cut_rows *ret)
{
    *ret = (struct cut_rows){.rows = NULL};
    read_pages(publisher, collect, ret);
}

/* The digest so far and the record's bytes make the digest from now on. */
static enum gb_result digest_record(void *context, const struct gb_record *record, uint32_t part,
                                    struct gb_err *err)
{
    (void)part;
    (void)err;
    struct gb_bytes parts[64];
    size_t count = 0;
    parts[count++] = (struct gb_bytes){context, SCENE_HASH_SIZE};
    parts[count++] = (struct gb_bytes){record->topic, strlen(record->topic)};
    parts[count++] = (struct gb_bytes){&record->partition, sizeof(record->partition)};
    parts[count++] = record->key;
    parts[count++] = record->value;
    for (size_t i = 0; i < record->headers_count && count < 62; i++) {
        parts[count++] =
            (struct gb_bytes){record->headers[i].name, strlen(record->headers[i].name)};
        parts[count++] = record->headers[i].value;
    }
    gb_sha256_parts(parts, count, context);
    return GB_OK;
}

void digest_window(struct publisher *publisher, const struct gb_window *window, void *digest)
{
    struct gb_err err = {.message = ""};
    const struct gb_record_sink sink = {NULL, digest_record, digest};
    if (gb_window_records(&publisher->source, &publisher->stream, window, &sink, &err) != GB_OK)
        fail_msg("records: %s %s", err.code, err.message);
}

void publisher_digest(struct publisher *publisher, uint8_t ret[SCENE_HASH_SIZE])
{
    memset(ret, 0, SCENE_HASH_SIZE);
    read_pages(publisher, digest_window, ret);
}

static const char *judge_order(const struct cut_rows *cut)
{
    int64_t versions[SCENE_ACCOUNTS + 1] = {0};
    int64_t page = 0;
    for (size_t i = 0; i < cut->count; i++) {
        const struct cut_row *row = &cut->rows[i];
        if (row->page != page && row->page != page + 1)
            return "a page number is missing";
        page = row->page;
        if (row->version <= versions[row->account])
            return "an entry came twice or after its successor";
        if (row->version != versions[row->account] + 1)
            return "an entry came before its predecessor, which is missing or late";
        versions[row->account] = row->version;
    }
    return NULL;
}

const char *judge(const struct cut_rows *cut, struct gb_pg *owner)
{
    const char *wrong = judge_order(cut);
    if (wrong != NULL)
        return wrong;
    if ((int64_t)cut->count != gb_test_sql_int(owner, "SELECT count(*) FROM ledger"))
        return "entries are missing";
    return NULL;
}

void write_entry(struct gb_pg *writer, int64_t account)
{
    char text[1024];
    (void)snprintf(text, sizeof(text),
                   "WITH s AS (UPDATE share SET version = version + 1, balance = balance + 1,"
                   " credits_total = credits_total + 1 WHERE account_no = %lld RETURNING *) "
                   "INSERT INTO ledger (account_no, version, kind, status, amount, balance_after,"
                   " held_after, credits_total, debits_total, out_total, in_total, account_version,"
                   " created_at_us, client_no, key) "
                   "SELECT account_no, version, 1, 1, 1, balance, 0, credits_total, 0, 0, 0, 1,"
                   " 1700000000000000 + version, 1, 'key-' || account_no || '-' || version FROM s",
                   (long long)account);
    gb_test_sql(writer, text);
}
