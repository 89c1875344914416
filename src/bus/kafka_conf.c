#include "bus/kafka_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/kafka_error.h"

/* Libraries do not log: what matters comes by the error callback and by the outcome of each call.
 */
static void on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
    (void)kafka;
    (void)level;
    (void)facility;
    (void)text;
}

static void on_error(rd_kafka_t *kafka, int code, const char *reason, void *opaque)
{
    (void)kafka;
    struct gb_kafka_health *health = opaque;
    health->code = (rd_kafka_resp_err_t)code;
    (void)snprintf(health->reason, sizeof(health->reason), "%s", reason);
    health->troubled = true;
    if (health->code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        health->connected = false;
}

/* Once a second. A broker's state is written in capitals; the group's own state is not. */
static int on_statistics(rd_kafka_t *kafka, char *json, size_t size, void *opaque)
{
    (void)kafka;
    (void)size;
    struct gb_kafka_health *health = opaque;
    health->connected = strstr(json, "\"state\":\"UP\"") != NULL;
    return 0; /* librdkafka frees json */
}

/* Nagle off and quick, bounded reconnects: a broker that comes back is found within two seconds,
 * one that is away costs next to nothing. */
static const struct {
    const char *name;
    const char *value;
} every_client[] = {
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"socket.timeout.ms", "10000"},
    {"socket.connection.setup.timeout.ms", "5000"},
    {"reconnect.backoff.ms", "100"},
    {"reconnect.backoff.max.ms", "2000"},
    {"topic.metadata.refresh.interval.ms", "3000"},
    {"topic.metadata.refresh.fast.interval.ms", "100"},
    {"topic.metadata.propagation.max.ms", "5000"},
    {"statistics.interval.ms", "1000"},
    {"log.connection.close", "false"},
};

void gb_kafka_conf_init(struct gb_kafka_conf *conf, const char *client_id,
                        struct gb_kafka_health *opaque, struct gb_err *err)
{
    *conf = (struct gb_kafka_conf){.conf = rd_kafka_conf_new(), .result = GB_OK, .err = err};
    rd_kafka_conf_set_opaque(conf->conf, opaque);
    rd_kafka_conf_set_log_cb(conf->conf, on_log);
    rd_kafka_conf_set_error_cb(conf->conf, on_error);
    rd_kafka_conf_set_stats_cb(conf->conf, on_statistics);
    gb_kafka_conf_set(conf, "client.id", client_id);
    for (size_t i = 0; i < sizeof(every_client) / sizeof(every_client[0]); i++)
        gb_kafka_conf_set(conf, every_client[i].name, every_client[i].value);
}

void gb_kafka_conf_set(struct gb_kafka_conf *conf, const char *name, const char *value)
{
    if (conf->result != GB_OK)
        return;
    char why[256];
    if (rd_kafka_conf_set(conf->conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK)
        conf->result =
            gb_err_set(conf->err, GB_FATAL, "KAFKA_SETTING", "setting %s: %s", name, why);
}

void gb_kafka_conf_set_int(struct gb_kafka_conf *conf, const char *name, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", (long long)value);
    gb_kafka_conf_set(conf, name, text);
}

struct site {
    struct gb_kafka_conf *conf;
    bool bootstrap;
};

static void set_of_site(void *context, const char *key, const char *value)
{
    struct site *site = context;
    site->bootstrap = site->bootstrap || strcmp(key, "bootstrap.servers") == 0;
    gb_kafka_conf_set(site->conf, key, value);
}

void gb_kafka_conf_site(struct gb_kafka_conf *conf, const struct gb_config *config,
                        const char *cluster)
{
    char section[64];
    (void)snprintf(section, sizeof(section), "kafka.%s", cluster);
    if (conf->result != GB_OK)
        return;
    struct gb_err why = {.message = ""};
    struct site site = {.conf = conf};
    enum gb_result result = gb_config_each(config, section, set_of_site, &site, &why);
    if (conf->result != GB_OK)
        return;
    if (result != GB_OK)
        conf->result = gb_err_set(conf->err, result, why.code, "%s", why.message);
    else if (!site.bootstrap)
        conf->result = gb_err_set(conf->err, GB_FATAL, "KAFKA_SETTING",
                                  "section [%s] has no bootstrap.servers", section);
}

enum gb_result gb_kafka_conf_open(struct gb_kafka_conf *conf, rd_kafka_type_t type,
                                  rd_kafka_t **ret)
{
    char why[256];
    *ret = NULL;
    if (conf->result == GB_OK)
        *ret = rd_kafka_new(type, conf->conf, why, sizeof(why));
    if (*ret != NULL) {
        conf->conf = NULL;
        return GB_OK;
    }
    rd_kafka_conf_destroy(conf->conf);
    conf->conf = NULL;
    if (conf->result == GB_OK)
        conf->result =
            gb_err_set(conf->err, GB_FATAL, "KAFKA_SETTING", "librdkafka refuses: %s", why);
    return conf->result;
}

enum gb_result gb_kafka_health_take(struct gb_kafka_health *health, struct gb_err *err)
{
    if (!health->troubled)
        return GB_OK;
    health->troubled = false;
    return gb_kafka_fail(err, health->code, "Kafka", health->reason);
}
