#include "bus/producer.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "bus/kafka_conf.h"
#include "bus/kafka_error.h"

/* The tag of a record travels through librdkafka in its per-message pointer. */
_Static_assert(sizeof(void *) >= sizeof(uint64_t), "a tag must fit into a pointer");

/* Bound of what librdkafka keeps for us, keys, values and headers together. */
#define BUFFER_KBYTES_MAX 32768

enum { WARM_MAX = 16 };

/* Refused at once by librdkafka, reported as a failed delivery from the next poll. */
struct refused {
    uint64_t tag;
    rd_kafka_resp_err_t code;
};

struct gb_producer {
    struct gb_kafka_health health; /* first: see kafka_conf.h */
    rd_kafka_t *kafka;
    void (*delivered)(void *context, uint64_t tag, bool ok, const struct gb_err *err);
    void *context;
    int32_t in_flight;
    int32_t in_flight_max;
    int reported; /* by the running poll */
    struct refused *refused;
    rd_kafka_topic_t *warm[WARM_MAX];
    size_t warm_count;
    int32_t refused_count;
};

static void report(struct gb_producer *producer, uint64_t tag, rd_kafka_resp_err_t code)
{
    struct gb_err err = {.result = GB_OK};
    bool ok = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!ok)
        (void)gb_err_set(&err, gb_kafka_class(code), rd_kafka_err2name(code), "not delivered: %s",
                         rd_kafka_err2str(code));
    producer->in_flight--;
    producer->reported++;
    producer->delivered(producer->context, tag, ok, ok ? NULL : &err);
}

static void on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque)
{
    (void)kafka;
    struct gb_producer *producer = opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        producer->health.connected = true;
    report(producer, (uint64_t)(uintptr_t)message->_private, message->err);
}

/* acks=all and idempotence keep a page's records in order and single in the usual case; nothing
 * above relies on it. */
static void set_ours(struct gb_kafka_conf *conf, const struct gb_producer_options *options)
{
    gb_kafka_conf_set(conf, "acks", "all");
    gb_kafka_conf_set(conf, "enable.idempotence", "true");
    gb_kafka_conf_set_int(conf, "linger.ms", options->linger_ms);
    gb_kafka_conf_set_int(conf, "message.timeout.ms", options->message_timeout_ms);
    gb_kafka_conf_set_int(conf, "queue.buffering.max.messages", options->in_flight_max);
    gb_kafka_conf_set_int(conf, "queue.buffering.max.kbytes", BUFFER_KBYTES_MAX);
}

enum gb_result gb_producer_open(const struct gb_producer_options *options, struct gb_producer **ret,
                                struct gb_err *err)
{
    GB_CHECK(options->in_flight_max > 0 && options->delivered != NULL);
    *ret = NULL;
    struct gb_producer *producer = calloc(1, sizeof(*producer));
    GB_CHECK(producer != NULL);
    producer->delivered = options->delivered;
    producer->context = options->context;
    producer->in_flight_max = options->in_flight_max;
    /* Twice: while the old ones are reported, their callbacks may send as many anew. */
    producer->refused = calloc(2 * (size_t)options->in_flight_max, sizeof(*producer->refused));
    GB_CHECK(producer->refused != NULL);

    struct gb_kafka_conf conf;
    gb_kafka_conf_init(&conf, options->client_id, &producer->health, err);
    set_ours(&conf, options);
    gb_kafka_conf_site(&conf, options->config, options->cluster);
    rd_kafka_conf_set_dr_msg_cb(conf.conf, on_delivery);
    enum gb_result result = gb_kafka_conf_open(&conf, RD_KAFKA_PRODUCER, &producer->kafka);
    if (result != GB_OK) {
        gb_producer_close(producer);
        return result;
    }
    *ret = producer;
    return GB_OK;
}

