/* What a source decides: where it starts, who is sent what again, what nobody needs any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/stream_source.h"

enum { PARTITIONS = 2, READERS = 2, START_US = 1000000 };

static const struct gb_stream_limits LIMITS = {
    .silent_after_us = 10000, .resend_after_us = 1000, .resend_backoff_us_max = 5000};

struct stage {
    struct gb_stream_reader readers[PARTITIONS][READERS];
    struct gb_stream_partition partitions[PARTITIONS];
    int64_t heard_at_us[READERS];
    struct gb_stream_source source;
};

/* Ten pages, all sent, nobody heard of yet. */
static void open_stage(struct stage *stage)
{
    *stage = (struct stage){.heard_at_us = {0}};
    stage->source = (struct gb_stream_source){
        .partitions = stage->partitions,
        .partitions_count = PARTITIONS,
        .heard_at_us = stage->heard_at_us,
        .readers_count = READERS,
        .last = 10,
        .next = 11,
    };
    for (int i = 0; i < PARTITIONS; i++)
        stage->partitions[i] =
            (struct gb_stream_partition){.cut = 10, .sent = 10, .readers = stage->readers[i]};
}

static void say(struct stage *stage, int partition, size_t reader, int64_t page, int32_t records,
                int64_t heard_at_us)
{
    gb_stream_source_hear(&stage->source, &stage->partitions[partition], reader,
                          (struct gb_stream_reached){page, records}, heard_at_us);
}

/* Both readers speak of both partitions, then are judged. */
static size_t hear(struct stage *stage, int64_t first, int64_t second, int64_t now_us)
{
    for (int i = 0; i < PARTITIONS; i++) {
        say(stage, i, 0, first, 0, now_us);
        say(stage, i, 1, second, 0, now_us);
    }
    return gb_stream_source_judge(&stage->source, &LIMITS, now_us);
}

static void a_start_goes_on_after_what_was_confirmed(void **state)
{
    (void)state;
    struct stage stage;
    open_stage(&stage);
    stage.partitions[0].sent = stage.partitions[1].sent = 0;
    gb_stream_partition_load(&stage.partitions[0], 9, 12); /* nothing up to 12 is missing */
    gb_stream_partition_load(&stage.partitions[1], 10, 6);
    gb_stream_source_loaded(&stage.source, true);
    assert_int_equal(stage.source.next, 7);
    assert_int_equal(stage.partitions[0].sent, 9);
    assert_int_equal(stage.partitions[1].sent, 6);
    /* Loaded again, what we know better stays. */
    stage.partitions[1].sent = 8;
    stage.source.next = 11;
    gb_stream_partition_load(&stage.partitions[1], 10, 6);
    gb_stream_source_loaded(&stage.source, false);
    assert_int_equal(stage.partitions[1].sent, 8);
    assert_int_equal(stage.source.next, 11);
    assert_int_equal(gb_stream_partition_sent(&stage.partitions[1], 7), 8);
    assert_int_equal(gb_stream_partition_sent(&stage.partitions[1], 9), 9);
}

static void only_what_is_stored_leaves(void **state)
{
    (void)state;
    struct stage stage;
    open_stage(&stage);
    assert_false(gb_stream_source_is_next(&stage.source, 11));
    gb_stream_source_stored(&stage.source, 11);
    assert_true(gb_stream_source_is_next(&stage.source, 11));
    assert_false(gb_stream_source_is_next(&stage.source, 10));
    gb_stream_source_handed_over(&stage.source, 11);
    assert_int_equal(stage.source.next, 12);
    gb_stream_source_handed_over(&stage.source, 5);
    assert_int_equal(stage.source.next, 12);
}

static void who_stands_still_is_sent_again_what_it_lacks(void **state)
{
    (void)state;
    struct stage stage;
    open_stage(&stage);
    assert_int_equal(hear(&stage, 10, 4, START_US), 0);
    assert_int_equal(hear(&stage, 10, 4, START_US + 900), 0);
    assert_int_equal(hear(&stage, 10, 4, START_US + 1100), 2);
    assert_true(stage.readers[0][1].went_back);
    assert_false(stage.readers[0][0].went_back);
    assert_int_equal(stage.partitions[0].again, 5);
    assert_true(gb_stream_source_wants_again(&stage.source, 100));
    assert_false(gb_stream_partition_wants(&stage.partitions[0], 4));
    assert_true(gb_stream_partition_wants(&stage.partitions[0], 5));
    gb_stream_source_sent_again(&stage.source, 7, 60);
    assert_int_equal(stage.partitions[0].again, 8);
    assert_true(gb_stream_source_wants_again(&stage.source, 100));
    gb_stream_source_sent_again(&stage.source, 8, 60);
    assert_false(gb_stream_source_wants_again(&stage.source, 100)); /* enough for this time */
    /* It moved: the rest follows, but not what it has by now. */
    assert_int_equal(hear(&stage, 10, 9, START_US + 1200), 0);
    assert_int_equal(stage.partitions[0].again, 10);
    assert_true(gb_stream_source_wants_again(&stage.source, 100));
    gb_stream_source_sent_again(&stage.source, 10, 1);
    assert_int_equal(stage.partitions[0].again, 0);
}

