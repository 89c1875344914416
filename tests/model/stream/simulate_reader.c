/* Readers: two processes each that may own a partition at once, transactions that end one way or
 * the other, and a word to the source now and then. */
#include <string.h>

#include "world.h"

static struct gb_stream_mark mark_of(struct record record)
{
    return (struct gb_stream_mark){.page = record.page,
                                   .previous = record.previous,
                                   .index = record.index,
                                   .count = record.count,
                                   .incarnation = 1,
                                   .cut_at_us = record.page / 3}; /* several at once */
}

/* The partition is assigned to this process. */
static void take(struct world *w, struct member *member, struct kept *kept)
{
    kept->fence++;
    *member = (struct member){.owns = true,
                              .known = true,
                              .frozen_until_us = member->frozen_until_us,
                              .fence = kept->fence,
                              .next_offset = kept->next_offset,
                              .progress = kept->progress};
    (void)w;
}

/* After a failure, or when the outcome is unknown: what does the database say? */
static void recover(struct member *member, const struct kept *kept)
{
    member->busy = false;
    member->known = false;
    if (member->owns && member->fence != kept->fence)
        member->owns = false;
    if (!member->owns)
        return;
    member->known = true;
    member->next_offset = kept->next_offset;
    member->progress = kept->progress;
}

/* Counts on the copy, and applies what is not known; false: a page before some record is missing
 * there. */
static bool count(struct member *member, const struct record *records, int n)
{
    bool whole = true;
    member->pending = member->progress;
    member->rows = 0;
    for (int i = 0; i < n; i++) {
        struct gb_stream_mark mark = mark_of(records[i]);
        if (!gb_stream_progress_has(&member->pending, &mark))
            member->rows |= UINT64_C(1) << records[i].row;
        whole = whole && !gb_stream_progress_misses(&member->pending, &mark);
        (void)gb_stream_progress_apply(&member->pending, &mark);
    }
    return whole;
}

static void begin(struct member *member, const struct kept *kept, const struct record *records,
                  int n)
{
    member->busy = true;
    if (member->known && count(member, records, n))
        return;
    member->progress = kept->progress;
    member->known = true;
    (void)count(member, records, n);
}

static void begin_from_log(struct world *w, struct member *member, const struct kept *kept,
                           int partition)
{
    const struct log *log = &w->logs[partition];
    int64_t at = member->next_offset - log->base;
    if (at < log->start || at > log->end) /* out of range: the beginning of what there is */
        at = log->start;
    int n = (int)draw(w, 6) + 1;
    n = n > log->end - (int)at ? log->end - (int)at : n;
    if (n == 0)
        return;
    member->positioned = true;
    member->moves_to = log->base + at + n;
    begin(member, kept, &log->records[at], n);
}

/* The records of the next page that lacks, from the source's table. */
static void begin_from_table(struct world *w, struct member *member, const struct kept *kept,
                             int partition)
{
    const struct page *page = page_from(w, kept->progress.complete + 1);
    while (page != NULL && page->rows[partition] == 0)
        page = page_from(w, page->number + 1);
    if (page == NULL)
        return;
    struct record records[64];
    int n = 0;
    for (uint64_t rest = page->rows[partition]; rest != 0; rest &= rest - 1, n++)
        records[n] = (struct record){.page = (uint8_t)page->number,
                                     .previous = (uint8_t)page->previous[partition],
                                     .index = (uint8_t)n,
                                     .count = (uint8_t)__builtin_popcountll(page->rows[partition]),
                                     .row = (uint8_t)__builtin_ctzll(rest)};
    member->positioned = false;
    begin(member, kept, records, n);
    w->totals->fed += n;
}

/* As the statements do: the fence guards the position; progress takes no lower claim. */
static bool store(struct world *w, struct member *member, struct kept *kept)
{
    if (member->positioned && member->fence != kept->fence) {
        w->totals->fenced++;
        return false;
    }
    kept->applied |= member->rows;
    w->totals->applied += __builtin_popcountll(member->rows);
    if (member->pending.complete >= kept->progress.complete)
        kept->progress = member->pending;
    if (member->positioned)
        kept->next_offset = member->moves_to;
    return true;
}

