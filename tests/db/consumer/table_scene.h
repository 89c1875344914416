/* table_scene.h: a publisher that cuts pages of pay-ins and makes their records, and consumers that
 * read them from the table or are given them as Kafka would. Failures abort the test. */
#ifndef GB_TEST_CONSUMER_TABLE_SCENE_H
#define GB_TEST_CONSUMER_TABLE_SCENE_H

#include "consumer/book_payins.h"
#include "consumer/read_table.h"
#include "db/engine/fixture.h"
#include "producer/page.h"
#include "stream/apply.h"

#define TOPIC "geobill.dc1.payin.v1"
#define AFTER_US INT64_C(2000000)

enum { PARTITIONS = 4, SEEN_MAX = 8192 };

/* For cmocka: one server for all tests, an empty stream for each. */
int scene_setup(void **state);
int scene_before_each(void **state);
int scene_after_each(void **state);

/* --- the publisher --- */

extern struct gb_stream scene_stream;
extern int scene_accepted; /* pay-ins so far, of 3 each */

/* A page, or several when there are more than 50. */
void accept_and_cut(int count);

/* Records that live on: as they were, in one piece each. */
struct seen {
    struct gb_arena *arena;
    struct gb_record records[SEEN_MAX];
    size_t count;
    int64_t offsets[PARTITIONS]; /* of a topic that has them all */
};
void seen_init(struct seen *seen);
/* What the publisher sends of the pages from `from` on: all that Kafka would have. */
void send_all(struct seen *seen, int64_t from);

/* --- a consumer --- */

struct consumer {
    struct gb_book_payins *book;
    struct gb_read_table *table;
    struct gb_applier *applier;
    struct gb_pg *pg;
    struct seen *fed; /* NULL: not kept */
    size_t fed_count;
    bool delivers; /* Kafka is there */
    int64_t wait_ms;
    struct gb_err err;
};
void consumer_start(struct consumer *consumer, const char *instance);
void consumer_stop(struct consumer *consumer);
/* It gets all partitions. */
void take_all(struct consumer *consumer);
/* Applies records, from its partitions or not. */
enum gb_result run(struct consumer *consumer, const struct gb_record *records, size_t count,
                   bool positioned);
enum gb_result step(struct consumer *consumer, int64_t now_us);
/* Steps that must succeed, until there is nothing more to do at once. Returns how many records were
 * read. */
size_t steps(struct consumer *consumer, int64_t now_us);

/* --- what must be --- */

/* So many pay-ins are booked, each once, and nothing else is wrong. */
void check_booked(int count);
/* No partition has a page that is not complete, and none claims more than was cut. */
void check_complete(void);

#endif
