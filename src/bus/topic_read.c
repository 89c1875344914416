#include <librdkafka/rdkafka.h>

#include "bus/consumer.h"
#include "bus/kafka_conf.h"
#include "bus/kafka_error.h"
#include "bus/received.h"
#include "runtime/clock.h"

#define ARENA_BYTES_MAX ((size_t)1 << 20)

struct reading {
    const struct gb_topic_range *range;
    rd_kafka_topic_t *topic;
    int64_t deadline_us;
    struct gb_arena *arena;
    bool (*each)(void *context, const struct gb_record *record);
    void *context;
};

static int left_ms(int64_t deadline_us)
{
    int64_t left_us = deadline_us - gb_clock_mono_us();
    return left_us <= 0 ? 0 : (int)(left_us / 1000) + 1;
}

/* One message. *ret_more says whether to go on. */
static enum gb_result take(struct reading *reading, const rd_kafka_message_t *message,
                           bool *ret_more, struct gb_err *err)
{
    *ret_more = false;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return GB_OK;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return gb_kafka_fail(err, message->err, "read", rd_kafka_message_errstr(message));
    gb_arena_reset(reading->arena);
    struct gb_record record = gb_received_record(message, reading->arena);
    *ret_more = reading->each(reading->context, &record);
    return GB_OK;
}

static enum gb_result read_all(struct reading *reading, struct gb_err *err)
{
    enum gb_result result = GB_OK;
    for (bool more = true; more && result == GB_OK;) {
        rd_kafka_message_t *message = rd_kafka_consume(reading->topic, reading->range->partition,
                                                       left_ms(reading->deadline_us));
        if (message == NULL)
            return gb_err_set(err, GB_RETRY, "TIMEOUT", "the end of %s/%d was not reached in time",
                              rd_kafka_topic_name(reading->topic), reading->range->partition);
        result = take(reading, message, &more, err);
        rd_kafka_message_destroy(message);
    }
    return result;
}

static enum gb_result read_from(rd_kafka_t *kafka, struct reading *reading, struct gb_err *err)
{
    const char *topic = reading->range->topic;
    int64_t offset = reading->range->offset;
    int64_t low = 0;
    int64_t high = 0; /* asked first: a partition that does not exist says so at once */
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        kafka, topic, reading->range->partition, &low, &high, left_ms(reading->deadline_us));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return gb_kafka_fail(err, code, topic, NULL);
    if (low == high || offset >= high)
        return GB_OK;
    reading->topic = rd_kafka_topic_new(kafka, topic, NULL);
    int started = rd_kafka_consume_start(reading->topic, reading->range->partition,
                                         offset < 0 ? RD_KAFKA_OFFSET_BEGINNING : offset);
    enum gb_result result = started == 0 ? read_all(reading, err)
                                         : gb_kafka_fail(err, rd_kafka_last_error(), topic, NULL);
    if (started == 0)
        (void)rd_kafka_consume_stop(reading->topic, reading->range->partition);
    rd_kafka_topic_destroy(reading->topic);
    return result;
}

enum gb_result gb_topic_read(const struct gb_config *config, const struct gb_topic_range *range,
                             bool (*each)(void *context, const struct gb_record *record),
                             void *context, struct gb_err *err)
{
    struct gb_kafka_health health = {.code = RD_KAFKA_RESP_ERR_NO_ERROR};
    struct gb_kafka_conf conf;
    rd_kafka_t *kafka;
    gb_kafka_conf_init(&conf, "geobill/" GB_VERSION "/read", &health, err);
    gb_kafka_conf_set(&conf, "auto.offset.reset", "earliest");
    gb_kafka_conf_set(&conf, "enable.partition.eof", "true");
    gb_kafka_conf_set(&conf, "fetch.wait.max.ms", "20");
    gb_kafka_conf_site(&conf, config, range->cluster);
    enum gb_result result = gb_kafka_conf_open(&conf, RD_KAFKA_CONSUMER, &kafka);
    if (result != GB_OK)
        return result;
    struct reading reading = {
        .range = range,
        .deadline_us = gb_clock_mono_us() + range->timeout_ms * 1000,
        .arena = gb_arena_new(ARENA_BYTES_MAX),
        .each = each,
        .context = context,
    };
    result = read_from(kafka, &reading, err);
    gb_arena_free(reading.arena);
    rd_kafka_destroy(kafka);
    return result;
}
