/* Storing: a page is in the database, for good, before its first record leaves. */
#include <stdio.h>
#include <string.h>

#include "db/sql.h"
#include "producer/page.h"

static void put_xid(struct gb_params *params, int64_t xid, bool none)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", (long long)xid);
    gb_params_text(params, none ? NULL : text);
}

static void put_parts(const struct gb_stream *stream, const struct gb_page *page,
                      struct gb_arena *arena, struct gb_params *params)
{
    size_t count = page->parts_count;
    const char **topics = gb_arena_array(arena, count, sizeof(*topics));
    int32_t *partitions = gb_arena_array(arena, count, sizeof(*partitions));
    int32_t *counts = gb_arena_array(arena, count, sizeof(*counts));
    int64_t *previous = gb_arena_array(arena, count, sizeof(*previous));
    GB_CHECK(topics != NULL && partitions != NULL && counts != NULL && previous != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct gb_page_part *part = &page->parts[i];
        topics[i] = stream->targets[part->target].topic;
        partitions[i] = stream->targets[part->target].partition;
        counts[i] = part->count;
        previous[i] = part->previous;
    }
    gb_params_text_array(params, topics, count);
    gb_params_int4_array(params, partitions, NULL, count);
    gb_params_int4_array(params, counts, NULL, count);
    gb_params_int8_array(params, previous, NULL, count);
}

void gb_page_store_call(const struct gb_source *source, const struct gb_stream *stream,
                        const struct gb_page *page, struct gb_arena *arena,
                        struct gb_call *ret_call)
{
    gb_call_init(ret_call, &gb_sql_page_insert, arena);
    struct gb_params *params = &ret_call->params;
    gb_params_text(params, stream->name);
    gb_params_int8(params, page->number);
    gb_params_text(params, page->lo);
    gb_params_text(params, page->hi);
    gb_params_int8(params, page->seq_from);
    gb_params_int8(params, page->seq_to);
    put_xid(params, page->xid_from, page->xid_from == 0);
    put_xid(params, page->xid_to, page->xid_from == 0);
    gb_params_int4(params, page->records);
    gb_params_int4(params, page->partitions);
    put_parts(stream, page, arena, params);
    gb_params_int8(params, page->cut_at_us);
    gb_params_text(params, source->holder);
}

enum gb_result gb_page_stored(const struct gb_call *calls, size_t count, struct gb_err *err)
{
    for (size_t i = 0; i < count; i++)
        if (calls[i].statement == &gb_sql_page_insert && calls[i].affected != 1)
            return gb_err_set(err, GB_RETRY, "LEASE_LOST", "another publisher holds the lease");
    return GB_OK;
}

enum gb_result gb_page_taken(enum gb_result result, struct gb_err *err)
{
    if (result != GB_POISON || err == NULL || strcmp(err->code, "23505") != 0)
        return result;
    return gb_err_set(err, GB_RETRY, "PAGE_TAKEN", "another publisher has stored this page");
}
