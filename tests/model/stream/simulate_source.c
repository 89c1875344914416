/* The source: rows that are committed in any order, and publishers that cut them into pages, send,
 * hear, go back, write down, forget and merge, one transaction or page at a step. */
#include <string.h>

#include "world.h"

/* --- rows --- */

void commit_rows(struct world *w)
{
    struct store *store = &w->store;
    for (int p = 0; p < PARTITIONS; p++) {
        int most = p == 1 && w->sparse ? 3 : ROWS_MAX;
        if (w->faults && store->rows[p] < most && draw(w, w->slow ? 5 : 2) == 0)
            store->open[p] |= UINT64_C(1) << store->rows[p]++;
        uint64_t ends = w->faults ? store->open[p] & (draw(w, 1U << 31) << 20 | draw(w, 1U << 31))
                                  : store->open[p];
        store->committed[p] |= ends;
        store->open[p] &= ~ends;
    }
}

const struct page *page_from(const struct world *w, int64_t number)
{
    for (; number <= w->store.last; number++)
        if (w->store.pages[number].number != 0)
            return &w->store.pages[number];
    return NULL;
}

static int32_t records_of(const struct page *page)
{
    int32_t records = 0;
    for (int p = 0; p < PARTITIONS; p++)
        records += __builtin_popcountll(page->rows[p]);
    return records;
}

/* --- the process --- */

void crash_publisher(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    for (int i = 0; i < publisher->queued; i++) /* what is with the broker by now may arrive */
        if (chance(w, 2))
            append(w, publisher->queue[i].partition, publisher->queue[i].record);
    *publisher = (struct publisher){.queued = 0};
    w->flights[at].head = w->flights[at].tail;
    w->totals->crashes++;
}

static void take_lease(struct world *w, int at)
{
    const struct publisher *holder = &w->publishers[w->store.holder];
    if (w->store.holder == at || !holder->known || holder->frozen_until_us > w->now_us)
        w->store.holder = at;
}

static bool lost_lease(struct world *w, int at)
{
    if (w->store.holder == at)
        return false;
    w->totals->lease_lost++;
    crash_publisher(w, at);
    return true;
}

static void load(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    struct gb_stream_source *source = &publisher->source;
    const struct store *store = &w->store;
    source->partitions = publisher->partitions;
    source->partitions_count = PARTITIONS;
    source->heard_at_us = publisher->heard_at_us;
    source->readers_count = (size_t)w->kind.readers;
    source->last = store->last;
    memcpy(publisher->seen, store->cut, sizeof(store->cut));
    for (int p = 0; p < PARTITIONS; p++) {
        struct gb_stream_partition *partition = &publisher->partitions[p];
        partition->readers = publisher->readers[p];
        if (store->saved)
            gb_stream_partition_load(partition, store->saved_cut[p], store->saved_sent[p]);
        for (int64_t n = store->as_of + 1; n <= store->last; n++)
            if (store->pages[n].number != 0 && store->pages[n].rows[p] != 0)
                partition->cut = n;
    }
    gb_stream_source_loaded(source, !publisher->known);
    publisher->loaded = publisher->known = true;
    publisher->fresh = false;
}

/* --- cutting --- */

static void read_window(struct world *w, struct publisher *publisher)
{
    struct page page = {.number = publisher->source.last + 1, .begins = true, .ends = true};
    uint64_t any = 0;
    for (int p = 0; p < PARTITIONS; p++) {
        page.rows[p] = w->store.committed[p] & ~publisher->seen[p];
        page.previous[p] = publisher->partitions[p].cut;
        any |= page.rows[p];
    }
    page.window = page.window_to = page.number;
    publisher->fresh = any != 0 && page.number <= PAGES_MAX;
    publisher->page = page;
}

