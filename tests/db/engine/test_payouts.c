/* Pay-outs, asks, replies and time through the engine of dc1: paid from the share, waiting, paid by
 * whatever credits it, refused at the deadline, never both. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "runtime/clock.h"
#include "wire/messages.h"

static struct gb_command from_peer(enum gb_command_kind kind, int64_t account_no, const char *dc)
{
    struct gb_command command = fixture_status(account_no);
    command.kind = kind;
    assert_true(gb_dc_parse(dc, &command.accepted_by));
    return command;
}

/* A reply of a peer whose share now has `share_balance` left of `credits`, having granted us `out`.
 */
static struct gb_command reply_of(int64_t account_no, const char *dc, int64_t credits, int64_t out)
{
    struct gb_command command = from_peer(GB_COMMAND_REPLY, account_no, dc);
    command.reply = (struct gb_reply){
        .ask_seq =
            fixture_int("SELECT ask_seq FROM share_link WHERE account_no = %lld AND peer = '%s'",
                        (long long)account_no, dc),
        .round = (int32_t)fixture_int(
            "SELECT ask_round FROM share_link WHERE account_no = %lld AND peer = '%s'",
            (long long)account_no, dc),
        .share = {.balance = credits - out,
                  .version = 1 + (out > 0),
                  .credits_total = credits,
                  .out_total = out,
                  .status = GB_STATUS_OPEN},
        .link_out_total = out,
        .clock_us = 1,
    };
    return command;
}

static void a_share_that_suffices_pays(void **state)
{
    (void)state;
    fixture_fund(100, "f-100", 500);
    struct gb_command command = fixture_payout(100, "p-100", 200);
    command.reference = "rent";
    command.metadata = "{\"a\":1}";
    assert_int_equal(fixture_run_one(&command), GB_STATE_PAID);
    assert_int_equal(command.outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(fixture_balance(100), 300);
    assert_int_equal(fixture_int("SELECT count(*) FROM operation o JOIN ledger l USING (client_no, "
                                 "key) WHERE key = 'p-100' AND o.kind = 2 AND o.state = 4 AND"
                                 " l.kind = 2 AND l.amount = 200 AND l.reference = 'rent' AND"
                                 " o.metadata = '{\"a\":1}' AND o.created_at_us = 5 AND"
                                 " o.seq IS NULL AND o.decided_at_us = l.created_at_us"),
                     1);
    int64_t decided_at_us = command.answer.decided_at_us;
    assert_int_equal(fixture_run_one(&command), GB_STATE_PAID);
    assert_int_equal(command.outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(command.answer.decided_at_us, decided_at_us);
    assert_int_equal(fixture_balance(100), 300);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox WHERE aggregateid = 'a100' AND type "
                                 "<> 'geobill.result.v1'"),
                     0);
}

static void other_content_is_a_mismatch(void **state)
{
    (void)state;
    fixture_fund(110, "f-110", 500);
    struct gb_command commands[5];
    for (size_t i = 0; i < 5; i++)
        commands[i] = fixture_payout(110, "p-110", 50);
    commands[1].amount = 51;
    commands[2].reference = "x";
    commands[3].metadata = "{}";
    for (int round = 0; round < 2; round++) {
        fixture_run(commands, 5);
        static const char *const fields[] = {NULL, "amount", "reference", "metadata", NULL};
        for (size_t i = 0; i < 5; i++) {
            if (fields[i] == NULL) {
                assert_int_equal(commands[i].answer.state, GB_STATE_PAID);
                continue;
            }
            assert_int_equal(commands[i].outcome, GB_OUTCOME_MISMATCH);
            assert_string_equal(commands[i].mismatch, fields[i]);
        }
    }
    assert_int_equal(fixture_balance(110), 450);
}

static void poison_answers_for_itself_alone(void **state)
{
    (void)state;
    fixture_fund(120, "f-120", 100);
    struct gb_command commands[4] = {
        fixture_payout(120, "p-120", 10), fixture_payout(120, "dc2:p-120", 10),
        fixture_payout(120, "q-120", 10), fixture_payout(120, "r-120", 10)};
    commands[2].account_id = "another";
    fixture_run(commands, 4);
    assert_int_equal(commands[0].answer.state, GB_STATE_PAID);
    assert_int_equal(commands[1].outcome, GB_OUTCOME_POISON);
    assert_string_equal(commands[1].poison_code, "WRONG_DATACENTER");
    assert_int_equal(commands[2].outcome, GB_OUTCOME_POISON);
    assert_string_equal(commands[2].poison_code, "ACCOUNT_CONTRADICTED");
    assert_int_equal(commands[3].answer.state, GB_STATE_PAID);
    assert_int_equal(fixture_balance(120), 80);
}

