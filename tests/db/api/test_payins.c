/* Pay-ins over HTTP: accepted once, repeated, refused; waited for; relayed; when things are away.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/clock.h"
#include "stage.h"

#define PAYIN(account, amount)                                                                     \
    "{\"account_id\":\"" account "\",\"amount\":{\"minor_units\":" #amount ",\"currency\":"        \
    "\"EUR\"}}"

static struct stage_answer pay(int dc, const char *key, const char *body)
{
    return stage_post(dc, "/v1/pay-ins", key, body);
}

static struct stage_answer pay_waiting(int dc, const char *key, const char *body,
                                       const char *prefer)
{
    struct stage_call call = {.dc = dc,
                              .method = "POST",
                              .path = "/v1/pay-ins",
                              .token = WRITER,
                              .key = key,
                              .prefer = prefer,
                              .body = body};
    return stage_call_by(stage.client, &call);
}

static void test_accepted_once(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    static const char body[] =
        "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"},"
        "\"reference\":\"r \xc3\xa4\",\"metadata\":{\"b\":[1,{}],\"a\":\"x\"}}";
    struct stage_answer first = pay(0, "k/1", body);
    assert_answer(first, 202, "");
    assert_false(first.replayed);
    assert_string_equal(first.location, "/v1/operations/k%2F1");
    assert_string_equal(stage_value(&first, "state"), "ACCEPTED");
    assert_string_equal(stage_value(&first, "owner"), "dc1");
    assert_string_equal(stage_value(&first, "amount.minor_units"), "5");
    assert_int_equal(
        gb_test_sql_int(stage.sql[0],
                        "SELECT count(*) FROM operation WHERE key = 'k/1' AND account_no = 1"
                        " AND seq IS NOT NULL AND state = 1 AND reference = 'r \xc3\xa4'"
                        " AND metadata = '{\"a\":\"x\",\"b\":[1,{}]}' AND trace_id IS NOT NULL"),
        1);
    /* The same content in another order of names, and after it was booked: byte for byte the same
     * answer. */
    gb_test_sql(stage.sql[0], "UPDATE operation SET state = 2, decided_at_us = 99");
    struct stage_answer again =
        pay(0, "k/1",
            "{\"metadata\":{\"a\":\"x\",\"b\":[1,{}]},\"reference\":\"r \xc3\xa4\","
            "\"amount\":{\"currency\":\"EUR\",\"minor_units\":5},\"account_id\":\"a1\"}");
    assert_answer(again, 202, "");
    assert_true(again.replayed);
    assert_string_equal(again.text, first.text);
    assert_int_equal(stage_count(0, "operation"), 1);
}

static void test_same_key_other_content(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    stage_account(0, 2, "a2", GB_STATUS_OPEN);
    gb_test_sql(stage.sql[0], "INSERT INTO account VALUES (3, 'usd', 'usd', 'USD', 1, 1, 1, 1)");
    static const char *const common =
        "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"}";
    char body[256];
    (void)snprintf(body, sizeof(body), "%s,\"reference\":\"r\",\"metadata\":{\"a\":1}}", common);
    assert_answer(pay(0, "k", body), 202, "");
    static const struct {
        const char *field, *body;
    } cases[] = {
        {"account_id", "{\"account_id\":\"a2\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"},"
                       "\"reference\":\"r\",\"metadata\":{\"a\":1}}"},
        {"account_id",
         "{\"account_id\":\"nobody\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"},"
         "\"reference\":\"r\",\"metadata\":{\"a\":1}}"},
        {"amount", "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":6,\"currency\":\"EUR\"},"
                   "\"reference\":\"r\",\"metadata\":{\"a\":1}}"},
        {"amount", "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"USD\"},"
                   "\"reference\":\"r\",\"metadata\":{\"a\":1}}"},
        {"reference", "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"},"
                      "\"metadata\":{\"a\":1}}"},
        {"reference", "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"},"
                      "\"reference\":\"\",\"metadata\":{\"a\":1}}"},
        {"metadata", "{\"account_id\":\"a1\",\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"},"
                     "\"reference\":\"r\",\"metadata\":{\"a\":\"1\"}}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage_answer answer = pay(0, "k", cases[i].body);
        assert_answer(answer, 422, "IDEMPOTENCY_MISMATCH");
        assert_string_equal(answer.field, cases[i].field);
    }
    assert_int_equal(stage_count(0, "operation"), 1);
    assert_int_equal(gb_test_sql_int(stage.sql[0], "SELECT amount FROM operation"), 5);
}

