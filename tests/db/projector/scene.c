#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gb_pg *scene_admin, *scene_pg;
struct feed *scene_feed;
struct gb_applier *scene_applier;
static struct gb_test_postgres *server;
static struct gb_projection projection;
static int64_t next_offset[2];

/* Every record is a page of its own: the pages are tested elsewhere. */
struct feed_at scene_at(const char *topic, const char *stream)
{
    int which = strcmp(stream, "catalogue") == 0;
    int64_t offset = next_offset[which]++;
    return (struct feed_at){
        .topic = topic,
        .source = "dc2",
        .stream = stream,
        .offset = offset,
        .page = offset + 1,
        .previous = offset,
        .count = 1,
    };
}

/* Pay-ins of 10 only: version says it all. */
struct gb_message_ledger_entry scene_entry_of(int64_t account_no, int64_t version)
{
    static char ids[16][GB_ACCOUNT_ID_SIZE];
    char *id = ids[account_no % 16];
    (void)snprintf(id, sizeof(ids[0]), "acc-%lld", (long long)account_no);
    struct gb_message_ledger_entry entry = {
        .account = {.incarnation = 1, .account_id = id, .account_no = {account_no}},
        .version = version,
        .kind = GB_ENTRY_PAYIN,
        .status = GB_STATUS_OPEN,
        .amount = 10,
        .balance_after = 10 * version,
        .credits_total = 10 * version,
        .account_version = 1,
        .created_at_us = 1000 + version,
        .client_no = {7},
        .key = "key-1",
        .reference = "ref",
    };
    GB_CHECK(gb_dc_parse("dc2", &entry.account.dc) &&
             gb_currency_parse("EUR", &entry.account.currency));
    return entry;
}

void scene_put_entry(const struct gb_message_ledger_entry *entry)
{
    struct feed_at where = scene_at(LEDGER, "ledger");
    (void)feed_entry(scene_feed, &where, entry);
}

void scene_put(int64_t account_no, int64_t version)
{
    struct gb_message_ledger_entry entry = scene_entry_of(account_no, version);
    scene_put_entry(&entry);
}

struct gb_message_catalogue_account scene_account_of(int64_t account_no, int64_t version,
                                                     enum gb_account_status status)
{
    static char name[64];
    struct gb_message_ledger_entry entry = scene_entry_of(account_no, 1);
    (void)snprintf(name, sizeof(name), "Name %lld", (long long)account_no);
    return (struct gb_message_catalogue_account){
        .account = entry.account,
        .name = name,
        .status = status,
        .version = version,
        .created_at_us = 1,
        .updated_at_us = version,
    };
}

void scene_put_account(const struct gb_message_catalogue_account *account)
{
    struct feed_at where = scene_at(GB_TOPIC_CATALOGUE, "catalogue");
    (void)feed_account(scene_feed, &where, account);
}

struct gb_applied scene_run(void)
{
    struct gb_applied applied;
    struct gb_err err = {.message = ""};
    enum gb_result result = gb_applier_run(
        scene_applier, scene_pg,
        &(const struct gb_arrived){scene_feed->records, scene_feed->count, true}, &applied, &err);
    if (result != GB_OK)
        print_error("%s: %s\n", err.code, err.message);
    assert_int_equal(result, GB_OK);
    feed_clear(scene_feed);
    return applied;
}

int64_t scene_look(const char *query)
{
    return gb_test_sql_int(scene_admin, query);
}

void scene_rebuild(const char *stream)
{
    char text[128];
    struct gb_pg *as_operator = gb_test_connect(server, "dc1", "geobill_operator");
    (void)snprintf(text, sizeof(text), "SELECT rebuild_replica('dc2', '%s', 5)", stream);
    gb_test_sql(as_operator, text);
    gb_pg_close(as_operator);
}

/* Whoever is at work knows the old progress: it must write nothing of it. */
void scene_expect_fenced(void)
{
    struct gb_applied applied;
    struct gb_err err = {.message = ""};
    assert_int_equal(gb_applier_confirm(scene_applier, scene_pg, &err), GB_FATAL);
    assert_true(gb_applier_is_fenced(&err));
    assert_int_equal(
        gb_applier_run(scene_applier, scene_pg,
                       &(const struct gb_arrived){scene_feed->records, scene_feed->count, true},
                       &applied, &err),
        GB_FATAL);
    assert_true(gb_applier_is_fenced(&err));
    feed_clear(scene_feed);
    next_offset[0] = next_offset[1] = 0;
}

void scene_take_again(const char *topic)
{
    struct gb_assignment assignment = {topic, 0, -1};
    struct gb_err err;
    assert_int_equal(gb_applier_take(scene_applier, scene_pg, &assignment, 1, &err), GB_OK);
    assert_int_equal(assignment.next_offset, 0);
}

int scene_before_each(void **state)
{
    (void)state;
    static const char *const topics[] = {LEDGER, GB_TOPIC_CATALOGUE};
    static const struct gb_lane_stream streams[] = {{LEDGER, "ledger", "dc2"},
                                                    {GB_TOPIC_CATALOGUE, "catalogue", "dc2"}};
    struct gb_assignment assignments[2] = {{topics[0], 0, -1}, {topics[1], 0, -1}};
    struct gb_dc source;
    struct gb_err err;
    gb_test_sql(scene_admin,
                "TRUNCATE replicated_ledger, replicated_share, replicated_link, account, "
                "client, service, status_pending,"
                " position, progress, dead_letter CASCADE; DELETE FROM outbox");
    feed_clear(scene_feed);
    next_offset[0] = next_offset[1] = 0;
    GB_CHECK(gb_dc_parse("dc2", &source));
    gb_projection_init(&projection, source);
    const struct gb_applier_options options = {
        .dc = "dc1",
        .group = "geobill.dc1.projector.dc2",
        .streams = streams,
        .streams_count = 2,
        .records_max = 1000,
        .reader = gb_projection_reader(&projection),
    };
    scene_applier = gb_applier_new(&options);
    return gb_applier_take(scene_applier, scene_pg, assignments, 2, &err) == GB_OK ? 0 : -1;
}

int scene_after_each(void **state)
{
    (void)state;
    gb_applier_free(scene_applier);
    gb_projection_done(&projection);
    return 0;
}

int scene_before_all(void **state)
{
    (void)state;
    struct gb_err err;
    if (gb_wire_init(&err) != GB_OK)
        return -1;
    scene_feed = feed_new();
    server = gb_test_postgres_start();
    gb_test_database(server, "dc1", "dc1", "dc2");
    scene_admin = gb_test_connect(server, "dc1", NULL);
    scene_pg = gb_test_connect(server, "dc1", "geobill_projector");
    return 0;
}

int scene_after_all(void **state)
{
    (void)state;
    gb_pg_close(scene_pg);
    gb_pg_close(scene_admin);
    gb_test_postgres_stop(server);
    feed_free(scene_feed);
    gb_wire_done();
    return 0;
}