static void a_share_that_suffices_is_all_that_is_read(void **state)
{
    (void)state;
    fixture_fund(540, "f-540", 500);
    fixture_sql("BEGIN; LOCK TABLE waiting, share_link, replicated_share IN ACCESS EXCLUSIVE MODE");
    struct gb_command commands[3] = {fixture_payout(540, "p-540", 200),
                                     fixture_payout(540, "q-540", 299),
                                     fixture_payout(540, "r-540", 1)};
    fixture_run(commands, 3);
    fixture_sql("COMMIT");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(commands[i].answer.state, GB_STATE_PAID);
    assert_int_equal(fixture_balance(540), 0);
}

static void each_share_of_a_batch_is_read_as_it_needs(void **state)
{
    (void)state;
    fixture_fund(541, "f-541", 500);
    fixture_fund(542, "f-542", 100);
    fixture_fund(543, "f-543", 100);
    struct gb_command waits = fixture_payout(543, "w-543", 1000);
    assert_int_equal(fixture_run_one(&waits), GB_STATE_WAITING);
    struct gb_command commands[5] = {
        fixture_payout(541, "p-541", 500), fixture_payout(542, "p-542", 60),
        fixture_payout(542, "q-542", 41), fixture_payout(543, "p-543", 30),
        fixture_payout(542, "r-542", 40)};
    fixture_run(commands, 5);
    static const enum gb_operation_state states[5] = {
        GB_STATE_PAID, GB_STATE_PAID, GB_STATE_WAITING, GB_STATE_PAID, GB_STATE_PAID};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(commands[i].answer.state, states[i]);
    assert_int_equal(fixture_waiting(541), 0);
    assert_int_equal(fixture_waiting(542), 1);
    assert_int_equal(fixture_waiting(543), 1);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox WHERE aggregateid = 'a542' AND type "
                                 "= 'geobill.ask.v1'"),
                     2);
    assert_int_equal(fixture_balance(541), 0);
    assert_int_equal(fixture_balance(542), 0);
    assert_int_equal(fixture_balance(543), 70);
}

static void what_is_short_waits_and_asks(void **state)
{
    (void)state;
    fixture_fund(130, "f-130", 100);
    fixture_sql("INSERT INTO replicated_share VALUES ('dc2', 130, 900, 0, 3, 900, 0, 0, 0, 1, 1, "
                "1)");
    struct gb_command command = fixture_payout(130, "p-130", 250);
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    assert_int_equal(fixture_waiting(130), 1);
    assert_int_equal(fixture_balance(130), 100);
    assert_int_equal(fixture_int("SELECT ask_target FROM share_link WHERE account_no = 130 AND "
                                 "peer = 'dc2' AND ask_state = 1"),
                     150);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox WHERE aggregateid = 'a130' AND stream"
                                 " = 'dc2' AND topic = 'geobill.dc2.reserve.v1' AND type ="
                                 " 'geobill.ask.v1'"),
                     1);
    /* Repeats wait with it, and ask nobody again. */
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    assert_int_equal(command.outcome, GB_OUTCOME_REPEATED);
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox WHERE aggregateid = 'a130' AND type"
                                 " = 'geobill.ask.v1'"),
                     1);
    /* The grant pays it; the same reply again brings nothing. */
    struct gb_command reply = reply_of(130, "dc2", 900, 150);
    for (int i = 0; i < 2; i++) {
        fixture_run(&reply, 1);
        assert_int_equal(reply.outcome, GB_OUTCOME_APPLIED);
    }
    assert_int_equal(fixture_balance(130), 0);
    assert_int_equal(fixture_waiting(130), 0);
    assert_int_equal(fixture_run_one(&command), GB_STATE_PAID);
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger WHERE account_no = 130 AND kind = 4"
                                 " AND peer = 'dc2' AND link_in_total = 150 AND amount = 150"),
                     1);
    assert_int_equal(fixture_int("SELECT count(*) FROM ledger WHERE account_no = 130 AND kind = 2"
                                 " AND key = 'p-130' AND client_no = 1"),
                     1);
}