void gb_producer_close(struct gb_producer *producer)
{
    if (producer == NULL)
        return;
    for (size_t i = 0; i < producer->warm_count; i++)
        rd_kafka_topic_destroy(producer->warm[i]);
    if (producer->kafka != NULL) {
        (void)rd_kafka_purge(producer->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                                  RD_KAFKA_PURGE_F_NON_BLOCKING);
        rd_kafka_destroy(producer->kafka);
    }
    free(producer->refused);
    free(producer);
}

static rd_kafka_headers_t *headers_of(const struct gb_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->headers_count);
    for (size_t i = 0; i < record->headers_count; i++) {
        const struct gb_header *header = &record->headers[i];
        (void)rd_kafka_header_add(headers, header->name, -1, header->value.data,
                                  (ssize_t)header->value.size);
    }
    return headers;
}

static rd_kafka_error_t *produce(rd_kafka_t *kafka, const struct gb_record *record, uint64_t tag)
{
    rd_kafka_headers_t *headers = headers_of(record);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = record->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = (void *)(uintptr_t)record->key.data, .size = record->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = (void *)(uintptr_t)record->value.data, .size = record->value.size}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)tag},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(kafka, parts, sizeof(parts) / sizeof(parts[0]));
    if (error != NULL)
        rd_kafka_headers_destroy(headers);
    return error;
}

/* The cluster says that it has no such topic or partition now: it may have later. */
static bool is_missing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

enum gb_result gb_producer_send(struct gb_producer *producer, const struct gb_record *record,
                                uint64_t tag, struct gb_err *err)
{
    GB_CHECK(record->partition >= 0);
    if (producer->in_flight >= producer->in_flight_max)
        return gb_err_set(err, GB_RETRY, "IN_FLIGHT_MAX", "%d records are in flight",
                          producer->in_flight);
    rd_kafka_error_t *error = produce(producer->kafka, record, tag);
    if (error == NULL) {
        producer->in_flight++;
        return GB_OK;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    if (!is_missing(code))
        return gb_kafka_fail_error(err, error, record->topic);
    rd_kafka_error_destroy(error);
    producer->refused[producer->refused_count++] = (struct refused){.tag = tag, .code = code};
    producer->in_flight++;
    return GB_OK;
}

/* The callback may send again, so the list is taken as it stands now and what is added stays for
 * the next poll. */
static void report_refused(struct gb_producer *producer)
{
    int32_t count = producer->refused_count;
    for (int32_t i = 0; i < count; i++)
        report(producer, producer->refused[i].tag, producer->refused[i].code);
    for (int32_t i = count; i < producer->refused_count; i++)
        producer->refused[i - count] = producer->refused[i];
    producer->refused_count -= count;
}

int gb_producer_poll(struct gb_producer *producer, int64_t timeout_ms)
{
    producer->reported = 0;
    report_refused(producer);
    (void)rd_kafka_poll(producer->kafka, producer->reported > 0 ? 0 : (int)timeout_ms);
    return producer->reported;
}

void gb_producer_notify(struct gb_producer *producer, int event_fd)
{
    static const uint64_t one = 1;
    rd_kafka_queue_t *queue = rd_kafka_queue_get_main(producer->kafka);
    rd_kafka_queue_io_event_enable(queue, event_fd, &one, sizeof(one));
    rd_kafka_queue_destroy(queue);
}

void gb_producer_warm(struct gb_producer *producer, const char *topic)
{
    GB_CHECK(producer->warm_count < WARM_MAX);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer->kafka, topic, NULL);
    if (handle != NULL)
        producer->warm[producer->warm_count++] = handle;
}

int32_t gb_producer_in_flight(const struct gb_producer *producer)
{
    return producer->in_flight;
}

bool gb_producer_connected(const struct gb_producer *producer)
{
    return producer->health.connected;
}

bool gb_producer_broken(const struct gb_producer *producer, struct gb_err *ret_err)
{
    char why[256];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer->kafka, why, sizeof(why));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    (void)gb_err_set(ret_err, GB_FATAL, rd_kafka_err2name(code), "the producer is broken: %s", why);
    return true;
}
