#include "stream/lane.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/consumer.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/stop.h"
#include "stream/apply.h"
#include "stream/connect.h"
#include "stream/lane_metrics.h"

#define BACKOFF_BASE_MS 100
#define BACKOFF_CAP_MS 5000
#define TOPICS_MAX 16
/* How long a lane may take to get its partitions before "the broker does not answer" is its reason
 * for having none. */
#define JOIN_US 10000000
/* A lane that gets no records looks so often whether its partitions are still its own: it may have
 * been fenced on purpose (a replica that is rebuilt), and should not wait for a record to tell. */
#define CONFIRM_US 1000000

/* A lane whose partitions were lost, or whose topic was missing, may be left with none for good
 * although the topic is there again: its group has agreed on that, and a static member that comes
 * back is given the same. After so long it stays away until the group has forgotten it. */
#define BARE_US 8000000
/* Clients that did not end keep their threads: so many, and the process is started anew. */
#define ABANDONED_MAX 8

struct gb_lane {
    struct gb_lane_options options;
    pthread_t thread;
    struct gb_lane_metrics metrics;
    char client_id[96];
    char instance_id[160];
    const char *topics[TOPICS_MAX];
    size_t topics_count;
    size_t batch_records_max;
    int64_t poll_ms;
    /* Of the thread. */
    int64_t wait_ms;              /* for the next batch */
    struct gb_pg *pg;             /* NULL: not connected yet */
    struct gb_consumer *consumer; /* NULL: to be opened */
    struct gb_applier *applier;
    int64_t confirmed_at_us; /* monotonic: when a batch, or a look, last said that they are ours */
    bool uprooted;           /* partitions were lost, or a topic missing, and none came since */
    int64_t bare_since_us;   /* monotonic: uprooted, in reach of a broker, without; 0: it is not */
    int64_t away_until_us;   /* monotonic: does not join before */
    unsigned failures;       /* in a row */
    bool troubled;           /* Kafka said so, and it has been logged */
    enum gb_result ended;
    struct gb_err end;
    /* For any thread. */
    atomic_bool database;
    atomic_bool assigned;
    atomic_bool connected;
    int64_t opened_at_us;
};

/* --- readiness --- */

bool gb_lane_ready(const struct gb_lane *lane, char *ret_why, size_t size)
{
    const char *name = lane->options.name;
    ret_why[0] = '\0';
    if (!lane->database) {
        (void)snprintf(ret_why, size, "lane %s: no database", name);
        return false;
    }
    if (!lane->connected)
        (void)snprintf(ret_why, size, "lane %s: no broker of %s answers", name,
                       lane->options.cluster);
    if (lane->assigned)
        return true;
    if (!lane->connected && gb_clock_mono_us() - lane->opened_at_us > JOIN_US)
        return true;
    (void)snprintf(ret_why, size, "lane %s: not yet in its group", name);
    return false;
}

bool gb_lane_delivers(const struct gb_lane *lane)
{
    return lane->connected && lane->assigned;
}

static void show_state(struct gb_lane *lane)
{
    bool consuming = lane->consumer != NULL;
    lane->database = lane->pg != NULL && gb_pg_usable(lane->pg);
    lane->connected = consuming && gb_consumer_connected(lane->consumer);
    gb_metric_set(lane->metrics.connected, lane->connected);
    gb_metric_set(lane->metrics.partitions,
                  consuming ? (int64_t)gb_consumer_assigned(lane->consumer) : 0);
    gb_metric_set(lane->metrics.cut_at, gb_applier_cut_at_us(lane->applier));
}

/* --- the group --- */

static enum gb_result assigned(void *context, struct gb_assignment *assignments, size_t count,
                               struct gb_err *err)
{
    struct gb_lane *lane = context;
    enum gb_result result = gb_applier_take(lane->applier, lane->pg, assignments, count, err);
    if (result != GB_OK)
        return result;
    lane->uprooted = lane->uprooted && count == 0;
    lane->assigned = true; /* possibly of nothing, when there are more members than partitions */
    for (size_t i = 0; i < count; i++)
        gb_log(GB_LOG_INFO, "partition assigned", GB_F_TEXT("lane", lane->options.name),
               GB_F_TEXT("topic", assignments[i].topic),
               GB_F_INT("partition", assignments[i].partition),
               GB_F_INT("next_offset", assignments[i].next_offset));
    return GB_OK;
}

