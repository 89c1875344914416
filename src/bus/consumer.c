#include "bus/consumer.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "bus/kafka_conf.h"
#include "bus/kafka_error.h"
#include "bus/received.h"
#include "runtime/clock.h"

#define COMMIT_INTERVAL_US 1000000
#define CLOSE_TIMEOUT_US 3000000
#define SEEK_TIMEOUT_MS 2000
#define DESTROY_TIMEOUT_S 2

/* What librdkafka reads ahead, whatever the size of a record: most of our memory. When that is full
 * the thread that reads from the broker (2.0.2) sleeps for a second, or until somebody wants
 * anything of it, however soon we have emptied it: see read_on. Records of 690 bytes in four
 * partitions took 30 to 40 MiB with 2048, 64 MiB with 4096, 100 MiB with 8192. */
#define READ_AHEAD_KBYTES 2048
#define FETCH_BYTES_MAX (256 * 1024)
#define READ_ON_AFTER_BYTES ((size_t)READ_AHEAD_KBYTES * 1024 / 2)
#define READ_ON_TIMEOUT_MS 200

struct gb_consumer {
    struct gb_kafka_health health; /* first: see kafka_conf.h */
    rd_kafka_t *kafka;
    struct gb_consumer_options options; /* its texts are not used after the opening */
    rd_kafka_topic_partition_list_t *topics;
    rd_kafka_topic_partition_list_t *assignment; /* NULL: none */
    rd_kafka_topic_partition_list_t *to_commit;  /* offsets not yet told to Kafka */
    int64_t committed_at_us;
    size_t drained; /* bytes taken since librdkafka was last made to read on */
    struct gb_received received;
    bool joined;           /* subscribed */
    bool leaving;          /* records are of an assignment that we have given up: drop them */
    enum gb_result failed; /* found while records were being gathered: the next poll says so */
    struct gb_err failure;
};

/* --- the group --- */

static void set_ours(struct gb_kafka_conf *conf, const struct gb_consumer_options *options)
{
    gb_kafka_conf_set(conf, "group.id", options->group);
    if (options->instance_id != NULL)
        gb_kafka_conf_set(conf, "group.instance.id", options->instance_id);
    gb_kafka_conf_set_int(conf, "session.timeout.ms", options->session_timeout_ms);
    gb_kafka_conf_set_int(conf, "heartbeat.interval.ms", options->session_timeout_ms / 4);
    gb_kafka_conf_set(conf, "partition.assignment.strategy", "range");
    gb_kafka_conf_set(conf, "auto.offset.reset", "earliest");
    gb_kafka_conf_set(conf, "enable.auto.offset.store", "false");
    gb_kafka_conf_set(conf, "enable.auto.commit", "false");
    gb_kafka_conf_set(conf, "check.crcs", "true");
    /* A broker answers the moment there is something; how long it waits for nothing is only CPU on
     * both sides: three idle datacenters took 135 ms of the broker's a second with 100, 70 with
     * 500. A seek waits for the fetch in work, so not for ever. */
    gb_kafka_conf_set(conf, "fetch.wait.max.ms", "500");
    gb_kafka_conf_set(conf, "fetch.error.backoff.ms", "100");
    gb_kafka_conf_set_int(conf, "queued.max.messages.kbytes", READ_AHEAD_KBYTES);
    /* What a fetch brought of a partition is let go of as a whole, with its last record. */
    gb_kafka_conf_set_int(conf, "max.partition.fetch.bytes", FETCH_BYTES_MAX);
}

static size_t count_of(const rd_kafka_topic_partition_list_t *list)
{
    return list == NULL ? 0 : (size_t)list->cnt;
}

static struct gb_assignment *assignments_of(const rd_kafka_topic_partition_list_t *list)
{
    struct gb_assignment *assignments = calloc(count_of(list) + 1, sizeof(*assignments));
    GB_CHECK(assignments != NULL);
    for (size_t i = 0; i < count_of(list); i++) {
        assignments[i].topic = list->elems[i].topic;
        assignments[i].partition = list->elems[i].partition;
        assignments[i].next_offset = -1;
    }
    return assignments;
}

