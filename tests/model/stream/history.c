#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "core/stream.h"

enum { PARTITIONS = 2, PAGES_MAX = 24, RECORDS_OF_PAGE_MAX = 3, LOG_MAX = 4096, WORDS_MAX = 8 };
enum { STEPS = 400, HEALING_STEPS_MAX = 2000, STEP_US = 1000 };

static const struct gb_stream_limits LIMITS = {.silent_after_us = 20 * STEP_US,
                                               .resend_after_us = 5 * STEP_US,
                                               .resend_backoff_us_max = 40 * STEP_US};

/* A page of the source for one partition. */
struct page {
    int32_t count;
    int64_t previous;
};

/* One partition's log at the broker: records [start, end) of what was ever appended. */
struct log {
    struct gb_stream_mark records[LOG_MAX];
    int64_t start, end;
};

/* What the reader's database holds of one partition. */
struct kept {
    struct gb_stream_progress progress;
    bool applied[PAGES_MAX + 1][RECORDS_OF_PAGE_MAX];
    int64_t next_offset;
};

/* Acknowledgements under way: any of them may arrive next, or never. */
struct words {
    int64_t pages[WORDS_MAX];
    int count;
};

struct history {
    uint64_t random;
    int64_t now_us;
    int64_t pages; /* cut so far */
    int64_t sent;  /* by the live cursor */
    struct page page[PAGES_MAX + 1][PARTITIONS];
    int64_t last[PARTITIONS]; /* page with anything, cut so far */
    struct gb_stream_reader reader[PARTITIONS];
    struct words words[PARTITIONS];
    struct log log[PARTITIONS];
    struct kept kept[PARTITIONS], backup[PARTITIONS];
    bool faults;
    int64_t applied;
    struct finding *finding;
};

/* xorshift64*: the same everywhere. */
static uint64_t draw(struct history *h, uint64_t below)
{
    h->random ^= h->random >> 12;
    h->random ^= h->random << 25;
    h->random ^= h->random >> 27;
    return (h->random * UINT64_C(2685821657736338717) >> 33) % below;
}

static bool chance(struct history *h, uint64_t in)
{
    return h->faults && draw(h, in) == 0;
}

/* --- source --- */

static void cut_page(struct history *h)
{
    if (h->pages == PAGES_MAX)
        return;
    h->pages++;
    for (int p = 0; p < PARTITIONS; p++) {
        struct page *page = &h->page[h->pages][p];
        page->count = (int32_t)draw(h, RECORDS_OF_PAGE_MAX + 1);
        page->previous = h->last[p];
        if (page->count > 0)
            h->last[p] = h->pages;
    }
}

static void append(struct history *h, int p, struct gb_stream_mark mark)
{
    struct log *log = &h->log[p];
    if (log->end == LOG_MAX)
        return; /* as good as lost; enough is sent again when it heals */
    log->records[log->end++] = mark;
    if (log->end - log->start >= 2 && chance(h, 12)) { /* two senders at once */
        struct gb_stream_mark other = log->records[log->end - 2];
        log->records[log->end - 2] = log->records[log->end - 1];
        log->records[log->end - 1] = other;
    }
}

/* Sends a page to a partition; false when the source died in the middle of it. */
static bool send_page(struct history *h, int64_t number, int p)
{
    const struct page *page = &h->page[number][p];
    for (int32_t i = 0; i < page->count; i++) {
        struct gb_stream_mark mark = {.page = number,
                                      .previous = page->previous,
                                      .index = i,
                                      .count = page->count,
                                      .incarnation = 1,
                                      .cut_at_us = number};
        if (chance(h, 25))
            return false;
        if (chance(h, 15))
            continue; /* the broker confirmed it and lost it */
        append(h, p, mark);
        if (chance(h, 20))
            append(h, p, mark);
    }
    return true;
}

static void confirm(struct history *h, int64_t number, int p)
{
    struct gb_stream_reader *reader = &h->reader[p];
    if (h->page[number][p].count == 0 || number <= reader->sent)
        return;
    if (reader->acknowledged >= reader->sent)
        reader->moved_at_us = h->now_us;
    reader->sent = number;
}

static void send_next(struct history *h)
{
    if (h->sent == h->pages)
        return;
    for (int p = 0; p < PARTITIONS; p++) {
        if (!send_page(h, h->sent + 1, p))
            return; /* after the restart the same page again */
        confirm(h, h->sent + 1, p);
    }
    h->sent++;
}

static void go_back(struct history *h, int p)
{
    struct gb_stream_reader *reader = &h->reader[p];
    if (!gb_stream_reader_goes_back(reader, &LIMITS, h->now_us))
        return;
    reader->resends++;
    reader->moved_at_us = h->now_us;
    for (int64_t number = reader->acknowledged + 1; number <= reader->sent; number++) {
        if (!send_page(h, number, p))
            return;
    }
}