static void put_page(struct world *w, struct publisher *publisher, const struct page *page)
{
    struct store *store = &w->store;
    store->pages[page->number] = *page;
    store->last = page->number;
    w->windows[page->number][0] = w->windows[page->number][1] = 0;
    for (int p = 0; p < PARTITIONS; p++) {
        if ((page->rows[p] & store->cut[p]) != 0)
            found(w, "a row is in two pages");
        store->cut[p] |= page->rows[p];
        w->windows[page->window][p] |= page->rows[p];
        w->upto[page->number][p] = w->upto[page->number - 1][p] | page->rows[p];
        if (page->rows[p] != 0)
            publisher->partitions[p].cut = page->number;
    }
    gb_stream_source_stored(&publisher->source, page->number);
}

/* A window that is larger than a page becomes several, all in one transaction. */
static void put_backlog(struct world *w, struct publisher *publisher)
{
    struct page whole = publisher->page;
    struct page page = whole;
    int records = 0;
    page.rows[0] = page.rows[1] = 0;
    page.ends = false;
    for (int row = 0; row < ROWS_MAX; row++) {
        for (int p = 0; p < PARTITIONS; p++) {
            if ((whole.rows[p] >> row & 1) == 0)
                continue;
            if (records == PAGE_RECORDS_MAX) {
                put_page(w, publisher, &page);
                page = (struct page){
                    .number = page.number + 1, .window = whole.window, .window_to = whole.window};
                page.previous[0] = publisher->partitions[0].cut;
                page.previous[1] = publisher->partitions[1].cut;
                records = 0;
            }
            page.rows[p] |= UINT64_C(1) << row;
            records++;
        }
    }
    page.ends = true;
    put_page(w, publisher, &page);
}

static void store_page(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    if (lost_lease(w, at))
        return;
    if (publisher->page.number != w->store.last + 1) { /* another has stored this page */
        publisher->loaded = publisher->fresh = false;
        return;
    }
    if (chance(w, 12)) { /* failed */
        publisher->loaded = publisher->fresh = false;
        return;
    }
    for (int p = 0; p < PARTITIONS; p++)
        publisher->seen[p] |= publisher->page.rows[p];
    if (records_of(&publisher->page) > PAGE_RECORDS_MAX) {
        put_backlog(w, publisher);
        publisher->fresh = false;
    } else {
        put_page(w, publisher, &publisher->page);
    }
    if (chance(w, 12)) /* the answer was lost */
        publisher->loaded = publisher->fresh = false;
}

/* --- sending --- */

static bool has_room(const struct world *w, int at, int32_t records)
{
    return w->publishers[at].queued + records <= QUEUE_MAX && !gb_flights_full(&w->flights[at]);
}

/* Hands over a page, of the partitions in `only`; it may die in the middle of it. */
static bool send_page(struct world *w, int at, const struct page *page, const bool *only)
{
    struct publisher *publisher = &w->publishers[at];
    struct gb_flights *flights = &w->flights[at];
    struct gb_flight *flight =
        gb_flights_begin(flights, &publisher->source, page->number, only != NULL);
    check_page_sent(w, page);
    for (uint32_t p = 0, part = 0; p < PARTITIONS; p++) {
        uint8_t index = 0;
        if (page->rows[p] == 0)
            continue;
        gb_flight_add_part(flight, p);
        for (uint64_t rest = page->rows[p]; rest != 0; rest &= rest - 1, index++) {
            if (only != NULL && !only[p])
                break;
            if (chance(w, 100)) {
                crash_publisher(w, at);
                return false;
            }
            publisher->queue[publisher->queued++] =
                (struct under_way){.partition = (int)p,
                                   .tag = gb_flights_tag(flights, part),
                                   .record = {.page = (uint8_t)page->number,
                                              .previous = (uint8_t)page->previous[p],
                                              .index = index,
                                              .count = (uint8_t)__builtin_popcountll(page->rows[p]),
                                              .row = (uint8_t)__builtin_ctzll(rest)}};
            gb_flight_sent(flight, part);
        }
        part++;
    }
    return true;
}

