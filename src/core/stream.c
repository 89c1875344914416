#include "core/stream.h"

bool gb_stream_mark_valid(const struct gb_stream_mark *mark)
{
    return mark->page >= 1 && mark->previous >= 0 && mark->previous < mark->page &&
           mark->count >= 1 && mark->index >= 0 && mark->index < mark->count &&
           mark->incarnation >= 1 && mark->cut_at_us >= 0;
}

/* Is this the next record of the very page in progress? */
static bool continues(const struct gb_stream_progress *progress, const struct gb_stream_mark *mark)
{
    return progress->page == mark->page && progress->previous == mark->previous &&
           progress->count == mark->count && progress->next_index == mark->index;
}

/* Is it the first record of another page? (Of the very page in progress it is a repeat.) */
static bool starts(const struct gb_stream_progress *progress, const struct gb_stream_mark *mark)
{
    bool same = progress->page == mark->page && progress->previous == mark->previous &&
                progress->count == mark->count;
    return mark->index == 0 && !same;
}

bool gb_stream_progress_misses(const struct gb_stream_progress *progress,
                               const struct gb_stream_mark *mark)
{
    if (!gb_stream_mark_valid(mark) || mark->incarnation < progress->incarnation)
        return false;
    int64_t complete = mark->incarnation > progress->incarnation ? 0 : progress->complete;
    return mark->page > complete && mark->previous > complete;
}

bool gb_stream_progress_has(const struct gb_stream_progress *progress,
                            const struct gb_stream_mark *mark)
{
    return gb_stream_mark_valid(mark) && mark->incarnation == progress->incarnation &&
           mark->page <= progress->complete && mark->cut_at_us <= progress->complete_cut_at_us;
}

bool gb_stream_progress_apply(struct gb_stream_progress *progress,
                              const struct gb_stream_mark *mark)
{
    if (!gb_stream_mark_valid(mark) || mark->incarnation < progress->incarnation)
        return false;
    if (mark->incarnation > progress->incarnation)
        *progress = (struct gb_stream_progress){.incarnation = mark->incarnation};
    if (mark->page <= progress->complete) /* a repeat */
        return false;
    if (mark->previous > progress->complete) /* a hole */
        return false;
    if (starts(progress, mark)) {
        progress->page = mark->page;
        progress->previous = mark->previous;
        progress->count = mark->count;
        progress->next_index = 0;
    } else if (!continues(progress, mark)) {
        return false;
    }
    progress->next_index++;
    if (progress->next_index < progress->count)
        return false;
    *progress = (struct gb_stream_progress){
        .incarnation = progress->incarnation,
        .complete = mark->page,
        .complete_cut_at_us = mark->cut_at_us,
    };
    return true;
}

#define SKEW_US_MAX INT64_C(60000000)

bool gb_stream_word_is_newer(const struct gb_stream_word *word, const struct gb_stream_word *known,
                             int64_t now_us)
{
    if (word->incarnation != known->incarnation)
        return word->incarnation > known->incarnation;
    return word->sent_at_us > known->sent_at_us || known->sent_at_us > now_us + SKEW_US_MAX;
}

/* How long a reader may stand still before the next going back: doubled by each, up to the limit.
 */
static int64_t resend_wait_us(const struct gb_stream_reader *reader,
                              const struct gb_stream_limits *limits)
{
    int64_t wait_us = limits->resend_after_us;
    for (int32_t i = 0; i < reader->resends && wait_us < limits->resend_backoff_us_max; i++)
        wait_us = wait_us > limits->resend_backoff_us_max / 2 ? limits->resend_backoff_us_max
                                                              : wait_us * 2;
    return wait_us;
}

bool gb_stream_reader_goes_back(const struct gb_stream_reader *reader,
                                const struct gb_stream_limits *limits, int64_t now_us)
{
    if (reader->acknowledged >= reader->sent)
        return false;
    if (reader->heard_at_us == 0 || now_us - reader->heard_at_us > limits->silent_after_us)
        return false;
    /* A clock that was set back counts like one that went on: going back once too often is
     * harmless, never would not be. */
    int64_t still_us = now_us - reader->moved_at_us;
    int64_t wait_us = resend_wait_us(reader, limits);
    return still_us > wait_us || still_us < -wait_us;
}
