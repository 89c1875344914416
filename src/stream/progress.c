#include "stream/progress.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "db/sql.h"

struct key {
    char source[GB_DC_SIZE];
    char stream[16];
    char topic[GB_TOPIC_SIZE * 4];
    int32_t partition;
};

struct entry {
    struct key key;
    struct gb_stream_progress committed;
    struct gb_stream_progress pending; /* with the batch in work */
    bool touched;                      /* pending differs from committed */
    UT_hash_handle hh;
};

struct gb_progress {
    struct entry *entries; /* hash by key */
    struct entry *last;    /* found last: records of one page come together */
    bool known;
};

struct gb_progress *gb_progress_new(void)
{
    struct gb_progress *progress = calloc(1, sizeof(*progress));
    GB_CHECK(progress != NULL);
    return progress;
}

void gb_progress_clear(struct gb_progress *progress)
{
    struct entry *entry = progress->entries;
    HASH_CLEAR(hh, progress->entries);
    while (entry != NULL) {
        struct entry *next = entry->hh.next;
        free(entry);
        entry = next;
    }
    progress->last = NULL;
    progress->known = false;
}

bool gb_progress_known(const struct gb_progress *progress)
{
    return progress->known;
}

void gb_progress_free(struct gb_progress *progress)
{
    if (progress == NULL)
        return;
    gb_progress_clear(progress);
    free(progress);
}

/* Names that do not fit are nobody's of ours: the caller has checked them. */
static void copy_name(char *ret, size_t size, const char *name)
{
    size_t length = strlen(name);
    GB_CHECK(length < size);
    memcpy(ret, name, length);
}

static struct key key_of(const char *source, const char *stream, const char *topic,
                         int32_t partition)
{
    struct key key;
    memset(&key, 0, sizeof(key)); /* padding too: it is hashed as bytes */
    copy_name(key.source, sizeof(key.source), source);
    copy_name(key.stream, sizeof(key.stream), stream);
    copy_name(key.topic, sizeof(key.topic), topic);
    key.partition = partition;
    return key;
}

static struct entry *find_or_add(struct gb_progress *progress, const struct key *key)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, progress->entries, key, sizeof(*key), entry);
    if (entry != NULL)
        return entry;
    entry = calloc(1, sizeof(*entry));
    GB_CHECK(entry != NULL);
    entry->key = *key;
    HASH_ADD(hh, progress->entries, key, sizeof(entry->key), entry);
    return entry;
}

static void read_row(struct gb_progress *progress, const struct gb_rows *rows, size_t row)
{
    struct key key = key_of(gb_rows_text(rows, row, 0), gb_rows_text(rows, row, 1),
                            gb_rows_text(rows, row, 2), (int32_t)gb_rows_int(rows, row, 3));
    struct entry *entry = find_or_add(progress, &key);
    entry->committed = (struct gb_stream_progress){
        .incarnation = (int32_t)gb_rows_int(rows, row, 4),
        .complete = gb_rows_int(rows, row, 5),
        .complete_cut_at_us = gb_rows_int(rows, row, 6),
        .page = gb_rows_int(rows, row, 7),
        .previous = gb_rows_int(rows, row, 8),
        .count = (int32_t)gb_rows_int(rows, row, 9),
        .next_index = (int32_t)gb_rows_int(rows, row, 10),
    };
    entry->pending = entry->committed;
    entry->touched = false;
}

enum gb_result gb_progress_read(struct gb_progress *progress, const char *const *topics,
                                size_t topics_count, struct gb_pg *pg, struct gb_arena *arena,
                                struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_progress_read, arena);
    gb_params_text_array(&call.params, topics, topics_count);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    gb_progress_clear(progress);
    for (size_t row = 0; row < gb_rows_count(call.rows); row++)
        read_row(progress, call.rows, row);
    progress->known = true;
    gb_calls_release(&call, 1);
    return GB_OK;
}

void gb_progress_begin(struct gb_progress *progress)
{
    for (struct entry *entry = progress->entries; entry != NULL; entry = entry->hh.next) {
        entry->pending = entry->committed;
        entry->touched = false;
    }
}

void gb_progress_committed(struct gb_progress *progress)
{
    for (struct entry *entry = progress->entries; entry != NULL; entry = entry->hh.next) {
        entry->committed = entry->pending;
        entry->touched = false;
    }
}

static bool is_of(const struct entry *entry, const struct gb_envelope *envelope, const char *topic,
                  int32_t partition)
{
    return entry != NULL && entry->key.partition == partition &&
           strcmp(entry->key.topic, topic) == 0 &&
           strcmp(entry->key.source, envelope->source.code) == 0 &&
           strcmp(entry->key.stream, envelope->stream) == 0;
}

