/* kafka_conf.h: a librdkafka client's settings and what it last said about its brokers. Inside
 * src/bus only. */
#ifndef GB_BUS_KAFKA_CONF_H
#define GB_BUS_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "runtime/config.h"
#include "runtime/result.h"

/* Settings being gathered. The first failure is kept and the rest ignored, so that callers check
 * once, at the client's opening. */
struct gb_kafka_conf {
    rd_kafka_conf_t *conf;
    enum gb_result result;
    struct gb_err *err;
};

/* Must be the first member of a client's struct, whose address is the opaque of its callbacks. */
struct gb_kafka_health {
    atomic_bool connected;
    atomic_bool troubled; /* an error was reported and not yet taken by gb_kafka_health_take */
    rd_kafka_resp_err_t code;
    char reason[256];
};

/* Starts with what every client of ours has; callbacks for health included. `opaque` as said above.
 */
void gb_kafka_conf_init(struct gb_kafka_conf *conf, const char *client_id,
                        struct gb_kafka_health *opaque, struct gb_err *err);
void gb_kafka_conf_set(struct gb_kafka_conf *conf, const char *name, const char *value);
void gb_kafka_conf_set_int(struct gb_kafka_conf *conf, const char *name, int64_t value);
/* The site's own keys of [kafka.<cluster>], over everything set before. */
void gb_kafka_conf_site(struct gb_kafka_conf *conf, const struct gb_config *config,
                        const char *cluster);
/* Makes the client, or says why not (GB_FATAL); conf is used up either way. */
enum gb_result gb_kafka_conf_open(struct gb_kafka_conf *conf, rd_kafka_type_t type,
                                  rd_kafka_t **ret) GB_MUST_USE;

/* The error reported since the last time, as a failure; GB_OK when there was none. */
enum gb_result gb_kafka_health_take(struct gb_kafka_health *health, struct gb_err *err) GB_MUST_USE;

#endif
