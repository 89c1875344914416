#include "consumer/read_letters.h"

#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "runtime/digest.h"
#include "runtime/metrics.h"
#include "wire/letter_dialect.h"
#include "wire/packed_headers.h"

#define CODE "FOREIGN_FAILURE"

struct gb_read_letters {
    struct gb_metric *adopted;
    size_t found; /* foreign ones of the batch in work */
};

/* Columns of the call. */
struct columns {
    struct gb_bytes *digests, *keys, *values, *headers;
    const char **topics, **stages, **messages;
    int32_t *partitions;
    int64_t *offsets, *timestamps;
    size_t count;
};

static struct columns columns_new(struct gb_arena *arena, size_t count)
{
    return (struct columns){
        .digests = gb_arena_need_array(arena, count, sizeof(struct gb_bytes)),
        .keys = gb_arena_need_array(arena, count, sizeof(struct gb_bytes)),
        .values = gb_arena_need_array(arena, count, sizeof(struct gb_bytes)),
        .headers = gb_arena_need_array(arena, count, sizeof(struct gb_bytes)),
        .topics = gb_arena_need_array(arena, count, sizeof(char *)),
        .stages = gb_arena_need_array(arena, count, sizeof(char *)),
        .messages = gb_arena_need_array(arena, count, sizeof(char *)),
        .partitions = gb_arena_need_array(arena, count, sizeof(int32_t)),
        .offsets = gb_arena_need_array(arena, count, sizeof(int64_t)),
        .timestamps = gb_arena_need_array(arena, count, sizeof(int64_t)),
    };
}

/* A word apart from those of our own letters: the same content may fail at ours and at theirs. */
static struct gb_bytes digest_of(const char *topic, const struct gb_record *record,
                                 struct gb_arena *arena)
{
    const struct gb_bytes parts[] = {
        {CODE, strlen(CODE)}, {topic, strlen(topic)}, record->key, record->value};
    uint8_t *digest = gb_arena_alloc(arena, GB_DIGEST_SIZE);
    GB_CHECK(digest != NULL);
    gb_sha256_parts(parts, 4, digest);
    return (struct gb_bytes){digest, GB_DIGEST_SIZE};
}

/* One whose headers say nothing that we understand is kept as what it is: a record of the
 * dead-letter topic. */
static void fall_back(const struct gb_record *record, struct gb_foreign_letter *letter)
{
    if (letter->dialect == GB_DIALECT_NONE) {
        letter->topic = record->topic;
        letter->who = "unknown";
        letter->why = "no headers that say where it was and why it failed";
        letter->headers_count = 0;
    }
    if (letter->dialect == GB_DIALECT_NONE || letter->partition < 0 || letter->offset < 0) {
        letter->partition = record->partition;
        letter->offset = record->offset;
    }
    if (letter->timestamp_ms < 0)
        letter->timestamp_ms = record->timestamp_ms;
}

static void add(struct columns *columns, const struct gb_record *record,
                struct gb_foreign_letter *letter, struct gb_arena *arena)
{
    bool told = letter->dialect != GB_DIALECT_NONE;
    size_t i = columns->count++;
    fall_back(record, letter);
    columns->digests[i] = digest_of(letter->topic, record, arena);
    columns->keys[i] = record->key;
    columns->values[i] = record->value;
    columns->headers[i] = told ? gb_headers_pack(letter->headers, letter->headers_count, arena)
                               : gb_headers_pack(record->headers, record->headers_count, arena);
    columns->topics[i] = letter->topic;
    columns->stages[i] = letter->who;
    columns->messages[i] = letter->why;
    columns->partitions[i] = letter->partition;
    columns->offsets[i] = letter->offset;
    columns->timestamps[i] = letter->timestamp_ms;
}

static void call_adopt(struct gb_batch *batch, const struct columns *columns)
{
    struct gb_params *params = &gb_batch_call(batch, &gb_sql_dead_letter_adopt)->params;
    gb_params_bytea_array(params, columns->digests, columns->count);
    gb_params_text_array(params, columns->topics, columns->count);
    gb_params_int4_array(params, columns->partitions, NULL, columns->count);
    gb_params_int8_array(params, columns->offsets, NULL, columns->count);
    gb_params_bytea_array(params, columns->keys, columns->count);
    gb_params_bytea_array(params, columns->values, columns->count);
    gb_params_bytea_array(params, columns->headers, columns->count);
    gb_params_int8_array(params, columns->timestamps, NULL, columns->count);
    gb_params_text_array(params, columns->stages, columns->count);
    gb_params_text_array(params, columns->messages, columns->count);
    gb_params_int8(params, batch->now_us);
    gb_params_text(params, CODE);
}

static enum gb_result apply(void *context, struct gb_batch *batch, struct gb_err *err)
{
    struct gb_read_letters *step = context;
    struct columns columns = columns_new(batch->arena, batch->count);
    (void)err;
    for (size_t i = 0; i < batch->count; i++) {
        const struct gb_record *record = batch->items[i].record;
        struct gb_foreign_letter letter;
        if (batch->items[i].dead)
            continue;
        gb_foreign_letter_read(record->headers, record->headers_count, batch->arena, &letter);
        if (letter.dialect != GB_DIALECT_OWN)
            add(&columns, record, &letter, batch->arena);
    }
    step->found = columns.count;
    if (columns.count > 0)
        call_adopt(batch, &columns);
    return GB_OK;
}

static void committed(void *context, const struct gb_batch *batch)
{
    struct gb_read_letters *step = context;
    (void)batch;
    gb_metric_add(step->adopted, (int64_t)step->found);
}

struct gb_read_letters *gb_read_letters_new(void)
{
    struct gb_read_letters *step = calloc(1, sizeof(*step));
    GB_CHECK(step != NULL);
    step->adopted = gb_metric_counter(
        "geobill_consumer_foreign_letters_total", NULL,
        "Dead letters of other programs read from our dead-letter topic, repeats too.");
    return step;
}

void gb_read_letters_free(struct gb_read_letters *step)
{
    free(step);
}

struct gb_reader gb_read_letters_reader(struct gb_read_letters *step)
{
    return (struct gb_reader){.apply = apply, .committed = committed, .context = step};
}
