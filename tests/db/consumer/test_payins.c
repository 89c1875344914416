/* The payin lane: what is read ends in the ledger once, and what cannot end there in the dead
 * letters. */
#include "consumer/book_payins.h"
#include "lane.h"

#define TOPIC "geobill.dc1.payin.v1"

static const struct gb_lane_stream STREAMS[] = {{TOPIC, "payin", "dc1"}, {TOPIC, "dc1", NULL}};
static struct gb_book_payins *step;
static struct lane lane;

static int setup(void **state)
{
    struct gb_dc dc;
    (void)fixture_setup(state);
    assert_true(gb_dc_parse("dc1", &dc));
    const struct gb_engine_options options = fixture_options(dc);
    step = gb_book_payins_new(&options);
    lane_open(&lane, TOPIC, STREAMS, 2, gb_book_payins_reader(step));
    return 0;
}

static int teardown(void **state)
{
    lane_close(&lane);
    gb_book_payins_free(step);
    return fixture_teardown(state);
}

static int64_t booked(int64_t first_account_no)
{
    return fixture_int(
        "SELECT coalesce(sum(balance), 0) FROM share WHERE account_no BETWEEN %lld AND %lld",
        (long long)first_account_no, (long long)first_account_no + 49);
}

static void put_all(const struct gb_command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lane_put_payin(&lane, "dc1", "payin", &commands[i]);
}

static int64_t complete_page(void)
{
    return fixture_int("SELECT complete FROM progress WHERE source = 'dc1' AND stream = 'payin' "
                       "AND partition = 0");
}

static void pages_are_booked_with_position_and_progress(void **state)
{
    (void)state;
    struct gb_command commands[60];
    fixture_accept("lane", 0, 60, 100, 5, 7);
    fixture_payins(commands, "lane", 0, 60, 100, 5, 7);
    put_all(commands, 60);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(booked(100), 420);
    assert_int_equal(fixture_int("SELECT next_offset FROM position WHERE partition = 0"),
                     lane.next_offset);
    assert_int_equal(complete_page(), lane.next_page - 1);
    assert_int_equal(
        fixture_int(
            "SELECT count(*) FROM ledger WHERE trace_id IS NOT NULL AND span_id IS NOT NULL"),
        60);
}

static void redelivery_and_replay_change_nothing(void **state)
{
    (void)state;
    int64_t entries = fixture_int("SELECT count(*) FROM ledger");
    lane_must_run(&lane, 30, 0);
    assert_int_equal(lane_take(&lane), lane.next_offset);
    lane_must_run(&lane, 0, 0); /* all from offset 0 */
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger"), entries);
    assert_int_equal(complete_page(), lane.next_page - 1);
    lane_forget(&lane);
}

static void what_cannot_be_booked_is_buried_and_the_rest_goes_on(void **state)
{
    (void)state;
    struct gb_command commands[4];
    fixture_accept("good", 0, 3, 200, 1, 5);
    fixture_payins(commands, "good", 0, 4, 200, 1, 5); /* the last was never accepted */
    lane_put_payin(&lane, "dc1", "payin", &commands[0]);
    lane_put_text(&lane, "dc1", "payin", GB_MESSAGE_PAYIN, "no frame at all");
    lane_put_payin(&lane, "dc1", "payin", &commands[1]);
    lane_put_text(&lane, "dc1", "payin", GB_MESSAGE_RESULT, "another kind");
    lane_put_payin(&lane, "dc1", "payin", &commands[3]);
    lane_put_payin(&lane, "dc2", "dc1", &commands[2]); /* says that dc1 accepted it */
    lane_put_payin(&lane, "dc1", "ledger", &commands[0]);
    struct gb_command lie = commands[2];
    lie.amount = 6;
    lane_put_payin(&lane, "dc1", "payin", &lie);
    lane_put_payin(&lane, "dc1", "payin", &commands[2]);
    lane_must_run(&lane, 0, 6);
    assert_int_equal(booked(200), 15);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM dead_letter WHERE code IN ('KIND_UNEXPECTED',"
                    " 'OPERATION_UNKNOWN', 'SOURCE_CONTRADICTED', 'STREAM_UNEXPECTED',"
                    " 'OPERATION_CONTRADICTED')"),
        5);
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter"), 6);
    assert_int_equal(fixture_int("SELECT next_offset FROM position WHERE partition = 0"),
                     lane.next_offset);
    /* And again: they are the same dead letters. */
    lane_must_run(&lane, 0, 6);
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE attempts = 2"), 6);
    lane_forget(&lane);
}

static void relayed_ones_are_booked_and_answered(void **state)
{
    (void)state;
    struct gb_command command = fixture_relayed(300, "far-1", 9);
    command.metadata = "{\"a\":1}";
    lane_put_payin(&lane, "dc2", "dc1", &command);
    lane_put_payin(&lane, "dc2", "dc1", &command);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(booked(300), 9);
    assert_int_equal(
        fixture_int(
            "SELECT count(*) FROM outbox WHERE stream = 'dc2' AND type = 'geobill.result.v1'"),
        2);
    lane_forget(&lane);
}