static size_t hear_within(struct stage *stage, int64_t page, int32_t records, int64_t now_us)
{
    for (int i = 0; i < PARTITIONS; i++) {
        say(stage, i, 0, 10, 0, now_us);
        say(stage, i, 1, page, i == 0 ? records : 0, now_us);
    }
    return gb_stream_source_judge(&stage->source, &LIMITS, now_us);
}

/* The second reader takes long for page 5 of the first partition, and gets nothing of the other. */
static void who_moves_within_a_page_does_not_stand_still(void **state)
{
    (void)state;
    struct stage stage;
    open_stage(&stage);
    int64_t now_us = START_US;
    (void)hear_within(&stage, 4, 0, now_us);
    for (int32_t records = 1; records <= 6; records++) {
        now_us += 900;
        (void)hear_within(&stage, 4, records, now_us);
        assert_false(stage.readers[0][1].went_back);
        assert_int_equal(stage.readers[0][1].resends, 0);
    }
    assert_int_equal(stage.partitions[0].again, 0);
    assert_int_equal(stage.partitions[1].again, 5);
    /* The same number again, or a lower one (another form of the page), is no movement. */
    (void)hear_within(&stage, 4, 2, now_us + 900);
    assert_false(stage.readers[0][1].went_back);
    (void)hear_within(&stage, 4, 2, now_us + 1100);
    assert_true(stage.readers[0][1].went_back);
    assert_int_equal(stage.partitions[0].again, 5);
    /* But one more than that is. */
    (void)hear_within(&stage, 4, 3, now_us + 1200);
    assert_int_equal(stage.readers[0][1].resends, 0);
    /* Of the next page it has less: it moved all the same. */
    (void)hear_within(&stage, 5, 1, now_us + 2100);
    assert_false(stage.readers[0][1].went_back);
    (void)hear_within(&stage, 5, 2, now_us + 3050);
    assert_false(stage.readers[0][1].went_back);
}

static void who_says_nothing_is_sent_nothing_twice(void **state)
{
    (void)state;
    struct stage stage;
    open_stage(&stage);
    (void)hear(&stage, 10, 4, START_US);
    (void)hear(&stage, 10, 4, START_US + 1100);
    assert_int_equal(stage.partitions[0].again, 5);
    /* The first one goes on speaking, the second does not. */
    for (int64_t us = 2000; us < 30000; us += 1000) {
        for (int i = 0; i < PARTITIONS; i++) {
            say(&stage, i, 0, 10, 0, START_US + us);
            say(&stage, i, 1, 4, 0, START_US + 1100);
        }
        assert_int_equal(gb_stream_source_judge(&stage.source, &LIMITS, START_US + us), 0);
    }
    assert_int_equal(stage.partitions[0].again, 0);
    /* Back, it is given time to read what waits for it. */
    assert_int_equal(hear(&stage, 10, 4, START_US + 40000), 0);
    assert_int_equal(hear(&stage, 10, 4, START_US + 42100), 2);
}

static void who_has_no_word_on_a_partition_has_nothing_of_it(void **state)
{
    (void)state;
    struct stage stage;
    open_stage(&stage);
    (void)hear(&stage, 10, 10, START_US);
    for (int64_t us = 100; us <= 1300; us += 1200) {
        say(&stage, 0, 0, 10, 0, START_US + us);
        say(&stage, 0, 1, 10, 0, START_US + us);
        gb_stream_source_hear(&stage.source, NULL, 0, (struct gb_stream_reached){3, 0},
                              START_US + us);
        (void)gb_stream_source_judge(&stage.source, &LIMITS, START_US + us);
    }
    assert_int_equal(stage.partitions[0].again, 0);
    assert_int_equal(stage.partitions[1].again, 1);
}

static void a_merged_page_is_wanted_by_whom_it_covers(void **state)
{
    (void)state;
    struct stage stage;
    open_stage(&stage);
    stage.partitions[0].cut = stage.partitions[0].sent = 4; /* pages 3 to 6 were merged into 6 */
    stage.partitions[0].again = 1;
    assert_true(gb_stream_partition_wants(&stage.partitions[0], 6));
    stage.partitions[0].cut = 9; /* what is above what was sent is under way */
    assert_false(gb_stream_partition_wants(&stage.partitions[0], 6));
    gb_stream_source_sent_again(&stage.source, 0, 0);
    assert_int_equal(stage.partitions[0].again, 0);
}

