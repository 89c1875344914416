/* The control lane: results close what was relayed; of each peer's status the newest counts. */
#include "consumer/read_control.h"
#include "lane.h"
#include "runtime/clock.h"

#define TOPIC "geobill.dc1.reserve-reply.v1"

static const struct gb_lane_stream STREAMS[] = {{TOPIC, "dc1", NULL}, {TOPIC, "", NULL}};
static struct gb_read_control *step;
static struct lane lane;

static int setup(void **state)
{
    (void)fixture_setup(state);
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    const struct gb_engine_options options = fixture_options(dc);
    step = gb_read_control_new(&options);
    lane_open(&lane, TOPIC, STREAMS, 2, gb_read_control_reader(step));
    return 0;
}

static int teardown(void **state)
{
    lane_close(&lane);
    gb_read_control_free(step);
    return fixture_teardown(state);
}

/* --- RESULT --- */

static void relay(const char *key, int64_t account_no)
{
    fixture_sql(
        "INSERT INTO relay (client_no, kind, state, key, owner, account_no, amount, created_at_us)"
        " VALUES (1, 1, 1, '%s', 'dc2', %lld, 5, 5)",
        key, (long long)account_no);
}

static struct gb_message_result result_of(const char *key, int64_t account_no,
                                          enum gb_operation_state state)
{
    struct gb_message_result result = {
        .account = {.incarnation = 1, .account_id = "acct", .account_no = {account_no}},
        .client_no = {1},
        .key = key,
        .state = state,
        .reason = state == GB_STATE_REFUSED ? "IDEMPOTENCY_MISMATCH" : NULL,
        .decided_at_us = 1234,
    };
    assert_true(gb_dc_parse("dc2", &result.account.dc) &&
                gb_currency_parse("EUR", &result.account.currency));
    return result;
}

static void put_result(const char *source, const struct gb_message_result *result)
{
    struct gb_bytes framed;
    assert_int_equal(gb_wire_result_encode(result, lane.feed->arena, &framed, &lane.err), GB_OK);
    lane_put(&lane, source, "dc1", GB_MESSAGE_RESULT, framed);
}

static void put_outcome(const char *key, int64_t account_no, enum gb_operation_state state)
{
    struct gb_message_result result = result_of(key, account_no, state);
    put_result("dc2", &result);
}

static int64_t relays(const char *key, enum gb_operation_state state)
{
    return fixture_int(
        "SELECT count(*) FROM relay WHERE key = '%s' AND state = %d AND decided_at_us = 1234 AND"
        " (reason IS NOT NULL) = (state = 5)",
        key, (int)state);
}

static void results_close_what_was_relayed(void **state)
{
    (void)state;
    struct gb_pg *listener = fixture_connect();
    bool notified;
    assert_int_equal(gb_pg_listen(listener, "geobill_decided", &lane.err), GB_OK);
    relay("a", 1);
    relay("b", 1);
    put_outcome("a", 1, GB_STATE_BOOKED);
    put_outcome("b", 1, GB_STATE_REFUSED);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(relays("a", GB_STATE_BOOKED), 1);
    assert_int_equal(relays("b", GB_STATE_REFUSED), 1);
    assert_int_equal(gb_pg_wait_notify(listener, 5000, &notified, &lane.err), GB_OK);
    assert_true(notified);
    /* A repeat changes nothing and wakes nobody. */
    lane_must_run(&lane, 0, 0);
    assert_int_equal(gb_pg_wait_notify(listener, 50, &notified, &lane.err), GB_OK);
    assert_false(notified);
    gb_pg_close(listener);
    lane_forget(&lane);
}

static void results_that_contradict_are_buried(void **state)
{
    (void)state;
    relay("c", 2);
    put_outcome("nothing", 2, GB_STATE_BOOKED);
    put_outcome("c", 3, GB_STATE_BOOKED);
    struct gb_message_result of_another = result_of("c", 2, GB_STATE_BOOKED);
    assert_true(gb_dc_parse("dc3", &of_another.account.dc));
    put_result("dc3", &of_another);
    put_result("dc2", &of_another);       /* header and message differ */
    put_outcome("b", 1, GB_STATE_BOOKED); /* was refused before */
    lane_put_text(&lane, "dc2", "dc1", GB_MESSAGE_RESULT, "x");
    lane_put_text(&lane, "dc2", "dc1", GB_MESSAGE_PAYIN, "x");
    lane_must_run(&lane, 0, 7);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM dead_letter WHERE code = 'RESULT_CONTRADICTED'"), 3);
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE code = 'RELAY_UNKNOWN'"),
                     1);
    assert_int_equal(fixture_int("SELECT count(*) FROM relay WHERE key = 'c' AND state = 1"), 1);
    assert_int_equal(relays("b", GB_STATE_REFUSED), 1);
    put_outcome("c", 2, GB_STATE_BOOKED);
    lane_must_run(&lane, 7, 0);
    assert_int_equal(relays("c", GB_STATE_BOOKED), 1);
    lane_forget(&lane);
}

