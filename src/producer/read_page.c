/* Reading a stored page again: rows never change and the window is fixed, so it is the very same
 * page as when it was cut. */
#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "producer/page.h"

static char *copy(const struct gb_source *source, const char *text)
{
    char *in_arena = gb_arena_strdup(source->arena, text);
    GB_CHECK(in_arena != NULL);
    return in_arena;
}

static int64_t read_xid(const struct gb_rows *rows, int column)
{
    const char *text = gb_rows_text(rows, 0, column);
    return text == NULL ? 0 : strtoll(text, NULL, 10);
}

static void take_page(const struct gb_source *source, const struct gb_rows *rows,
                      struct gb_page *ret)
{
    *ret = (struct gb_page){
        .number = gb_rows_int(rows, 0, 0),
        .lo = copy(source, gb_rows_text(rows, 0, 1)),
        .hi = copy(source, gb_rows_text(rows, 0, 2)),
        .seq_from = gb_rows_int(rows, 0, 3),
        .seq_to = gb_rows_int(rows, 0, 4),
        .xid_from = read_xid(rows, 5),
        .xid_to = read_xid(rows, 6),
        .records = (int32_t)gb_rows_int(rows, 0, 7),
        .partitions = (int32_t)gb_rows_int(rows, 0, 8),
        .cut_at_us = gb_rows_int(rows, 0, 9),
    };
    ret->lo_xmax = gb_snapshot_xmax(ret->lo);
}

static void take_parts(const struct gb_source *source, struct gb_stream *stream,
                       const struct gb_rows *rows, struct gb_page *page)
{
    page->parts_count = gb_rows_count(rows);
    page->parts = gb_arena_array(source->arena, page->parts_count, sizeof(*page->parts));
    GB_CHECK(page->parts != NULL);
    for (size_t i = 0; i < page->parts_count; i++)
        page->parts[i] = (struct gb_page_part){
            .target = gb_stream_target(stream, gb_rows_text(rows, i, 0),
                                       (int32_t)gb_rows_int(rows, i, 1)),
            .count = (int32_t)gb_rows_int(rows, i, 2),
            .previous = gb_rows_int(rows, i, 3),
        };
}

static enum gb_result read_head(struct gb_source *source, struct gb_stream *stream, int64_t from,
                                struct gb_page *ret, struct gb_err *err)
{
    struct gb_call calls[2];
    gb_call_init(&calls[0], &gb_sql_page_get, source->arena);
    gb_call_init(&calls[1], &gb_sql_page_parts, source->arena);
    for (size_t i = 0; i < 2; i++) {
        gb_params_text(&calls[i].params, stream->name);
        gb_params_int8(&calls[i].params, from);
    }
    enum gb_result result = gb_pg_run(source->pg, calls, 2, NULL, err);
    if (result == GB_OK && gb_rows_count(calls[0].rows) == 1) {
        take_page(source, calls[0].rows, ret);
        take_parts(source, stream, calls[1].rows, ret);
    }
    gb_calls_release(calls, 2);
    return result;
}

static void put_xid(const struct gb_source *source, struct gb_params *params, int64_t xid,
                    bool none)
{
    const char *text = gb_arena_printf(source->arena, "%lld", (long long)xid);
    GB_CHECK(text != NULL);
    gb_params_text(params, none ? NULL : text);
}

static enum gb_result read_rows(struct gb_source *source, const struct gb_stream *stream,
                                const struct gb_page *page, struct gb_rows **ret,
                                struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, stream->kind->page, source->arena);
    gb_params_text(&call.params, page->lo);
    gb_params_text(&call.params, page->hi);
    gb_params_int8(&call.params, page->seq_from);
    gb_params_int8(&call.params, page->seq_to);
    put_xid(source, &call.params, page->xid_from, page->xid_from == 0);
    put_xid(source, &call.params, page->xid_to, page->xid_from == 0);
    if (stream->kind->by_stream)
        gb_params_text(&call.params, stream->name);
    enum gb_result result = gb_pg_call(source->pg, &call, err);
    *ret = call.rows;
    return result;
}

static bool is_as_cut(const struct gb_stream *stream, const struct gb_page *page, size_t rows)
{
    if (rows != (size_t)page->records)
        return false;
    for (size_t i = 0; i < page->parts_count; i++)
        if (stream->targets[page->parts[i].target].count != page->parts[i].count)
            return false;
    return true;
}

/* Counts the rows anew and compares with what was stored. */
static enum gb_result check_rows(struct gb_source *source, struct gb_stream *stream,
                                 struct gb_window *window, struct gb_err *err)
{
    struct gb_page counted = window->page;
    enum gb_result result =
        gb_page_count_rows(&counted, stream, window->rows, source->arena, &window->targets, err);
    if (result != GB_OK)
        return result;
    bool same = is_as_cut(stream, &window->page, gb_rows_count(window->rows));
    gb_page_count_drop(stream);
    if (same)
        return GB_OK;
    return gb_err_set(err, GB_FATAL, "PAGE_CHANGED",
                      "stream %s, page %lld: %zu rows where %d were cut, or other partitions",
                      stream->name, (long long)window->page.number, gb_rows_count(window->rows),
                      window->page.records);
}

enum gb_result gb_page_read(struct gb_source *source, struct gb_stream *stream, int64_t from,
                            struct gb_window *ret_window, struct gb_err *err)
{
    *ret_window = (struct gb_window){.rows = NULL};
    enum gb_result result = read_head(source, stream, from, &ret_window->page, err);
    if (result != GB_OK || ret_window->page.number == 0)
        return result;
    result = read_rows(source, stream, &ret_window->page, &ret_window->rows, err);
    if (result == GB_OK)
        result = check_rows(source, stream, ret_window, err);
    if (result != GB_OK)
        gb_window_release(ret_window);
    return result;
}