static void a_payin_pays_who_waits_oldest_first(void **state)
{
    (void)state;
    fixture_fund(140, "f-140", 10);
    struct gb_command commands[3] = {fixture_payout(140, "p-1", 50), fixture_payout(140, "p-2", 20),
                                     fixture_payout(140, "p-3", 30)};
    fixture_run(commands, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(commands[i].answer.state, GB_STATE_WAITING);
    struct gb_command payin = fixture_relayed(140, "g-140", 65);
    fixture_run(&payin, 1);
    /* 75: the first takes 50, the second 20, the third does not fit. */
    assert_int_equal(fixture_waiting(140), 1);
    assert_int_equal(fixture_balance(140), 5);
    assert_int_equal(fixture_run_one(&commands[0]), GB_STATE_PAID);
    assert_int_equal(fixture_run_one(&commands[1]), GB_STATE_PAID);
    assert_int_equal(fixture_run_one(&commands[2]), GB_STATE_WAITING);
}

static void the_deadline_refuses_and_a_late_grant_stays(void **state)
{
    (void)state;
    fixture_fund(150, "f-150", 10);
    struct gb_command command = fixture_payout(150, "p-150", 50);
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    struct gb_command time = fixture_time(150);
    fixture_run(&time, 1);
    assert_int_equal(time.outcome, GB_OUTCOME_UNCHANGED);
    assert_int_equal(fixture_waiting(150), 1);
    fixture_pass_deadline(&command);
    fixture_run(&time, 1);
    assert_int_equal(time.outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(fixture_waiting(150), 0);
    struct gb_command late = reply_of(150, "dc2", 900, 100);
    fixture_run(&late, 1);
    assert_int_equal(fixture_balance(150), 110);
    assert_int_equal(fixture_run_one(&command), GB_STATE_REFUSED);
    assert_string_equal(command.answer.reason, "FUNDS_UNREACHABLE");
    assert_non_null(strstr(command.answer.facts, "\"available\":10,"));
    assert_non_null(strstr(command.answer.facts, "\"dc\":\"dc3\""));
    assert_int_equal(fixture_balance(150), 110);
}

/* No sweeper was there: whoever asks has it decided. */
static void a_repeat_after_the_deadline_decides(void **state)
{
    (void)state;
    fixture_fund(160, "f-160", 10);
    struct gb_command command = fixture_payout(160, "p-160", 50);
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    fixture_pass_deadline(&command);
    assert_int_equal(fixture_run_one(&command), GB_STATE_REFUSED);
    assert_int_equal(fixture_waiting(160), 0);
}

static void time_asks_again(void **state)
{
    (void)state;
    fixture_fund(165, "f-165", 10);
    struct gb_command command = fixture_payout(165, "p-165", 50), time = fixture_time(165);
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    static const char asks[] = "SELECT count(*) FROM outbox WHERE aggregateid = 'a165' AND type ="
                               " 'geobill.ask.v1'";
    fixture_run(&time, 1);
    assert_int_equal(time.outcome, GB_OUTCOME_UNCHANGED);
    assert_int_equal(fixture_int(asks), 2);
    fixture_sql("UPDATE share_link SET reask_at_us = 1 WHERE account_no = 165 AND peer = 'dc2'");
    fixture_run(&time, 1);
    assert_int_equal(time.outcome, GB_OUTCOME_APPLIED);
    assert_int_equal(fixture_int(asks), 4);
    assert_int_equal(fixture_int("SELECT min(ask_round) FROM share_link WHERE account_no = 165"),
                     2);
    assert_int_equal(fixture_waiting(165), 1);
}

/* Money that comes in goes to a peer whose ask could not be filled: nothing waits here, and only
 * what is open between the two says so. */
static void a_payin_serves_a_peers_open_ask(void **state)
{
    (void)state;
    fixture_fund(166, "f-166", 10);
    struct gb_command ask = from_peer(GB_COMMAND_ASK, 166, "dc3");
    ask.ask = (struct gb_ask){.ask_seq = 7, .ask_target = 60, .round = 1, .ttl_us = 60000000};
    ask.ask.priority.dc = ask.accepted_by;
    ask.received_us = gb_clock_wall_us();
    fixture_run(&ask, 1);
    assert_int_equal(fixture_balance(166), 0);
    struct gb_command payin = fixture_relayed(166, "g-166", 65);
    fixture_run(&payin, 1);
    assert_int_equal(fixture_balance(166), 15);
    assert_int_equal(fixture_int("SELECT out_total FROM share_link WHERE account_no = 166"), 60);
}

static void all_answered_twice_with_too_little_is_insufficient(void **state)
{
    (void)state;
    fixture_fund(170, "f-170", 10);
    struct gb_command command = fixture_payout(170, "p-170", 50);
    assert_int_equal(fixture_run_one(&command), GB_STATE_WAITING);
    for (int round = 0; round < 2; round++) {
        struct gb_command replies[2] = {reply_of(170, "dc2", 5, 0), reply_of(170, "dc3", 0, 0)};
        fixture_run(replies, 2);
    }
    assert_int_equal(fixture_run_one(&command), GB_STATE_REFUSED);
    assert_string_equal(command.answer.reason, "INSUFFICIENT_FUNDS");
    assert_non_null(strstr(command.answer.facts, "\"total\":15"));
    assert_int_equal(fixture_balance(170), 10);
    /* Nothing is asked for any more. */
    assert_int_equal(fixture_int("SELECT count(*) FROM share_link WHERE account_no = 170 AND"
                                 " ask_state <> 0"),
                     0);
}

static void an_ask_is_granted_once_however_often_it_comes(void **state)
{
    (void)state;
    fixture_fund(180, "f-180", 100);
    struct gb_command ask = from_peer(GB_COMMAND_ASK, 180, "dc3");
    ask.ask = (struct gb_ask){.ask_seq = 7, .ask_target = 60, .round = 1, .ttl_us = 60000000};
    ask.ask.priority.dc = ask.accepted_by;
    ask.received_us = gb_clock_wall_us();
    for (int i = 0; i < 3; i++) {
        fixture_run(&ask, 1);
        assert_int_equal(ask.outcome, GB_OUTCOME_APPLIED);
        assert_int_equal(fixture_balance(180), 40);
    }
    /* Every one of them is answered. */
    assert_int_equal(fixture_int("SELECT count(*) FROM outbox WHERE aggregateid = 'a180' AND topic"
                                 " = 'geobill.dc3.reserve-reply.v1' AND type = 'geobill.reply.v1'"),
                     3);
    ask.ask.ask_seq = 6;
    ask.ask.ask_target = 100;
    fixture_run(&ask, 1);
    assert_int_equal(ask.outcome, GB_OUTCOME_UNCHANGED);
    ask.ask.ask_seq = 8;
    ask.ask.ask_target = 100;
    ask.received_us = gb_clock_wall_us() - 70000000;
    fixture_run(&ask, 1);
    assert_int_equal(ask.outcome, GB_OUTCOME_UNCHANGED);
    assert_int_equal(fixture_balance(180), 40);
}

static struct gb_command unsolicited(int64_t account_no, int64_t out)
{
    struct gb_command command = from_peer(GB_COMMAND_REPLY, account_no, "dc2");
    command.reply = (struct gb_reply){
        .share = {.balance = 100 - out,
                  .version = out,
                  .credits_total = 100,
                  .out_total = out,
                  .status = GB_STATUS_OPEN},
        .link_out_total = out,
        .clock_us = 1,
    };
    return command;
}

/* The part of an opening balance: at a share that is not there yet, and at one that is. */
static void an_unsolicited_grant_is_taken_once(void **state)
{
    (void)state;
    fixture_fund(221, "f-221", 9);
    for (int64_t account_no = 220; account_no <= 221; account_no++) {
        int64_t before = account_no == 220 ? 0 : 9;
        struct gb_command grants[2] = {unsolicited(account_no, 33), unsolicited(account_no, 33)};
        fixture_run(grants, 2);
        fixture_run(grants, 2);
        assert_int_equal(fixture_balance(account_no), before + 33);
        struct gb_command later = unsolicited(account_no, 40);
        fixture_run(&later, 1);
        fixture_run(grants, 1);
        assert_int_equal(fixture_balance(account_no), before + 40);
    }
}

static void what_cannot_be_is_poison(void **state)
{
    (void)state;
    fixture_fund(190, "f-190", 100);
    struct gb_command commands[3];
    commands[0] = from_peer(GB_COMMAND_ASK, 190, "dc3");
    commands[0].ask = (struct gb_ask){.ask_seq = 1, .round = 1, .asker_in_total = 1};
    commands[0].ask.priority.dc = commands[0].accepted_by;
    commands[1] = from_peer(GB_COMMAND_REPLY, 190, "dc2");
    commands[1].reply = (struct gb_reply){
        .share = {.in_total = 5, .balance = 5, .status = GB_STATUS_OPEN}, .link_in_total = 5};
    commands[2] = from_peer(GB_COMMAND_ASK, 190, "dc9");
    fixture_run(commands, 3);
    static const char *const codes[] = {"LINK_CONTRADICTED", "LINK_CONTRADICTED",
                                        "UNKNOWN_DATACENTER"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(commands[i].outcome, GB_OUTCOME_POISON);
        assert_string_equal(commands[i].poison_code, codes[i]);
    }
    assert_int_equal(fixture_int("SELECT count(*) FROM share_link WHERE account_no = 190"), 0);
}

static void no_more_wait_than_are_allowed(void **state)
{
    (void)state;
    static char keys[25][16];
    struct gb_command commands[25];
    fixture_fund(200, "f-200", 1);
    for (size_t i = 0; i < 25; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "w-%zu", i);
        commands[i] = fixture_payout(200, keys[i], 5);
    }
    fixture_run(commands, 10);
    fixture_run(commands + 10, 15);
    for (size_t i = 0; i < 25; i++)
        assert_int_equal(commands[i].answer.state, i < 20 ? GB_STATE_WAITING : GB_STATE_REFUSED);
    assert_string_equal(commands[24].answer.reason, "WAITING_LIMIT");
    assert_int_equal(fixture_waiting(200), 20);
}

enum { RACERS = 6, ROUNDS = 40 };

struct racer {
    unsigned number;
    struct gb_pg *pg;
    struct gb_engine *engine;
    enum gb_result result;
    struct gb_err err;
    int64_t paid;
};

/* Each pays out with its own keys and with keys that all use; grants come in, asks take money away,
 * time passes, all at once. */
static void *race(void *context)
{
    struct racer *racer = context;
    for (int round = 0; round < ROUNDS && racer->result == GB_OK; round++) {
        char own[2][32], shared[32];
        struct gb_command commands[4];
        (void)snprintf(shared, sizeof(shared), "all-%d", round);
        for (int i = 0; i < 2; i++) {
            (void)snprintf(own[i], sizeof(own[i]), "own-%u-%d-%d", racer->number, round, i);
            commands[i] = fixture_payout(210 + (i + (int)racer->number) % 2, own[i], 7);
            commands[i].deadline_us = gb_clock_wall_us() + 2000;
        }
        commands[2] = fixture_payout(210, shared, 3);
        commands[2].deadline_us = gb_clock_wall_us() + 2000;
        commands[3] = fixture_time(210 + round % 2);
        struct gb_engine_batch batch = {.commands = commands, .count = 4};
        racer->result = gb_engine_run(racer->engine, racer->pg, &batch, &racer->err);
    }
    return NULL;
}

static void races_pay_each_key_once(void **state)
{
    (void)state;
    fixture_fund(210, "f-210", 900);
    fixture_fund(211, "f-211", 900);
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    struct gb_dc dc;
    assert_true(gb_dc_parse("dc1", &dc));
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i] =
            (struct racer){.number = i, .pg = fixture_connect(), .engine = fixture_engine_new(dc)};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (racers[i].result != GB_OK)
            fail_msg("%s: %s", racers[i].err.code, racers[i].err.message);
        gb_engine_free(racers[i].engine);
        gb_pg_close(racers[i].pg);
    }
    while (fixture_waiting(210) + fixture_waiting(211) > 0) {
        struct gb_command times[2] = {fixture_time(210), fixture_time(211)};
        fixture_run(times, 2);
    }
    fixture_check_invariants();
    /* 1800 there were, 7 * 480 + 3 * 40 were wanted: less than 7 is left anywhere. */
    assert_in_range(fixture_balance(210), 0, 6);
    assert_in_range(fixture_balance(211), 0, 6);
    assert_int_equal(fixture_int("SELECT count(*) FROM operation WHERE account_no IN (210, 211)"
                                 " AND kind = 2 AND state NOT IN (4, 5)"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_that_suffices_pays),
        cmocka_unit_test(other_content_is_a_mismatch),
        cmocka_unit_test(poison_answers_for_itself_alone),
        cmocka_unit_test(a_share_that_suffices_is_all_that_is_read),
        cmocka_unit_test(each_share_of_a_batch_is_read_as_it_needs),
        cmocka_unit_test(what_is_short_waits_and_asks),
        cmocka_unit_test(a_payin_pays_who_waits_oldest_first),
        cmocka_unit_test(the_deadline_refuses_and_a_late_grant_stays),
        cmocka_unit_test(a_repeat_after_the_deadline_decides),
        cmocka_unit_test(time_asks_again),
        cmocka_unit_test(a_payin_serves_a_peers_open_ask),
        cmocka_unit_test(all_answered_twice_with_too_little_is_insufficient),
        cmocka_unit_test(an_ask_is_granted_once_however_often_it_comes),
        cmocka_unit_test(an_unsolicited_grant_is_taken_once),
        cmocka_unit_test(what_cannot_be_is_poison),
        cmocka_unit_test(no_more_wait_than_are_allowed),
        cmocka_unit_test(races_pay_each_key_once),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