static void hear(struct history *h, int p)
{
    struct words *words = &h->words[p];
    struct gb_stream_reader *reader = &h->reader[p];
    if (words->count == 0)
        return;
    /* With faults any of them, however old. */
    int at = h->faults ? (int)draw(h, (uint64_t)words->count) : words->count - 1;
    int64_t page = words->pages[at];
    words->count = h->faults ? words->count - 1 : 0;
    memmove(&words->pages[at], &words->pages[at + 1], sizeof(page) * (size_t)(WORDS_MAX - 1 - at));
    reader->heard_at_us = h->now_us;
    if (page == reader->acknowledged)
        return;
    reader->acknowledged = page;
    reader->moved_at_us = h->now_us;
    reader->resends = 0;
}

/* --- log --- */

static void harm_log(struct history *h, int p)
{
    struct log *log = &h->log[p];
    uint64_t length = (uint64_t)(log->end - log->start);
    if (chance(h, 60) && length > 0) /* retention */
        log->start += (int64_t)draw(h, length + 1);
    if (chance(h, 60) && length > 0) /* an unclean leader: the newest are gone */
        log->end -= (int64_t)draw(h, length + 1);
    if (log->end < log->start)
        log->end = log->start;
    if (chance(h, 100)) /* wiped or made anew; grows past old positions */
        log->start = log->end = 0;
}

/* --- reader --- */

static void check(struct history *h, int p)
{
    const struct kept *kept = &h->kept[p];
    for (int64_t number = 1; number <= kept->progress.complete; number++) {
        for (int32_t i = 0; i < h->page[number][p].count; i++) {
            if (!kept->applied[number][i])
                h->finding->what = "acknowledged what was not applied";
        }
    }
}

/* One transaction: some records, their progress, the position. */
static void read_some(struct history *h, int p)
{
    const struct log *log = &h->log[p];
    struct kept kept = h->kept[p];
    if (kept.next_offset < log->start || kept.next_offset > log->end)
        kept.next_offset = log->start; /* out of range: the beginning of what there is */
    for (uint64_t n = draw(h, 6) + 1; n > 0 && kept.next_offset < log->end; n--) {
        const struct gb_stream_mark *mark = &log->records[kept.next_offset++];
        kept.applied[mark->page][mark->index] = true;
        h->applied++;
        int64_t before = kept.progress.complete;
        (void)gb_stream_progress_apply(&kept.progress, mark);
        if (kept.progress.complete < before)
            h->finding->what = "the complete page went back";
    }
    if (chance(h, 10))
        return; /* died before the commit */
    h->kept[p] = kept;
    check(h, p);
}

static void tell(struct history *h, int p)
{
    struct words *words = &h->words[p];
    if (words->count == WORDS_MAX) {
        memmove(&words->pages[0], &words->pages[1], sizeof(words->pages[0]) * (WORDS_MAX - 1));
        words->count--;
    }
    words->pages[words->count++] = h->kept[p].progress.complete;
}

static void harm_reader(struct history *h, int p)
{
    if (chance(h, 80))
        h->backup[p] = h->kept[p];
    if (chance(h, 150)) /* its database went back, at worst to nothing */
        h->kept[p] = h->backup[p];
    if (chance(h, 60)) /* replay of the whole topic */
        h->kept[p].next_offset = 0;
}

/* --- */

static void step(struct history *h, int p)
{
    harm_log(h, p);
    harm_reader(h, p);
    switch (draw(h, 5)) {
    case 0:
        if (h->faults)
            cut_page(h);
        break;
    case 1:
        send_next(h);
        break;
    case 2:
        read_some(h, p);
        break;
    case 3:
        tell(h, p);
        break;
    default:
        hear(h, p);
        break;
    }
    go_back(h, p);
    h->now_us += STEP_US;
}

static bool at_rest(const struct history *h)
{
    if (h->sent < h->pages)
        return false;
    for (int p = 0; p < PARTITIONS; p++) {
        if (h->kept[p].progress.complete != h->last[p] || h->reader[p].acknowledged != h->last[p])
            return false;
    }
    return true;
}

int64_t run_history(uint64_t seed, struct finding *ret)
{
    struct history *h = calloc(1, sizeof(*h));
    if (h == NULL)
        abort();
    h->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    h->now_us = 1000000;
    h->finding = ret;
    h->faults = true;
    for (int i = 0; i < STEPS && ret->what == NULL; i++)
        step(h, (int)draw(h, PARTITIONS));
    /* No more faults, no more pages: it must come to rest. */
    h->faults = false;
    for (int i = 0; i < HEALING_STEPS_MAX && ret->what == NULL && !at_rest(h); i++) {
        for (int p = 0; p < PARTITIONS; p++) {
            if (h->log[p].end > LOG_MAX / 2 && h->kept[p].next_offset >= h->log[p].end)
                h->log[p].start = h->log[p].end = h->kept[p].next_offset =
                    0; /* room in the model */
            step(h, p);
        }
    }
    if (ret->what == NULL && !at_rest(h))
        ret->what = "did not come to rest";
    int64_t applied = h->applied;
    free(h);
    return applied;
}
