/* What must hold in every history at every moment, said without the rules that are tried. */
#include "world.h"

/* Under one number, predecessor and count readers take a page for the same: it must be. */
void check_page_sent(struct world *w, const struct page *page)
{
    if (page->number > w->store.last)
        found(w, "a page left before it was stored");
    struct page *versions = w->sent[page->number];
    for (int v = 0; v < 3; v++) {
        if (versions[v].number == 0) {
            versions[v] = *page;
            return;
        }
        bool same = true;
        for (int p = 0; p < PARTITIONS; p++) {
            bool looks_same =
                versions[v].previous[p] == page->previous[p] &&
                __builtin_popcountll(versions[v].rows[p]) == __builtin_popcountll(page->rows[p]);
            if (looks_same && versions[v].rows[p] != page->rows[p])
                found(w, "a page was sent again with other rows");
            same = same && looks_same;
        }
        if (same)
            return;
    }
}

void check_kept(struct world *w, int reader, int partition, int64_t complete_before)
{
    const struct kept *kept = &w->readers[reader].kept[partition];
    int64_t complete = kept->progress.complete;
    if ((kept->applied & ~w->store.committed[partition]) != 0)
        found(w, "something was applied that is no row");
    if (complete > w->store.last)
        found(w, "a page is complete that was never cut");
    else if ((w->upto[complete][partition] & ~kept->applied) != 0)
        found(w, "complete covers what was not applied");
    if (complete < complete_before)
        found(w, "the complete page went down");
}

void check_saved(struct world *w)
{
    for (int p = 0; p < PARTITIONS; p++) {
        int64_t sent = w->store.saved_sent[p];
        sent = sent > w->store.last ? w->store.last : sent;
        if ((w->upto[sent][p] & ~w->confirmed[p]) != 0)
            found(w, "written down as sent what the broker has not confirmed");
    }
}

/* A page is forgotten, or becomes part of another. */
void check_given_up(struct world *w, const struct page *page, bool forgotten)
{
    for (int p = 0; p < PARTITIONS; p++) {
        if (w->kind.readers == 0 && (page->rows[p] & ~w->confirmed[p]) != 0)
            found(w, "a page was forgotten that is not in Kafka");
        for (int r = 0; r < w->kind.readers; r++) {
            const struct reader *reader = &w->readers[r];
            if (forgotten && (page->rows[p] & ~reader->kept[p].applied) != 0)
                found(w, "a page was forgotten that a reader needs");
            if (!forgotten && (page->rows[p] & ~reader->ever[p]) != 0)
                found(w, "a page was merged that a reader never had");
        }
    }
}

/* A page is read again as what its windows have between its first and its last row. */
void check_merged(struct world *w, const struct page *page)
{
    int from = ROWS_MAX * PARTITIONS, to = -1;
    for (int seq = 0; seq < ROWS_MAX * PARTITIONS; seq++) {
        if ((page->rows[seq % PARTITIONS] >> seq / PARTITIONS & 1) == 0)
            continue;
        from = seq < from ? seq : from;
        to = seq;
    }
    for (int seq = from; seq <= to; seq++) {
        uint64_t row = UINT64_C(1) << seq / PARTITIONS;
        int p = seq % PARTITIONS;
        uint64_t windows = 0;
        for (int64_t n = page->window; n <= page->window_to; n++)
            windows |= w->windows[n][p];
        if ((windows & row) != (page->rows[p] & row))
            found(w, "a merged page reads other rows");
    }
}

static int64_t patience_us(int backs)
{
    int64_t wait_us = LIMITS.resend_after_us;
    while (backs-- > 0 && wait_us < LIMITS.resend_backoff_us_max)
        wait_us *= 2;
    return wait_us < LIMITS.resend_backoff_us_max ? wait_us : LIMITS.resend_backoff_us_max;
}

