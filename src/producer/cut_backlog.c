/* Cutting a window that is larger than a page (the publisher was down, or the load is high): one
 * pass in stream order over keys only, all its pages stored in one transaction, so that nobody ever
 * finds half a window cut. */
#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "producer/page.h"

enum { CALLS_AT_ONCE = 32, STATEMENT_TIMEOUT_MS = 10 * 60 * 1000 };

struct backlog {
    struct gb_source *source;
    struct gb_stream *stream;
    const char *lo, *hi;
    struct gb_page page; /* being counted */
    int64_t page_bytes;
    struct gb_arena *arena; /* of records: those of other streams' pages are not made before we are
                               done */
    struct gb_call calls[CALLS_AT_ONCE]; /* pages to be stored */
    size_t calls_count;
};

/* Sends what is to be stored; *last, when not NULL, goes with it. */
static enum gb_result flush(struct backlog *backlog, const struct gb_statement *last,
                            struct gb_rows **ret_rows, struct gb_err *err)
{
    size_t count = backlog->calls_count;
    if (last != NULL)
        gb_call_init(&backlog->calls[count++], last, backlog->arena);
    if (count == 0)
        return GB_OK;
    enum gb_result result = gb_pg_run(backlog->source->pg, backlog->calls, count, NULL, err);
    if (result == GB_OK && ret_rows != NULL) {
        *ret_rows = backlog->calls[count - 1].rows;
        backlog->calls[count - 1].rows = NULL;
    }
    if (result == GB_OK)
        result = gb_page_stored(backlog->calls, count, err);
    gb_calls_release(backlog->calls, count);
    backlog->calls_count = 0;
    gb_arena_reset(backlog->arena);
    return gb_page_taken(result, err);
}

static enum gb_result end_page(struct backlog *backlog, struct gb_err *err)
{
    struct gb_source *source = backlog->source;
    struct gb_stream *stream = backlog->stream;
    if (backlog->page.records == 0)
        return GB_OK;
    gb_page_count_end(&backlog->page, stream, backlog->arena);
    gb_page_store_call(source, stream, &backlog->page, backlog->arena,
                       &backlog->calls[backlog->calls_count++]);
    gb_stream_add_page(stream, &backlog->page);
    backlog->page = gb_page_next(stream, backlog->lo, backlog->hi, backlog->page.cut_at_us);
    backlog->page_bytes = 0;
    /* One place is left for what goes along. */
    return backlog->calls_count < CALLS_AT_ONCE - 1 ? GB_OK : flush(backlog, NULL, NULL, err);
}

static enum gb_result add_row(struct backlog *backlog, const struct gb_rows *rows, size_t row,
                              struct gb_err *err)
{
    const struct gb_source *source = backlog->source;
    struct gb_stream *stream = backlog->stream;
    int64_t bytes = gb_rows_int(rows, row, GB_BACKLOG_BYTES);
    bool full = backlog->page.records == source->page_records_max ||
                backlog->page_bytes + bytes > source->page_bytes_max;
    enum gb_result result = full ? end_page(backlog, err) : GB_OK;
    if (result != GB_OK)
        return result;
    uint32_t target;
    backlog->page_bytes += bytes;
    const struct gb_page_row counted = {
        .seq = gb_rows_int(rows, row, GB_BACKLOG_SEQ),
        .xid = gb_rows_int(rows, row, GB_BACKLOG_XID),
        .key = gb_rows_bytes(rows, row, GB_BACKLOG_KEY),
        .topic =
            stream->topic[0] != '\0' ? stream->topic : gb_rows_text(rows, row, GB_BACKLOG_TOPIC),
    };
    return gb_page_count(&backlog->page, stream, &counted, &target, err);
}

static enum gb_result open_cursor(struct backlog *backlog, struct gb_err *err)
{
    struct gb_call calls[2];
    gb_call_init(&calls[0], &gb_sql_tx_begin, backlog->arena);
    gb_call_init(&calls[1], backlog->stream->kind->backlog, backlog->arena);
    gb_params_text(&calls[1].params, backlog->lo);
    gb_params_text(&calls[1].params, backlog->hi);
    if (backlog->stream->kind->by_stream)
        gb_params_text(&calls[1].params, backlog->stream->name);
    enum gb_result result = gb_pg_run(backlog->source->pg, calls, 2, NULL, err);
    gb_calls_release(calls, 2);
    return result;
}

/* Reads the cursor to its end. The arena is given back whenever nothing waits to be stored. */
static enum gb_result cut_all(struct backlog *backlog, struct gb_err *err)
{
    enum gb_result result = open_cursor(backlog, err);
    for (size_t count = 1; result == GB_OK && count > 0;) {
        struct gb_rows *rows = NULL;
        result = flush(backlog, &gb_sql_cursor_fetch, &rows, err);
        count = result == GB_OK ? gb_rows_count(rows) : 0;
        for (size_t i = 0; i < count && result == GB_OK; i++)
            result = add_row(backlog, rows, i, err);
        gb_rows_free(rows);
    }
    if (result == GB_OK)
        result = end_page(backlog, err);
    return result == GB_OK ? flush(backlog, &gb_sql_tx_commit, NULL, err) : result;
}

/* Sorting millions of rows takes longer than any other statement may. */
static enum gb_result cut_slowly(struct backlog *backlog, struct gb_err *err)
{
    struct gb_source *source = backlog->source;
    enum gb_result result = gb_pg_set_timeout(source->pg, STATEMENT_TIMEOUT_MS, err);
    if (result == GB_OK)
        result = cut_all(backlog, err);
    if (result != GB_OK)
        gb_pg_rollback(source->pg);
    struct gb_err ignored; /* on our side it counts in any case */
    enum gb_result restored = gb_pg_set_timeout(source->pg, source->statement_timeout_ms,
                                                result == GB_OK ? err : &ignored);
    return result == GB_OK ? restored : result;
}

enum gb_result gb_backlog_cut(struct gb_source *source, struct gb_stream *stream, const char *hi,
                              int64_t cut_at_us, struct gb_err *err)
{
    struct backlog *backlog = calloc(1, sizeof(*backlog));
    char *lo = strdup(stream->end);
    GB_CHECK(backlog != NULL && lo != NULL);
    backlog->source = source;
    backlog->stream = stream;
    backlog->lo = lo;
    backlog->hi = hi;
    backlog->arena = source->record_arena;
    gb_arena_reset(backlog->arena);
    backlog->page = gb_page_next(stream, lo, hi, cut_at_us);
    enum gb_result result = cut_slowly(backlog, err);
    if (result != GB_OK) {
        gb_page_count_drop(stream);
        stream->loaded = false;
    }
    free(lo);
    free(backlog);
    return result;
}
