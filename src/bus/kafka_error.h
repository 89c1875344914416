/* kafka_error.h: librdkafka's error codes as outcomes. Inside src/bus only. */
#ifndef GB_BUS_KAFKA_ERROR_H
#define GB_BUS_KAFKA_ERROR_H

#include <librdkafka/rdkafka.h>

#include "runtime/result.h"

/* What to do about a code: the one table is in kafka_error.c; what is not in it is GB_RETRY. Never
 * GB_OK. */
enum gb_result gb_kafka_class(rd_kafka_resp_err_t code);

/* Fills *err with the code's class and name; `what` says what was tried, `detail` (may be NULL) the
 * reason. */
enum gb_result gb_kafka_fail(struct gb_err *err, rd_kafka_resp_err_t code, const char *what,
                             const char *detail) GB_MUST_USE;

/* The same from an error object, which it destroys. */
enum gb_result gb_kafka_fail_error(struct gb_err *err, rd_kafka_error_t *error,
                                   const char *what) GB_MUST_USE;

#endif