static void revoked(void *context, const struct gb_assignment *assignments, size_t count, bool lost)
{
    (void)assignments;
    struct gb_lane *lane = context;
    lane->assigned = false;
    lane->uprooted = lane->uprooted || lost;
    gb_applier_give(lane->applier);
    gb_log(lost ? GB_LOG_WARNING : GB_LOG_INFO, "partitions revoked",
           GB_F_TEXT("lane", lane->options.name), GB_F_INT("partitions", count),
           GB_F_INT("lost", lost));
}

static enum gb_result open_consumer(struct gb_lane *lane, struct gb_err *err)
{
    const struct gb_lane_options *options = &lane->options;
    const struct gb_consumer_options consumer = {
        .config = options->config,
        .cluster = options->cluster,
        .group = options->group,
        .client_id = lane->client_id,
        .instance_id = lane->instance_id,
        .session_timeout_ms = gb_config_int(options->config, options->role, "session_timeout_ms"),
        .topics = lane->topics,
        .topics_count = lane->topics_count,
        .assigned = assigned,
        .revoked = revoked,
        .context = lane,
    };
    return gb_consumer_open(&consumer, &lane->consumer, err);
}

static void close_consumer(struct gb_lane *lane)
{
    gb_consumer_close(lane->consumer);
    lane->consumer = NULL;
    lane->assigned = false;
    gb_applier_give(lane->applier);
}

/* --- reading --- */

/* The database first: an assignment needs it. */
static enum gb_result connect_all(struct gb_lane *lane, struct gb_err *err)
{
    enum gb_result result = GB_OK;
    if (lane->pg == NULL)
        result = gb_stream_connect(lane->options.config, lane->options.role, lane->options.name,
                                   &lane->pg, err);
    else if (!gb_pg_usable(lane->pg))
        result = gb_pg_reset(lane->pg, err);
    if (result == GB_OK && lane->consumer == NULL && gb_clock_mono_us() >= lane->away_until_us)
        result = open_consumer(lane, err);
    return result;
}

/* Goes back to where the database says that we are: the batch may have been committed or not. A
 * consumer that cannot seek joins anew and gets its positions by that. */
static enum gb_result go_back(struct gb_lane *lane, struct gb_err *err)
{
    enum gb_result result = gb_applier_recover(lane->applier, lane->pg, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < gb_applier_partitions(lane->applier); i++) {
        struct gb_assignment at = gb_applier_partition(lane->applier, i);
        struct gb_err why;
        if (gb_consumer_seek(lane->consumer, at.topic, at.partition, at.next_offset, &why) != GB_OK)
            break;
    }
    return GB_OK;
}

static void tell_kafka(struct gb_lane *lane)
{
    for (size_t i = 0; i < gb_applier_partitions(lane->applier); i++) {
        struct gb_assignment at = gb_applier_partition(lane->applier, i);
        gb_consumer_commit(lane->consumer, at.topic, at.partition, at.next_offset);
    }
}

static void account_for(struct gb_lane *lane, const struct gb_applied *applied, int64_t start_us)
{
    const struct gb_lane_metrics *metrics = &lane->metrics;
    gb_metric_add(metrics->records, (int64_t)applied->records);
    gb_metric_add(metrics->known, (int64_t)applied->known);
    gb_metric_add(metrics->dead, (int64_t)applied->dead);
    if (applied->records > 0) {
        gb_metric_observe(metrics->batch_records, (int64_t)applied->records);
        gb_metric_observe(metrics->batch_time, gb_clock_mono_us() - start_us);
    }
    if (applied->dead > 0)
        gb_log(GB_LOG_ERROR, "dead letters", GB_F_TEXT("lane", lane->options.name),
               GB_F_INT("count", applied->dead), GB_F_ERR(&applied->first_dead));
}

static enum gb_result apply(struct gb_lane *lane, const struct gb_arrived *arrived,
                            struct gb_err *err)
{
    struct gb_applied applied;
    int64_t start_us = gb_clock_mono_us();
    enum gb_result result = gb_applier_run(lane->applier, lane->pg, arrived, &applied, err);
    account_for(lane, &applied, start_us);
    return result;
}

enum gb_result gb_lane_feed(struct gb_lane *lane, const struct gb_record *records, size_t count,
                            struct gb_err *err)
{
    const struct gb_arrived arrived = {records, count, false};
    return apply(lane, &arrived, err);
}