static void send_live(struct world *w, int at, const struct page *page)
{
    struct publisher *publisher = &w->publishers[at];
    if (!has_room(w, at, records_of(page)) || !send_page(w, at, page, NULL))
        return;
    gb_stream_pace_live(&publisher->pace, w->now_us);
    gb_stream_source_handed_over(&publisher->source, page->number);
}

static void send_fresh(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    if (publisher->fresh && gb_stream_source_is_next(&publisher->source, publisher->page.number)) {
        struct page page = publisher->page;
        publisher->fresh = page.number > publisher->source.last;
        send_live(w, at, &page);
    } else if (publisher->page.number <= publisher->source.last) {
        publisher->fresh = false; /* read again when it is its turn */
    }
}

static void send_stored(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    struct gb_stream_source *source = &publisher->source;
    if (source->next > source->last)
        return;
    const struct page *page = page_from(w, source->next);
    if (page == NULL)
        gb_stream_source_handed_over(source, source->last); /* forgotten before */
    else
        send_live(w, at, page);
}

/* The first page with anything that is wanted again. */
static const struct page *find_again(const struct world *w, const struct publisher *publisher)
{
    const struct page *page = page_from(w, 1);
    for (; page != NULL; page = page_from(w, page->number + 1))
        for (int p = 0; p < PARTITIONS; p++)
            if (publisher->partitions[p].again != 0 &&
                publisher->partitions[p].again <= page->number && page->rows[p] != 0)
                return page;
    return NULL;
}

static void send_again(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    struct gb_stream_source *source = &publisher->source;
    bool only[PARTITIONS];
    if (!gb_stream_source_wants_again(source, AGAIN_RECORDS_MAX) ||
        !gb_stream_pace_allows(&publisher->pace, w->now_us))
        return;
    const struct page *page = find_again(w, publisher);
    if (page == NULL) {
        gb_stream_source_sent_again(source, 0, 0);
        return;
    }
    if (!has_room(w, at, records_of(page) + QUEUE_MAX / 2))
        return;
    for (int p = 0; p < PARTITIONS; p++)
        only[p] = gb_stream_partition_wants(&publisher->partitions[p], page->number);
    if (!send_page(w, at, page, only))
        return;
    gb_stream_pace_again(&publisher->pace, records_of(page), w->now_us, w->now_us);
    gb_stream_source_sent_again(source, page->number, records_of(page));
    check_sent_again(w, publisher, records_of(page));
}

/* --- duties --- */

static void hear(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    struct gb_stream_source *source = &publisher->source;
    for (int r = 0; r < w->kind.readers; r++) {
        const struct reader *reader = &w->readers[r];
        bool own_beats = w->kind.own && (!w->faults || reader->silent_until_us <= w->now_us);
        if (own_beats)
            w->store.heard_at_us[r] = w->now_us;
        for (size_t p = 0; p < PARTITIONS; p++) {
            if (w->kind.own) {
                w->store.acknowledged[r][p] = reader->kept[p].progress.complete;
                w->store.records[r][p] = reader->kept[p].progress.next_index;
            }
            gb_stream_source_hear(
                source, &publisher->partitions[p], (size_t)r,
                (struct gb_stream_reached){w->store.acknowledged[r][p], w->store.records[r][p]},
                w->store.heard_at_us[r]);
        }
    }
    w->totals->went_back += (int64_t)gb_stream_source_judge(source, &LIMITS, w->now_us);
    check_judged(w, publisher);
}

static void save(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    if (lost_lease(w, at))
        return;
    int64_t complete = gb_flights_complete(&w->flights[at], &publisher->source);
    for (int p = 0; p < PARTITIONS; p++) {
        w->store.saved_cut[p] = publisher->partitions[p].cut;
        w->store.saved_sent[p] = gb_stream_partition_sent(&publisher->partitions[p], complete);
    }
    w->store.as_of = publisher->source.last;
    w->store.saved = true;
    check_saved(w);
}

