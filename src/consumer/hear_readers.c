#include "consumer/hear_readers.h"

#include <string.h>

#include "db/sql.h"

void gb_hear_readers_find(const struct gb_status_item *statuses, size_t count,
                          struct gb_arena *arena, struct gb_call *ret_call)
{
    const char **readers = gb_arena_need_array(arena, count, sizeof(*readers));
    for (size_t i = 0; i < count; i++)
        readers[i] = statuses[i].message.dc.code;
    gb_call_init(ret_call, &gb_sql_reader_list, arena);
    gb_params_text_array(&ret_call->params, readers, count);
}

/* The newest word of one peer: as stored, then as heard in this batch. */
struct peer {
    struct gb_dc dc;
    struct gb_stream_word word;
    const struct gb_message_status *news; /* NULL: nothing newer in this batch */
};

static struct peer *peer_of(struct peer *peers, size_t *count, struct gb_dc dc)
{
    for (size_t i = 0; i < *count; i++) {
        if (gb_dc_equal(peers[i].dc, dc))
            return &peers[i];
    }
    peers[*count] = (struct peer){.dc = dc};
    return &peers[(*count)++];
}

/* Of each peer the newest message; returns how many peers there are. */
static size_t choose(const struct gb_status_item *statuses, size_t count,
                     const struct gb_rows *found, int64_t now_us, struct peer *peers)
{
    size_t peers_count = 0;
    for (size_t i = 0; i < gb_rows_count(found); i++) {
        struct gb_dc dc;
        GB_CHECK(gb_dc_parse(gb_rows_text(found, i, 0), &dc));
        struct peer *peer = peer_of(peers, &peers_count, dc);
        peer->word.incarnation = (int32_t)gb_rows_int(found, i, 1);
        peer->word.sent_at_us = gb_rows_int(found, i, 2);
    }
    for (size_t i = 0; i < count; i++) {
        const struct gb_message_status *message = &statuses[i].message;
        struct peer *peer = peer_of(peers, &peers_count, message->dc);
        const struct gb_stream_word word = {message->incarnation, message->sent_at_us};
        if (!gb_stream_word_is_newer(&word, &peer->word, now_us))
            continue;
        peer->word = word;
        peer->news = message;
    }
    return peers_count;
}

/* Side by side: what stands in the acknowledgements, or the heads, of several messages. */
struct page_columns {
    size_t count;
    const char **stream, **dc, **topic;
    int32_t *partition, *records;
    int64_t *page, *sent_at_us;
};

static struct page_columns page_columns_new(struct gb_arena *arena, size_t n)
{
    return (struct page_columns){
        .stream = gb_arena_need_array(arena, n, sizeof(char *)),
        .dc = gb_arena_need_array(arena, n, sizeof(char *)),
        .topic = gb_arena_need_array(arena, n, sizeof(char *)),
        .partition = gb_arena_need_array(arena, n, sizeof(int32_t)),
        .records = gb_arena_need_array(arena, n, sizeof(int32_t)),
        .page = gb_arena_need_array(arena, n, sizeof(int64_t)),
        .sent_at_us = gb_arena_need_array(arena, n, sizeof(int64_t)),
    };
}

static void page_columns_add(struct page_columns *columns, const struct peer *peer,
                             const struct gb_message_stream_page *pages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = columns->count++;
        columns->stream[at] = pages[i].stream;
        columns->dc[at] = peer->dc.code;
        columns->topic[at] = pages[i].topic;
        columns->partition[at] = pages[i].partition;
        columns->page[at] = pages[i].page;
        columns->records[at] = pages[i].records;
        columns->sent_at_us[at] = peer->word.sent_at_us;
    }
}

static void remember_peers(struct gb_batch *batch, const struct peer *peers, size_t count,
                           const char **readers)
{
    int32_t *incarnations = gb_arena_need_array(batch->arena, count, sizeof(*incarnations));
    int64_t *sent_at_us = gb_arena_need_array(batch->arena, count, sizeof(*sent_at_us));
    for (size_t i = 0; i < count; i++) {
        readers[i] = peers[i].dc.code;
        incarnations[i] = peers[i].word.incarnation;
        sent_at_us[i] = peers[i].word.sent_at_us;
    }
    struct gb_params *params = &gb_batch_call(batch, &gb_sql_reader_hear)->params;
    gb_params_text_array(params, readers, count);
    gb_params_int4_array(params, incarnations, NULL, count);
    gb_params_int8_array(params, sent_at_us, NULL, count);
    gb_params_int8(params, batch->now_us);
}

static void remember_acks(struct gb_batch *batch, const char *const *readers, size_t readers_count,
                          const struct page_columns *acks)
{
    struct gb_params *params = &gb_batch_call(batch, &gb_sql_reader_ack_reset)->params;
    gb_params_text_array(params, readers, readers_count);
    gb_params_text_array(params, acks->stream, acks->count);
    gb_params_text_array(params, acks->dc, acks->count);
    gb_params_text_array(params, acks->topic, acks->count);
    gb_params_int4_array(params, acks->partition, NULL, acks->count);
    gb_params_int8(params, batch->now_us);

    params = &gb_batch_call(batch, &gb_sql_reader_ack_save)->params;
    gb_params_text_array(params, acks->stream, acks->count);
    gb_params_text_array(params, acks->dc, acks->count);
    gb_params_text_array(params, acks->topic, acks->count);
    gb_params_int4_array(params, acks->partition, NULL, acks->count);
    gb_params_int8_array(params, acks->page, NULL, acks->count);
    gb_params_int4_array(params, acks->records, NULL, acks->count);
    gb_params_int8(params, batch->now_us);
}

static void remember_heads(struct gb_batch *batch, const struct page_columns *heads)
{
    struct gb_params *params = &gb_batch_call(batch, &gb_sql_source_head_save)->params;
    gb_params_text_array(params, heads->dc, heads->count);
    gb_params_text_array(params, heads->stream, heads->count);
    gb_params_text_array(params, heads->topic, heads->count);
    gb_params_int4_array(params, heads->partition, NULL, heads->count);
    gb_params_int8_array(params, heads->page, NULL, heads->count);
    gb_params_int8_array(params, heads->sent_at_us, NULL, heads->count);
}

void gb_hear_readers(struct gb_batch *batch, const struct gb_status_item *statuses, size_t count,
                     const struct gb_rows *found)
{
    /* Each row of `found` is of one of the messages' peers. */
    struct peer *peers = gb_arena_need_array(batch->arena, count, sizeof(*peers));
    size_t known = choose(statuses, count, found, batch->now_us, peers);
    size_t heard = 0, acks_count = 0, heads_count = 0;
    for (size_t i = 0; i < known; i++) {
        if (peers[i].news == NULL)
            continue;
        acks_count += peers[i].news->acks_count;
        heads_count += peers[i].news->heads_count;
        peers[heard++] = peers[i];
    }
    if (heard == 0)
        return;
    struct page_columns acks = page_columns_new(batch->arena, acks_count);
    struct page_columns heads = page_columns_new(batch->arena, heads_count);
    for (size_t i = 0; i < heard; i++) {
        page_columns_add(&acks, &peers[i], peers[i].news->acks, peers[i].news->acks_count);
        page_columns_add(&heads, &peers[i], peers[i].news->heads, peers[i].news->heads_count);
    }
    const char **readers = gb_arena_need_array(batch->arena, heard, sizeof(*readers));
    remember_peers(batch, peers, heard, readers);
    remember_acks(batch, readers, heard, &acks);
    remember_heads(batch, &heads);
}