static void put_refund(const char *source, const char *stream, const struct gb_command *command)
{
    const struct gb_message_refund message = {
        .account = {.dc = command->accepted_by,
                    .incarnation = 1,
                    .account_id = command->account_id,
                    .account_no = command->account_no,
                    .currency = command->currency},
        .owner = command->owner,
        .client_no = command->client_no,
        .key = command->key,
        .original_key = command->original_key,
        .amount = command->amount,
        .accepted_at_us = command->accepted_at_us,
    };
    struct gb_bytes framed;
    assert_int_equal(gb_wire_refund_encode(&message, lane.feed->arena, &framed, &lane.err), GB_OK);
    lane_put(&lane, source, stream, GB_MESSAGE_REFUND, framed);
}

/* Read from the beginning again they change nothing, and are answered again. */
static void relayed_refunds_are_decided_and_answered(void **state)
{
    (void)state;
    fixture_fund(350, "f-350", 20);
    struct gb_command payout = fixture_payout(350, "o-350", 15);
    assert_int_equal(fixture_run_one(&payout), GB_STATE_PAID);
    struct gb_command refund = fixture_refund(350, "b-350", "o-350", 10),
                      much = fixture_refund(350, "c-350", "o-350", 10),
                      own = fixture_refund(350, "d-350", "o-350", 1);
    assert_true(gb_dc_parse("dc2", &refund.accepted_by));
    much.accepted_by = refund.accepted_by;
    put_refund("dc2", "dc1", &refund);
    put_refund("dc2", "dc1", &much);
    put_refund("dc1", "payin", &own);  /* a refund of our own is decided where it is accepted */
    put_refund("dc3", "dc1", &refund); /* says that dc2 accepted it */
    lane_put_text(&lane, "dc2", "dc1", GB_MESSAGE_REFUND, "no frame at all");
    for (int64_t round = 1; round <= 2; round++) {
        lane_must_run(&lane, 0, 3);
        assert_int_equal(booked(350), 15);
        assert_int_equal(fixture_int("SELECT count(*) FROM outbox WHERE type ="
                                     " 'geobill.result.v1' AND aggregateid = 'a350' AND"
                                     " stream = 'dc2'"),
                         1 + 2 * round); /* one is that of the pay-in */
    }
    assert_int_equal(fixture_int("SELECT count(*) FROM dead_letter WHERE code = 'NOT_RELAYED' AND"
                                 " attempts = 2"),
                     1);
    assert_int_equal(fixture_int("SELECT count(*) FROM operation WHERE account_no = 350 AND kind ="
                                 " 8"),
                     2);
    lane_forget(&lane);
}

/* Something in the database refuses one of them: it alone is at fault, and the others are booked.
 */
static void a_refusal_of_the_database_finds_the_culprit(void **state)
{
    (void)state;
    struct gb_command commands[5];
    fixture_accept("db", 0, 5, 400, 1, 3);
    fixture_payins(commands, "db", 0, 5, 400, 1, 3);
    fixture_sql("ALTER TABLE ledger ADD CONSTRAINT test_refuses CHECK (key <> 'db-3')");
    put_all(commands, 5);
    lane_must_run(&lane, 0, 1);
    assert_int_equal(booked(400), 12);
    assert_int_equal(
        fixture_int("SELECT count(*) FROM dead_letter WHERE code = '23514' AND stage = 'apply'"),
        1);
    fixture_sql("ALTER TABLE ledger DROP CONSTRAINT test_refuses");
    lane_must_run(&lane, 3, 0); /* sent through again */
    assert_int_equal(booked(400), 15);
    lane_forget(&lane);
}

static void a_zombie_changes_nothing(void **state)
{
    (void)state;
    struct gb_command commands[2];
    struct lane other;
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    const struct gb_engine_options options = fixture_options(dc);
    struct gb_book_payins *other_step = gb_book_payins_new(&options);
    fixture_accept("zombie", 0, 2, 500, 1, 3);
    fixture_payins(commands, "zombie", 0, 2, 500, 1, 3);
    lane_open(&other, TOPIC, STREAMS, 2, gb_book_payins_reader(other_step));
    put_all(commands, 2);
    assert_int_equal(lane_run(&lane, 0), GB_FATAL);
    assert_true(gb_applier_is_fenced(&lane.err));
    assert_int_equal(booked(500), 0);
    (void)lane_take(&lane);
    lane_must_run(&lane, 0, 0);
    assert_int_equal(booked(500), 6);
    lane_close(&other);
    gb_book_payins_free(other_step);
    lane_forget(&lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_booked_with_position_and_progress),
        cmocka_unit_test(redelivery_and_replay_change_nothing),
        cmocka_unit_test(what_cannot_be_booked_is_buried_and_the_rest_goes_on),
        cmocka_unit_test(relayed_ones_are_booked_and_answered),
        cmocka_unit_test(relayed_refunds_are_decided_and_answered),
        cmocka_unit_test(a_refusal_of_the_database_finds_the_culprit),
        cmocka_unit_test(a_zombie_changes_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