static void forget(rd_kafka_topic_partition_list_t **list)
{
    if (*list != NULL)
        rd_kafka_topic_partition_list_destroy(*list);
    *list = NULL;
}

static void tell_kafka(struct gb_consumer *consumer)
{
    if (count_of(consumer->to_commit) == 0)
        return;
    (void)rd_kafka_commit(consumer->kafka, consumer->to_commit, 1);
    forget(&consumer->to_commit);
    consumer->committed_at_us = gb_clock_mono_us();
}

static void start_anew(struct gb_consumer *consumer)
{
    consumer->joined = false;
    consumer->leaving = true;
}

static void come(struct gb_consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    struct gb_assignment *assignments = assignments_of(list);
    struct gb_err err;
    enum gb_result result =
        consumer->options.assigned(consumer->options.context, assignments, count_of(list), &err);
    if (result != GB_OK) {
        /* Nothing, not NULL: librdkafka would wait for another answer for ever. */
        rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);
        (void)rd_kafka_assign(consumer->kafka, nothing);
        rd_kafka_topic_partition_list_destroy(nothing);
        start_anew(consumer);
        consumer->failed = result;
        consumer->failure = err;
    } else {
        for (size_t i = 0; i < count_of(list); i++)
            list->elems[i].offset = assignments[i].next_offset < 0 ? RD_KAFKA_OFFSET_BEGINNING
                                                                   : assignments[i].next_offset;
        (void)rd_kafka_assign(consumer->kafka, list);
        consumer->assignment = rd_kafka_topic_partition_list_copy(list);
        consumer->leaving = false;
    }
    free(assignments);
}

static void go(struct gb_consumer *consumer, const rd_kafka_topic_partition_list_t *list, bool lost)
{
    gb_received_drop(&consumer->received);
    if (lost)
        forget(&consumer->to_commit);
    else
        tell_kafka(consumer);
    if (consumer->assignment != NULL) {
        struct gb_assignment *assignments = assignments_of(list);
        consumer->options.revoked(consumer->options.context, assignments, count_of(list), lost);
        free(assignments);
    }
    forget(&consumer->assignment);
    (void)rd_kafka_assign(consumer->kafka, NULL);
}

/* The eager protocol: everything goes, everything comes. Yields, so that poll returns what
 * happened. */
static void on_rebalance(rd_kafka_t *kafka, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct gb_consumer *consumer = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        come(consumer, list);
    else
        go(consumer, list, rd_kafka_assignment_lost(kafka) != 0);
    rd_kafka_yield(kafka);
}

/* --- opening and closing --- */

static rd_kafka_topic_partition_list_t *topic_list(const char *const *topics, size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        (void)rd_kafka_topic_partition_list_add(list, topics[i], RD_KAFKA_PARTITION_UA);
    return list;
}

enum gb_result gb_consumer_open(const struct gb_consumer_options *options, struct gb_consumer **ret,
                                struct gb_err *err)
{
    GB_CHECK(options->assigned != NULL && options->revoked != NULL && options->topics_count > 0);
    *ret = NULL;
    struct gb_consumer *consumer = calloc(1, sizeof(*consumer));
    GB_CHECK(consumer != NULL);
    consumer->options = *options;
    consumer->topics = topic_list(options->topics, options->topics_count);
    gb_received_init(&consumer->received);

    struct gb_kafka_conf conf;
    gb_kafka_conf_init(&conf, options->client_id, &consumer->health, err);
    set_ours(&conf, options);
    gb_kafka_conf_site(&conf, options->config, options->cluster);
    rd_kafka_conf_set_rebalance_cb(conf.conf, on_rebalance);
    enum gb_result result = gb_kafka_conf_open(&conf, RD_KAFKA_CONSUMER, &consumer->kafka);
    if (result != GB_OK) {
        gb_consumer_close(consumer);
        return result;
    }
    (void)rd_kafka_poll_set_consumer(consumer->kafka);
    *ret = consumer;
    return GB_OK;
}

