#include "core/stream_source.h"

/* --- starting --- */

void gb_stream_partition_load(struct gb_stream_partition *partition, int64_t cut, int64_t sent)
{
    partition->cut = cut;
    if (partition->sent < sent)
        partition->sent = sent;
}

static int64_t first_unsent(const struct gb_stream_source *source)
{
    int64_t next = source->last + 1;
    for (size_t i = 0; i < source->partitions_count; i++) {
        const struct gb_stream_partition *partition = &source->partitions[i];
        if (partition->sent < partition->cut && partition->sent + 1 < next)
            next = partition->sent + 1;
    }
    return next;
}

void gb_stream_source_loaded(struct gb_stream_source *source, bool first)
{
    if (first)
        source->next = first_unsent(source);
    for (size_t i = 0; i < source->partitions_count; i++) {
        struct gb_stream_partition *partition = &source->partitions[i];
        if (partition->sent > partition->cut)
            partition->sent = partition->cut;
    }
}

/* --- sending --- */

void gb_stream_source_stored(struct gb_stream_source *source, int64_t number)
{
    source->last = number;
}

bool gb_stream_source_is_next(const struct gb_stream_source *source, int64_t number)
{
    return number == source->next && number <= source->last;
}

void gb_stream_source_handed_over(struct gb_stream_source *source, int64_t number)
{
    if (source->next <= number)
        source->next = number + 1;
}

int64_t gb_stream_partition_sent(const struct gb_stream_partition *partition, int64_t complete)
{
    /* Nothing up to `complete` is missing, whichever page was the partition's last. */
    return partition->sent > complete ? partition->sent : complete;
}

/* --- hearing --- */

void gb_stream_source_hear(struct gb_stream_source *source, struct gb_stream_partition *partition,
                           size_t reader, struct gb_stream_reached reached, int64_t heard_at_us)
{
    if (source->heard_at_us[reader] < heard_at_us)
        source->heard_at_us[reader] = heard_at_us;
    if (partition == NULL)
        return;
    partition->readers[reader].told = true;
    partition->readers[reader].said = reached.page;
    partition->readers[reader].said_records = reached.records;
}

/* Takes over what was said. True when the reader moved. One that was silent for long is given the
 * time to read what is waiting for it. */
static bool take(struct gb_stream_reader *reader, int64_t sent, int64_t heard_at_us,
                 int64_t silent_after_us, int64_t now_us)
{
    int64_t page = reader->told ? reader->said : 0;
    int32_t records = reader->told ? reader->said_records : 0;
    bool moved = page != reader->acknowledged || records > reader->records;
    if (heard_at_us - reader->heard_at_us > silent_after_us)
        reader->moved_at_us = now_us;
    reader->told = false;
    reader->said = 0;
    reader->sent = sent;
    reader->heard_at_us = heard_at_us;
    if (moved || page >= sent || reader->moved_at_us == 0) {
        reader->moved_at_us = now_us;
        reader->resends = 0;
    }
    reader->acknowledged = page;
    reader->records = records;
    return moved;
}

/* Standing still is what it has said itself after all that time, not that it fell silent. */
static bool stands_still(const struct gb_stream_reader *reader,
                         const struct gb_stream_limits *limits, int64_t now_us)
{
    return gb_stream_reader_goes_back(reader, limits, now_us) &&
           reader->heard_at_us - reader->moved_at_us >= limits->resend_after_us;
}

static void go_back(struct gb_stream_partition *partition, struct gb_stream_reader *reader,
                    int64_t now_us)
{
    if (partition->again == 0 || partition->again > reader->acknowledged + 1)
        partition->again = reader->acknowledged + 1;
    reader->resends++;
    reader->moved_at_us = now_us;
    reader->went_back = true;
}

/* Nobody needs again what all who speak have by now. */
static void skip_acknowledged(struct gb_stream_partition *partition, size_t readers_count,
                              const struct gb_stream_limits *limits, int64_t now_us)
{
    int64_t needed = 0;
    for (size_t i = 0; i < readers_count; i++) {
        const struct gb_stream_reader *reader = &partition->readers[i];
        bool alive = now_us - reader->heard_at_us <= limits->silent_after_us;
        if (alive && reader->acknowledged < partition->sent &&
            (needed == 0 || needed > reader->acknowledged + 1))
            needed = reader->acknowledged + 1;
    }
    if (needed == 0 || needed > partition->again)
        partition->again = needed;
}

size_t gb_stream_source_judge(struct gb_stream_source *source,
                              const struct gb_stream_limits *limits, int64_t now_us)
{
    size_t went_back = 0;
    for (size_t p = 0; p < source->partitions_count; p++) {
        struct gb_stream_partition *partition = &source->partitions[p];
        for (size_t r = 0; r < source->readers_count; r++) {
            struct gb_stream_reader *reader = &partition->readers[r];
            reader->went_back = false;
            if (take(reader, partition->sent, source->heard_at_us[r], limits->silent_after_us,
                     now_us))
                source->again_records = 0;
            if (!stands_still(reader, limits, now_us))
                continue;
            go_back(partition, reader, now_us);
            source->again_records = 0;
            went_back++;
        }
        if (partition->again != 0)
            skip_acknowledged(partition, source->readers_count, limits, now_us);
    }
    return went_back;
}