static void test_keys_are_scoped_by_client(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    assert_answer(pay(0, "dc1:k", PAYIN("a1", 5)), 202, "");
    struct stage_call other = {.method = "POST",
                               .path = "/v1/pay-ins",
                               .token = WRITER2,
                               .key = "dc1:k",
                               .body = PAYIN("a1", 6)};
    struct stage_answer answer = stage_call_by(stage.client, &other);
    assert_answer(answer, 202, "");
    assert_false(answer.replayed);
    assert_int_equal(stage_count(0, "operation"), 2);
}

static void test_refused_accounts(void **state)
{
    (void)state;
    stage_account(0, 1, "closing", GB_STATUS_CLOSING);
    stage_account(0, 2, "blocked", GB_STATUS_BLOCKED);
    stage_account(0, 3, "open", GB_STATUS_OPEN);
    assert_answer(pay(0, "k1", PAYIN("nobody", 5)), 404, "ACCOUNT_NOT_FOUND");
    assert_answer(pay(0, "k2", PAYIN("blocked", 5)), 202, "");
    struct stage_answer mismatch = pay(
        0, "k3", "{\"account_id\":\"open\",\"amount\":{\"minor_units\":5,\"currency\":\"USD\"}}");
    assert_answer(mismatch, 422, "CURRENCY_MISMATCH");
    assert_int_equal(stage_count(0, "operation"), 1);
    /* Nothing was stored under these keys: they are still free. */
    assert_answer(pay(0, "k1", PAYIN("open", 5)), 202, "");
    assert_answer(pay(0, "k3", PAYIN("open", 5)), 202, "");
    /* This refusal is stored, and stays the answer after the account was opened again. */
    struct stage_answer closed = pay(0, "k4", PAYIN("closing", 5));
    assert_answer(closed, 409, "ACCOUNT_CLOSED");
    assert_false(closed.replayed);
    gb_test_sql(stage.sql[0], "UPDATE account SET status = 1");
    struct stage_answer again = pay(0, "k4", PAYIN("closing", 5));
    assert_answer(again, 409, "ACCOUNT_CLOSED");
    assert_true(again.replayed);
    assert_string_equal(again.text, closed.text);
    assert_answer(pay(0, "k4", PAYIN("closing", 6)), 422, "IDEMPOTENCY_MISMATCH");
    assert_int_equal(gb_test_sql_int(stage.sql[0],
                                     "SELECT count(*) FROM operation WHERE state = 5"
                                     " AND seq IS NULL AND reason = 'ACCOUNT_CLOSED'"),
                     1);
    assert_answer(pay(0, "k5", PAYIN("closing", 5)), 202, "");
}

/* Many threads with the same few keys: each key is accepted once, and all answers agree. */
enum { THREADS = 8, KEYS = 40 };

static struct stage_answer answers[THREADS][KEYS];

static void *pay_all(void *context)
{
    struct stage_answer *mine = context;
    struct gb_http_client *client = gb_http_client_new("test");
    for (int i = 0; i < KEYS; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "race-%d", i);
        struct stage_call call = {.method = "POST",
                                  .path = "/v1/pay-ins",
                                  .token = WRITER,
                                  .key = key,
                                  .body = PAYIN("a1", 5)};
        mine[i] = stage_call_by(client, &call);
    }
    gb_http_client_free(client);
    return NULL;
}

static void test_same_key_at_once(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, pay_all, answers[i]), 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(stage_count(0, "operation"), KEYS);
    for (int key = 0; key < KEYS; key++) {
        int first = 0;
        for (int i = 0; i < THREADS; i++) {
            assert_answer(answers[i][key], 202, "");
            assert_string_equal(answers[i][key].text, answers[0][key].text);
            first += !answers[i][key].replayed;
        }
        assert_int_equal(first, 1);
    }
}

static void *book_soon(void *context)
{
    struct gb_pg *pg = gb_test_connect(stage.server, context, "geobill_consumer");
    struct timespec pause = {.tv_nsec = 300 * 1000 * 1000};
    (void)nanosleep(&pause, NULL);
    gb_test_sql(
        pg,
        "UPDATE operation SET state = 2, decided_at_us = created_at_us + 7;"
        "UPDATE relay SET state = 2, decided_at_us = created_at_us + 7; NOTIFY geobill_decided");
    gb_pg_close(pg);
    return NULL;
}

