#include "consumer/table_pages.h"

#include <string.h>

#include "db/sql.h"
#include "stream/stream_row.h"

/* As in page_list_wanted. */
enum { PAGES_MAX = 16 };

enum column {
    NUMBER,
    LO,
    HI,
    SEQ_FROM,
    SEQ_TO,
    XID_FROM,
    XID_TO,
    RECORDS,
    PARTITIONS_PER_TOPIC,
    CUT_AT_US,
    PARTITION,
    COUNT,
    PREVIOUS,
};

/* What a page has for one partition. */
struct part {
    int32_t count;
    int32_t index; /* of its next record */
    int64_t previous;
    bool wanted;
};

struct page {
    size_t head; /* its first row in the list of pages */
    int32_t partitions;
    int64_t records;
    struct part *parts; /* by partition */
};

static bool is_wanted(const struct gb_table_wanted *wanted, int64_t partition, int64_t page)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (wanted->partitions[i] == partition)
            return wanted->from[i] <= page;
    }
    return false;
}

static void take_part(const struct gb_table_wanted *wanted, const struct gb_rows *list, size_t row,
                      struct page *page)
{
    int64_t partition = gb_rows_int(list, row, PARTITION);
    GB_CHECK(partition >= 0 && partition < page->partitions);
    page->parts[partition] = (struct part){
        .count = (int32_t)gb_rows_int(list, row, COUNT),
        .previous = gb_rows_int(list, row, PREVIOUS),
        .wanted = is_wanted(wanted, partition, gb_rows_int(list, row, NUMBER)),
    };
}

/* The pages of the list; returns how many. */
static size_t take_pages(const struct gb_table_wanted *wanted, const struct gb_rows *list,
                         struct gb_arena *arena, struct page *pages)
{
    size_t count = 0;
    for (size_t row = 0; row < gb_rows_count(list); row++) {
        if (row == 0 || gb_rows_int(list, row, NUMBER) != gb_rows_int(list, row - 1, NUMBER)) {
            struct page *page = &pages[count++];
            page->head = row;
            page->records = gb_rows_int(list, row, RECORDS);
            page->partitions = (int32_t)gb_rows_int(list, row, PARTITIONS_PER_TOPIC);
            page->parts =
                gb_arena_need_array(arena, (size_t)page->partitions, sizeof(*page->parts));
        }
        take_part(wanted, list, row, &pages[count - 1]);
    }
    return count;
}

static void page_call(const struct gb_rows *list, size_t row, struct gb_arena *arena,
                      struct gb_call *ret_call)
{
    gb_call_init(ret_call, &gb_sql_operation_page, arena);
    gb_params_text(&ret_call->params, gb_rows_text(list, row, LO));
    gb_params_text(&ret_call->params, gb_rows_text(list, row, HI));
    gb_params_int8(&ret_call->params, gb_rows_int(list, row, SEQ_FROM));
    gb_params_int8(&ret_call->params, gb_rows_int(list, row, SEQ_TO));
    gb_params_text(&ret_call->params, gb_rows_text(list, row, XID_FROM));
    gb_params_text(&ret_call->params, gb_rows_text(list, row, XID_TO));
}

/* What all records of the pages share while they are made. */
struct making {
    const struct gb_table_wanted *wanted;
    const struct gb_rows *list;
    struct gb_arena *arena;
    struct gb_table_pages *ret;
};

static enum gb_result make_record(const struct making *making, const struct page *page,
                                  const struct gb_stream_row *row, int32_t partition,
                                  struct gb_err *err)
{
    const struct part *part = &page->parts[partition];
    struct gb_envelope envelope;
    struct gb_message_payin payin;
    struct gb_bytes value;
    gb_stream_row_envelope(row, &envelope);
    enum gb_result result = gb_stream_row_payin(row, &envelope, &payin, err);
    if (result == GB_OK)
        result = gb_wire_payin_encode(&payin, making->arena, &value, err);
    if (result != GB_OK)
        return result;
    memcpy(envelope.stream, making->wanted->stream, strlen(making->wanted->stream) + 1);
    envelope.mark = (struct gb_stream_mark){
        .page = gb_rows_int(making->list, page->head, NUMBER),
        .previous = part->previous,
        .index = part->index,
        .count = part->count,
        .incarnation = row->incarnation,
        .cut_at_us = gb_rows_int(making->list, page->head, CUT_AT_US),
    };
    struct gb_header *headers =
        gb_arena_need_array(making->arena, GB_ENVELOPE_HEADERS_MAX, sizeof(*headers));
    making->ret->records[making->ret->count++] = (struct gb_record){
        .topic = making->wanted->topic,
        .partition = partition,
        .offset = -1,
        .timestamp_ms = envelope.time_us / 1000,
        .key = gb_rows_bytes(row->rows, row->row, GB_COLUMN_KEY),
        .value = value,
        .headers = headers,
        .headers_count = gb_envelope_write(&envelope, making->arena, headers),
    };
    return GB_OK;
}

