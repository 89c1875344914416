#include "runtime/arena.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under AddressSanitizer whatever is not handed out is poisoned, so that a use after the reset and
 * an overrun inside the arena are found like those of malloc. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define poison(at, size) __asan_poison_memory_region((at), (size))
#define unpoison(at, size) __asan_unpoison_memory_region((at), (size))
#else
#define poison(at, size) ((void)(at), (void)(size))
#define unpoison(at, size) ((void)(at), (void)(size))
#endif

enum { BLOCK_BYTES_MIN = 16 * 1024, ALIGNMENT = alignof(max_align_t) };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

struct gb_arena {
    size_t bytes_max;
    size_t used;           /* handed out since the reset, padding included */
    struct block *first;   /* all blocks, in the order they were filled */
    struct block *current; /* the last of them */
    bool shared;
    pthread_mutex_t lock; /* of one that is shared */
};

static struct block *block_new(size_t size)
{
    struct block *block = calloc(1, sizeof(*block) + size);
    GB_CHECK(block != NULL);
    block->size = size;
    poison(block->bytes, size);
    return block;
}

struct gb_arena *gb_arena_new(size_t bytes_max)
{
    struct gb_arena *arena = malloc(sizeof(*arena));
    GB_CHECK(arena != NULL);
    size_t size = bytes_max / 8 < BLOCK_BYTES_MIN ? BLOCK_BYTES_MIN : bytes_max / 8;
    *arena = (struct gb_arena){.bytes_max = bytes_max};
    arena->first = arena->current = block_new(size);
    return arena;
}

static void blocks_free(struct block *block)
{
    while (block != NULL) {
        struct block *next = block->next;
        unpoison(block->bytes, block->size);
        free(block);
        block = next;
    }
}

void gb_arena_free(struct gb_arena *arena)
{
    if (arena == NULL)
        return;
    blocks_free(arena->first);
    if (arena->shared)
        (void)pthread_mutex_destroy(&arena->lock);
    free(arena);
}

void gb_arena_share(struct gb_arena *arena)
{
    GB_CHECK(pthread_mutex_init(&arena->lock, NULL) == 0);
    arena->shared = true;
}

void gb_arena_reset(struct gb_arena *arena)
{
    /* Several blocks become one of their size: after a few rounds nothing is allocated any more,
     * and changing sizes of what is asked for cannot pile up blocks. */
    if (arena->first->next != NULL) {
        size_t size = 0;
        for (const struct block *block = arena->first; block != NULL; block = block->next)
            size += block->size;
        blocks_free(arena->first);
        arena->first = block_new(size < arena->bytes_max ? size : arena->bytes_max);
    }
    arena->first->used = 0;
    poison(arena->first->bytes, arena->first->size);
    arena->current = arena->first;
    arena->used = 0;
}

/* The current block, or a new one of at least the size of the first. */
static struct block *block_with_room(struct gb_arena *arena, size_t size)
{
    struct block *current = arena->current;
    if (current->size - current->used >= size)
        return current;
    current->next = block_new(size > arena->first->size ? size : arena->first->size);
    arena->current = current->next;
    return current->next;
}

static void *take(struct gb_arena *arena, size_t wanted)
{
    size_t left = arena->bytes_max - arena->used;
    if (wanted > left)
        return NULL;
    size_t padded = (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (padded > left)
        return NULL;
    struct block *block = block_with_room(arena, padded);
    void *start = block->bytes + block->used;
    block->used += padded;
    arena->used += padded;
    return start;
}

void *gb_arena_alloc(struct gb_arena *arena, size_t size)
{
    size_t wanted = size == 0 ? 1 : size;
    if (arena->shared)
        GB_CHECK(pthread_mutex_lock(&arena->lock) == 0);
    void *start = take(arena, wanted);
    if (arena->shared)
        GB_CHECK(pthread_mutex_unlock(&arena->lock) == 0);
    if (start == NULL)
        return NULL;
    unpoison(start, wanted);
    return memset(start, 0, wanted);
}

void *gb_arena_array(struct gb_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return gb_arena_alloc(arena, bytes);
}

void *gb_arena_need_array(struct gb_arena *arena, size_t count, size_t size)
{
    void *memory = gb_arena_array(arena, count, size);
    GB_CHECK(memory != NULL);
    return memory;
}

char *gb_arena_strndup(struct gb_arena *arena, const char *text, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = gb_arena_alloc(arena, size + 1);
    if (copy != NULL && size > 0)
        memcpy(copy, text, size);
    return copy;
}

char *gb_arena_strdup(struct gb_arena *arena, const char *text)
{
    return gb_arena_strndup(arena, text, strlen(text));
}

char *gb_arena_printf(struct gb_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : gb_arena_alloc(arena, (size_t)length + 1);
    if (text != NULL)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

size_t gb_arena_used(const struct gb_arena *arena)
{
    return arena->used;
}
