/* Making records: the same bytes each time a page is sent. */
#include <stdio.h>
#include <string.h>

#include "producer/page.h"

struct gb_uuid gb_message_id(struct gb_dc source, const char *stream, int64_t seq)
{
    struct gb_uuid id;
    char name[64];
    int size = snprintf(name, sizeof(name), "%s/%s", source.code, stream);
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a of the stream; seq stands verbatim */
    for (int i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)name[i]) * UINT64_C(1099511628211);
    for (int i = 0; i < 8; i++) {
        id.bytes[i] = (uint8_t)(hash >> (56 - 8 * i));
        id.bytes[8 + i] = (uint8_t)((uint64_t)seq >> (56 - 8 * i));
    }
    id.bytes[6] = (uint8_t)(0x80 | (id.bytes[6] & 0x0f));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

/* What all kinds have in common; their own encode does the rest. */
static enum gb_result encode(const struct gb_source *source, const struct gb_stream *stream,
                             const struct gb_rows *rows, size_t row, struct gb_message *ret,
                             struct gb_err *err)
{
    *ret = (struct gb_message){.bare = false};
    struct gb_envelope *envelope = &ret->envelope;
    envelope->source = source->dc;
    envelope->time_us = gb_rows_int(rows, row, GB_COLUMN_CREATED_AT_US);
    envelope->trace.trace_id = gb_rows_uuid(rows, row, GB_COLUMN_TRACE_ID);
    if (!gb_rows_null(rows, row, GB_COLUMN_SPAN_ID))
        envelope->trace.span_id = gb_rows_int(rows, row, GB_COLUMN_SPAN_ID);
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
