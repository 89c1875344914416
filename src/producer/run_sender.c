/* One step of a sender: everything that is due, in the order of what must not wait. */
#include <string.h>

#include "db/sql.h"
#include "producer/sender.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"

/* How often what is looked at. A stream is cut at once when its last cut is some time ago: several
 * times as long as a cut takes, so that cutting never takes more than a part of the time, and pages
 * gather rows under load, the more the busier the machine is; when idle nobody waits. While a
 * stream is behind its pages are read again anyway, so fewer and larger ones do; while it cannot
 * send, one a second. */
#define PAGE_INTERVAL_US_MIN INT64_C(2000)
#define PAGE_INTERVAL_US_MAX INT64_C(25000)
#define REST_PER_CUT 5
#define PAGE_INTERVAL_BEHIND_US INT64_C(100000)
#define PAGE_INTERVAL_AWAY_US INT64_C(1000000)
#define MERGE_INTERVAL_US INT64_C(1000000)
/* While Kafka is away the consumer reads pages of pay-ins from the table: they are cut as when it
 * is there, as long as the consumer keeps up with them. */
#define PAGES_READ_MAX 400
#define WARN_INTERVAL_US INT64_C(10000000)

enum { RETRY_BASE_MS = 100, RETRY_MAX_MS = 10000 };

static void delivered(void *context, uint64_t tag, bool ok, const struct gb_err *err)
{
    struct gb_sender *sender = context;
    uint32_t part;
    struct gb_flight *flight = gb_flights_find(sender->flights, tag, &part);
    if (ok)
        gb_metric_add(sender->produced, 1);
    else
        sender->delivery = *err;
    if (flight == NULL)
        return;
    gb_flight_reported(flight, part, ok);
    if (ok && flight->source != NULL)
        ((struct gb_stream *)flight->source->owner)->failures = 0;
}

static void page_failed(void *context, struct gb_stream_source *source, int64_t page)
{
    struct gb_sender *sender = context;
    struct gb_stream *stream = source->owner;
    int64_t now_us = gb_clock_mono_us();
    int64_t wait_ms =
        RETRY_BASE_MS + gb_backoff_ms(stream->failures++, RETRY_BASE_MS, RETRY_MAX_MS);
    stream->retry_at_us = now_us + wait_ms * 1000;
    if (now_us - sender->times.warn_us < WARN_INTERVAL_US)
        return;
    sender->times.warn_us = now_us;
    gb_log(GB_LOG_WARNING, "page not delivered, going back to it",
           GB_F_TEXT("cluster", sender->cluster.code), GB_F_TEXT("stream", stream->name),
           GB_F_INT("page", page), GB_F_ERR(&sender->delivery));
}

void gb_sender_settle(struct gb_sender *sender)
{
    (void)gb_producer_poll(sender->producer, 0);
    gb_flights_settle(sender->flights, page_failed, sender);
    gb_stream_pace_settled(&sender->pace, gb_flights_again(sender->flights), gb_clock_mono_us());
    bool connected = gb_producer_connected(sender->producer);
    atomic_store(&sender->connected, connected);
    gb_metric_set(sender->connected_gauge, connected);
}

static enum gb_result open_producer(struct gb_sender *sender, struct gb_err *err)
{
    char client_id[96];
    (void)snprintf(client_id, sizeof(client_id), "geobill/%s/%s/publisher", GB_VERSION,
                   sender->settings->dc.code);
    const struct gb_producer_options options = {
        .config = sender->settings->config,
        .cluster = sender->cluster.code,
        .client_id = client_id,
        .linger_ms = sender->settings->linger_ms,
        .message_timeout_ms = sender->settings->message_timeout_ms,
        .in_flight_max = sender->settings->in_flight_max,
        .delivered = delivered,
        .context = sender,
    };
    enum gb_result result = gb_producer_open(&options, &sender->producer, err);
    if (result != GB_OK)
        return result;
    gb_producer_notify(sender->producer, sender->event_fd);
    for (size_t i = 0; i < sender->streams_count; i++)
        if (sender->streams[i].topic[0] != '\0')
            gb_producer_warm(sender->producer, sender->streams[i].topic);
    return GB_OK;
}

/* A producer that is broken is replaced; what it had under way is sent again. */
static enum gb_result ready_producer(struct gb_sender *sender, struct gb_err *err)
{
    struct gb_err why;
    if (sender->producer != NULL && !gb_producer_broken(sender->producer, &why))
        return GB_OK;
    if (sender->producer != NULL) {
        gb_log(GB_LOG_WARNING, "producer broken, opening another",
               GB_F_TEXT("cluster", sender->cluster.code), GB_F_ERR(&why));
        gb_producer_close(sender->producer);
        sender->producer = NULL;
        gb_flights_lose(sender->flights);
    }
    return open_producer(sender, err);
}