static void drop(rd_kafka_message_t *message)
{
    if (message != NULL)
        rd_kafka_message_destroy(message);
}

/* rd_kafka_consumer_close would wait without a bound for a coordinator that is away. */
static void leave_group(struct gb_consumer *consumer)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->kafka);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(consumer->kafka, queue);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    int64_t deadline_us = gb_clock_mono_us() + CLOSE_TIMEOUT_US;
    while (!rd_kafka_consumer_closed(consumer->kafka) && gb_clock_mono_us() < deadline_us)
        drop(rd_kafka_consume_queue(queue, 50)); /* serves callbacks, and records may come too */
    rd_kafka_queue_destroy(queue);
}

static atomic_int abandoned;

static void *destroy(void *kafka)
{
    rd_kafka_destroy_flags(kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

/* False: it does not end. librdkafka 2.0.2 may wait for ever for partitions to be given back that
 * were lost while their topic was missing (seen: a cluster whose disk was lost); such a client is
 * left alone, with its threads. */
static bool end_client(rd_kafka_t *kafka)
{
    pthread_t thread;
    struct timespec until;
    GB_CHECK(pthread_create(&thread, NULL, destroy, kafka) == 0);
    GB_CHECK(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    until.tv_sec += DESTROY_TIMEOUT_S;
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0)
        return true;
    GB_CHECK(pthread_detach(thread) == 0);
    atomic_fetch_add(&abandoned, 1);
    return false;
}

int gb_consumers_abandoned(void)
{
    return atomic_load(&abandoned);
}

void gb_consumer_close(struct gb_consumer *consumer)
{
    if (consumer == NULL)
        return;
    bool ended = true;
    gb_received_drop(&consumer->received);
    if (consumer->kafka != NULL) {
        leave_group(consumer);
        ended = end_client(consumer->kafka);
    }
    gb_received_done(&consumer->received);
    forget(&consumer->topics);
    forget(&consumer->assignment);
    forget(&consumer->to_commit);
    if (ended) /* a client that goes on still tells its health */
        free(consumer);
}

/* --- reading --- */

static enum gb_result join(struct gb_consumer *consumer, struct gb_err *err)
{
    if (consumer->joined)
        return GB_OK;
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->kafka, consumer->topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return gb_kafka_fail(err, code, "join the group", NULL);
    consumer->joined = true;
    return GB_OK;
}

static void keep_failure(struct gb_consumer *consumer, const rd_kafka_message_t *message)
{
    char why[256];
    rd_kafka_resp_err_t code = message->err;
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return;
    const char *detail = rd_kafka_message_errstr(message);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        code = rd_kafka_fatal_error(consumer->kafka, why, sizeof(why));
        detail = why;
    }
    consumer->failed = gb_kafka_fail(&consumer->failure, code, "receive", detail);
    if (message->err == RD_KAFKA_RESP_ERR__FATAL)
        consumer->failed = consumer->failure.result = GB_FATAL;
}

/* So much has been taken that librdkafka may have filled its read-ahead and stopped reading: a
 * question to the brokers of our partitions wakes their threads. The answers are of no interest. */
static void read_on(struct gb_consumer *consumer)
{
    if (consumer->drained < READ_ON_AFTER_BYTES || count_of(consumer->assignment) == 0)
        return;
    consumer->drained = 0;
    rd_kafka_topic_partition_list_t *ends =
        rd_kafka_topic_partition_list_copy(consumer->assignment);
    for (int i = 0; i < ends->cnt; i++)
        ends->elems[i].offset = RD_KAFKA_OFFSET_END;
    (void)rd_kafka_offsets_for_times(consumer->kafka, ends, READ_ON_TIMEOUT_MS);
    rd_kafka_topic_partition_list_destroy(ends);
}

static void add(struct gb_consumer *consumer, rd_kafka_message_t *message)
{
    consumer->drained += message->len;
    gb_received_add(&consumer->received, message);
}

/* Takes what is there: waits for the first record only. */
static void gather(struct gb_consumer *consumer, size_t max, int64_t timeout_ms)
{
    while (!gb_received_full(&consumer->received, max) && consumer->failed == GB_OK) {
        int wait_ms = gb_received_count(&consumer->received) == 0 ? (int)timeout_ms : 0;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->kafka, wait_ms);
        if (message == NULL)
            break;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            keep_failure(consumer, message);
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR || consumer->leaving)
            rd_kafka_message_destroy(message);
        else
            add(consumer, message);
    }
    read_on(consumer);
}

