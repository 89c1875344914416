/* lane.h: one partition of one of the consumer's topics, fed from memory. Failures abort the test.
 */
#ifndef GB_TEST_CONSUMER_LANE_H
#define GB_TEST_CONSUMER_LANE_H

#include "db/engine/fixture.h"
#include "db/stream/feed.h"
#include "stream/apply.h"
#include "wire/messages.h"

struct lane {
    const char *topic;
    struct feed *feed;
    struct gb_applier *applier;
    struct gb_pg *pg;
    int64_t next_offset, next_page; /* of the next record */
    struct gb_applied applied;      /* by the last run */
    struct gb_err err;
};

/* `streams` outlive the lane. */
void lane_open(struct lane *lane, const char *topic, const struct gb_lane_stream *streams,
               size_t streams_count, struct gb_reader reader);
void lane_close(struct lane *lane);

/* Takes the partition (again): whoever had it before is fenced. Returns where it reads on. */
int64_t lane_take(struct lane *lane);

/* The next record of the topic, a page of its own in its stream; `stream` "" for none. */
void lane_put(struct lane *lane, const char *source, const char *stream, enum gb_message_kind kind,
              struct gb_bytes value);
void lane_put_text(struct lane *lane, const char *source, const char *stream,
                   enum gb_message_kind kind, const char *text);
void lane_put_payin(struct lane *lane, const char *source, const char *stream,
                    const struct gb_command *command);

/* Applies what was put since lane_forget, from record `from` on, and checks the invariants. */
enum gb_result lane_run(struct lane *lane, size_t from);
void lane_must_run(struct lane *lane, size_t from, size_t dead);
/* Forgets the records; offsets and pages go on. */
void lane_forget(struct lane *lane);

#endif
