#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/arena.h"
#include "unit/runtime/child.h"
#include "unit/runtime/cm.h"

static void hands_out_zeroed_aligned_pieces(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(1 << 20);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300; size++) {
            unsigned char *piece = gb_arena_alloc(arena, size);
            assert_non_null(piece);
            assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(piece[i], 0);
            memset(piece, 0xff, size);
        }
        gb_arena_reset(arena);
    }
    gb_arena_free(arena);
}

static void keeps_its_bound(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(1024);
    assert_null(gb_arena_alloc(arena, 1025));
    assert_null(gb_arena_alloc(arena, SIZE_MAX));
    assert_null(gb_arena_alloc(arena, SIZE_MAX - 15));
    assert_int_equal(gb_arena_used(arena), 0);
    assert_non_null(gb_arena_alloc(arena, 1024));
    assert_int_equal(gb_arena_used(arena), 1024);
    assert_null(gb_arena_alloc(arena, 0));
    gb_arena_reset(arena);
    assert_int_equal(gb_arena_used(arena), 0);
    assert_non_null(gb_arena_alloc(arena, 1));
    assert_int_equal(gb_arena_used(arena), 16);
    assert_null(gb_arena_alloc(arena, 1009));
    assert_non_null(gb_arena_alloc(arena, 1008));
    gb_arena_free(arena);
}

static void a_bound_that_is_no_multiple_is_not_passed(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(20);
    assert_null(gb_arena_alloc(arena, 17));
    assert_non_null(gb_arena_alloc(arena, 16));
    assert_null(gb_arena_alloc(arena, 1));
    gb_arena_free(arena);
}

static void grows_to_its_bound_over_many_blocks(void **state)
{
    (void)state;
    enum { BYTES = 4 << 20, PIECE = 4096 };
    struct gb_arena *arena = gb_arena_new(BYTES);
    for (int round = 0; round < 3; round++) {
        unsigned char *pieces[BYTES / PIECE];
        for (size_t i = 0; i < BYTES / PIECE; i++) {
            pieces[i] = gb_arena_alloc(arena, PIECE);
            assert_non_null(pieces[i]);
            memset(pieces[i], (int)(i & 0xff), PIECE);
        }
        assert_null(gb_arena_alloc(arena, 1));
        for (size_t i = 0; i < BYTES / PIECE; i++)
            assert_int_equal(pieces[i][PIECE - 1], i & 0xff);
        gb_arena_reset(arena);
        assert_non_null(gb_arena_alloc(arena, BYTES));
        gb_arena_reset(arena);
    }
    gb_arena_free(arena);
}

static void arrays_check_for_overflow(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(4096);
    assert_null(gb_arena_array(arena, SIZE_MAX / 2, 3));
    int64_t *numbers = gb_arena_array(arena, 100, sizeof(*numbers));
    assert_non_null(numbers);
    assert_int_equal(numbers[99], 0);
    gb_arena_free(arena);
}

static void copies_and_prints_text(void **state)
{
    (void)state;
    struct gb_arena *arena = gb_arena_new(64);
    assert_string_equal(gb_arena_strdup(arena, "dc1"), "dc1");
    assert_string_equal(gb_arena_strndup(arena, "payin", 3), "pay");
    assert_string_equal(gb_arena_printf(arena, "%s-%d", "page", 7), "page-7");
    assert_string_equal(gb_arena_strdup(arena, ""), "");
    assert_null(gb_arena_printf(arena, "%s", "x"));
    assert_null(gb_arena_strdup(arena, "x"));
    assert_null(gb_arena_strndup(arena, "x", SIZE_MAX));
    gb_arena_free(arena);
    gb_arena_free(NULL);
}

#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#ifdef WITH_ASAN
static int read_after_reset(void *context)
{
    struct gb_arena *arena = context;
    volatile char *piece = gb_arena_alloc(arena, 32);
    gb_arena_reset(arena);
    return piece[0];
}

static int write_past_the_piece(void *context)
{
    volatile char *piece = gb_arena_alloc(context, 24);
    piece[24] = 1;
    return 0;
}

static void misuse_is_found_by_the_sanitizer(void **state)
{
    (void)state;
    static struct child child;
    struct gb_arena *arena = gb_arena_new(4096);
    child_run(&child, read_after_reset, arena);
    assert_non_null(strstr(child.stderr_text, "use-after-poison"));
    child_run(&child, write_past_the_piece, arena);
    assert_non_null(strstr(child.stderr_text, "use-after-poison"));
    gb_arena_free(arena);
}
#endif

enum { SHARERS = 4, PIECES = 5000 };

static void *take_pieces(void *arena)
{
    uintptr_t mark = (uintptr_t)pthread_self();
    uintptr_t **pieces = calloc(PIECES, sizeof(*pieces));
    bool own = pieces != NULL;
    for (int i = 0; own && i < PIECES; i++) {
        pieces[i] = gb_arena_array(arena, 3, sizeof(uintptr_t));
        own = pieces[i] != NULL && pieces[i][2] == 0;
        if (own)
            pieces[i][0] = pieces[i][1] = pieces[i][2] = mark;
    }
    for (int i = 0; own && i < PIECES; i++)
        own = pieces[i][0] == mark && pieces[i][2] == mark;
    free(pieces);
    return own ? arena : NULL;
}

static void a_shared_one_gives_each_thread_its_own(void **state)
{
    (void)state;
    pthread_t threads[SHARERS];
    struct gb_arena *arena = gb_arena_new(1 << 20);
    gb_arena_share(arena);
    for (int i = 0; i < SHARERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_pieces, arena), 0);
    for (int i = 0; i < SHARERS; i++) {
        void *own = NULL;
        assert_int_equal(pthread_join(threads[i], &own), 0);
        assert_ptr_equal(own, arena);
    }
    assert_int_equal(gb_arena_used(arena), SHARERS * PIECES * 32);
    gb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_zeroed_aligned_pieces),
        cmocka_unit_test(keeps_its_bound),
        cmocka_unit_test(a_bound_that_is_no_multiple_is_not_passed),
        cmocka_unit_test(grows_to_its_bound_over_many_blocks),
        cmocka_unit_test(arrays_check_for_overflow),
        cmocka_unit_test(copies_and_prints_text),
        cmocka_unit_test(a_shared_one_gives_each_thread_its_own),
#ifdef WITH_ASAN
        cmocka_unit_test(misuse_is_found_by_the_sanitizer),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
