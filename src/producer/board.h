/* board.h: where the own sender says how far its streams are cut, so that the senders of the peers
 * can tell the peers. Any thread. */
#ifndef GB_PRODUCER_BOARD_H
#define GB_PRODUCER_BOARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "producer/stream.h"
#include "wire/messages.h"

struct gb_head {
    char stream[GB_STREAM_NAME_SIZE];
    char topic[GB_TOPIC_SIZE];
    int32_t partition;
    int64_t page;
};

struct gb_board {
    pthread_mutex_t lock;
    struct gb_head *heads; /* heap */
    size_t count, size;
};

void gb_board_init(struct gb_board *board);
void gb_board_done(struct gb_board *board);
void gb_board_clear(struct gb_board *board);
/* Sets the heads of all partitions of a stream; of the one that replays none. */
void gb_board_put(struct gb_board *board, const struct gb_stream *stream);
/* Copies all into the arena. Returns how many. */
size_t gb_board_get(struct gb_board *board, struct gb_arena *arena,
                    struct gb_message_stream_page **ret);

#endif