/* Whose database is this? */
static enum gb_result read_datacenter(struct gb_sender *sender, struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_local_datacenter_get, sender->source.arena);
    enum gb_result result = gb_pg_call(sender->source.pg, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) != 1)
        result = gb_err_set(err, GB_FATAL, "NOT_MIGRATED", "the database is not migrated");
    else if (strcmp(gb_rows_text(call.rows, 0, 0), sender->settings->dc.code) != 0)
        result = gb_err_set(err, GB_FATAL, "WRONG_DATABASE", "the database is %s's",
                            gb_rows_text(call.rows, 0, 0));
    else
        sender->source.incarnation = (int32_t)gb_rows_int(call.rows, 0, 2);
    gb_calls_release(&call, 1);
    return result;
}

static enum gb_result ready_database(struct gb_sender *sender, struct gb_err *err)
{
    if (sender->source.pg != NULL && gb_pg_usable(sender->source.pg))
        return GB_OK;
    for (size_t i = 0; i < sender->streams_count; i++)
        sender->streams[i].loaded = false; /* a page may have been stored without our knowing */
    enum gb_result result =
        sender->source.pg != NULL
            ? gb_pg_reset(sender->source.pg, err)
            : gb_publisher_connect(sender->settings, sender->cluster.code, sender->source.holder,
                                   &sender->source.pg, err);
    return result == GB_OK ? read_datacenter(sender, err) : result;
}

enum gb_result gb_sender_ready(struct gb_sender *sender, struct gb_err *err)
{
    gb_arena_reset(sender->source.arena);
    enum gb_result result = ready_database(sender, err);
    if (result == GB_OK)
        result = ready_producer(sender, err);
    for (size_t i = 0; i < sender->streams_count && result == GB_OK; i++) {
        if (sender->streams[i].loaded)
            continue;
        gb_arena_reset(sender->source.arena);
        result = gb_stream_load(&sender->source, &sender->streams[i], err);
        if (result == GB_OK && sender->own)
            gb_board_put(sender->board, &sender->streams[i]);
    }
    return result;
}

static bool is_due(int64_t *last_us, int64_t interval_us, int64_t now_us)
{
    if (now_us - *last_us < interval_us)
        return false;
    *last_us = now_us;
    return true;
}

static enum gb_result do_duties(struct gb_sender *sender, int64_t now_us, struct gb_err *err)
{
    /* Readers speak once in this interval at most: heard twice in it, none is late by much. */
    int64_t interval_us = sender->settings->ack_interval_ms * 1000;
    enum gb_result result = GB_OK;
    if (is_due(&sender->times.hear_us, interval_us / 2, now_us))
        result = gb_sender_hear_readers(sender, err);
    if (result == GB_OK && is_due(&sender->times.save_us, interval_us, now_us))
        result = gb_sender_save_sent(sender, err);
    if (result == GB_OK && is_due(&sender->times.forget_us, interval_us, now_us))
        result = gb_sender_forget_pages(sender, err);
    if (result == GB_OK && is_due(&sender->times.merge_us, MERGE_INTERVAL_US, now_us))
        result = gb_sender_merge_pages(sender, err);
    if (result == GB_OK && !sender->own && is_due(&sender->times.look_us, interval_us, now_us))
        result = gb_sender_send_status(sender, now_us, err);
    return result;
}

static bool is_read_from_table(const struct gb_stream *stream)
{
    return stream->kind == &gb_stream_kind_payin &&
           stream->source.last - stream->source.next < PAGES_READ_MAX;
}

/* When the stream may be cut again. */
static int64_t cut_at_us(const struct gb_sender *sender, const struct gb_stream *stream,
                         int64_t now_us)
{
    bool away = !gb_sender_can_send(sender, stream, now_us);
    bool behind = stream->source.next <= stream->source.last;
    if ((away || behind) && is_read_from_table(stream))
        return stream->cut_at_us + PAGE_INTERVAL_US_MAX;
    if (away)
        return stream->cut_at_us + PAGE_INTERVAL_AWAY_US;
    if (behind)
        return stream->cut_at_us + PAGE_INTERVAL_BEHIND_US;
    return stream->cut_at_us + sender->page_interval_us;
}