static void nobody_needs_what_all_have(void **state)
{
    (void)state;
    struct stage stage;
    open_stage(&stage);
    (void)hear(&stage, 10, 10, START_US);
    assert_int_equal(gb_stream_source_acknowledged(&stage.source), 9); /* the end must be known */
    (void)hear(&stage, 10, 4, START_US);
    assert_int_equal(gb_stream_source_acknowledged(&stage.source), 4);
    stage.partitions[0].cut = stage.partitions[1].cut = 4; /* all there is for them */
    assert_int_equal(gb_stream_source_acknowledged(&stage.source), 9);
    stage.source.readers_count = 0;
    stage.partitions[0].cut = 8;
    stage.partitions[0].sent = 7;
    assert_int_equal(gb_stream_source_acknowledged(&stage.source), 7);
}

static void what_all_have_need_not_be_sent(void **state)
{
    (void)state;
    struct stage stage;
    open_stage(&stage);
    stage.partitions[0].sent = 3;
    stage.partitions[1].sent = 2;
    stage.partitions[1].cut = 7;
    stage.source.next = 4;
    (void)hear(&stage, 7, 5, START_US); /* the slower one counts */
    gb_stream_source_skip(&stage.source);
    assert_int_equal(stage.partitions[0].sent, 5);
    assert_int_equal(stage.partitions[1].sent, 5);
    assert_int_equal(stage.source.next, 6);
    (void)hear(&stage, 9, 9, START_US + 1);
    gb_stream_source_skip(&stage.source);
    assert_int_equal(stage.partitions[1].sent, 7); /* there is no more of it */
    assert_int_equal(stage.source.next, 10);
    /* What is under way stays so, and what was confirmed. */
    stage.source.next = 11;
    (void)hear(&stage, 0, 0, START_US + 2);
    gb_stream_source_skip(&stage.source);
    assert_int_equal(stage.source.next, 11);
    assert_int_equal(stage.partitions[0].sent, 9);
    /* Without readers only Kafka's word counts. */
    stage.source.readers_count = 0;
    gb_stream_source_skip(&stage.source);
    assert_int_equal(stage.partitions[0].sent, 9);
}

struct road {
    struct gb_stream_pace pace;
    uint64_t random;
    int64_t now_us;
    int64_t under_way_to_us; /* the old pages are */
    int64_t live_us, again_us, longest_us, records;
};

static int64_t drawn_us(struct road *road, int64_t below_us)
{
    road->random = road->random * UINT64_C(6364136223846793005) + 1;
    return 1 + (int64_t)(road->random >> 33) % below_us;
}

/* What live and old pages share has one page of either at a time; an old one may be under way for
 * longer than it holds the others up. */
static void drive(struct road *road, int64_t page_us_max)
{
    if (gb_stream_pace_allows(&road->pace, road->now_us)) {
        int64_t from_us = road->now_us;
        int64_t took_us = drawn_us(road, page_us_max);
        road->now_us += took_us;
        road->again_us += took_us;
        road->longest_us = took_us > road->longest_us ? took_us : road->longest_us;
        int64_t records = drawn_us(road, 100);
        road->records += records;
        gb_stream_pace_again(&road->pace, records, from_us, road->now_us);
        road->under_way_to_us = road->now_us + drawn_us(road, 4) / 2 * drawn_us(road, page_us_max);
    }
    gb_stream_pace_settled(&road->pace, road->now_us < road->under_way_to_us, road->now_us);
    int64_t took_us = drawn_us(road, page_us_max);
    road->now_us += took_us;
    road->live_us += took_us;
    gb_stream_pace_live(&road->pace, road->now_us);
}

/* However long pages take: live traffic that takes all it gets loses one part in eleven to old
 * pages at most (and one turn, the last one), and they do go on. */
static void live_traffic_goes_first(void **state)
{
    (void)state;
    const int64_t page_us_max[] = {100, 3000, 40000, 600000};
    for (uint64_t seed = 1; seed <= 200; seed++) {
        int64_t most_us = page_us_max[seed % 4];
        struct road road = {.random = seed, .now_us = START_US};
        gb_stream_pace_live(&road.pace, road.now_us);
        while (road.now_us < START_US + 400 * (20000 + most_us))
            drive(&road, most_us);
        assert_true(10 * (road.again_us - 20000 - road.longest_us) <= road.live_us);
        assert_true(10 * 50 * (road.records - 500 - 2000) <=
                    road.live_us); /* those who read them */
        assert_true(road.again_us > 20 * road.longest_us / 2);
        assert_true(gb_stream_pace_allows(&road.pace, road.now_us + 1000001));
    }
}