static void commit(struct world *w, int reader, struct member *member, int partition)
{
    struct kept *kept = &w->readers[reader].kept[partition];
    int64_t before = kept->progress.complete;
    if (chance(w, 12)) { /* rolled back, or the process died: its successor starts the same way */
        recover(member, kept);
        return;
    }
    if (!store(w, member, kept)) {
        recover(member, kept);
        return;
    }
    check_kept(w, reader, partition, before);
    w->readers[reader].ever[partition] |= kept->applied;
    if (chance(w, 12)) { /* the answer was lost */
        recover(member, kept);
        return;
    }
    member->busy = false;
    member->progress = member->pending;
    if (member->positioned)
        member->next_offset = member->moves_to;
}

void step_member(struct world *w, int reader, int at, int partition)
{
    struct member *member = &w->readers[reader].members[at][partition];
    struct kept *kept = &w->readers[reader].kept[partition];
    if (w->faults && member->frozen_until_us > w->now_us)
        return;
    if (chance(w, 60))
        member->frozen_until_us = w->now_us + (int64_t)draw(w, 80) * STEP_US;
    if (chance(w, 60)) {
        *member = (struct member){.owns = false};
        w->totals->crashes++;
    }
    if (member->busy) {
        commit(w, reader, member, partition);
    } else if (w->feeds && draw(w, 6) == 0) {
        begin_from_table(w, member, kept, partition);
    } else if (member->owns) {
        begin_from_log(w, member, kept, partition);
    } else if (w->faults ? draw(w, 4) == 0 : at == 0) {
        take(w, member, kept);
    }
}

void tell(struct world *w, int at)
{
    struct reader *reader = &w->readers[at];
    if (w->faults && reader->silent_until_us > w->now_us)
        return;
    if (reader->words_count == WORDS_MAX)
        memmove(&reader->words[0], &reader->words[1],
                sizeof(reader->words[0]) * (size_t)--reader->words_count);
    struct word *word = &reader->words[reader->words_count++];
    word->word = (struct gb_stream_word){.incarnation = 1, .sent_at_us = w->now_us};
    for (int p = 0; p < PARTITIONS; p++) {
        word->pages[p] = reader->kept[p].progress.complete;
        word->records[p] = reader->kept[p].progress.next_index;
    }
}

/* With faults any of the words under way, however old; it may come again. */
void hear_word(struct world *w, int at)
{
    struct reader *reader = &w->readers[at];
    if (reader->words_count == 0)
        return;
    int i = w->faults ? (int)draw(w, (uint64_t)reader->words_count) : 0;
    struct word word = reader->words[i];
    if (!chance(w, 3)) {
        reader->words_count--;
        memmove(&reader->words[i], &reader->words[i + 1],
                sizeof(word) * (size_t)(reader->words_count - i));
    }
    bool newer = word.word.sent_at_us > reader->newest_us;
    if (newer)
        reader->newest_us = word.word.sent_at_us;
    if (gb_stream_word_is_newer(&word.word, &w->store.word[at], w->now_us) != newer)
        found(w, "an old acknowledgement counted, or a new one did not");
    if (!newer)
        return;
    w->store.word[at] = word.word;
    w->store.heard_at_us[at] = w->now_us;
    memcpy(w->store.acknowledged[at], word.pages, sizeof(word.pages));
    memcpy(w->store.records[at], word.records, sizeof(word.records));
}

/* All sessions end. */
static void end_sessions(struct reader *reader)
{
    for (int m = 0; m < MEMBERS; m++)
        for (int p = 0; p < PARTITIONS; p++)
            reader->members[m][p].busy = reader->members[m][p].owns = reader->members[m][p].known =
                false;
}

void harm_reader(struct world *w, int at)
{
    struct reader *reader = &w->readers[at];
    if (chance(w, 20))
        reader->silent_until_us = w->now_us + (int64_t)draw(w, 200) * STEP_US;
    for (int p = 0; p < PARTITIONS; p++)
        if (chance(w, 30)) /* replay of the whole topic */
            reader->kept[p].next_offset = 0;
    if (w->kind.own || w->kind.forgets)
        return; /* what is acknowledged there may be gone for good */
    if (chance(w, 20))
        memcpy(reader->backup, reader->kept, sizeof(reader->kept));
    if (chance(w, 40)) { /* its database went back */
        memcpy(reader->kept, reader->backup, sizeof(reader->kept));
        end_sessions(reader);
        w->totals->rebuilt++;
    }
    if (chance(w, 40))
        rebuild(w, at);
}

void rebuild(struct world *w, int at)
{
    struct kept *kept = w->readers[at].kept;
    for (int p = 0; p < PARTITIONS; p++)
        kept[p] = (struct kept){.fence = kept[p].fence + 1};
    w->totals->rebuilt++;
}