/* What Kafka says is no failure of a batch: librdkafka mends it, or the consumer is opened anew. */
static void note_kafka(struct gb_lane *lane, enum gb_result result, const struct gb_err *err)
{
    if (result == GB_OK && gb_consumer_connected(lane->consumer))
        lane->troubled = false;
    if (result == GB_RETRY && strcmp(err->code, "UNKNOWN_TOPIC_OR_PART") == 0)
        lane->uprooted = true;
    if (result == GB_RETRY && !lane->troubled) {
        gb_log(GB_LOG_WARNING, "Kafka is in trouble", GB_F_TEXT("lane", lane->options.name),
               GB_F_ERR(err));
        lane->troubled = true;
    }
    if (result == GB_FATAL)
        gb_log(GB_LOG_ERROR, "consumer opened anew", GB_F_TEXT("lane", lane->options.name),
               GB_F_ERR(err));
}

static enum gb_result confirm(struct gb_lane *lane, struct gb_err *err)
{
    int64_t now_us = gb_clock_mono_us();
    if (now_us - lane->confirmed_at_us < CONFIRM_US)
        return GB_OK;
    lane->confirmed_at_us = now_us;
    return gb_applier_confirm(lane->applier, lane->pg, err);
}

static enum gb_result read_batch(struct gb_lane *lane, struct gb_err *err)
{
    struct gb_arrived arrived = {.positioned = true};
    enum gb_result result = gb_consumer_poll(lane->consumer, lane->batch_records_max, lane->wait_ms,
                                             &arrived.records, &arrived.count, err);
    note_kafka(lane, result, err);
    if (result == GB_FATAL) {
        close_consumer(lane);
        return gb_err_set(err, GB_RETRY, err->code, "%s", err->message);
    }
    if (result != GB_OK || arrived.count == 0)
        return confirm(lane, err);
    result = apply(lane, &arrived, err);
    gb_consumer_release(lane->consumer);
    lane->confirmed_at_us = gb_clock_mono_us();
    if (result == GB_OK)
        tell_kafka(lane);
    return result;
}

/* Leaves the group for as long as it remembers us, when it has given us nothing for too long. */
static enum gb_result leave_if_bare(struct gb_lane *lane, struct gb_err *err)
{
    int64_t now_us = gb_clock_mono_us();
    bool bare = lane->uprooted && gb_consumer_connected(lane->consumer) &&
                gb_consumer_assigned(lane->consumer) == 0;
    if (!bare)
        lane->bare_since_us = 0;
    else if (lane->bare_since_us == 0)
        lane->bare_since_us = now_us;
    if (!bare || now_us - lane->bare_since_us < BARE_US)
        return GB_OK;
    int64_t session_ms =
        gb_config_int(lane->options.config, lane->options.role, "session_timeout_ms");
    lane->away_until_us = now_us + session_ms * 1250;
    lane->bare_since_us = 0;
    gb_log(GB_LOG_WARNING, "no partitions came, staying away for the group to forget us",
           GB_F_TEXT("lane", lane->options.name), GB_F_INT("ms", session_ms * 5 / 4));
    close_consumer(lane);
    int abandoned = gb_consumers_abandoned();
    return abandoned < ABANDONED_MAX ? GB_OK
                                     : gb_err_set(err, GB_FATAL, "CLIENTS_ABANDONED",
                                                  "%d Kafka clients did not end", abandoned);
}

static enum gb_result read_once(struct gb_lane *lane, struct gb_err *err)
{
    enum gb_result result = GB_OK;
    if (lane->consumer == NULL)
        (void)gb_stop_wait(lane->wait_ms);
    else
        result = read_batch(lane, err);
    if (result == GB_OK && lane->consumer != NULL)
        result = leave_if_bare(lane, err);
    lane->wait_ms = lane->poll_ms;
    if (result == GB_OK && lane->options.tick != NULL)
        result = lane->options.tick(lane->options.context, lane, lane->pg, &lane->wait_ms, err);
    return result;
}

/* --- the thread --- */

/* Fenced: somebody else is at work, we ask for partitions anew. Otherwise wait, longer each time,
 * and go back. */
static void give_up_batch(struct gb_lane *lane, const struct gb_err *err)
{
    if (gb_applier_is_fenced(err)) {
        gb_metric_add(lane->metrics.fenced, 1);
        gb_log(GB_LOG_WARNING, "fenced, joining anew", GB_F_TEXT("lane", lane->options.name),
               GB_F_ERR(err));
        gb_consumer_rejoin(lane->consumer);
        gb_applier_give(lane->applier);
    } else {
        gb_metric_add(lane->metrics.retries, 1);
    }
    if (lane->failures++ == 0)
        gb_log(GB_LOG_WARNING, "lane waits and tries again", GB_F_TEXT("lane", lane->options.name),
               GB_F_ERR(err));
    (void)gb_stop_wait(gb_backoff_ms(lane->failures, BACKOFF_BASE_MS, BACKOFF_CAP_MS));
}

