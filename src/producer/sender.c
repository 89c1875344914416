#include "producer/sender.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"

/* After a failure that waiting does not mend the sender rests, and begins again from the database:
 * the other senders go on. */
enum { RETRY_BASE_MS = 50, RETRY_MAX_MS = 5000, REST_MS = 10000, DRAIN_MS = 5000 };

static struct gb_stream *add_stream(struct gb_sender *sender, const char *name,
                                    const struct gb_stream_kind *kind, const char *topic,
                                    int32_t partitions)
{
    GB_CHECK(sender->streams_count < GB_SENDER_STREAMS_MAX);
    struct gb_stream *stream = &sender->streams[sender->streams_count++];
    gb_stream_init(stream, name, kind, topic, partitions);
    return stream;
}

static void add_peers(const struct gb_sender *sender, struct gb_stream *stream)
{
    for (size_t i = 0; i < sender->settings->peers_count; i++)
        gb_stream_add_reader(stream, sender->settings->peers[i]);
}

/* Dead letters that are sent through again, to whichever topic of this cluster they came from. */
static void add_replays(struct gb_sender *sender)
{
    char name[GB_STREAM_NAME_SIZE];
    (void)snprintf(name, sizeof(name), "replay-%s", sender->cluster.code);
    add_stream(sender, name, &gb_stream_kind_outbox, "", sender->settings->partitions)->forgets =
        true;
}

static void add_own_streams(struct gb_sender *sender)
{
    const struct gb_publisher_settings *settings = sender->settings;
    const char *us = settings->dc.code;
    char topic[GB_TOPIC_SIZE];
    gb_topic_name(topic, us, "ledger");
    add_peers(sender,
              add_stream(sender, "ledger", &gb_stream_kind_ledger, topic, settings->partitions));
    gb_topic_name(topic, us, "payin");
    struct gb_stream *payin =
        add_stream(sender, "payin", &gb_stream_kind_payin, topic, settings->partitions);
    gb_stream_add_reader(payin, settings->dc);
    payin->forgets = true;
    gb_topic_name(topic, us, "dlq");
    add_stream(sender, "dlq", &gb_stream_kind_outbox, topic, 1)->forgets = true;
    if (gb_dc_equal(settings->dc, settings->catalogue))
        add_peers(sender,
                  add_stream(sender, "catalogue", &gb_stream_kind_outbox, GB_TOPIC_CATALOGUE, 1));
}

static void add_peer_streams(struct gb_sender *sender)
{
    struct gb_stream *stream = add_stream(sender, sender->cluster.code, &gb_stream_kind_outbox, "",
                                          sender->settings->partitions);
    gb_stream_add_reader(stream, sender->cluster);
    stream->forgets = true;
}

void gb_sender_init(struct gb_sender *sender, const struct gb_publisher_settings *settings,
                    const struct gb_lease *lease, struct gb_board *board, struct gb_dc cluster)
{
    *sender = (struct gb_sender){
        .settings = settings,
        .lease = lease,
        .board = board,
        .cluster = cluster,
        .own = gb_dc_equal(cluster, settings->dc),
        .event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .listening = GB_WAKE_ALL,
        .flights = calloc(1, sizeof(struct gb_flights)),
        .source = {.arena = gb_arena_new(GB_SOURCE_ARENA_BYTES),
                   .record_arena = gb_arena_new(GB_SOURCE_ARENA_BYTES),
                   .dc = settings->dc,
                   .holder = lease->holder,
                   .page_records_max = settings->page_records_max,
                   .page_bytes_max = GB_SOURCE_PAGE_BYTES,
                   .statement_timeout_ms = settings->statement_timeout_ms},
    };
    GB_CHECK(sender->event_fd >= 0 && sender->flights != NULL);
    if (sender->own)
        add_own_streams(sender);
    else
        add_peer_streams(sender);
    add_replays(sender);
    char labels[64];
    (void)snprintf(labels, sizeof(labels), "cluster=\"%s\"", cluster.code);
    sender->produced = gb_metric_counter("geobill_produced_records_total", labels,
                                         "Records that Kafka has confirmed.");
    sender->resends = gb_metric_counter("geobill_resends_total", labels,
                                        "Times a reader stood still and was sent pages again.");
    sender->connected_gauge =
        gb_metric_gauge("geobill_cluster_connected", labels, "1 while the cluster can be reached.");
}

void gb_sender_done(struct gb_sender *sender)
{
    GB_CHECK(!sender->running);
    for (size_t i = 0; i < sender->streams_count; i++)
        gb_stream_done(&sender->streams[i]);
    gb_producer_close(sender->producer);
    gb_pg_close(sender->source.pg);
    gb_arena_free(sender->source.arena);
    gb_arena_free(sender->source.record_arena);
    for (size_t i = 0; i < GB_FLIGHTS_MAX; i++)
        free(sender->flights->ring[i].parts);
    free(sender->flights);
    (void)close(sender->event_fd);
}

