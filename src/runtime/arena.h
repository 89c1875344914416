/* arena.h: bounded memory of one batch or one request, given back all at once. */
#ifndef GB_RUNTIME_ARENA_H
#define GB_RUNTIME_ARENA_H

#include <stddef.h>

#include "runtime/result.h"

/* Bytes that somebody else owns. */
struct gb_bytes {
    const void *data; /* may be NULL only when size is 0 */
    size_t size;
};

struct gb_arena;

/* A new arena that holds at most `bytes_max`, every piece counted in multiples of 16 (heap; the
 * caller frees it). Never returns NULL: out of memory aborts, here and in all that follows. Memory
 * is kept over resets, so a warm arena does not allocate. One thread at a time. */
struct gb_arena *gb_arena_new(size_t bytes_max);
/* From now on any thread may take from it at any time; resetting and freeing stays with one. */
void gb_arena_share(struct gb_arena *arena);
void gb_arena_free(struct gb_arena *arena); /* NULL is fine */

/* Forgets everything handed out. Pointers into the arena are dead. */
void gb_arena_reset(struct gb_arena *arena);

/* `size` zeroed bytes, aligned for any type, valid until the reset. NULL when the bound would be
 * passed: callers size their arenas so that this is either impossible (GB_CHECK it) or a bad input
 * (GB_POISON it). */
void *gb_arena_alloc(struct gb_arena *arena, size_t size) GB_MUST_USE;
void *gb_arena_array(struct gb_arena *arena, size_t count,
                     size_t size) GB_MUST_USE; /* overflow-checked */
/* The same where passing the bound is impossible: never NULL. */
void *gb_arena_need_array(struct gb_arena *arena, size_t count, size_t size) GB_MUST_USE;
char *gb_arena_strdup(struct gb_arena *arena, const char *text) GB_MUST_USE;
char *gb_arena_strndup(struct gb_arena *arena, const char *text, size_t size) GB_MUST_USE;
char *gb_arena_printf(struct gb_arena *arena, const char *format, ...) GB_PRINTF(2, 3) GB_MUST_USE;

/* Bytes handed out since the last reset, padding included. */
size_t gb_arena_used(const struct gb_arena *arena);

#endif
