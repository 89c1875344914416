/* Loading: where a stream ends and how far it was sent, from the database alone. */
#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "producer/page.h"

/* A snapshot that sees nothing: the window after it has all there is. */
#define SEES_NOTHING "3:3:"

static void stream_call(const struct gb_source *source, const struct gb_stream *stream,
                        const struct gb_statement *statement, struct gb_call *ret_call)
{
    gb_call_init(ret_call, statement, source->arena);
    gb_params_text(&ret_call->params, stream->name);
}

static enum gb_result take_last(struct gb_stream *stream, const struct gb_rows *rows,
                                struct gb_err *err)
{
    stream->source.last = 0;
    if (gb_rows_count(rows) == 0) {
        gb_stream_set_end(stream, SEES_NOTHING);
        return GB_OK;
    }
    /* A dump that was restored into a new cluster: its transaction ids would be read as ours. */
    if (!gb_rows_bool(rows, 0, 2))
        return gb_err_set(err, GB_FATAL, "EPOCH",
                          "stream %s ends in the future of this database: transaction ids went "
                          "back, the cluster is another one",
                          stream->name);
    stream->source.last = gb_rows_int(rows, 0, 0);
    gb_stream_set_end(stream, gb_rows_text(rows, 0, 1));
    return GB_OK;
}

/* What was written down. Returns the page up to which that knows of all. */
static int64_t take_sent(struct gb_stream *stream, const struct gb_rows *rows)
{
    int64_t as_of = 0;
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        uint32_t index =
            gb_stream_target(stream, gb_rows_text(rows, i, 0), (int32_t)gb_rows_int(rows, i, 1));
        gb_stream_partition_load(&stream->source.partitions[index], gb_rows_int(rows, i, 2),
                                 gb_rows_int(rows, i, 3));
        int64_t of = gb_rows_int(rows, i, 4);
        as_of = i == 0 || of < as_of ? of : as_of;
    }
    return as_of;
}

/* The pages after `as_of` move each partition's last page on. */
static enum gb_result read_later_pages(struct gb_source *source, struct gb_stream *stream,
                                       int64_t as_of, struct gb_err *err)
{
    for (int64_t from = as_of; from < stream->source.last;) {
        struct gb_call call;
        stream_call(source, stream, &gb_sql_page_list_parts, &call);
        gb_params_int8(&call.params, from);
        enum gb_result result = gb_pg_call(source->pg, &call, err);
        if (result != GB_OK)
            return result;
        size_t count = gb_rows_count(call.rows);
        for (size_t i = 0; i < count; i++) {
            from = gb_rows_int(call.rows, i, 0);
            uint32_t index = gb_stream_target(stream, gb_rows_text(call.rows, i, 1),
                                              (int32_t)gb_rows_int(call.rows, i, 2));
            stream->source.partitions[index].cut = from;
        }
        gb_calls_release(&call, 1);
        if (count == 0)
            break;
    }
    return GB_OK;
}

enum gb_result gb_stream_load(struct gb_source *source, struct gb_stream *stream,
                              struct gb_err *err)
{
    struct gb_call calls[2];
    stream_call(source, stream, &gb_sql_page_last, &calls[0]);
    stream_call(source, stream, &gb_sql_stream_sent_list, &calls[1]);
    enum gb_result result = gb_pg_run(source->pg, calls, 2, NULL, err);
    int64_t as_of = 0;
    bool first = stream->end == NULL;
    if (result == GB_OK)
        result = take_last(stream, calls[0].rows, err);
    if (result == GB_OK)
        as_of = take_sent(stream, calls[1].rows);
    gb_calls_release(calls, 2);
    if (result == GB_OK)
        result = read_later_pages(source, stream, as_of, err);
    if (result != GB_OK)
        return result;
    gb_stream_source_loaded(&stream->source, first);
    gb_stream_show(stream);
    stream->loaded = true;
    return GB_OK;
}
