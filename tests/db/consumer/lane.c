#include "lane.h"

#include <string.h>

void lane_open(struct lane *lane, const char *topic, const struct gb_lane_stream *streams,
               size_t streams_count, struct gb_reader reader)
{
    const struct gb_applier_options options = {.dc = "dc1",
                                               .group = "geobill.dc1.test",
                                               .streams = streams,
                                               .streams_count = streams_count,
                                               .records_max = GB_ENGINE_COMMANDS_MAX,
                                               .reader = reader};
    *lane = (struct lane){.topic = topic,
                          .feed = feed_new(),
                          .applier = gb_applier_new(&options),
                          .pg = fixture_connect(),
                          .next_page = 1};
    (void)lane_take(lane);
}

void lane_close(struct lane *lane)
{
    gb_applier_free(lane->applier);
    gb_pg_close(lane->pg);
    feed_free(lane->feed);
}

int64_t lane_take(struct lane *lane)
{
    struct gb_assignment assignment = {.topic = lane->topic, .partition = 0};
    assert_int_equal(gb_applier_take(lane->applier, lane->pg, &assignment, 1, &lane->err), GB_OK);
    return assignment.next_offset;
}

void lane_put(struct lane *lane, const char *source, const char *stream, enum gb_message_kind kind,
              struct gb_bytes value)
{
    struct feed_at at = {.topic = lane->topic,
                         .source = source,
                         .stream = stream,
                         .offset = lane->next_offset++,
                         .count = 1};
    if (stream[0] != '\0') {
        at.page = lane->next_page++;
        at.previous = at.page - 1;
    }
    (void)feed_value(lane->feed, &at, kind, value);
}

void lane_put_text(struct lane *lane, const char *source, const char *stream,
                   enum gb_message_kind kind, const char *text)
{
    lane_put(lane, source, stream, kind, (struct gb_bytes){text, strlen(text)});
}

void lane_put_payin(struct lane *lane, const char *source, const char *stream,
                    const struct gb_command *command)
{
    struct gb_message_payin message = {
        .account = {.dc = command->accepted_by,
                    .incarnation = 1,
                    .account_id = command->account_id,
                    .account_no = command->account_no,
                    .currency = command->currency},
        .owner = command->owner,
        .client_no = command->client_no,
        .key = command->key,
        .amount = command->amount,
        .reference = command->reference,
        .metadata = command->metadata,
        .accepted_at_us = command->accepted_at_us,
        .awaited = command->awaited,
    };
    struct gb_bytes framed;
    assert_int_equal(gb_wire_payin_encode(&message, lane->feed->arena, &framed, &lane->err), GB_OK);
    lane_put(lane, source, stream, GB_MESSAGE_PAYIN, framed);
}

enum gb_result lane_run(struct lane *lane, size_t from)
{
    const struct gb_arrived arrived = {lane->feed->records + from, lane->feed->count - from, true};
    enum gb_result result =
        gb_applier_run(lane->applier, lane->pg, &arrived, &lane->applied, &lane->err);
    fixture_check_invariants();
    return result;
}

void lane_must_run(struct lane *lane, size_t from, size_t dead)
{
    if (lane_run(lane, from) != GB_OK)
        fail_msg("%s: %s", lane->err.code, lane->err.message);
    if (lane->applied.dead != dead)
        fail_msg("%zu dead letters, expected %zu; the first: %s %s", lane->applied.dead, dead,
                 lane->applied.first_dead.code, lane->applied.first_dead.message);
}

void lane_forget(struct lane *lane)
{
    feed_clear(lane->feed);
}
