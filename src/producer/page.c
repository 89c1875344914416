#include "producer/page.h"

#include <stdlib.h>
#include <string.h>

void gb_window_release(struct gb_window *window)
{
    gb_rows_free(window->rows);
    *window = (struct gb_window){.rows = NULL};
}

int64_t gb_snapshot_xmax(const char *snapshot)
{
    const char *colon = strchr(snapshot, ':');
    GB_CHECK(colon != NULL);
    return strtoll(colon + 1, NULL, 10);
}

struct gb_page gb_page_next(const struct gb_stream *stream, const char *lo, const char *hi,
                            int64_t cut_at_us)
{
    return (struct gb_page){
        .number = stream->source.last + 1,
        .lo = lo,
        .hi = hi,
        .lo_xmax = gb_snapshot_xmax(lo),
        .partitions = stream->partitions,
        .cut_at_us = cut_at_us,
    };
}

static void widen(struct gb_page *page, int64_t seq, int64_t xid)
{
    if (page->records == 0)
        page->seq_from = seq;
    page->seq_to = seq;
    page->records++;
    if (xid < page->lo_xmax)
        return; /* one of the few that ran when lo was taken: found by lo itself */
    if (page->xid_from == 0 || xid < page->xid_from)
        page->xid_from = xid;
    if (xid > page->xid_to)
        page->xid_to = xid;
}

enum gb_result gb_page_count(struct gb_page *page, struct gb_stream *stream,
                             const struct gb_page_row *row, uint32_t *ret_target,
                             struct gb_err *err)
{
    if (row->key.data == NULL)
        return gb_err_set(err, GB_RETRY, "ACCOUNT_UNKNOWN",
                          "stream %s: the account of row %lld is not known here", stream->name,
                          (long long)row->seq);
    /* The catalogue has one partition, also where it is one of a stream's topics. */
    bool one = page->partitions == 1 || strcmp(row->topic, GB_TOPIC_CATALOGUE) == 0;
    int32_t partition = one ? 0 : gb_partition_of(row->key, page->partitions);
    *ret_target = gb_stream_target(stream, row->topic, partition);
    stream->targets[*ret_target].count++;
    widen(page, row->seq, row->xid);
    return GB_OK;
}

void gb_page_count_end(struct gb_page *page, struct gb_stream *stream, struct gb_arena *arena)
{
    size_t most = stream->source.partitions_count;
    page->parts = gb_arena_array(arena, most, sizeof(*page->parts));
    GB_CHECK(page->parts != NULL);
    page->parts_count = 0;
    for (uint32_t i = 0; i < most; i++) {
        struct gb_target *target = &stream->targets[i];
        if (target->count == 0)
            continue;
        page->parts[page->parts_count++] = (struct gb_page_part){
            .target = i, .count = target->count, .previous = stream->source.partitions[i].cut};
        target->count = 0;
    }
}

void gb_page_count_drop(struct gb_stream *stream)
{
    for (size_t i = 0; i < stream->source.partitions_count; i++)
        stream->targets[i].count = 0;
}

enum gb_result gb_page_count_rows(struct gb_page *page, struct gb_stream *stream,
                                  const struct gb_rows *rows, struct gb_arena *arena,
                                  uint32_t **ret_targets, struct gb_err *err)
{
    size_t count = gb_rows_count(rows);
    uint32_t *targets = gb_arena_array(arena, count, sizeof(*targets));
    GB_CHECK(targets != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct gb_page_row row = {
            .seq = gb_rows_int(rows, i, GB_COLUMN_SEQ),
            .xid = gb_rows_int(rows, i, GB_COLUMN_XID),
            .key = gb_rows_bytes(rows, i, GB_COLUMN_KEY),
            .topic =
                stream->topic[0] != '\0' ? stream->topic : gb_rows_text(rows, i, GB_COLUMN_REST),
        };
        enum gb_result result = gb_page_count(page, stream, &row, &targets[i], err);
        if (result != GB_OK) {
            gb_page_count_drop(stream);
            return result;
        }
    }
    *ret_targets = targets;
    return GB_OK;
}
