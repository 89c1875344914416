#include "bus/kafka_error.h"

#include <stddef.h>

/* GB_RETRY is what a broker, a network or an operator may mend while we run, also what is denied by
 * an ACL: one cluster that refuses us must not end a process that serves others. GB_POISON is the
 * record's own fault. GB_FATAL ends the client. */
static const struct {
    rd_kafka_resp_err_t code;
    enum gb_result result;
} classes[] = {
    {RD_KAFKA_RESP_ERR__FATAL, GB_FATAL},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, GB_FATAL},
    {RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, GB_FATAL},
    {RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED, GB_FATAL},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, GB_FATAL},
    {RD_KAFKA_RESP_ERR__DESTROY, GB_FATAL},
    {RD_KAFKA_RESP_ERR__FENCED, GB_FATAL},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, GB_FATAL},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, GB_FATAL},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, GB_FATAL},
    {RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER, GB_FATAL},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, GB_FATAL},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, GB_FATAL},
    {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, GB_FATAL},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, GB_FATAL},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, GB_POISON},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, GB_FATAL},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, GB_FATAL},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, GB_FATAL},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, GB_FATAL},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, GB_POISON},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, GB_POISON},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, GB_POISON},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, GB_POISON},
};

enum gb_result gb_kafka_class(rd_kafka_resp_err_t code)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (classes[i].code == code)
            return classes[i].result;
    }
    return GB_RETRY;
}

enum gb_result gb_kafka_fail(struct gb_err *err, rd_kafka_resp_err_t code, const char *what,
                             const char *detail)
{
    return gb_err_set(err, gb_kafka_class(code), rd_kafka_err2name(code), "%s: %s", what,
                      detail != NULL ? detail : rd_kafka_err2str(code));
}

enum gb_result gb_kafka_fail_error(struct gb_err *err, rd_kafka_error_t *error, const char *what)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    enum gb_result result = rd_kafka_error_is_fatal(error) ? GB_FATAL : gb_kafka_class(code);
    (void)gb_err_set(err, result, rd_kafka_err2name(code), "%s: %s", what,
                     rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return result;
}
