#include <stdlib.h>
#include <string.h>

#include "world.h"

/* A message by all that is decided by, in a row: what is compared. */
enum { WORDS = 18 };
struct letter {
    struct message message;
    int64_t words[WORDS];
};

/* Open addressing. */
struct post {
    struct letter *letters;
    uint32_t count, room;
    uint32_t *slots; /* number + 1; 0: free */
    uint32_t slots_mask;
};

enum { SLOTS_AT_FIRST = 1 << 16 };

struct post *post_new(void)
{
    struct post *post = calloc(1, sizeof(*post));
    if (post == NULL)
        abort();
    post->slots_mask = SLOTS_AT_FIRST - 1;
    post->slots = calloc(SLOTS_AT_FIRST, sizeof(*post->slots));
    if (post->slots == NULL)
        abort();
    return post;
}

void post_free(struct post *post)
{
    free(post->letters);
    free(post->slots);
    free(post);
}

static void write_words(const struct message *message, int64_t words[WORDS])
{
    const struct gb_ask *ask = &message->ask;
    const struct gb_reply *reply = &message->reply;
    const struct gb_share *share = &reply->share;
    const int64_t of_ask[WORDS] = {message->from, message->to,         false,
                                   ask->ask_seq,  ask->ask_target,     ask->priority.clock_us,
                                   ask->round,    ask->asker_in_total, ask->clock_us};
    const int64_t of_reply[WORDS] = {
        message->from,        message->to,           true,
        reply->ask_seq,       reply->round,          reply->link_out_total,
        reply->link_in_total, reply->reserved,       reply->clock_us,
        share->balance,       share->held,           share->version,
        share->credits_total, share->debits_total,   share->out_total,
        share->in_total,      (int64_t)share->status};
    memcpy(words, message->is_reply ? of_reply : of_ask, sizeof(of_ask));
}

static uint32_t *slot_of(const struct post *post, const int64_t words[WORDS])
{
    uint64_t at = UINT64_C(1469598103934665603);
    for (int i = 0; i < WORDS; i++)
        at = (at ^ (uint64_t)words[i]) * UINT64_C(1099511628211);
    at ^= at >> 29;
    while (true) {
        uint32_t *slot = &post->slots[at++ & post->slots_mask];
        if (*slot == 0 ||
            memcmp(post->letters[*slot - 1].words, words, sizeof(int64_t) * WORDS) == 0)
            return slot;
    }
}

static void grow(struct post *post)
{
    post->room = post->room == 0 ? 1024 : post->room * 2;
    post->letters = realloc(post->letters, sizeof(*post->letters) * post->room);
    if (post->letters == NULL)
        abort();
    if (post->room < post->slots_mask / 2)
        return;
    free(post->slots);
    post->slots_mask = post->slots_mask * 4 + 3;
    post->slots = calloc((size_t)post->slots_mask + 1, sizeof(*post->slots));
    if (post->slots == NULL)
        abort();
    for (uint32_t i = 0; i < post->count; i++)
        *slot_of(post, post->letters[i].words) = i + 1;
}

uint32_t post_number(struct post *post, const struct message *message)
{
    int64_t words[WORDS];
    write_words(message, words);
    uint32_t *slot = slot_of(post, words);
    if (*slot != 0)
        return *slot - 1;
    if (post->count == post->room) {
        grow(post);
        slot = slot_of(post, words);
    }
    struct letter *letter = &post->letters[post->count];
    letter->message = *message;
    memcpy(letter->words, words, sizeof(words));
    *slot = ++post->count;
    return post->count - 1;
}

const struct message *post_message(const struct post *post, uint32_t number)
{
    return &post->letters[number].message;
}