void gb_stream_source_skip(struct gb_stream_source *source)
{
    for (size_t p = 0; p < source->partitions_count && source->readers_count > 0; p++) {
        struct gb_stream_partition *partition = &source->partitions[p];
        int64_t page = partition->cut;
        for (size_t r = 0; r < source->readers_count; r++)
            if (partition->readers[r].acknowledged < page)
                page = partition->readers[r].acknowledged;
        if (partition->sent < page)
            partition->sent = page;
    }
    int64_t next = first_unsent(source);
    if (source->next < next)
        source->next = next;
}

/* --- sending again --- */

bool gb_stream_source_wants_again(const struct gb_stream_source *source, int64_t records_max)
{
    if (source->again_records >= records_max)
        return false;
    for (size_t i = 0; i < source->partitions_count; i++)
        if (source->partitions[i].again != 0)
            return true;
    return false;
}

/* What has not been sent yet is under way anyway. A partition of which all is sent may be named by
 * a merged page with a number above what it knew. */
bool gb_stream_partition_wants(const struct gb_stream_partition *partition, int64_t number)
{
    return partition->again != 0 && partition->again <= number &&
           (partition->sent >= number || partition->sent >= partition->cut);
}

void gb_stream_source_sent_again(struct gb_stream_source *source, int64_t number, int64_t records)
{
    source->again_records += records;
    for (size_t i = 0; i < source->partitions_count; i++) {
        struct gb_stream_partition *partition = &source->partitions[i];
        if (partition->again != 0 && partition->again <= number)
            partition->again = number + 1;
        if (number == 0 || partition->again > partition->sent)
            partition->again = 0;
    }
}

#define LIVE_US INT64_C(1000000)
#define TURN_US INT64_C(20000)
#define RECORD_US INT64_C(50)
#define REST_US_MAX INT64_C(10000000)
enum { REST_PER_TURN = 10, TURN_RECORDS = 500 };

/* Does live traffic flow? */
static bool flows(const struct gb_stream_pace *pace, int64_t now_us)
{
    return now_us - pace->live_at_us <= LIVE_US;
}

void gb_stream_pace_live(struct gb_stream_pace *pace, int64_t now_us)
{
    pace->live_at_us = now_us;
}

/* Has the turn taken what it may? */
static bool is_over(const struct gb_stream_pace *pace, int64_t now_us)
{
    return now_us - pace->turn_at_us >= TURN_US || pace->turn_records >= TURN_RECORDS;
}

void gb_stream_pace_again(struct gb_stream_pace *pace, int64_t records, int64_t from_us,
                          int64_t now_us)
{
    if (!flows(pace, from_us))
        pace->turn_at_us = 0; /* taken from nobody */
    else if (pace->turn_at_us == 0)
        pace->turn_at_us = from_us;
    pace->turn_records = pace->turn_at_us == 0 ? 0 : pace->turn_records + records;
    pace->turn_to_us = now_us;
}

void gb_stream_pace_settled(struct gb_stream_pace *pace, bool under_way, int64_t now_us)
{
    if (pace->turn_at_us == 0)
        return;
    if (under_way) {
        pace->turn_to_us = now_us;
        return;
    }
    if (!is_over(pace, now_us))
        return; /* it may take more */
    int64_t sent_us = pace->turn_to_us - pace->turn_at_us, read_us = pace->turn_records * RECORD_US;
    int64_t rest_us = REST_PER_TURN * (sent_us > read_us ? sent_us : read_us);
    pace->rest_to_us = pace->turn_to_us + (rest_us < REST_US_MAX ? rest_us : REST_US_MAX);
    pace->turn_at_us = pace->turn_records = 0;
}

bool gb_stream_pace_allows(const struct gb_stream_pace *pace, int64_t now_us)
{
    if (!flows(pace, now_us))
        return true;
    if (pace->turn_at_us != 0)
        return !is_over(pace, now_us);
    return now_us >= pace->rest_to_us;
}

/* --- forgetting and merging --- */

/* The last page of the partition that all readers have. */
static int64_t acknowledged(const struct gb_stream_partition *partition, size_t readers_count)
{
    int64_t page = partition->sent;
    for (size_t i = 0; i < readers_count; i++)
        if (partition->readers[i].acknowledged < page)
            page = partition->readers[i].acknowledged;
    return page;
}

int64_t gb_stream_source_acknowledged(const struct gb_stream_source *source)
{
    int64_t number = source->last - 1; /* where the stream ends must be known */
    for (size_t i = 0; i < source->partitions_count; i++) {
        const struct gb_stream_partition *partition = &source->partitions[i];
        int64_t page = acknowledged(partition, source->readers_count);
        if (page < partition->cut && page < number)
            number = page;
    }
    return number;
}

/* How many pages from the first on can be one; *ret_full: no further page ever joins them. */
static size_t fitting(const struct gb_stream_merge *pages, size_t count,
                      const struct gb_stream_merge_limits *limits, bool *ret_full)
{
    int64_t records = 0;
    size_t fit = 0;
    *ret_full = false;
    for (size_t i = 0; i < count && pages[i].number <= limits->acknowledged; i++) {
        records += pages[i].records;
        if (records > limits->records_max || pages[i].partitions != pages[0].partitions) {
            *ret_full = true;
            return fit;
        }
        if (pages[i].ends)
            fit = i + 1;
    }
    return fit;
}

size_t gb_stream_merge_next(const struct gb_stream_merge *pages, size_t count,
                            const struct gb_stream_merge_limits *limits, size_t *at)
{
    for (; *at < count; ++*at) {
        if (!pages[*at].begins)
            continue;
        bool full;
        size_t fit = fitting(pages + *at, count - *at, limits, &full);
        if (fit >= 2 && (full || fit >= limits->pages_min))
            return fit;
        if (!full)
            break;
    }
    return 0;
}