/* --- STATUS --- */

static void put_status(const char *dc, int32_t incarnation, int64_t sent_at_us,
                       const struct gb_message_stream_page *acks, size_t acks_count)
{
    struct gb_message_stream_page head = {"ledger", "geobill.dc2.ledger.v1", 3, sent_at_us % 1000,
                                          0};
    struct gb_message_status status = {.incarnation = incarnation,
                                       .sent_at_us = sent_at_us,
                                       .acks = acks,
                                       .acks_count = acks_count,
                                       .heads = &head,
                                       .heads_count = 1};
    struct gb_bytes framed;
    assert_true(gb_dc_parse(dc, &status.dc));
    assert_int_equal(gb_wire_status_encode(&status, lane.feed->arena, &framed, &lane.err), GB_OK);
    lane_put(&lane, dc, "", GB_MESSAGE_STATUS, framed);
}

static void put_ack(const char *dc, int32_t incarnation, int64_t sent_at_us, int64_t page)
{
    struct gb_message_stream_page acks[] = {{"ledger", "geobill.dc1.ledger.v1", 0, page, 0},
                                            {"ledger", "geobill.dc1.ledger.v1", 1, 7, 0}};
    put_status(dc, incarnation, sent_at_us, acks, 2);
}

static int64_t acked(const char *reader, int partition)
{
    return fixture_int(
        "SELECT page FROM reader_ack WHERE stream = 'ledger' AND reader = '%s' AND topic ="
        " 'geobill.dc1.ledger.v1' AND partition = %d",
        reader, partition);
}

static void the_newest_word_of_each_peer_counts(void **state)
{
    (void)state;
    put_ack("dc2", 1, 1010, 10);
    put_ack("dc3", 1, 1001, 4);
    put_ack("dc2", 1, 1020, 20);
    put_ack("dc2", 1, 1005, 5); /* late */
    lane_must_run(&lane, 0, 0);
    assert_int_equal(acked("dc2", 0), 20);
    assert_int_equal(acked("dc2", 1), 7);
    assert_int_equal(acked("dc3", 0), 4);
    assert_int_equal(
        fixture_int("SELECT page FROM source_head WHERE source = 'dc2' AND partition = 3"), 20);
    assert_int_equal(
        fixture_int("SELECT at_us FROM source_head WHERE source = 'dc2' AND partition = 3"), 1020);
    assert_int_equal(fixture_int("SELECT sent_at_us FROM reader WHERE reader = 'dc2'"), 1020);
    lane_forget(&lane);
    put_ack("dc2", 1, 1019, 99); /* and older than what is stored */
    lane_must_run(&lane, 0, 0);
    assert_int_equal(acked("dc2", 0), 20);
    lane_forget(&lane);
}

static void an_acknowledgement_may_go_down(void **state)
{
    (void)state;
    int64_t moved =
        fixture_int("SELECT moved_at_us FROM reader_ack WHERE reader = 'dc2' AND partition = 0");
    put_ack("dc2", 1, 1030, 20);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(
        fixture_int("SELECT moved_at_us FROM reader_ack WHERE reader = 'dc2' AND partition = 0"),
        moved);
    assert_true(
        fixture_int("SELECT heard_at_us FROM reader_ack WHERE reader = 'dc2' AND partition = 0") >
        moved);
    put_ack("dc2", 1, 1031, 3);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(acked("dc2", 0), 3);
    assert_true(
        fixture_int("SELECT moved_at_us FROM reader_ack WHERE reader = 'dc2' AND partition = 0") >
        moved);
    lane_forget(&lane);
}