static void forget(struct world *w, int at)
{
    const struct publisher *publisher = &w->publishers[at];
    int64_t upto = gb_stream_source_acknowledged(&publisher->source);
    if (lost_lease(w, at))
        return;
    for (int64_t n = 1; n <= upto; n++) {
        struct page *page = &w->store.pages[n];
        bool kept = n == publisher->partitions[0].cut || n == publisher->partitions[1].cut;
        if (page->number == 0 || kept)
            continue;
        check_given_up(w, page, true);
        page->number = 0;
        w->totals->forgotten++;
    }
}

static void merge_pages(struct world *w, const struct gb_stream_merge *pages, size_t count)
{
    struct page merged = w->store.pages[pages[0].number];
    for (size_t i = 0; i < count; i++) {
        struct page *page = &w->store.pages[pages[i].number];
        check_given_up(w, page, false);
        for (int p = 0; p < PARTITIONS; p++) {
            if (merged.rows[p] == 0)
                merged.previous[p] = page->previous[p];
            merged.rows[p] |= page->rows[p];
        }
        merged.number = page->number;
        merged.ends = page->ends;
        merged.window_to = page->window_to;
        page->number = 0;
    }
    w->store.pages[merged.number] = merged;
    check_merged(w, &merged);
    w->totals->merged += (int64_t)count;
}

static void merge(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    struct gb_stream_merge pages[PAGES_MAX];
    size_t count = 0, first = 0;
    const struct gb_stream_merge_limits limits = {
        .acknowledged = gb_stream_source_acknowledged(&publisher->source),
        .records_max = MERGED_RECORDS_MAX,
        .pages_min = MERGED_PAGES_MIN};
    if (lost_lease(w, at))
        return;
    for (const struct page *page = page_from(w, publisher->merged_to); page != NULL;
         page = page_from(w, page->number + 1))
        pages[count++] = (struct gb_stream_merge){.number = page->number,
                                                  .records = records_of(page),
                                                  .partitions = PARTITIONS,
                                                  .begins = page->begins,
                                                  .ends = page->ends};
    size_t together = gb_stream_merge_next(pages, count, &limits, &first);
    if (first < count)
        publisher->merged_to = pages[first].number;
    if (together > 0)
        merge_pages(w, pages + first, together);
}

static void page_failed(void *context, struct gb_stream_source *source, int64_t page)
{
    (void)context;
    (void)source;
    (void)page;
}

static void work(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    switch (draw(w, 10)) {
    case 0:
    case 1:
        read_window(w, publisher);
        break;
    case 2:
    case 3:
        if (publisher->fresh && publisher->page.number > publisher->source.last)
            store_page(w, at);
        break;
    case 4:
        send_fresh(w, at);
        break;
    case 5:
        send_stored(w, at);
        break;
    case 6:
        send_again(w, at);
        break;
    case 7:
        hear(w, at);
        break;
    case 8:
        save(w, at);
        break;
    default:
        if (w->kind.forgets)
            forget(w, at);
        else
            merge(w, at);
    }
}

void step_publisher(struct world *w, int at)
{
    struct publisher *publisher = &w->publishers[at];
    if (w->faults && publisher->frozen_until_us > w->now_us)
        return;
    if (chance(w, 80)) { /* wakes up as if nothing had happened */
        publisher->frozen_until_us = w->now_us + (int64_t)draw(w, 60) * STEP_US;
        return;
    }
    if (chance(w, 80))
        crash_publisher(w, at);
    if (publisher->known && chance(w, 100)) { /* its producer broke */
        publisher->queued = 0;
        gb_flights_lose(&w->flights[at]);
    }
    gb_flights_settle(&w->flights[at], page_failed, NULL);
    gb_stream_pace_settled(&publisher->pace, gb_flights_again(&w->flights[at]), w->now_us);
    if (publisher->loaded) {
        work(w, at);
        return;
    }
    if (!publisher->known)
        take_lease(w, at);
    if (publisher->known || w->store.holder == at)
        load(w, at);
}