/* Sends a page that was just cut, from memory, when it is its turn. */
static enum gb_result send_fresh(struct gb_sender *sender, struct gb_stream *stream,
                                 struct gb_window *window, struct gb_err *err)
{
    int64_t now_us = gb_clock_mono_us();
    if (window->trouble.result != GB_OK && now_us - stream->warned_at_us > WARN_INTERVAL_US) {
        stream->warned_at_us = now_us;
        gb_log(GB_LOG_ERROR, "stream waits", GB_F_TEXT("stream", stream->name),
               GB_F_ERR(&window->trouble));
    }
    if (window->page.number == 0)
        return GB_OK;
    if (sender->own)
        gb_board_put(sender->board, stream);
    if (!gb_stream_source_is_next(&stream->source, window->page.number) ||
        !gb_sender_can_send(sender, stream, now_us))
        return GB_OK; /* read again when it is */
    gb_stream_pace_live(&sender->pace, now_us);
    return gb_page_send(sender, stream, window, NULL, err);
}

static enum gb_result cut_streams(struct gb_sender *sender, int64_t now_us, struct gb_err *err)
{
    struct gb_stream *due[GB_SENDER_STREAMS_MAX];
    struct gb_window windows[GB_SENDER_STREAMS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < sender->streams_count; i++) {
        struct gb_stream *stream = &sender->streams[i];
        if (!stream->wanted || now_us < cut_at_us(sender, stream, now_us))
            continue;
        stream->wanted = false;
        stream->cut_at_us = now_us;
        due[count++] = stream;
    }
    if (count == 0)
        return GB_OK;
    gb_arena_reset(sender->source.arena);
    enum gb_result result = gb_pages_cut(&sender->source, due, count, windows, err);
    for (size_t i = 0; i < count && result == GB_OK; i++)
        result = send_fresh(sender, due[i], &windows[i], err);
    for (size_t i = 0; i < count; i++)
        gb_window_release(&windows[i]);
    int64_t interval_us = REST_PER_CUT * (gb_clock_mono_us() - now_us);
    interval_us = interval_us < PAGE_INTERVAL_US_MIN ? PAGE_INTERVAL_US_MIN : interval_us;
    sender->page_interval_us =
        interval_us > PAGE_INTERVAL_US_MAX ? PAGE_INTERVAL_US_MAX : interval_us;
    return result;
}

/* Which streams may have new rows. */
static void take_hints(struct gb_sender *sender, int64_t now_us)
{
    bool all = is_due(&sender->times.cut_us, sender->settings->poll_ms * 1000, now_us);
    unsigned woken = atomic_exchange(&sender->woken, 0);
    for (size_t i = 0; i < sender->streams_count; i++) {
        struct gb_stream *stream = &sender->streams[i];
        stream->wanted = stream->wanted || all || (woken & stream->kind->wake) != 0;
    }
}

/* How long there is nothing to do. Hints for a stream that rests do not end the waiting: they are
 * found when its rest ends. */
static int64_t wait_us(struct gb_sender *sender, int64_t now_us)
{
    int64_t until_us = sender->times.cut_us + sender->settings->poll_ms * 1000;
    unsigned listening = 0;
    for (size_t i = 0; i < sender->streams_count; i++) {
        const struct gb_stream *stream = &sender->streams[i];
        int64_t cut_us = cut_at_us(sender, stream, now_us);
        if (cut_us <= now_us && !stream->wanted)
            listening |= stream->kind->wake;
        else
            until_us = cut_us < until_us ? cut_us : until_us;
        if (stream->retry_at_us > now_us && stream->retry_at_us < until_us)
            until_us = stream->retry_at_us;
    }
    int64_t hear_us = sender->times.hear_us + sender->settings->ack_interval_ms * 500;
    until_us = hear_us < until_us ? hear_us : until_us;
    atomic_store(&sender->listening, listening);
    bool woken = (atomic_load(&sender->woken) & listening) != 0; /* meanwhile */
    return until_us > now_us && !woken ? until_us - now_us : 0;
}

enum gb_result gb_sender_step(struct gb_sender *sender, int64_t *ret_wait_us, struct gb_err *err)
{
    enum gb_result result = gb_sender_ready(sender, err);
    if (result != GB_OK)
        return result;
    int64_t now_us = gb_clock_mono_us();
    take_hints(sender, now_us);
    gb_sender_settle(sender);
    bool busy = false;
    bool again = false;
    result = cut_streams(sender, now_us, err);
    if (result == GB_OK)
        result = gb_sender_send_stored(sender, &busy, err);
    if (result == GB_OK)
        result = gb_sender_send_again(sender, &again, err);
    if (result == GB_OK)
        result = do_duties(sender, now_us, err);
    gb_sender_settle(sender);
    now_us = gb_clock_mono_us();
    *ret_wait_us = busy || again ? 0 : wait_us(sender, now_us);
    return result;
}