static void test_waits_for_the_booking(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    pthread_t thread;
    char database[] = "dc1";
    assert_int_equal(pthread_create(&thread, NULL, book_soon, database), 0);
    struct stage_answer answer = pay_waiting(0, "w1", PAYIN("a1", 5), "wait=5");
    (void)pthread_join(thread, NULL);
    assert_answer(answer, 200, "");
    assert_string_equal(stage_value(&answer, "state"), "BOOKED");
    assert_true(strlen(stage_value(&answer, "decided_at")) > 0);
    assert_int_equal(gb_test_sql_int(stage.sql[0], "SELECT count(*) FROM operation WHERE awaited"),
                     1);
    /* Booked already: at once. Without waiting: as it was answered first. */
    struct stage_answer again = pay_waiting(0, "w1", PAYIN("a1", 5), "wait=5");
    assert_answer(again, 200, "");
    assert_true(again.replayed);
    assert_string_equal(again.text, answer.text);
    assert_answer(pay(0, "w1", PAYIN("a1", 5)), 202, "");
}

static void test_waits_no_longer_than_asked(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    int64_t start_us = gb_clock_mono_us();
    struct stage_answer answer = pay_waiting(0, "w2", PAYIN("a1", 5), "respond-async, wait=1");
    assert_answer(answer, 202, "");
    assert_string_equal(stage_value(&answer, "state"), "ACCEPTED");
    assert_in_range((gb_clock_mono_us() - start_us) / 1000, 950, 2500);
}

static void test_relayed_to_the_owner(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    struct stage_answer answer = pay(0, "dc2:k", PAYIN("a1", 5));
    assert_answer(answer, 202, "");
    assert_string_equal(stage_value(&answer, "owner"), "dc2");
    assert_string_equal(stage_value(&answer, "decided_by"), "dc2");
    struct stage_answer again = pay(0, "dc2:k", PAYIN("a1", 5));
    assert_answer(again, 202, "");
    assert_true(again.replayed);
    assert_string_equal(again.text, answer.text);
    assert_answer(pay(0, "dc2:k", PAYIN("a1", 6)), 422, "IDEMPOTENCY_MISMATCH");
    assert_answer(pay(0, "dc7:k", PAYIN("a1", 6)), 400, "UNKNOWN_DATACENTER");
    assert_int_equal(stage_count(0, "operation"), 0);
    assert_int_equal(stage_count(0, "relay"), 1);
    assert_int_equal(
        gb_test_sql_int(stage.sql[0],
                        "SELECT count(*) FROM outbox JOIN relay USING (trace_id, span_id)"
                        " WHERE stream = 'dc2' AND topic = 'geobill.dc2.payin.v1'"
                        " AND type = 'geobill.payin.v1' AND aggregateid = 'a1'"),
        1);
    /* The owner's refusal is told to who waits, and to nobody else. */
    gb_test_sql(stage.sql[0], "UPDATE relay SET state = 5, reason = 'IDEMPOTENCY_MISMATCH',"
                              " decided_at_us = created_at_us + 9");
    assert_answer(pay_waiting(0, "dc2:k", PAYIN("a1", 5), "wait=5"), 422, "IDEMPOTENCY_MISMATCH");
    assert_answer(pay(0, "dc2:k", PAYIN("a1", 5)), 202, "");
}

static void test_relayed_and_waited_for(void **state)
{
    (void)state;
    stage_account(1, 1, "a1", GB_STATUS_OPEN);
    pthread_t thread;
    char database[] = "dc2";
    assert_int_equal(pthread_create(&thread, NULL, book_soon, database), 0);
    struct stage_answer answer = pay_waiting(1, "of-the-home", PAYIN("a1", 5), "wait=5");
    (void)pthread_join(thread, NULL);
    assert_answer(answer, 200, "");
    assert_string_equal(stage_value(&answer, "owner"), "dc1");
}

static void test_relayed_for_a_closing_account(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_CLOSED);
    struct stage_answer answer = pay(0, "dc2:k", PAYIN("a1", 5));
    assert_answer(answer, 409, "ACCOUNT_CLOSED");
    assert_int_equal(stage_count(0, "outbox"), 0);
    struct stage_answer again = pay(0, "dc2:k", PAYIN("a1", 5));
    assert_true(again.replayed);
    assert_string_equal(again.text, answer.text);
}

