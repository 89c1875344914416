#include "table_scene.h"

#include <string.h>

#define ACCOUNTS 8

static const struct gb_lane_stream STREAMS[] = {{TOPIC, "payin", "dc1"}, {TOPIC, "dc1", NULL}};

/* --- the publisher --- */

static struct gb_source source;
struct gb_stream scene_stream;
int scene_accepted;

static void cut(void)
{
    struct gb_err err = {.message = ""};
    struct gb_window window;
    struct gb_stream *one = &scene_stream;
    gb_arena_reset(source.arena);
    if (gb_pages_cut(&source, &one, 1, &window, &err) != GB_OK)
        fail_msg("cut: %s %s", err.code, err.message);
    gb_window_release(&window);
}

void accept_and_cut(int count)
{
    fixture_accept("t", scene_accepted, count, 1, ACCOUNTS, 3);
    scene_accepted += count;
    cut();
}

static struct gb_bytes keep(struct gb_arena *arena, struct gb_bytes bytes)
{
    void *copy = gb_arena_alloc(arena, bytes.size + 1);
    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.size);
    return (struct gb_bytes){copy, bytes.size};
}

static void see(struct seen *seen, const struct gb_record *record)
{
    assert_true(seen->count < SEEN_MAX);
    struct gb_header *headers =
        gb_arena_array(seen->arena, record->headers_count, sizeof(*headers));
    assert_non_null(headers);
    for (size_t i = 0; i < record->headers_count; i++) {
        headers[i].name = gb_arena_strdup(seen->arena, record->headers[i].name);
        headers[i].value = keep(seen->arena, record->headers[i].value);
    }
    struct gb_record *copy = &seen->records[seen->count++];
    *copy = *record;
    copy->topic = TOPIC;
    copy->offset = seen->offsets[record->partition]++;
    copy->key = keep(seen->arena, record->key);
    copy->value = keep(seen->arena, record->value);
    copy->headers = headers;
}

static enum gb_result see_sent(void *context, const struct gb_record *record, uint32_t part,
                               struct gb_err *err)
{
    (void)part;
    (void)err;
    assert_string_equal(record->topic, TOPIC);
    see(context, record);
    return GB_OK;
}

void send_all(struct seen *seen, int64_t from)
{
    const struct gb_record_sink sink = {NULL, see_sent, seen};
    for (;;) {
        struct gb_err err = {.message = ""};
        struct gb_window window;
        gb_arena_reset(source.arena);
        assert_int_equal(gb_page_read(&source, &scene_stream, from, &window, &err), GB_OK);
        if (window.page.number == 0)
            return;
        assert_int_equal(gb_window_records(&source, &scene_stream, &window, &sink, &err), GB_OK);
        from = window.page.number + 1;
        gb_window_release(&window);
    }
}

void seen_init(struct seen *seen)
{
    *seen = (struct seen){.arena = gb_arena_new((size_t)64 << 20)};
}

/* --- a consumer --- */

enum gb_result run(struct consumer *consumer, const struct gb_record *records, size_t count,
                   bool positioned)
{
    struct gb_applied applied;
    const struct gb_arrived arrived = {records, count, positioned};
    enum gb_result result =
        gb_applier_run(consumer->applier, consumer->pg, &arrived, &applied, &consumer->err);
    assert_int_equal(applied.dead, 0);
    return result;
}

static enum gb_result feed(void *context, const struct gb_record *records, size_t count,
                           struct gb_err *err)
{
    struct consumer *consumer = context;
    for (size_t i = 0; i < count && consumer->fed != NULL; i++)
        see(consumer->fed, &records[i]);
    consumer->fed_count += count;
    enum gb_result result = run(consumer, records, count, false);
    *err = consumer->err;
    return result;
}

void consumer_start(struct consumer *consumer, const char *instance)
{
    *consumer = (struct consumer){.pg = fixture_connect()};
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    const struct gb_engine_options engine = fixture_options(dc);
    consumer->book = gb_book_payins_new(&engine);
    const struct gb_read_table_options table = {.dc = dc,
                                                .topic = TOPIC,
                                                .instance = instance,
                                                .after_us = AFTER_US,
                                                .records_max = 100,
                                                .page_records_max = 50,
                                                .inner = gb_book_payins_reader(consumer->book)};
    consumer->table = gb_read_table_new(&table);
    const struct gb_applier_options applier = {.dc = "dc1",
                                               .group = "geobill.dc1.test",
                                               .streams = STREAMS,
                                               .streams_count = 2,
                                               .records_max = 100,
                                               .reader = gb_read_table_reader(consumer->table)};
    consumer->applier = gb_applier_new(&applier);
}

