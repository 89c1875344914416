/* sender.h: one destination cluster: a thread with its own connection and its own producer, which
 * cuts and sends the streams that go there. A cluster that is away keeps nobody else waiting.
 *
 * One step looks at everything that is due and never waits for Kafka or a reader; waiting happens
 * in one place (sender.c). What is in memory is bounded: one page per stream, in_flight_max
 * records. */
#ifndef GB_PRODUCER_SENDER_H
#define GB_PRODUCER_SENDER_H

#include <pthread.h>
#include <stdatomic.h>

#include "bus/producer.h"
#include "core/flights.h"
#include "producer/board.h"
#include "producer/lease.h"
#include "producer/page.h"

enum { GB_SENDER_STREAMS_MAX = 5 };

/* What each step found to do last: monotonic times. */
struct gb_sender_times {
    int64_t cut_us;    /* last looked for new rows */
    int64_t hear_us;   /* last heard the readers */
    int64_t save_us;   /* last wrote down what is sent */
    int64_t forget_us; /* last deleted pages */
    int64_t merge_us;  /* last merged pages */
    int64_t status_us; /* last sent a Status message */
    int64_t look_us;   /* last looked whether a Status message is due */
    int64_t warn_us;   /* last complained of deliveries */
};

struct gb_sender {
    const struct gb_publisher_settings *settings;
    const struct gb_lease *lease;
    struct gb_board *board;
    struct gb_dc cluster; /* whose cluster this sender sends to */
    bool own;             /* it is our own */

    pthread_t thread;
    bool running;
    int event_fd;          /* wakes the sender: new rows, delivery reports, stop */
    atomic_uint woken;     /* hints not yet looked at: a mask of enum gb_wake */
    atomic_uint listening; /* those for which it does not rest */
    atomic_bool stop;      /* finish what is begun and end */
    atomic_bool connected;
    atomic_bool failed; /* rests after a failure */
    atomic_bool ended;  /* its thread is over: asked to stop, or the lease is lost */

    /* Its thread's own. */
    struct gb_source source;
    struct gb_producer *producer;
    struct gb_stream streams[GB_SENDER_STREAMS_MAX];
    size_t streams_count;
    struct gb_flights *flights;
    struct gb_sender_times times;
    int64_t page_interval_us; /* between two cuts of a stream that keeps up */
    unsigned failures;        /* of the database, in a row */
    struct gb_stream_pace pace;
    uint64_t status_digest; /* of what the last Status message said */
    struct gb_err delivery; /* the last that failed, for the log */
    struct gb_metric *produced, *resends, *connected_gauge;
};

/* Makes the sender to `cluster` with its streams; start it with gb_sender_start. */
void gb_sender_init(struct gb_sender *sender, const struct gb_publisher_settings *settings,
                    const struct gb_lease *lease, struct gb_board *board, struct gb_dc cluster);
void gb_sender_done(struct gb_sender *sender);

/* The holder's thread: begins with an empty memory, from the database. */
void gb_sender_start(struct gb_sender *sender);
void gb_sender_stop(struct gb_sender *sender); /* asks; */
void gb_sender_join(struct gb_sender *sender); /* waits for the end */
/* There may be new rows; `what`: a mask of enum gb_wake. While the streams rest that have them,
 * they are looked at in the end of it. Any thread. */
void gb_sender_wake(struct gb_sender *sender, unsigned what);

/* run_sender.c: one step: everything that is due. *ret_wait_us: how long there is nothing to do. */
enum gb_result gb_sender_step(struct gb_sender *sender, int64_t *ret_wait_us,
                              struct gb_err *err) GB_MUST_USE;
/* Opens connection and producer, loads the streams: whatever is not there. */
enum gb_result gb_sender_ready(struct gb_sender *sender, struct gb_err *err) GB_MUST_USE;
/* Serves delivery reports that are there and settles them. */
void gb_sender_settle(struct gb_sender *sender);

/* send_page.c */
/* May a page of this stream be handed over now? */
bool gb_sender_can_send(const struct gb_sender *sender, const struct gb_stream *stream,
                        int64_t now_us);
/* Hands over a page: of the targets with only[target] (NULL: all of it). */
enum gb_result gb_page_send(struct gb_sender *sender, struct gb_stream *stream,
                            const struct gb_window *window, const bool *only,
                            struct gb_err *err) GB_MUST_USE;
/* Memory for so many parts of a flight that was just begun. */
void gb_flight_reserve(struct gb_flight *flight, size_t parts);
/* Sends stored pages that are waiting, as many as there is room for. *ret_more: some are left that
 * could be sent at once. */
enum gb_result gb_sender_send_stored(struct gb_sender *sender, bool *ret_more,
                                     struct gb_err *err) GB_MUST_USE;

/* hear_readers.c: reads what the readers acknowledged, and decides who is sent anything again. */
enum gb_result gb_sender_hear_readers(struct gb_sender *sender, struct gb_err *err) GB_MUST_USE;
/* go_back.c: sends one page again, where some reader needs one and live traffic leaves room.
 * *ret_more: another could be sent at once. */
enum gb_result gb_sender_send_again(struct gb_sender *sender, bool *ret_more,
                                    struct gb_err *err) GB_MUST_USE;
/* save_sent.c: writes down how far the streams are sent. */
enum gb_result gb_sender_save_sent(struct gb_sender *sender, struct gb_err *err) GB_MUST_USE;
/* forget_pages.c: deletes pages (and their outbox rows) that all readers have. */
enum gb_result gb_sender_forget_pages(struct gb_sender *sender, struct gb_err *err) GB_MUST_USE;
/* merge_pages.c: makes few large ones of the small old pages that are kept. */
enum gb_result gb_sender_merge_pages(struct gb_sender *sender, struct gb_err *err) GB_MUST_USE;
/* send_status.c: one more number into a digest (FNV-1a, a number a step): where two digests that
 * began alike differ, something differs. */
#define GB_DIGEST_EMPTY UINT64_C(14695981039346656037)
uint64_t gb_digest_add(uint64_t digest, int64_t number);
/* The heads of the streams that this sender's peer reads (arena). Returns how many. */
size_t gb_sender_heads(struct gb_sender *sender, struct gb_message_stream_page **ret);
/* send_status.c: tells the peer what we have of its streams and how far ours are, if it is time. */
enum gb_result gb_sender_send_status(struct gb_sender *sender, int64_t now_us,
                                     struct gb_err *err) GB_MUST_USE;

#endif