static void signal_event(const struct gb_sender *sender)
{
    const uint64_t one = 1;
    ssize_t written = write(sender->event_fd, &one, sizeof(one));
    GB_CHECK(written == sizeof(one) || errno == EAGAIN);
}

/* Waits for an event, at most so long. */
static void wait_event(const struct gb_sender *sender, int64_t wait_us)
{
    if (wait_us <= 0)
        return;
    const struct timespec timeout = {.tv_sec = wait_us / 1000000,
                                     .tv_nsec = (long)(wait_us % 1000000) * 1000};
    struct pollfd poller = {.fd = sender->event_fd, .events = POLLIN};
    uint64_t count;
    if (ppoll(&poller, 1, &timeout, NULL) > 0)
        (void)!read(sender->event_fd, &count, sizeof(count));
}

static bool may_run(const struct gb_sender *sender)
{
    return !atomic_load(&sender->stop) && gb_lease_good(sender->lease);
}

/* Waits out the whole time, unless it is to end. */
static void rest(const struct gb_sender *sender, int64_t wait_ms)
{
    int64_t until_us = gb_clock_mono_us() + wait_ms * 1000;
    for (int64_t now_us = gb_clock_mono_us(); now_us < until_us && may_run(sender);
         now_us = gb_clock_mono_us())
        wait_event(sender, until_us - now_us < 200000 ? until_us - now_us : 200000);
}

static void rest_after(struct gb_sender *sender, enum gb_result result, const struct gb_err *err)
{
    bool mends_itself = result == GB_RETRY;
    if (!mends_itself || sender->failures % 16 == 0)
        gb_log(mends_itself ? GB_LOG_WARNING : GB_LOG_ERROR, "sender rests",
               GB_F_TEXT("cluster", sender->cluster.code), GB_F_ERR(err));
    atomic_store(&sender->failed, true);
    rest(sender,
         mends_itself ? gb_backoff_ms(sender->failures, RETRY_BASE_MS, RETRY_MAX_MS) : REST_MS);
    sender->failures++;
    for (size_t i = 0; i < sender->streams_count; i++)
        sender->streams[i].loaded = false;
}

/* Lets Kafka confirm what is under way, and writes that down. */
static void drain(struct gb_sender *sender)
{
    if (sender->producer == NULL || !gb_lease_good(sender->lease))
        return;
    int64_t until_us = gb_clock_mono_us() + DRAIN_MS * 1000;
    while (!gb_flights_empty(sender->flights) && gb_clock_mono_us() < until_us &&
           gb_producer_connected(sender->producer)) {
        wait_event(sender, 10000);
        gb_sender_settle(sender);
    }
    struct gb_err err;
    if (sender->source.pg == NULL || !gb_pg_usable(sender->source.pg))
        return;
    if (gb_sender_save_sent(sender, &err) != GB_OK)
        gb_log(GB_LOG_WARNING, "what was sent is not written down",
               GB_F_TEXT("cluster", sender->cluster.code), GB_F_ERR(&err));
}

static void *run(void *context)
{
    struct gb_sender *sender = context;
    while (may_run(sender)) {
        struct gb_err err = {.result = GB_OK};
        int64_t wait_us = 0;
        enum gb_result result = gb_sender_step(sender, &wait_us, &err);
        if (result == GB_RETRY && strcmp(err.code, "LEASE_LOST") == 0)
            break;
        if (result != GB_OK) {
            rest_after(sender, result, &err);
            continue;
        }
        sender->failures = 0;
        atomic_store(&sender->failed, false);
        wait_event(sender, wait_us);
    }
    drain(sender);
    gb_producer_close(sender->producer);
    sender->producer = NULL;
    gb_pg_close(sender->source.pg);
    sender->source.pg = NULL;
    atomic_store(&sender->ended, true);
    return NULL;
}

void gb_sender_start(struct gb_sender *sender)
{
    GB_CHECK(!sender->running);
    GB_CHECK(pthread_create(&sender->thread, NULL, run, sender) == 0);
    sender->running = true;
}

void gb_sender_stop(struct gb_sender *sender)
{
    atomic_store(&sender->stop, true);
    signal_event(sender);
}

void gb_sender_join(struct gb_sender *sender)
{
    if (!sender->running)
        return;
    GB_CHECK(pthread_join(sender->thread, NULL) == 0);
    sender->running = false;
}

void gb_sender_wake(struct gb_sender *sender, unsigned what)
{
    (void)atomic_fetch_or(&sender->woken, what);
    if ((atomic_load(&sender->listening) & what) != 0)
        signal_event(sender);
}