void consumer_stop(struct consumer *consumer)
{
    gb_applier_free(consumer->applier);
    gb_read_table_free(consumer->table);
    gb_book_payins_free(consumer->book);
    gb_pg_close(consumer->pg);
}

enum gb_result step(struct consumer *consumer, int64_t now_us)
{
    const struct gb_read_table_sink sink = {feed, consumer, consumer->delivers};
    return gb_read_table_step(consumer->table, consumer->pg, &sink, now_us, &consumer->wait_ms,
                              &consumer->err);
}

size_t steps(struct consumer *consumer, int64_t now_us)
{
    size_t before = consumer->fed_count;
    int left = 100;
    do {
        if (step(consumer, now_us) != GB_OK)
            fail_msg("%s: %s", consumer->err.code, consumer->err.message);
    } while (--left > 0 && consumer->wait_ms == 0);
    assert_true(left > 0);
    return consumer->fed_count - before;
}

void take_all(struct consumer *consumer)
{
    struct gb_assignment assignments[PARTITIONS];
    for (int32_t i = 0; i < PARTITIONS; i++)
        assignments[i] = (struct gb_assignment){.topic = TOPIC, .partition = i};
    assert_int_equal(
        gb_applier_take(consumer->applier, consumer->pg, assignments, PARTITIONS, &consumer->err),
        GB_OK);
}

/* --- what must be --- */

void check_booked(int count)
{
    assert_int_equal(fixture_int("SELECT coalesce(sum(balance), 0)::bigint FROM share"), 3 * count);
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger"), count);
    assert_int_equal(fixture_int("SELECT count(*) FROM operation WHERE state = 2"), count);
    fixture_check_invariants();
}

void check_complete(void)
{
    assert_int_equal(fixture_int("SELECT count(*) FROM page p, unnest(p.partitions) t (partition)"
                                 " LEFT JOIN progress g ON g.stream = 'payin' AND g.partition ="
                                 " t.partition WHERE p.stream = 'payin'"
                                 " AND p.number > coalesce(g.complete, 0)"),
                     0);
    assert_int_equal(fixture_int("SELECT count(*) FROM progress g WHERE complete > 0 AND NOT EXISTS"
                                 " (SELECT FROM page p WHERE p.number = g.complete"
                                 " AND g.partition = ANY (p.partitions))"),
                     0);
}

int scene_setup(void **state)
{
    (void)fixture_setup(state);
    for (int64_t i = 1; i <= ACCOUNTS; i++)
        fixture_account(i, GB_STATUS_OPEN, 1);
    return 0;
}

int scene_before_each(void **state)
{
    (void)state;
    struct gb_err err = {.message = ""};
    fixture_sql("SET session_replication_role = replica;"
                "TRUNCATE ledger, operation, outbox, page, stream_sent, share, progress, position,"
                " late_partition;"
                "RESET session_replication_role;"
                "UPDATE publisher_lease SET holder = 'test', beat = 1");
    scene_accepted = 0;
    source = (struct gb_source){
        .pg = gb_test_connect(fixture_server, "dc1", "geobill_publisher"),
        .arena = gb_arena_new(GB_SOURCE_ARENA_BYTES),
        .record_arena = gb_arena_new(GB_SOURCE_ARENA_BYTES),
        .incarnation = 1,
        .holder = "test",
        .page_records_max = 50,
        .page_bytes_max = GB_SOURCE_PAGE_BYTES,
        .statement_timeout_ms = 5000,
    };
    assert_true(gb_dc_parse("dc1", &source.dc));
    gb_stream_init(&scene_stream, "payin", &gb_stream_kind_payin, TOPIC, PARTITIONS);
    assert_int_equal(gb_stream_load(&source, &scene_stream, &err), GB_OK);
    return 0;
}

int scene_after_each(void **state)
{
    (void)state;
    gb_stream_done(&scene_stream);
    gb_pg_close(source.pg);
    gb_arena_free(source.arena);
    gb_arena_free(source.record_arena);
    return 0;
}
