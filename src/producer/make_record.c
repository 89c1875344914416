/* Making records: the same bytes each time a page is sent. */
#include <string.h>

#include "producer/page.h"

/* What all kinds have in common; their own encode does the rest. */
static enum gb_result encode(const struct gb_source *source, const struct gb_stream *stream,
                             const struct gb_rows *rows, size_t row, struct gb_message *ret,
                             struct gb_err *err)
{
    const struct gb_stream_row at = {rows, row, source->dc, source->incarnation};
    *ret = (struct gb_message){.bare = false};
    gb_stream_row_envelope(&at, &ret->envelope);
    return stream->kind->encode(source, stream->name, rows, row, ret, err);
}

/* Our headers, then the row's own. */
static void put_headers(const struct gb_source *source, const struct gb_message *message,
                        struct gb_record *record)
{
    struct gb_header *headers = gb_arena_array(
        source->record_arena, GB_ENVELOPE_HEADERS_MAX + message->extra_count, sizeof(*headers));
    GB_CHECK(headers != NULL);
    size_t count =
        message->bare ? 0 : gb_envelope_write(&message->envelope, source->record_arena, headers);
    for (size_t i = 0; i < message->extra_count; i++)
        headers[count++] = message->extra[i];
    record->headers = headers;
    record->headers_count = count;
}

static struct gb_stream_mark mark_of(const struct gb_source *source, const struct gb_page *page,
                                     const struct gb_page_part *part, int32_t index)
{
    return (struct gb_stream_mark){
        .page = page->number,
        .previous = part->previous,
        .index = index,
        .count = part->count,
        .incarnation = source->incarnation,
        .cut_at_us = page->cut_at_us,
    };
}

/* A record of the row that was counted last. */
static enum gb_result make(const struct gb_source *source, const struct gb_stream *stream,
                           const struct gb_window *window, size_t row, struct gb_record *ret,
                           struct gb_err *err)
{
    const struct gb_target *target = &stream->targets[window->targets[row]];
    struct gb_message message;
    enum gb_result result = encode(source, stream, window->rows, row, &message, err);
    if (result != GB_OK)
        return result;
    memcpy(message.envelope.stream, stream->name, sizeof(message.envelope.stream));
    message.envelope.mark =
        mark_of(source, &window->page, &window->page.parts[target->part], target->count - 1);
    *ret = (struct gb_record){
        .topic = target->topic,
        .partition = target->partition,
        .key = gb_rows_bytes(window->rows, row, GB_COLUMN_KEY),
        .value = message.value,
    };
    put_headers(source, &message, ret);
    return GB_OK;
}

enum gb_result gb_window_records(struct gb_source *source, struct gb_stream *stream,
                                 const struct gb_window *window, const struct gb_record_sink *sink,
                                 struct gb_err *err)
{
    for (uint32_t i = 0; i < window->page.parts_count; i++)
        stream->targets[window->page.parts[i].target].part = i;
    enum gb_result result = GB_OK;
    size_t rows = gb_rows_count(window->rows);
    for (size_t i = 0; i < rows && result == GB_OK; i++) {
        struct gb_target *target = &stream->targets[window->targets[i]];
        target->count++;
        if (sink->only != NULL && !sink->only[window->targets[i]])
            continue;
        struct gb_record record;
        gb_arena_reset(source->record_arena);
        result = make(source, stream, window, i, &record, err);
        if (result == GB_OK)
            result = sink->each(sink->context, &record, target->part, err);
    }
    gb_page_count_drop(stream);
    return result;
}