static bool same(const struct gb_stream_progress *a, const struct gb_stream_progress *b)
{
    return a->incarnation == b->incarnation && a->complete == b->complete && a->page == b->page &&
           a->previous == b->previous && a->count == b->count && a->next_index == b->next_index;
}

bool gb_progress_count(struct gb_progress *progress, const struct gb_envelope *envelope,
                       const char *topic, int32_t partition, bool *ret_known)
{
    if (!is_of(progress->last, envelope, topic, partition)) {
        struct key key = key_of(envelope->source.code, envelope->stream, topic, partition);
        progress->last = find_or_add(progress, &key);
    }
    struct entry *entry = progress->last;
    *ret_known = gb_stream_progress_has(&entry->pending, &envelope->mark);
    bool misses = gb_stream_progress_misses(&entry->pending, &envelope->mark);
    (void)gb_stream_progress_apply(&entry->pending, &envelope->mark);
    entry->touched = !same(&entry->pending, &entry->committed);
    return !misses;
}

int64_t gb_progress_cut_at_us(const struct gb_progress *progress)
{
    int64_t newest_us = 0;
    for (const struct entry *entry = progress->entries; entry != NULL; entry = entry->hh.next) {
        if (entry->committed.complete_cut_at_us > newest_us)
            newest_us = entry->committed.complete_cut_at_us;
    }
    return newest_us;
}

static size_t touched_of(const struct gb_progress *progress, const struct entry **ret)
{
    size_t count = 0;
    for (const struct entry *entry = progress->entries; entry != NULL; entry = entry->hh.next) {
        if (entry->touched)
            ret[count++] = entry;
    }
    return count;
}

static void add_names(struct gb_params *params, struct gb_arena *arena,
                      const struct entry *const *entries, size_t count)
{
    const char **names = gb_arena_array(arena, count, sizeof(*names));
    GB_CHECK(names != NULL);
    for (size_t i = 0; i < count; i++)
        names[i] = entries[i]->key.source;
    gb_params_text_array(params, names, count);
    for (size_t i = 0; i < count; i++)
        names[i] = entries[i]->key.stream;
    gb_params_text_array(params, names, count);
    for (size_t i = 0; i < count; i++)
        names[i] = entries[i]->key.topic;
    gb_params_text_array(params, names, count);
}

/* One parameter: a number of each entry. `read` says which. */
static void add_numbers(struct gb_params *params, struct gb_arena *arena,
                        const struct entry *const *entries, size_t count,
                        int64_t (*read)(const struct entry *entry))
{
    int64_t *numbers = gb_arena_array(arena, count, sizeof(*numbers));
    GB_CHECK(numbers != NULL);
    for (size_t i = 0; i < count; i++)
        numbers[i] = read(entries[i]);
    gb_params_int8_array(params, numbers, NULL, count);
}

static int64_t partition_of(const struct entry *entry)
{
    return entry->key.partition;
}

static int64_t incarnation_of(const struct entry *entry)
{
    return entry->pending.incarnation;
}

static int64_t complete_of(const struct entry *entry)
{
    return entry->pending.complete;
}

static int64_t complete_cut_at_of(const struct entry *entry)
{
    return entry->pending.complete_cut_at_us;
}

static int64_t page_of(const struct entry *entry)
{
    return entry->pending.page;
}

static int64_t previous_of(const struct entry *entry)
{
    return entry->pending.previous;
}

static int64_t count_of(const struct entry *entry)
{
    return entry->pending.count;
}

static int64_t next_index_of(const struct entry *entry)
{
    return entry->pending.next_index;
}

bool gb_progress_save(const struct gb_progress *progress, struct gb_call *call,
                      struct gb_arena *arena, int64_t now_us)
{
    static int64_t (*const numbers[])(const struct entry *) = {
        partition_of, incarnation_of, complete_of, complete_cut_at_of,
        page_of,      previous_of,    count_of,    next_index_of,
    };
    const struct entry **entries =
        gb_arena_array(arena, HASH_COUNT(progress->entries) + 1, sizeof(*entries));
    GB_CHECK(entries != NULL);
    size_t count = touched_of(progress, entries);
    if (count == 0)
        return false;
    gb_call_init(call, &gb_sql_progress_save, arena);
    add_names(&call->params, arena, entries, count);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        add_numbers(&call->params, arena, entries, count, numbers[i]);
    gb_params_int8(&call->params, now_us);
    return true;
}