/* A turn that takes very long, as when Kafka was away in it, does not end the healing; and without
 * live traffic nothing is counted. */
static void old_pages_do_go_on(void **state)
{
    (void)state;
    struct gb_stream_pace pace = {.live_at_us = START_US};
    gb_stream_pace_again(&pace, 1, START_US, START_US);
    int64_t now_us = START_US + 60000000;
    gb_stream_pace_settled(&pace, true, now_us);
    gb_stream_pace_live(&pace, now_us);
    assert_false(gb_stream_pace_allows(&pace, now_us)); /* still under way */
    gb_stream_pace_settled(&pace, false, now_us + 1);
    gb_stream_pace_live(&pace, now_us + 9999999);
    assert_false(gb_stream_pace_allows(&pace, now_us + 9999999));
    assert_true(gb_stream_pace_allows(&pace, now_us + 10000000));
    /* Many records are a turn though they were sent in no time, and rest for as long as they are
     * read. */
    pace = (struct gb_stream_pace){.live_at_us = START_US};
    gb_stream_pace_again(&pace, 499, START_US, START_US);
    assert_true(gb_stream_pace_allows(&pace, START_US));
    gb_stream_pace_again(&pace, 1501, START_US, START_US);
    assert_false(gb_stream_pace_allows(&pace, START_US));
    gb_stream_pace_settled(&pace, false, START_US);
    assert_false(gb_stream_pace_allows(&pace, START_US + 999999));
    assert_true(gb_stream_pace_allows(&pace, START_US + 1000000));
    pace = (struct gb_stream_pace){.live_at_us = START_US};
    now_us = START_US + 1000001;
    assert_true(gb_stream_pace_allows(&pace, now_us));
    gb_stream_pace_again(&pace, 1, now_us, now_us + 5000000);
    gb_stream_pace_live(&pace, now_us + 5000000);
    gb_stream_pace_settled(&pace, false, now_us + 5000000);
    assert_true(gb_stream_pace_allows(&pace, now_us + 5000000));
}

static void whole_windows_are_merged(void **state)
{
    (void)state;
    static const struct gb_stream_merge pages[] = {
        {1, 90, 4, true, true},  {2, 20, 4, true, true}, {3, 30, 4, true, false},
        {4, 30, 4, false, true}, {5, 15, 4, true, true}, {6, 10, 4, true, true},
        {7, 10, 8, true, true},  {8, 10, 8, true, true}, {9, 10, 8, true, false},
        {10, 9, 8, false, true}, {11, 1, 8, true, true},
    };
    struct gb_stream_merge_limits limits = {.acknowledged = 9, .records_max = 100, .pages_min = 9};
    size_t at = 0;
    assert_int_equal(gb_stream_merge_next(pages, 11, &limits, &at), 4); /* 2 .. 5; 6 is too much */
    assert_int_equal(pages[at].number, 2);
    at += 4;
    assert_int_equal(gb_stream_merge_next(pages, 11, &limits, &at), 0); /* 7 is of another kind */
    assert_int_equal(pages[at].number, 7); /* and waits for more, 9 is half a window */
    limits.pages_min = 2;
    assert_int_equal(gb_stream_merge_next(pages, 11, &limits, &at), 2);
    limits.acknowledged = 11;
    assert_int_equal(gb_stream_merge_next(pages, 11, &limits, &at), 5);
    limits.acknowledged = 7;
    assert_int_equal(gb_stream_merge_next(pages, 11, &limits, &at), 0);
    assert_int_equal(pages[at].number, 7);
    limits = (struct gb_stream_merge_limits){11, 1, 2};
    assert_int_equal(gb_stream_merge_next(pages, 11, &limits, &at), 0); /* each is full */
    assert_int_equal(pages[at].number, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_goes_on_after_what_was_confirmed),
        cmocka_unit_test(only_what_is_stored_leaves),
        cmocka_unit_test(who_stands_still_is_sent_again_what_it_lacks),
        cmocka_unit_test(who_moves_within_a_page_does_not_stand_still),
        cmocka_unit_test(who_says_nothing_is_sent_nothing_twice),
        cmocka_unit_test(who_has_no_word_on_a_partition_has_nothing_of_it),
        cmocka_unit_test(a_merged_page_is_wanted_by_whom_it_covers),
        cmocka_unit_test(nobody_needs_what_all_have),
        cmocka_unit_test(what_all_have_need_not_be_sent),
        cmocka_unit_test(live_traffic_goes_first),
        cmocka_unit_test(old_pages_do_go_on),
        cmocka_unit_test(whole_windows_are_merged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
