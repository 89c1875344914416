#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "bus/kafka_error.h"

static void what_may_mend_is_retried(void **state)
{
    (void)state;
    static const rd_kafka_resp_err_t codes[] = {
        RD_KAFKA_RESP_ERR__TRANSPORT,
        RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
        RD_KAFKA_RESP_ERR__AUTHENTICATION,
        RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
        RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,
        RD_KAFKA_RESP_ERR__STATE,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_int_equal(gb_kafka_class(codes[i]), GB_RETRY);
}

static void the_records_fault_is_poison_and_the_clients_fatal(void **state)
{
    (void)state;
    assert_int_equal(gb_kafka_class(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), GB_POISON);
    assert_int_equal(gb_kafka_class(RD_KAFKA_RESP_ERR__FATAL), GB_FATAL);
    assert_int_equal(gb_kafka_class(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID), GB_FATAL);
}

/* A class of GB_OK would make a failure look like none. */
static void no_code_is_ok(void **state)
{
    (void)state;
    const struct rd_kafka_err_desc *table;
    size_t count;
    rd_kafka_get_err_descs(&table, &count);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(gb_kafka_class(table[i].code), GB_OK);
}

static void a_failure_names_code_and_attempt(void **state)
{
    (void)state;
    struct gb_err err;
    assert_int_equal(gb_kafka_fail(&err, RD_KAFKA_RESP_ERR__TRANSPORT, "seek", NULL), GB_RETRY);
    assert_string_equal(err.code, "_TRANSPORT");
    assert_non_null(strstr(err.message, "seek: "));
    assert_int_equal(gb_kafka_fail(&err, RD_KAFKA_RESP_ERR__TRANSPORT, "seek", "cable cut"),
                     GB_RETRY);
    assert_string_equal(err.message, "seek: cable cut");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_mend_is_retried),
        cmocka_unit_test(the_records_fault_is_poison_and_the_clients_fatal),
        cmocka_unit_test(no_code_is_ok),
        cmocka_unit_test(a_failure_names_code_and_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
