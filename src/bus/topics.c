#include "bus/topics.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/kafka_conf.h"
#include "bus/kafka_error.h"
#include "runtime/clock.h"

/* A client that only administers: requests are answered on a queue of our own. */
struct admin {
    struct gb_kafka_health health; /* first: see kafka_conf.h */
    rd_kafka_t *kafka;
    rd_kafka_queue_t *queue;
    int64_t deadline_us;
};

static enum gb_result admin_open(struct admin *admin, const struct gb_config *config,
                                 const struct gb_topic_wants *wants, struct gb_err *err)
{
    *admin = (struct admin){.deadline_us = gb_clock_mono_us() + wants->timeout_ms * 1000};
    struct gb_kafka_conf conf;
    gb_kafka_conf_init(&conf, "geobill/" GB_VERSION "/topics", &admin->health, err);
    gb_kafka_conf_site(&conf, config, wants->cluster);
    enum gb_result result = gb_kafka_conf_open(&conf, RD_KAFKA_PRODUCER, &admin->kafka);
    if (result == GB_OK)
        admin->queue = rd_kafka_queue_new(admin->kafka);
    return result;
}

static void admin_close(struct admin *admin)
{
    if (admin->queue != NULL)
        rd_kafka_queue_destroy(admin->queue);
    if (admin->kafka != NULL)
        rd_kafka_destroy(admin->kafka);
}

static int left_ms(const struct admin *admin)
{
    int64_t left_us = admin->deadline_us - gb_clock_mono_us();
    return left_us <= 0 ? 1 : (int)(left_us / 1000) + 1;
}

static rd_kafka_AdminOptions_t *options_for(const struct admin *admin,
                                            rd_kafka_admin_op_t operation)
{
    char why[128];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->kafka, operation);
    int timeout_ms = left_ms(admin);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, why, sizeof(why));
    if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS)
        (void)rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, why, sizeof(why));
    return options;
}

/* Waits for the answer; the caller destroys *ret_event. */
static enum gb_result answer_of(const struct admin *admin, const char *what,
                                rd_kafka_event_t **ret_event, struct gb_err *err)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, left_ms(admin) + 1000);
    *ret_event = NULL;
    if (event == NULL)
        return gb_err_set(err, GB_RETRY, "TIMEOUT", "%s: no answer in time", what);
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        enum gb_result result = gb_kafka_fail(err, rd_kafka_event_error(event), what,
                                              rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        return result;
    }
    *ret_event = event;
    return GB_OK;
}

/* --- creating --- */

static void set_number(rd_kafka_NewTopic_t *topic, const char *name, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", (long long)value);
    (void)rd_kafka_NewTopic_set_config(topic, name, text);
}

static rd_kafka_NewTopic_t *new_topic(const struct gb_topic_want *want)
{
    char why[128];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(want->name, want->partitions, want->replication, why, sizeof(why));
    if (topic == NULL)
        return NULL;
    set_number(topic, "retention.ms", want->retention_ms < 0 ? -1 : want->retention_ms);
    (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy",
                                       want->compacted ? "compact" : "delete");
    if (want->append_time)
        (void)rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
    if (want->min_insync_replicas > 0)
        set_number(topic, "min.insync.replicas", want->min_insync_replicas);
    return topic;
}

static enum gb_result new_topics(const struct gb_topic_want *wants, size_t count,
                                 rd_kafka_NewTopic_t **ret_topics, struct gb_err *err)
{
    for (size_t i = 0; i < count; i++) {
        ret_topics[i] = new_topic(&wants[i]);
        if (ret_topics[i] != NULL)
            continue;
        rd_kafka_NewTopic_destroy_array(ret_topics, i);
        return gb_err_set(err, GB_FATAL, "TOPIC_INVALID",
                          "topic %s cannot have %d partitions, replication %d", wants[i].name,
                          wants[i].partitions, wants[i].replication);
    }
    return GB_OK;
}

/* The broker answers topic by topic, in its own order. */
static enum gb_result read_created(const rd_kafka_event_t *event, const struct gb_topic_want *wants,
                                   size_t count, bool *ret_created, struct gb_err *err)
{
    size_t answers = 0;
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(event, &answers);
    enum gb_result result = GB_OK;
    for (size_t i = 0; i < answers; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[i]);
        const char *name = rd_kafka_topic_result_name(topics[i]);
        for (size_t k = 0; k < count; k++) {
            if (strcmp(wants[k].name, name) == 0)
                ret_created[k] = code == RD_KAFKA_RESP_ERR_NO_ERROR;
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            result = gb_kafka_fail(err, code, name, rd_kafka_topic_result_error_string(topics[i]));
    }
    return result;
}

