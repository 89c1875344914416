/* Cutting: what is committed now and was not when last looked becomes the stream's next page.
 *
 * A window is what one statement sees (its snapshot is `hi`) and the stream's end, `lo`, did not,
 * found by the index on xid: what began after lo was taken, and what ran at that moment. A row that
 * commits while we read is not visible in hi and waits for the next window. So no row is missed and
 * none comes twice, whatever the order of commits. */
#include <string.h>

#include "db/sql.h"
#include "producer/page.h"
#include "runtime/clock.h"
#include "runtime/fault.h"

static void window_call(const struct gb_source *source, const struct gb_stream *stream,
                        struct gb_call *ret_call)
{
    gb_call_init(ret_call, stream->kind->window, source->arena);
    struct gb_params *params = &ret_call->params;
    gb_params_text(params, stream->end);
    gb_params_int4(params, source->page_records_max + 1);
    if (stream->kind->by_stream) {
        gb_params_text(params, stream->name);
        gb_params_int8(params, source->page_bytes_max);
    }
}

static enum gb_result read_windows(struct gb_source *source, struct gb_stream *const *streams,
                                   size_t count, struct gb_window *ret_windows, struct gb_err *err)
{
    struct gb_call *calls = gb_arena_array(source->arena, count, sizeof(*calls));
    GB_CHECK(calls != NULL);
    for (size_t i = 0; i < count; i++)
        window_call(source, streams[i], &calls[i]);
    enum gb_result result = gb_pg_run(source->pg, calls, count, NULL, err);
    for (size_t i = 0; i < count; i++)
        ret_windows[i].rows = calls[i].rows;
    return result;
}

static bool fits_page(const struct gb_source *source, const struct gb_stream *stream,
                      const struct gb_rows *rows)
{
    size_t count = gb_rows_count(rows);
    int payload = stream->kind->payload;
    return count <= (size_t)source->page_records_max &&
           (payload < 0 || !gb_rows_null(rows, count - 1, payload));
}

/* Makes the page of a window that has any rows, and counts it when it fits (targets are there
 * then); window->trouble says why it could not. */
static void make_page(struct gb_source *source, struct gb_stream *stream, int64_t cut_at_us,
                      struct gb_window *window)
{
    const char *lo = gb_arena_strdup(source->arena, stream->end);
    const char *hi = gb_arena_strdup(source->arena, gb_rows_text(window->rows, 0, GB_COLUMN_HI));
    GB_CHECK(lo != NULL && hi != NULL);
    window->page = gb_page_next(stream, lo, hi, cut_at_us);
    if (!fits_page(source, stream, window->rows))
        return;
    if (gb_page_count_rows(&window->page, stream, window->rows, source->arena, &window->targets,
                           &window->trouble) == GB_OK)
        gb_page_count_end(&window->page, stream, source->arena);
}

/* Stores the pages that were made, all or none. */
static enum gb_result store_pages(struct gb_source *source, struct gb_stream *const *streams,
                                  size_t count, const struct gb_window *windows, struct gb_err *err)
{
    struct gb_call *calls = gb_arena_array(source->arena, count, sizeof(*calls));
    GB_CHECK(calls != NULL);
    size_t stored = 0;
    for (size_t i = 0; i < count; i++)
        if (windows[i].targets != NULL)
            gb_page_store_call(source, streams[i], &windows[i].page, source->arena,
                               &calls[stored++]);
    if (stored == 0)
        return GB_OK;
    enum gb_result result = gb_pg_run(source->pg, calls, stored, NULL, err);
    if (result == GB_OK)
        result = gb_page_stored(calls, stored, err);
    gb_calls_release(calls, stored);
    return gb_page_taken(result, err);
}

/* The window's page is not to be sent from here. */
static void drop_page(struct gb_window *window)
{
    gb_rows_free(window->rows);
    window->rows = NULL;
    window->page.number = 0;
}

/* The stream ends where its window ended; what is more than a page becomes several. An empty window
 * needs nothing: the next begins where this one did. Nor does a stream in trouble: the same window
 * again. */
static enum gb_result finish(struct gb_source *source, struct gb_stream *stream,
                             struct gb_window *window, struct gb_err *err)
{
    const struct gb_page *page = &window->page;
    if (page->number == 0 || window->trouble.result != GB_OK) {
        drop_page(window);
        return GB_OK;
    }
    if (window->targets != NULL) {
        gb_stream_add_page(stream, page);
        gb_stream_set_end(stream, page->hi);
        return GB_OK;
    }
    const char *hi = page->hi;
    int64_t cut_at_us = page->cut_at_us;
    drop_page(window);
    if (gb_backlog_cut(source, stream, hi, cut_at_us, &window->trouble) == GB_OK) {
        gb_stream_set_end(stream, hi);
        return GB_OK;
    }
    if (strcmp(window->trouble.code, "ACCOUNT_UNKNOWN") == 0)
        return GB_OK;
    *err = window->trouble;
    return err->result;
}

static enum gb_result cut(struct gb_source *source, struct gb_stream *const *streams, size_t count,
                          struct gb_window *windows, struct gb_err *err)
{
    enum gb_result result = read_windows(source, streams, count, windows, err);
    if (result != GB_OK)
        return result;
    int64_t now_us = gb_clock_wall_us();
    for (size_t i = 0; i < count; i++)
        if (gb_rows_count(windows[i].rows) > 0)
            make_page(source, streams[i], now_us, &windows[i]);
    result = store_pages(source, streams, count, windows, err);
    if (result != GB_OK)
        return result;
    gb_fault_point("publisher.page_stored");
    for (size_t i = 0; i < count && result == GB_OK; i++)
        result = finish(source, streams[i], &windows[i], err);
    return result;
}

enum gb_result gb_pages_cut(struct gb_source *source, struct gb_stream *const *streams,
                            size_t count, struct gb_window *ret_windows, struct gb_err *err)
{
    for (size_t i = 0; i < count; i++) {
        GB_CHECK(streams[i]->loaded);
        ret_windows[i] = (struct gb_window){.rows = NULL};
    }
    enum gb_result result = cut(source, streams, count, ret_windows, err);
    if (result == GB_OK)
        return GB_OK;
    for (size_t i = 0; i < count; i++) {
        gb_window_release(&ret_windows[i]);
        streams[i]->loaded = false; /* what was stored, the database knows */
    }
    return result;
}
