#include "feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/clock.h"

struct feed *feed_new(void)
{
    struct feed *feed = calloc(1, sizeof(*feed));
    GB_CHECK(feed != NULL);
    feed->arena = gb_arena_new((size_t)64 << 20);
    return feed;
}

void feed_free(struct feed *feed)
{
    gb_arena_free(feed->arena);
    free(feed);
}

void feed_clear(struct feed *feed)
{
    feed->count = 0;
}

struct gb_record *feed_value(struct feed *feed, const struct feed_at *at, enum gb_message_kind kind,
                             struct gb_bytes value)
{
    GB_CHECK(feed->count < FEED_MAX);
    struct gb_envelope envelope = {
        .kind = kind,
        .id = gb_uuid_v7(),
        .time_us = gb_clock_wall_us(),
        .trace = gb_trace_new(),
        .mark = {.page = at->page,
                 .previous = at->previous,
                 .index = at->index,
                 .count = at->count,
                 .incarnation = 1,
                 .cut_at_us = 1000 * at->page},
    };
    GB_CHECK(gb_dc_parse(at->source, &envelope.source));
    (void)snprintf(envelope.stream, sizeof(envelope.stream), "%s", at->stream);
    struct gb_header *headers =
        gb_arena_array(feed->arena, GB_ENVELOPE_HEADERS_MAX, sizeof(*headers));
    GB_CHECK(headers != NULL);
    struct gb_record *record = &feed->records[feed->count++];
    *record = (struct gb_record){
        .topic = at->topic,
        .partition = at->partition,
        .offset = at->offset,
        .timestamp_ms = 1,
        .key = {"key", 3},
        .value = value,
        .headers = headers,
        .headers_count = gb_envelope_write(&envelope, feed->arena, headers),
    };
    return record;
}

struct gb_record *feed_text(struct feed *feed, const struct feed_at *at, const char *value)
{
    return feed_value(feed, at, GB_MESSAGE_LEDGER_ENTRY,
                      (struct gb_bytes){gb_arena_strdup(feed->arena, value), strlen(value)});
}

struct gb_record *feed_entry(struct feed *feed, const struct feed_at *at,
                             const struct gb_message_ledger_entry *entry)
{
    struct gb_bytes framed;
    struct gb_err err;
    GB_CHECK(gb_wire_ledger_entry_encode(entry, feed->arena, &framed, &err) == GB_OK);
    return feed_value(feed, at, GB_MESSAGE_LEDGER_ENTRY, framed);
}

struct gb_record *feed_account(struct feed *feed, const struct feed_at *at,
                               const struct gb_message_catalogue_account *account)
{
    struct gb_bytes framed;
    struct gb_err err;
    GB_CHECK(gb_wire_account_encode(account, feed->arena, &framed, &err) == GB_OK);
    return feed_value(feed, at, GB_MESSAGE_ACCOUNT, framed);
}

struct gb_record *feed_client(struct feed *feed, const struct feed_at *at,
                              const struct gb_message_client *client)
{
    struct gb_bytes framed;
    struct gb_err err;
    GB_CHECK(gb_wire_client_encode(client, feed->arena, &framed, &err) == GB_OK);
    return feed_value(feed, at, GB_MESSAGE_CLIENT, framed);
}
