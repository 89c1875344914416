/* Telling a peer, on its reply topic: what our readers have complete of its streams, and up to
 * which page ours are cut. Nothing waits for these messages and none is kept: the newest counts.
 *
 * A reader that is down is not spoken for: its source would take its standing still for a loss and
 * send everything again. One that lives is spoken for in every partition that it could have, with 0
 * where it has nothing, so that even what was lost entirely is missed. */
#include <stdio.h>
#include <string.h>

#include "db/sql.h"
#include "producer/sender.h"
#include "runtime/clock.h"
#include "wire/messages.h"

enum { DOWN_AFTER_S = 3 };

struct status {
    struct gb_sender *sender;
    struct gb_message_stream_page *acks;
    size_t acks_count, acks_size;
};

static void put_ack(struct status *status, const char *stream, const char *topic, int64_t partition,
                    struct gb_stream_reached reached)
{
    struct gb_arena *arena = status->sender->source.arena;
    for (size_t i = 0; i < status->acks_count; i++) {
        struct gb_message_stream_page *ack = &status->acks[i];
        if (ack->partition == partition && strcmp(ack->topic, topic) == 0 &&
            strcmp(ack->stream, stream) == 0) {
            ack->page = reached.page;
            ack->records = reached.records;
            return;
        }
    }
    GB_CHECK(status->acks_count < status->acks_size);
    struct gb_message_stream_page *ack = &status->acks[status->acks_count++];
    *ack = (struct gb_message_stream_page){
        .stream = gb_arena_strdup(arena, stream),
        .topic = gb_arena_strdup(arena, topic),
        .partition = (int32_t)partition,
        .page = reached.page,
        .records = reached.records,
    };
    GB_CHECK(ack->stream != NULL && ack->topic != NULL);
}

/* Nothing yet in any partition of the topic. */
static void put_zeros(struct status *status, const char *stream, const char *dc, const char *family)
{
    char topic[GB_TOPIC_SIZE];
    gb_topic_name(topic, dc, family);
    for (int32_t i = 0; i < status->sender->settings->partitions; i++)
        put_ack(status, stream, topic, i, (struct gb_stream_reached){.page = 0});
}

/* Families of what a peer may send us through its outbox. */
static const char *const outbox_families[] = {"payin", "reserve", "reserve-reply"};
enum { OUTBOX_FAMILIES = sizeof(outbox_families) / sizeof(outbox_families[0]) };

static void put_acks(struct status *status, const struct gb_rows *progress, bool consumer,
                     bool projector)
{
    const struct gb_publisher_settings *settings = status->sender->settings;
    const char *peer = status->sender->cluster.code;
    const char *us = settings->dc.code;
    bool catalogue = gb_dc_equal(settings->catalogue, status->sender->cluster);
    if (projector)
        put_zeros(status, "ledger", peer, "ledger");
    if (projector && catalogue)
        put_ack(status, "catalogue", GB_TOPIC_CATALOGUE, 0, (struct gb_stream_reached){.page = 0});
    for (size_t i = 0; consumer && i < OUTBOX_FAMILIES; i++)
        put_zeros(status, us, us, outbox_families[i]);
    for (size_t i = 0; i < gb_rows_count(progress); i++) {
        const char *stream = gb_rows_text(progress, i, 0);
        bool alive = strcmp(stream, us) == 0 ? consumer : projector;
        if (alive)
            put_ack(status, stream, gb_rows_text(progress, i, 1), gb_rows_int(progress, i, 2),
                    (struct gb_stream_reached){gb_rows_int(progress, i, 3),
                                               (int32_t)gb_rows_int(progress, i, 4)});
    }
}

static void read_acks(struct status *status, const struct gb_call *calls)
{
    const struct gb_rows *progress = calls[0].rows;
    int64_t since_us = gb_clock_wall_us() - DOWN_AFTER_S * INT64_C(1000000);
    status->acks_size = gb_rows_count(progress) + 1 +
                        (OUTBOX_FAMILIES + 1) * (size_t)status->sender->settings->partitions;
    status->acks =
        gb_arena_array(status->sender->source.arena, status->acks_size, sizeof(*status->acks));
    GB_CHECK(status->acks != NULL);
    put_acks(status, progress, gb_rows_int(calls[1].rows, 0, 0) > since_us,
             gb_rows_int(calls[1].rows, 0, 1) > since_us);
}

uint64_t gb_digest_add(uint64_t digest, int64_t number)
{
    return (digest ^ (uint64_t)number) * UINT64_C(1099511628211);
}

static uint64_t digest_text(uint64_t digest, const char *text)
{
    for (; *text != '\0'; text++)
        digest = gb_digest_add(digest, (uint8_t)*text);
    return digest;
}

