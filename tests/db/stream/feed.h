/* feed.h: records as a source would have sent them, made in memory, for tests that feed readers
 * without Kafka. */
#ifndef GB_TEST_STREAM_FEED_H
#define GB_TEST_STREAM_FEED_H

#include "bus/record.h"
#include "wire/messages.h"

#define FEED_MAX 4096

struct feed {
    struct gb_arena *arena;
    struct gb_record records[FEED_MAX];
    size_t count;
};

/* Where a record stands: in its topic, and in its stream. */
struct feed_at {
    const char *topic;
    const char *source;
    const char *stream;
    int32_t partition;
    int64_t offset;
    int64_t page, previous;
    int32_t index, count;
};

struct feed *feed_new(void);
void feed_free(struct feed *feed);
void feed_clear(struct feed *feed);

/* One record with `value` as its body and the headers of a ledger entry. */
struct gb_record *feed_value(struct feed *feed, const struct feed_at *at, enum gb_message_kind kind,
                             struct gb_bytes value);
struct gb_record *feed_text(struct feed *feed, const struct feed_at *at, const char *value);
struct gb_record *feed_entry(struct feed *feed, const struct feed_at *at,
                             const struct gb_message_ledger_entry *entry);
struct gb_record *feed_account(struct feed *feed, const struct feed_at *at,
                               const struct gb_message_catalogue_account *account);
struct gb_record *feed_client(struct feed *feed, const struct feed_at *at,
                              const struct gb_message_client *client);

#endif