static void test_account_learnt_from_the_catalogue(void **state)
{
    (void)state;
    stage_account(0, 77, "learnt", GB_STATUS_OPEN); /* known at dc1 only */
    assert_answer(pay(1, "dc2:k1", PAYIN("learnt", 5)), 202, "");
    assert_answer(pay(1, "dc1:k2", PAYIN("learnt", 6)), 202, "");
    assert_answer(pay(1, "dc2:k1", PAYIN("learnt", 5)), 202, "");
    assert_int_equal(
        gb_test_sql_int(stage.sql[1], "SELECT count(*) FROM operation WHERE account_no = 77"), 1);
    assert_int_equal(
        gb_test_sql_int(stage.sql[1], "SELECT count(*) FROM relay WHERE account_no = 77"), 1);
    assert_int_equal(gb_test_sql_int(stage.sql[1],
                                     "SELECT count(*) FROM share WHERE account_no = 77 AND"
                                     " account_id = 'learnt' AND currency = 'EUR'"),
                     1);
    assert_answer(pay(1, "dc2:k1", PAYIN("learnt", 6)), 422, "IDEMPOTENCY_MISMATCH");
    assert_answer(pay(1, "dc2:k3", PAYIN("nobody", 5)), 404, "ACCOUNT_NOT_FOUND");
    assert_answer(
        pay(1, "dc2:k4",
            "{\"account_id\":\"learnt\",\"amount\":{\"minor_units\":5,\"currency\":\"USD\"}}"),
        422, "CURRENCY_MISMATCH");
}

static void test_catalogue_away(void **state)
{
    (void)state;
    stage_account(1, 1, "known", GB_STATUS_OPEN);
    stage_stop_api(0);
    assert_answer(pay(1, "dc2:k1", PAYIN("unknown", 5)), 503, "CATALOGUE_UNREACHABLE");
    assert_answer(pay(1, "dc2:k2", PAYIN("known", 5)), 202, "");
    assert_int_equal(stage_count(1, "operation"), 1);
    stage_start_api(0);
}

static void test_database_crash(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    struct stage_answer before = pay(0, "before", PAYIN("a1", 5));
    assert_answer(before, 202, "");
    gb_test_postgres_crash(stage.server);
    /* Whatever the answer is, the same key gives the truth. */
    int64_t until_us = gb_clock_mono_us() + 10000000;
    struct stage_answer after;
    do
        after = pay(0, "after", PAYIN("a1", 6));
    while (after.status == 503 && gb_clock_mono_us() < until_us);
    assert_answer(after, 202, "");
    struct stage_answer again = pay(0, "before", PAYIN("a1", 5));
    assert_string_equal(again.text, before.text);
    for (int dc = 0; dc < 2; dc++) {
        gb_pg_close(stage.sql[dc]);
        stage.sql[dc] = gb_test_connect(stage.server, dc == 0 ? "dc1" : "dc2", NULL);
    }
    assert_int_equal(stage_count(0, "operation"), 2);
}

static void *stop_dc1(void *context)
{
    (void)context;
    struct timespec pause = {.tv_nsec = 300 * 1000 * 1000};
    (void)nanosleep(&pause, NULL);
    stage_stop_api(0);
    return NULL;
}

static void test_stopping_answers_who_waits(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    pthread_t thread;
    int64_t start_us = gb_clock_mono_us();
    assert_int_equal(pthread_create(&thread, NULL, stop_dc1, NULL), 0);
    struct stage_answer answer = pay_waiting(0, "stop", PAYIN("a1", 5), "wait=60");
    (void)pthread_join(thread, NULL);
    assert_answer(answer, 202, "");
    assert_in_range((gb_clock_mono_us() - start_us) / 1000, 250, 4000);
    stage_start_api(0);
    assert_true(pay(0, "stop", PAYIN("a1", 5)).replayed);
}

#define CASE(name) cmocka_unit_test_setup(name, stage_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_accepted_once),
        CASE(test_same_key_other_content),
        CASE(test_keys_are_scoped_by_client),
        CASE(test_refused_accounts),
        CASE(test_same_key_at_once),
        CASE(test_waits_for_the_booking),
        CASE(test_waits_no_longer_than_asked),
        CASE(test_relayed_to_the_owner),
        CASE(test_relayed_and_waited_for),
        CASE(test_relayed_for_a_closing_account),
        CASE(test_account_learnt_from_the_catalogue),
        CASE(test_catalogue_away),
        CASE(test_database_crash),
        CASE(test_stopping_answers_who_waits),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
