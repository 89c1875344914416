#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/stream.h"

enum {
    PAGES = 4,
    RECORDS_OF_PAGE_MAX = 2,
    RECORDS_MAX = PAGES * RECORDS_OF_PAGE_MAX,
    MERGED_MAX = 2 * RECORDS_OF_PAGE_MAX,
    STATES_MAX = 1 << 16
};

/* A record as it was sent, and which of the rows of the partition it carries. */
struct sent {
    struct gb_stream_mark mark;
    int row;
};

/* Pages 1 .. PAGES of one partition; some have nothing for it. Then, when two of them were merged
 * at the source, the records of the merged page, which bears the later number. */
struct layout {
    int64_t page_of_row[RECORDS_MAX];
    int rows;
    int64_t last; /* the last page with anything; 0: none */
    struct sent sent[RECORDS_MAX + MERGED_MAX];
    int count;
    int64_t merged; /* with the page before it; 0: none */
};

struct state {
    struct gb_stream_progress progress;
    unsigned applied; /* bit i: row i */
};

static void add_page(struct layout *layout, int64_t page, int64_t previous, int first_row,
                     int count)
{
    for (int i = 0; i < count; i++)
        layout->sent[layout->count++] = (struct sent){.row = first_row + i,
                                                      .mark = {.page = page,
                                                               .previous = previous,
                                                               .index = i,
                                                               .count = count,
                                                               .incarnation = 1,
                                                               .cut_at_us = page}};
}

/* `number`: the counts of its pages, in base RECORDS_OF_PAGE_MAX + 1; `merged`: 0, or 2 .. PAGES.
 */
static struct layout layout_of(int number, int64_t merged)
{
    struct layout layout = {.merged = merged};
    int first_row = 0, together = 0;
    int64_t previous = 0;
    for (int64_t page = 1; page <= PAGES; page++) {
        int count = number % (RECORDS_OF_PAGE_MAX + 1);
        number /= RECORDS_OF_PAGE_MAX + 1;
        add_page(&layout, page, layout.last, layout.rows, count);
        if (page == merged - 1) {
            first_row = layout.rows;
            previous = layout.last;
            together = count;
        }
        if (page == merged)
            together += count;
        for (int i = 0; i < count; i++)
            layout.page_of_row[layout.rows++] = page;
        if (count > 0 || (page == merged && together > 0))
            layout.last = page;
    }
    add_page(&layout, merged, previous, first_row, together);
    return layout;
}

static bool same_state(const struct state *a, const struct state *b)
{
    return a->applied == b->applied && memcmp(&a->progress, &b->progress, sizeof(a->progress)) == 0;
}

static bool acknowledges_only_applied(const struct layout *layout, const struct state *state)
{
    for (int row = 0; row < layout->rows; row++) {
        if (layout->page_of_row[row] <= state->progress.complete &&
            (state->applied >> row & 1) == 0)
            return false;
    }
    return true;
}

/* As the source has it now: the two old pages of a merged one are gone. */
static bool is_current(const struct layout *layout, int i)
{
    int64_t page = layout->sent[i].mark.page;
    return i >= layout->rows || layout->merged == 0 ||
           (page != layout->merged && page != layout->merged - 1);
}

/* Sending all pages after the acknowledged one once more, in order, must bring it to the end. */
static bool can_be_healed(const struct layout *layout, struct state state)
{
    for (int64_t page = state.progress.complete + 1; page <= PAGES; page++) {
        for (int i = 0; i < layout->count; i++) {
            if (layout->sent[i].mark.page == page && is_current(layout, i))
                (void)gb_stream_progress_apply(&state.progress, &layout->sent[i].mark);
        }
    }
    return state.progress.complete == layout->last;
}

/* One more record in one more state; what it must not do. */
static struct state follow(const struct state *from, const struct sent *sent, struct finding *ret)
{
    struct state next = *from;
    bool moved = gb_stream_progress_apply(&next.progress, &sent->mark);
    next.applied |= 1U << sent->row;
    if (next.progress.complete < from->progress.complete)
        ret->what = "the complete page went back";
    if (moved != (next.progress.complete != from->progress.complete))
        ret->what = "says that it moved when it did not, or the reverse";
    return next;
}

/* Breadth first: every state with every record of the log, until no new state comes up. */
static int exhaust_layout(const struct layout *layout, struct state *states, struct finding *ret)
{
    int count = 1;
    memset(states, 0, sizeof(*states));
    for (int at = 0; at < count && ret->what == NULL; at++) {
        if (!acknowledges_only_applied(layout, &states[at]))
            ret->what = "acknowledged what was not applied";
        else if (!can_be_healed(layout, states[at]))
            ret->what = "sending everything again does not complete it";
        for (int i = 0; i < layout->count && ret->what == NULL; i++) {
            struct state next = follow(&states[at], &layout->sent[i], ret);
            int found = 0;
            while (found < count && !same_state(&states[found], &next))
                found++;
            if (found < count)
                continue;
            if (count == STATES_MAX)
                abort();
            states[count++] = next;
        }
    }
    return count;
}

int64_t exhaust_reader(struct finding *ret)
{
    struct state *states = calloc(STATES_MAX, sizeof(*states));
    int64_t total = 0;
    int layouts = 1;
    if (states == NULL)
        abort();
    for (int i = 0; i < PAGES; i++)
        layouts *= RECORDS_OF_PAGE_MAX + 1;
    for (int at = 0; at < layouts * PAGES && ret->what == NULL; at++) {
        int64_t merged = at / layouts == 0 ? 0 : at / layouts + 1;
        struct layout layout = layout_of(at % layouts, merged);
        total += exhaust_layout(&layout, states, ret);
    }
    free(states);
    return total;
}