static enum gb_result take_failure(struct gb_consumer *consumer, struct gb_err *err)
{
    enum gb_result result = consumer->failed;
    if (result == GB_OK)
        return gb_kafka_health_take(&consumer->health, err);
    consumer->failed = GB_OK;
    *err = consumer->failure;
    return result;
}

enum gb_result gb_consumer_poll(struct gb_consumer *consumer, size_t max, int64_t timeout_ms,
                                const struct gb_record **ret_records, size_t *ret_count,
                                struct gb_err *err)
{
    *ret_records = NULL;
    *ret_count = 0;
    gb_received_drop(&consumer->received);
    enum gb_result result = join(consumer, err);
    if (result != GB_OK)
        return result;
    gather(consumer, max, timeout_ms);
    if (gb_clock_mono_us() - consumer->committed_at_us > COMMIT_INTERVAL_US)
        tell_kafka(consumer);
    *ret_count = gb_received_count(&consumer->received);
    if (*ret_count == 0)
        return take_failure(consumer, err);
    *ret_records = gb_received_records(&consumer->received);
    return GB_OK;
}

void gb_consumer_release(struct gb_consumer *consumer)
{
    gb_received_drop(&consumer->received);
}

enum gb_result gb_consumer_seek(struct gb_consumer *consumer, const char *topic, int32_t partition,
                                int64_t offset, struct gb_err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *target = rd_kafka_topic_partition_list_add(list, topic, partition);
    target->offset = offset < 0 ? RD_KAFKA_OFFSET_BEGINNING : offset;
    rd_kafka_error_t *error = rd_kafka_seek_partitions(consumer->kafka, list, SEEK_TIMEOUT_MS);
    rd_kafka_resp_err_t code = error == NULL ? target->err : RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
    if (error == NULL && code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return GB_OK;
    /* Reading on from where we were would skip records: get the positions anew instead. */
    gb_consumer_rejoin(consumer);
    if (error != NULL)
        return gb_kafka_fail_error(err, error, "seek");
    return gb_kafka_fail(err, code, "seek", NULL);
}

void gb_consumer_commit(struct gb_consumer *consumer, const char *topic, int32_t partition,
                        int64_t next_offset)
{
    if (consumer->to_commit == NULL)
        consumer->to_commit = rd_kafka_topic_partition_list_new(8);
    rd_kafka_topic_partition_t *entry =
        rd_kafka_topic_partition_list_find(consumer->to_commit, topic, partition);
    if (entry == NULL)
        entry = rd_kafka_topic_partition_list_add(consumer->to_commit, topic, partition);
    entry->offset = next_offset;
}

void gb_consumer_rejoin(struct gb_consumer *consumer)
{
    gb_received_drop(&consumer->received);
    start_anew(consumer);
}

bool gb_consumer_connected(const struct gb_consumer *consumer)
{
    return consumer->health.connected;
}

size_t gb_consumer_assigned(const struct gb_consumer *consumer)
{
    return count_of(consumer->assignment);
}
