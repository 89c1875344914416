/* What bounds batches. What they do is tests/e2e/test_batches.py's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

#define PAYOUT(key)                                                                                \
    "{\"kind\":\"PAYOUT\",\"key\":\"" key "\",\"account_id\":\"a1\",\"deadline_ms\":0,"            \
    "\"amount\":{\"minor_units\":5,\"currency\":\"EUR\"}}"
#define BATCH(commands) "{\"commands\":[" commands "]}"
#define ATOMIC(commands) "{\"atomic\":true,\"commands\":[" commands "]}"

static struct stage_answer post(const char *body)
{
    const struct stage_call call = {
        .method = "POST", .path = "/v1/batches", .token = WRITER, .body = body};
    return stage_call_by(stage.client, &call);
}

/* The place of the one before is given back a moment after its answer. */
static int status_of(const char *body)
{
    int status = 503;
    for (int i = 0; i < 1000 && status == 503; i++)
        status = post(body).status;
    return status;
}

static void test_only_so_many_are_in_work(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    size_t batches_max = stage.api[0].settings.batches_max;
    stage.api[0].settings.batches_max = 0;
    struct stage_answer refused = post(BATCH(PAYOUT("k1")));
    assert_int_equal(refused.status, 503);
    assert_string_equal(refused.code, "OVERLOADED");
    assert_int_equal(stage_count(0, "operation"), 0);
    stage.api[0].settings.batches_max = 1;
    for (int i = 0; i < 3; i++) { /* each gives its place back, however it ends */
        assert_int_equal(status_of(BATCH(PAYOUT("k1"))), 200);
        assert_int_equal(status_of(BATCH("5")), 200);
        assert_int_equal(status_of("{}"), 422);
        assert_int_equal(status_of(ATOMIC(PAYOUT("k2"))), 409);
        assert_int_equal(status_of(ATOMIC(PAYOUT("k2") "," PAYOUT("k3"))), 409);
        assert_int_equal(status_of(ATOMIC("5")), 422);
    }
    stage.api[0].settings.batches_max = batches_max;
    assert_int_equal(stage_count(0, "operation"), 2);
}

/* In the transaction of the decision, or not at all: what was refused leaves no trace in the books.
 */
static void test_an_aborted_batch_moves_nothing(void **state)
{
    (void)state;
    stage_account(0, 1, "a1", GB_STATUS_OPEN);
    static const char payin[] =
        "{\"kind\":\"PAYIN\",\"key\":\"in\",\"account_id\":\"a1\",\"amount\":{\"minor_units\":4,"
        "\"currency\":\"EUR\"}}";
    char body[1024];
    (void)snprintf(body, sizeof(body), ATOMIC("%s," PAYOUT("k1")), payin);
    struct stage_answer aborted = post(body);
    assert_string_equal(aborted.code, "BATCH_ABORTED");
    assert_non_null(strstr(aborted.text, "\"facts\":{\"command\":1,\"key\":\"k1\",\"reason\":"));
    assert_false(aborted.replayed);
    assert_int_equal(stage_count(0, "ledger"), 0);
    assert_int_equal(stage_count(0, "operation"), 2);
    struct stage_answer again = post(body);
    assert_true(again.replayed);
    assert_string_equal(again.text, aborted.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_only_so_many_are_in_work, stage_empty),
        cmocka_unit_test_setup(test_an_aborted_batch_moves_nothing, stage_empty),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