/* More of the next page is a movement, less of it is none; what is not mentioned is not there. */
static void an_acknowledgement_moves_within_a_page(void **state)
{
    (void)state;
    struct gb_message_stream_page ack = {"ledger", "geobill.dc1.ledger.v1", 0, 3, 0};
    static const struct {
        int32_t records;
        bool moves;
    } words[] = {{500, true}, {500, false}, {1000, true}, {20, false}, {21, true}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        int64_t moved = fixture_int(
            "SELECT moved_at_us FROM reader_ack WHERE reader = 'dc2' AND partition = 0");
        ack.records = words[i].records;
        put_status("dc2", 1, 1032 + (int64_t)i, &ack, 1);
        lane_must_run(&lane, 0, 0);
        assert_int_equal(
            fixture_int("SELECT records FROM reader_ack WHERE reader = 'dc2' AND partition = 0"),
            words[i].records);
        assert_int_equal(fixture_int("SELECT moved_at_us FROM reader_ack WHERE reader = 'dc2' AND"
                                     " partition = 0") > moved,
                         words[i].moves);
        lane_forget(&lane);
    }
    assert_int_equal(acked("dc2", 0), 3);
}

/* A reader whose database is new says nothing of partitions that it had. A stream of which nothing
 * is said at all has no reader there at the moment: what that had stands, and it is not heard. */
static void what_is_not_mentioned_is_not_had(void **state)
{
    (void)state;
    const struct gb_message_stream_page second = {"ledger", "geobill.dc1.ledger.v1", 1, 7, 0};
    int64_t heard =
        fixture_int("SELECT heard_at_us FROM reader_ack WHERE reader = 'dc2' AND partition = 0");
    put_status("dc2", 1, 1039, NULL, 0);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(acked("dc2", 0), 3);
    assert_int_equal(
        fixture_int("SELECT heard_at_us FROM reader_ack WHERE reader = 'dc2' AND partition = 0"),
        heard);
    lane_forget(&lane);
    put_status("dc2", 1, 1040, &second, 1);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(acked("dc2", 0), 0);
    assert_int_equal(
        fixture_int("SELECT records FROM reader_ack WHERE reader = 'dc2' AND partition = 0"), 0);
    assert_int_equal(acked("dc2", 1), 7);
    assert_int_equal(acked("dc3", 0), 4);
    lane_forget(&lane);
}

static void a_new_incarnation_wins_over_a_later_time(void **state)
{
    (void)state;
    put_ack("dc2", 2, 1000, 1);
    put_ack("dc2", 1, 1050, 50);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(acked("dc2", 0), 1);
    assert_int_equal(fixture_int("SELECT incarnation FROM reader WHERE reader = 'dc2'"), 2);
    lane_forget(&lane);
}

/* A peer whose clock was an hour ahead is not deaf for an hour once it is right. */
static void a_time_from_the_future_is_no_measure(void **state)
{
    (void)state;
    int64_t now_us = gb_clock_wall_us();
    put_ack("dc2", 2, now_us + INT64_C(3600000000), 60);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(acked("dc2", 0), 60);
    lane_forget(&lane);
    put_ack("dc2", 2, now_us, 61);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(acked("dc2", 0), 61);
    lane_forget(&lane);
}

static void a_status_that_cannot_be_is_buried(void **state)
{
    (void)state;
    int64_t before = fixture_int("SELECT count(*) FROM dead_letter");
    struct gb_message_stream_page twice[] = {{"ledger", "geobill.dc1.ledger.v1", 0, 70, 0},
                                             {"ledger", "geobill.dc1.ledger.v1", 0, 71, 0}};
    lane_put_text(&lane, "dc2", "", GB_MESSAGE_STATUS, "junk");
    put_status("dc2", 2, gb_clock_wall_us(), twice, 2); /* odd, and harmless: the last counts */
    lane_must_run(&lane, 0, 1);
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter"), before + 1);
    assert_int_equal(acked("dc2", 0), 71);
    lane_forget(&lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_close_what_was_relayed),
        cmocka_unit_test(results_that_contradict_are_buried),
        cmocka_unit_test(the_newest_word_of_each_peer_counts),
        cmocka_unit_test(an_acknowledgement_may_go_down),
        cmocka_unit_test(an_acknowledgement_moves_within_a_page),
        cmocka_unit_test(what_is_not_mentioned_is_not_had),
        cmocka_unit_test(a_new_incarnation_wins_over_a_later_time),
        cmocka_unit_test(a_time_from_the_future_is_no_measure),
        cmocka_unit_test(a_status_that_cannot_be_is_buried),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