static uint64_t digest_of(uint64_t digest, const struct gb_message_stream_page *pages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        digest = digest_text(digest_text(digest, pages[i].stream), pages[i].topic);
        digest = gb_digest_add(digest, pages[i].partition);
        digest = gb_digest_add(digest, pages[i].page);
        digest = gb_digest_add(digest, pages[i].records);
    }
    return digest;
}

static enum gb_result hand_over(struct gb_sender *sender, const struct gb_message_status *message,
                                struct gb_err *err)
{
    struct gb_arena *arena = sender->source.arena;
    char topic[GB_TOPIC_SIZE];
    gb_topic_name(topic, sender->cluster.code, "reserve-reply");
    struct gb_header headers[GB_ENVELOPE_HEADERS_MAX];
    const struct gb_envelope envelope = {
        .kind = GB_MESSAGE_STATUS,
        .id = gb_uuid_v7(),
        .source = sender->settings->dc,
        .time_us = message->sent_at_us,
    };
    struct gb_record record = {
        .topic = topic,
        .key = {sender->settings->dc.code, strlen(sender->settings->dc.code)},
        .headers = headers,
        .headers_count = gb_envelope_write(&envelope, arena, headers),
    };
    record.partition = gb_partition_of(record.key, sender->settings->partitions);
    enum gb_result result = gb_wire_status_encode(message, arena, &record.value, err);
    if (result != GB_OK)
        return result;
    struct gb_flight *flight = gb_flights_begin(sender->flights, NULL, 0, false);
    gb_flight_reserve(flight, 1);
    gb_flight_add_part(flight, 0);
    if (gb_producer_send(sender->producer, &record, gb_flights_tag(sender->flights, 0), NULL) ==
        GB_OK)
        gb_flight_sent(flight, 0);
    return GB_OK; /* one that does not leave is followed by another */
}

static enum gb_result send_if_due(struct gb_sender *sender, const struct status *status,
                                  int64_t now_us, struct gb_err *err)
{
    struct gb_message_status message = {
        .dc = sender->settings->dc,
        .incarnation = sender->source.incarnation,
        .sent_at_us = gb_clock_wall_us(),
        .acks = status->acks,
        .acks_count = status->acks_count,
    };
    struct gb_message_stream_page *heads;
    message.heads_count = gb_sender_heads(sender, &heads);
    message.heads = heads;
    uint64_t digest = digest_of(GB_DIGEST_EMPTY, message.acks, message.acks_count);
    digest = digest_of(digest, message.heads, message.heads_count);
    bool moved = digest != sender->status_digest;
    if (!moved && now_us - sender->times.status_us < sender->settings->alive_interval_ms * 1000)
        return GB_OK;
    sender->status_digest = digest;
    sender->times.status_us = now_us;
    return hand_over(sender, &message, err);
}

/* Heads say what is cut, not what is sent: while our cluster is away a replica is not up to date,
 * and must not think so. */
size_t gb_sender_heads(struct gb_sender *sender, struct gb_message_stream_page **ret)
{
    struct gb_arena *arena = sender->source.arena;
    struct gb_message_stream_page *board;
    size_t count = gb_board_get(sender->board, arena, &board);
    const struct gb_stream *outbox = &sender->streams[0];
    struct gb_message_stream_page *heads =
        gb_arena_array(arena, count + outbox->source.partitions_count + 1, sizeof(*heads));
    GB_CHECK(heads != NULL);
    for (size_t i = 0; i < count; i++)
        heads[i] = board[i];
    for (size_t i = 0; i < outbox->source.partitions_count; i++)
        heads[count++] = (struct gb_message_stream_page){
            .stream = outbox->name,
            .topic = outbox->targets[i].topic,
            .partition = outbox->targets[i].partition,
            .page = outbox->source.partitions[i].cut,
        };
    *ret = heads;
    return count;
}

enum gb_result gb_sender_send_status(struct gb_sender *sender, int64_t now_us, struct gb_err *err)
{
    if (gb_flights_full(sender->flights) ||
        (!gb_producer_connected(sender->producer) && !gb_flights_empty(sender->flights)))
        return GB_OK;
    struct gb_call calls[2];
    gb_arena_reset(sender->source.arena);
    gb_call_init(&calls[0], &gb_sql_progress_list_source, sender->source.arena);
    gb_params_text(&calls[0].params, sender->cluster.code);
    gb_call_init(&calls[1], &gb_sql_daemon_last_beats, sender->source.arena);
    enum gb_result result = gb_pg_run(sender->source.pg, calls, 2, NULL, err);
    if (result != GB_OK)
        return result;
    struct status status = {.sender = sender};
    read_acks(&status, calls);
    gb_calls_release(calls, 2);
    return send_if_due(sender, &status, now_us, err);
}