static enum gb_result create_all(const struct admin *admin, const struct gb_topic_want *wants,
                                 size_t count, bool *ret_created, struct gb_err *err)
{
    rd_kafka_NewTopic_t **topics = calloc(count + 1, sizeof(*topics));
    GB_CHECK(topics != NULL);
    enum gb_result result = new_topics(wants, count, topics, err);
    if (result == GB_OK) {
        rd_kafka_AdminOptions_t *options = options_for(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
        rd_kafka_event_t *event;
        rd_kafka_CreateTopics(admin->kafka, topics, count, options, admin->queue);
        rd_kafka_NewTopic_destroy_array(topics, count);
        rd_kafka_AdminOptions_destroy(options);
        result = answer_of(admin, "create topics", &event, err);
        if (result == GB_OK) {
            result = read_created(event, wants, count, ret_created, err);
            rd_kafka_event_destroy(event);
        }
    }
    free(topics);
    return result;
}

enum gb_result gb_topics_create(const struct gb_config *config, const struct gb_topic_wants *wants,
                                bool *ret_created, struct gb_err *err)
{
    struct admin admin;
    for (size_t i = 0; i < wants->count; i++)
        ret_created[i] = false;
    if (wants->count == 0)
        return GB_OK;
    enum gb_result result = admin_open(&admin, config, wants, err);
    if (result == GB_OK)
        result = create_all(&admin, wants->topics, wants->count, ret_created, err);
    admin_close(&admin);
    return result;
}

/* --- describing --- */

static void read_metadata(const struct rd_kafka_metadata *metadata,
                          const struct gb_topic_want *wants, size_t count,
                          struct gb_topic_state *ret_states)
{
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
        for (size_t k = 0; k < count; k++) {
            if (strcmp(wants[k].name, topic->topic) != 0 || topic->partition_cnt == 0)
                continue;
            ret_states[k].partitions = topic->partition_cnt;
            ret_states[k].replication = topic->partitions[0].replica_cnt;
        }
    }
}

static void read_settings(const rd_kafka_ConfigResource_t *resource,
                          struct gb_topic_state *ret_state)
{
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        const char *name = rd_kafka_ConfigEntry_name(entries[i]);
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value != NULL && strcmp(name, "retention.ms") == 0)
            ret_state->retention_ms = strtoll(value, NULL, 10);
        if (value != NULL && strcmp(name, "cleanup.policy") == 0)
            ret_state->compacted = strstr(value, "compact") != NULL;
    }
}

static enum gb_result read_described(const rd_kafka_event_t *event,
                                     const struct gb_topic_want *wants, size_t count,
                                     struct gb_topic_state *ret_states, struct gb_err *err)
{
    size_t answers = 0;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(event, &answers);
    for (size_t i = 0; i < answers; i++) {
        const char *name = rd_kafka_ConfigResource_name(resources[i]);
        rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return gb_kafka_fail(err, code, name,
                                 rd_kafka_ConfigResource_error_string(resources[i]));
        for (size_t k = 0; k < count; k++) {
            if (strcmp(wants[k].name, name) == 0)
                read_settings(resources[i], &ret_states[k]);
        }
    }
    return GB_OK;
}

/* Settings of the topics that exist. */
static enum gb_result describe_settings(const struct admin *admin,
                                        const struct gb_topic_want *wants, size_t count,
                                        struct gb_topic_state *ret_states, struct gb_err *err)
{
    size_t asked = 0;
    rd_kafka_ConfigResource_t **resources = calloc(count + 1, sizeof(*resources));
    GB_CHECK(resources != NULL);
    for (size_t i = 0; i < count; i++) {
        if (ret_states[i].partitions > 0)
            resources[asked++] =
                rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, wants[i].name);
    }
    enum gb_result result = GB_OK;
    if (asked > 0) {
        rd_kafka_AdminOptions_t *options = options_for(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
        rd_kafka_event_t *event;
        rd_kafka_DescribeConfigs(admin->kafka, resources, asked, options, admin->queue);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_ConfigResource_destroy_array(resources, asked);
        result = answer_of(admin, "describe topics", &event, err);
        if (result == GB_OK) {
            result = read_described(event, wants, count, ret_states, err);
            rd_kafka_event_destroy(event);
        }
    }
    free(resources);
    return result;
}

/* All topics are asked for: naming one would create it where a broker creates topics by itself. */
static enum gb_result describe_all(const struct admin *admin, const struct gb_topic_want *wants,
                                   size_t count, struct gb_topic_state *ret_states,
                                   struct gb_err *err)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->kafka, 1, NULL, &metadata, left_ms(admin));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return gb_kafka_fail(err, code, "topics", NULL);
    read_metadata(metadata, wants, count, ret_states);
    rd_kafka_metadata_destroy(metadata);
    return describe_settings(admin, wants, count, ret_states, err);
}

enum gb_result gb_topics_describe(const struct gb_config *config,
                                  const struct gb_topic_wants *wants,
                                  struct gb_topic_state *ret_states, struct gb_err *err)
{
    struct admin admin;
    for (size_t i = 0; i < wants->count; i++)
        ret_states[i] = (struct gb_topic_state){0};
    enum gb_result result = admin_open(&admin, config, wants, err);
    if (result == GB_OK)
        result = describe_all(&admin, wants->topics, wants->count, ret_states, err);
    admin_close(&admin);
    return result;
}
