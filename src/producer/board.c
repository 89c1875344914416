#include "producer/board.h"

#include <stdlib.h>
#include <string.h>

void gb_board_init(struct gb_board *board)
{
    *board = (struct gb_board){.count = 0};
    GB_CHECK(pthread_mutex_init(&board->lock, NULL) == 0);
}

void gb_board_done(struct gb_board *board)
{
    free(board->heads);
    (void)pthread_mutex_destroy(&board->lock);
}

void gb_board_clear(struct gb_board *board)
{
    pthread_mutex_lock(&board->lock);
    board->count = 0;
    pthread_mutex_unlock(&board->lock);
}

static struct gb_head *find(struct gb_board *board, const char *stream, const char *topic,
                            int32_t partition)
{
    for (size_t i = 0; i < board->count; i++) {
        struct gb_head *head = &board->heads[i];
        if (head->partition == partition && strcmp(head->topic, topic) == 0 &&
            strcmp(head->stream, stream) == 0)
            return head;
    }
    if (board->count == board->size) {
        board->size = board->size == 0 ? 16 : 2 * board->size;
        board->heads = realloc(board->heads, board->size * sizeof(*board->heads));
        GB_CHECK(board->heads != NULL);
    }
    struct gb_head *head = &board->heads[board->count++];
    *head = (struct gb_head){.partition = partition};
    memcpy(head->stream, stream, strlen(stream) + 1);
    memcpy(head->topic, topic, strlen(topic) + 1);
    return head;
}

void gb_board_put(struct gb_board *board, const struct gb_stream *stream)
{
    if (stream->topic[0] == '\0')
        return; /* replayed dead letters: no peer waits for them */
    pthread_mutex_lock(&board->lock);
    for (size_t i = 0; i < stream->source.partitions_count; i++) {
        const struct gb_target *target = &stream->targets[i];
        find(board, stream->name, target->topic, target->partition)->page =
            stream->source.partitions[i].cut;
    }
    pthread_mutex_unlock(&board->lock);
}

size_t gb_board_get(struct gb_board *board, struct gb_arena *arena,
                    struct gb_message_stream_page **ret)
{
    pthread_mutex_lock(&board->lock);
    size_t count = board->count;
    struct gb_message_stream_page *pages = gb_arena_array(arena, count + 1, sizeof(*pages));
    GB_CHECK(pages != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct gb_head *head = &board->heads[i];
        pages[i] = (struct gb_message_stream_page){
            .stream = gb_arena_strdup(arena, head->stream),
            .topic = gb_arena_strdup(arena, head->topic),
            .partition = head->partition,
            .page = head->page,
        };
        GB_CHECK(pages[i].stream != NULL && pages[i].topic != NULL);
    }
    pthread_mutex_unlock(&board->lock);
    *ret = pages;
    return count;
}