static void check_went_back(struct world *w, struct publisher *publisher, int p, int r)
{
    int64_t *at_us = &publisher->back_at_us[p][r];
    if (w->now_us - w->store.heard_at_us[r] > LIMITS.silent_after_us)
        found(w, "went back for a reader that says nothing");
    if (w->store.acknowledged[r][p] >= publisher->partitions[p].sent)
        found(w, "went back for a reader that has all");
    if (w->now_us - publisher->moved_at_us[p][r] < LIMITS.resend_after_us)
        found(w, "went back for a reader that moves");
    if (publisher->backs[p][r] > 0 && w->now_us - *at_us < patience_us(publisher->backs[p][r]))
        found(w, "went back too often");
    publisher->backs[p][r]++;
    *at_us = w->now_us;
    publisher->again_since = 0;
}

static void check_again(struct world *w, const struct publisher *publisher, int p)
{
    const struct gb_stream_partition *partition = &publisher->partitions[p];
    bool needed = partition->again == 0;
    for (int r = 0; r < w->kind.readers; r++) {
        bool speaks = w->now_us - w->store.heard_at_us[r] <= LIMITS.silent_after_us;
        int64_t acknowledged = w->store.acknowledged[r][p];
        needed =
            needed || (speaks && acknowledged < partition->sent && partition->again > acknowledged);
    }
    if (!needed)
        found(w, "something is sent again that nobody who speaks lacks");
}

/* Another page is complete, or it has more of the next than it said before. */
static bool moved(const struct world *w, const struct publisher *publisher, int p, int r)
{
    return publisher->heard[p][r] != w->store.acknowledged[r][p] ||
           publisher->heard_records[p][r] < w->store.records[r][p];
}

void check_judged(struct world *w, struct publisher *publisher)
{
    for (int p = 0; p < PARTITIONS; p++) {
        for (int r = 0; r < w->kind.readers; r++) {
            if (moved(w, publisher, p, r)) {
                publisher->backs[p][r] = 0;
                publisher->again_since = 0;
                publisher->moved_at_us[p][r] = w->now_us;
            }
            publisher->heard[p][r] = w->store.acknowledged[r][p];
            publisher->heard_records[p][r] = w->store.records[r][p];
            if (publisher->readers[p][r].went_back)
                check_went_back(w, publisher, p, r);
        }
        check_again(w, publisher, p);
    }
}

void check_sent_again(struct world *w, struct publisher *publisher, int64_t records)
{
    w->totals->resent += records;
    publisher->again_since += records;
    if (publisher->again_since > AGAIN_RECORDS_MAX + MERGED_RECORDS_MAX)
        found(w, "sent again without bound");
}

/* --- the end --- */

static bool has_all(const struct world *w, int p, int64_t page)
{
    return page <= w->store.last && w->upto[page][p] == w->upto[w->store.last][p];
}

static bool rows_are_bounded(const struct world *w)
{
    int pages = 0, parts = 0, records = 0;
    for (int64_t n = 1; n <= w->store.last; n++) {
        const struct page *page = &w->store.pages[n];
        pages += page->number != 0;
        parts += page->number != 0 && !(page->begins && page->ends);
    }
    for (int p = 0; p < PARTITIONS; p++)
        records += __builtin_popcountll(w->store.cut[p]);
    if (w->kind.forgets)
        return pages <= PARTITIONS + 1;
    /* Two neighbours are more than a merged page may have; parts of a large window stay. */
    return pages - parts <= MERGED_PAGES_MIN + 2 + 2 * records / MERGED_RECORDS_MAX + parts;
}

bool at_rest(const struct world *w)
{
    const struct publisher *publisher = &w->publishers[w->store.holder];
    if (!publisher->loaded || publisher->source.next <= publisher->source.last ||
        publisher->queued > 0 || !rows_are_bounded(w))
        return false;
    for (int p = 0; p < PARTITIONS; p++) {
        if (w->store.open[p] != 0 || w->store.cut[p] != w->store.committed[p])
            return false;
        for (int r = 0; r < w->kind.readers; r++)
            if (!has_all(w, p, w->readers[r].kept[p].progress.complete) ||
                !has_all(w, p, w->store.acknowledged[r][p]) ||
                w->readers[r].kept[p].applied != w->store.committed[p])
                return false;
    }
    return true;
}