static enum gb_result changed(const struct making *making, const struct page *page,
                              const struct gb_rows *rows, struct gb_err *err)
{
    return gb_err_set(err, GB_RETRY, "PAGE_CHANGED",
                      "stream %s, page %lld: %zu rows where %lld were cut, or other partitions",
                      making->wanted->stream,
                      (long long)gb_rows_int(making->list, page->head, NUMBER), gb_rows_count(rows),
                      (long long)page->records);
}

static enum gb_result make_page(const struct making *making, const struct page *page,
                                const struct gb_rows *rows, struct gb_err *err)
{
    size_t count = gb_rows_count(rows);
    if (count != (size_t)page->records)
        return changed(making, page, rows, err);
    for (size_t i = 0; i < count; i++) {
        const struct gb_stream_row row = {rows, i, making->wanted->dc, making->wanted->incarnation};
        struct gb_bytes key = gb_rows_bytes(rows, i, GB_COLUMN_KEY);
        int32_t partition = page->partitions == 1 ? 0 : gb_partition_of(key, page->partitions);
        struct part *part = &page->parts[partition];
        if (key.data == NULL || part->index >= part->count)
            return changed(making, page, rows, err);
        enum gb_result result =
            part->wanted ? make_record(making, page, &row, partition, err) : GB_OK;
        if (result != GB_OK)
            return result;
        part->index++;
    }
    return GB_OK;
}

static enum gb_result list_pages(const struct gb_table_wanted *wanted, struct gb_pg *pg,
                                 struct gb_arena *arena, struct gb_call *ret_list,
                                 struct gb_err *err)
{
    gb_call_init(ret_list, &gb_sql_page_list_wanted, arena);
    gb_params_text(&ret_list->params, wanted->stream);
    gb_params_text(&ret_list->params, wanted->topic);
    gb_params_int4_array(&ret_list->params, wanted->partitions, NULL, wanted->count);
    gb_params_int8_array(&ret_list->params, wanted->from, NULL, wanted->count);
    gb_params_int4(&ret_list->params, (int32_t)wanted->records_max);
    return gb_pg_call(pg, ret_list, err);
}

/* The rows of all pages, in one round trip. */
static enum gb_result read_rows(const struct gb_rows *list, const struct page *pages, size_t count,
                                struct gb_pg *pg, const struct making *making, struct gb_err *err)
{
    struct gb_table_pages *ret = making->ret;
    size_t records = 0;
    ret->calls = gb_arena_need_array(making->arena, count, sizeof(*ret->calls));
    for (size_t i = 0; i < count; i++) {
        page_call(list, pages[i].head, making->arena, &ret->calls[i]);
        records += (size_t)pages[i].records;
    }
    ret->records = gb_arena_need_array(making->arena, records, sizeof(*ret->records));
    enum gb_result result = gb_pg_run(pg, ret->calls, count, NULL, err);
    ret->calls_count = result == GB_OK ? count : 0;
    return result;
}

enum gb_result gb_table_pages_read(const struct gb_table_wanted *wanted, struct gb_pg *pg,
                                   struct gb_arena *arena, struct gb_table_pages *ret,
                                   struct gb_err *err)
{
    struct gb_call list;
    struct page pages[PAGES_MAX];
    *ret = (struct gb_table_pages){.records = NULL};
    enum gb_result result = list_pages(wanted, pg, arena, &list, err);
    if (result != GB_OK)
        return result;
    const struct making making = {wanted, list.rows, arena, ret};
    size_t count = take_pages(wanted, list.rows, arena, pages);
    if (count > 0)
        result = read_rows(list.rows, pages, count, pg, &making, err);
    for (size_t i = 0; i < count && result == GB_OK; i++)
        result = make_page(&making, &pages[i], ret->calls[i].rows, err);
    gb_calls_release(&list, 1);
    return result;
}

void gb_table_pages_release(struct gb_table_pages *pages)
{
    gb_calls_release(pages->calls, pages->calls_count);
    *pages = (struct gb_table_pages){.records = NULL};
}