static enum gb_result step(struct gb_lane *lane, struct gb_err *err)
{
    enum gb_result result = connect_all(lane, err);
    if (result == GB_OK && lane->failures > 0)
        result = go_back(lane, err);
    if (result == GB_OK)
        result = read_once(lane, err);
    return result;
}

static void *run(void *argument)
{
    struct gb_lane *lane = argument;
    while (!gb_stop_asked() && lane->ended == GB_OK) {
        struct gb_err err = {.message = ""};
        enum gb_result result = step(lane, &err);
        show_state(lane);
        if (result == GB_OK) {
            if (lane->failures > 0)
                gb_log(GB_LOG_INFO, "lane goes on", GB_F_TEXT("lane", lane->options.name));
            lane->failures = 0;
        } else if (result == GB_RETRY || gb_applier_is_fenced(&err)) {
            give_up_batch(lane, &err);
        } else {
            lane->ended = GB_FATAL;
            lane->end = err;
        }
    }
    close_consumer(lane);
    gb_pg_close(lane->pg);
    lane->database = false;
    if (lane->ended != GB_OK)
        gb_stop_ask();
    return NULL;
}

/* --- opening and closing --- */

static void add_topics(struct gb_lane *lane)
{
    for (size_t i = 0; i < lane->options.streams_count; i++) {
        const char *topic = lane->options.streams[i].topic;
        size_t known = 0;
        while (known < lane->topics_count && strcmp(lane->topics[known], topic) != 0)
            known++;
        if (known < lane->topics_count)
            continue;
        GB_CHECK(lane->topics_count < TOPICS_MAX);
        lane->topics[lane->topics_count++] = topic;
    }
}

static struct gb_lane *lane_new(const struct gb_lane_options *options)
{
    struct gb_lane *lane = calloc(1, sizeof(*lane));
    GB_CHECK(lane != NULL);
    lane->options = *options;
    lane->metrics = gb_lane_metrics_of(options->name);
    lane->batch_records_max =
        (size_t)gb_config_int(options->config, options->role, "batch_records_max");
    lane->poll_ms = gb_config_int(options->config, options->role, "poll_ms");
    lane->wait_ms = lane->poll_ms;
    lane->opened_at_us = gb_clock_mono_us();
    (void)snprintf(lane->client_id, sizeof(lane->client_id), "geobill/" GB_VERSION "/%s/%s",
                   options->dc, options->role);
    (void)snprintf(lane->instance_id, sizeof(lane->instance_id), "%s.%s", options->group,
                   gb_config_text(options->config, options->role, "instance"));
    add_topics(lane);
    const struct gb_applier_options applier = {
        .dc = options->dc,
        .group = options->group,
        .streams = options->streams,
        .streams_count = options->streams_count,
        .records_max = lane->batch_records_max,
        .reader = options->reader,
    };
    lane->applier = gb_applier_new(&applier);
    return lane;
}

static void lane_free(struct gb_lane *lane)
{
    gb_applier_free(lane->applier);
    free(lane);
}

enum gb_result gb_lane_open(const struct gb_lane_options *options, struct gb_lane **ret,
                            struct gb_err *err)
{
    struct gb_lane *lane = lane_new(options);
    *ret = NULL;
    /* Settings that librdkafka refuses are found now, not on the thread. */
    enum gb_result result = open_consumer(lane, err);
    if (result == GB_OK && pthread_create(&lane->thread, NULL, run, lane) != 0)
        result = gb_err_set(err, GB_FATAL, "THREAD", "lane %s has no thread", options->name);
    if (result != GB_OK) {
        close_consumer(lane);
        lane_free(lane);
        return result;
    }
    *ret = lane;
    return GB_OK;
}

enum gb_result gb_lane_close(struct gb_lane *lane, struct gb_err *err)
{
    if (lane == NULL)
        return GB_OK;
    (void)pthread_join(lane->thread, NULL);
    enum gb_result ended = lane->ended;
    if (ended != GB_OK)
        (void)gb_err_set(err, ended, lane->end.code, "lane %s: %s", lane->options.name,
                         lane->end.message);
    lane_free(lane);
    return ended;
}
