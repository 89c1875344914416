/* stage.h: a sender of dc1 with a private PostgreSQL and a mock cluster, which is dc1's and dc2's,
 * and readers that count as the real ones do. Whatever goes wrong outside of what is tested aborts.
 * Main thread. */
#ifndef GB_TEST_PRODUCER_STAGE_H
#define GB_TEST_PRODUCER_STAGE_H

#include "../bus/mock.h"
#include "producer/sender.h"
#include "support/postgres.h"
#include "wire/messages.h"

enum { STAGE_PARTITIONS = 4, STAGE_DEADLINE_MS = 20000 };

#define STAGE_LEDGER "geobill.dc1.ledger.v1"
#define STAGE_PAYIN "geobill.dc1.payin.v1"
#define STAGE_REPLY_DC2 "geobill.dc2.reserve-reply.v1"

struct stage {
    struct gb_test_postgres *server;
    struct gb_pg *owner;
    struct mock mock;
    struct gb_config *config;
    struct gb_publisher_settings settings;
    struct gb_lease lease;
    struct gb_board board;
    struct gb_sender sender;
    bool sending;
};

/* Everything but the sender; the topics are there, empty. */
void stage_open(struct stage *stage, struct gb_test_postgres *server);
void stage_close(struct stage *stage);
/* Starts the sender to `cluster` ("dc1" or "dc2") as a new publisher would; stops it as a stop
 * does. */
void stage_start(struct stage *stage, const char *cluster);
void stage_stop(struct stage *stage);

/* Keeps the lease alive and waits until `text`, a query of one boolean, is true; fails the test
 * after STAGE_DEADLINE_MS. */
void stage_wait(struct stage *stage, const char *text);
/* Just keeps the lease alive for so long. */
void stage_run_ms(struct stage *stage, int64_t run_ms);

/* Accepts `count` pay-ins of account n, committed one by one when `singly`. */
void stage_accept(struct stage *stage, int64_t account, int count);

/* What a reader of a whole topic has. */
struct reading {
    size_t records;
    size_t repeats;                     /* records of pages that were complete already */
    size_t refused;                     /* with headers that are none */
    int64_t complete[STAGE_PARTITIONS]; /* per partition: the last complete page */
    struct gb_stream_progress progress[STAGE_PARTITIONS];
    struct gb_message_status status; /* the last one seen, text gone */
    size_t statuses, acks, heads;
    int64_t ledger_head; /* highest head of stream ledger in it */
};
void stage_read(struct stage *stage, const char *topic, struct reading *ret);

#endif
