#include "stream/dead_letter.h"

#include <string.h>

#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/digest.h"
#include "wire/packed_headers.h"

#define ERROR_HEADERS 11
#define KAFKA_KEY_BYTES_MAX 1000

/* What Kafka's own tools write and ours read again: the record as it was, and why it is here. */
struct letter {
    uint8_t digest[GB_DIGEST_SIZE];
    const struct gb_item *item; /* the first with this digest */
    int32_t attempts;           /* how many of the batch have it */
};

/* --- headers --- */

/* A stranger's bytes as text that any database and terminal takes. */
static const char *plain(struct gb_bytes bytes, struct gb_arena *arena)
{
    char *text = gb_arena_strndup(arena, bytes.size == 0 ? "" : bytes.data, bytes.size);
    GB_CHECK(text != NULL);
    for (size_t i = 0; i < bytes.size; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e)
            text[i] = '?';
    }
    return text;
}

static const char *plain_text(const char *text, struct gb_arena *arena)
{
    return plain((struct gb_bytes){text, strlen(text)}, arena);
}

static struct gb_header error_header(const char *name, const char *value)
{
    return (struct gb_header){name, {value, strlen(value)}};
}

static const char *number(int64_t value, struct gb_arena *arena)
{
    return gb_arena_printf(arena, "%lld", (long long)value);
}

/* The record's own headers, then why it is here. */
static struct gb_bytes headers_with_errors(const struct letter *letter, const char *group,
                                           int64_t now_us, struct gb_arena *arena)
{
    const struct gb_record *record = letter->item->record;
    const struct gb_err *err = &letter->item->err;
    size_t count = record->headers_count;
    struct gb_header *headers = gb_arena_array(arena, count + ERROR_HEADERS, sizeof(*headers));
    char first_failed_at[GB_CLOCK_TEXT_SIZE];
    GB_CHECK(headers != NULL);
    gb_clock_format(now_us, first_failed_at);
    for (size_t i = 0; i < count; i++)
        headers[i] = record->headers[i];
    const struct gb_header errors[ERROR_HEADERS] = {
        error_header("__geobill.errors.topic", record->topic),
        error_header("__geobill.errors.partition", number(record->partition, arena)),
        error_header("__geobill.errors.offset", number(record->offset, arena)),
        error_header("__geobill.errors.timestamp", number(record->timestamp_ms, arena)),
        error_header("__geobill.errors.group", group),
        error_header("__geobill.errors.stage", letter->item->stage),
        error_header("__geobill.errors.code", err->code),
        error_header("__geobill.errors.message", plain_text(err->message, arena)),
        error_header("__geobill.errors.attempts", number(letter->attempts, arena)),
        error_header("__geobill.errors.first.failed.at", first_failed_at),
        error_header("__geobill.errors.retryable", "false"),
    };
    memcpy(headers + count, errors, sizeof(errors));
    return gb_headers_pack(headers, count + ERROR_HEADERS, arena);
}

/* --- letters --- */

static void digest_of(const struct gb_record *record, uint8_t ret[GB_DIGEST_SIZE])
{
    const struct gb_bytes parts[] = {
        {record->topic, strlen(record->topic)}, record->key, record->value};
    gb_sha256_parts(parts, 3, ret);
}

static struct letter *find_letter(struct letter *letters, size_t count,
                                  const uint8_t digest[GB_DIGEST_SIZE])
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(letters[i].digest, digest, GB_DIGEST_SIZE) == 0)
            return &letters[i];
    }
    return NULL;
}

/* The dead items, the same content once. */
static size_t letters_of(const struct gb_batch *batch, struct letter *letters)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        uint8_t digest[GB_DIGEST_SIZE];
        if (!batch->items[i].dead)
            continue;
        digest_of(batch->items[i].record, digest);
        struct letter *letter = find_letter(letters, count, digest);
        if (letter == NULL) {
            letter = &letters[count++];
            *letter = (struct letter){.item = &batch->items[i]};
            memcpy(letter->digest, digest, sizeof(digest));
        }
        letter->attempts++;
    }
    return count;
}

/* Kafka's key of the dead letter: the record's own where it is text, else its hex. */
static const char *kafka_key(const struct gb_record *record, struct gb_arena *arena)
{
    size_t size = record->key.size < KAFKA_KEY_BYTES_MAX ? record->key.size : KAFKA_KEY_BYTES_MAX;
    const char *text = plain((struct gb_bytes){record->key.data, size}, arena);
    if (size == record->key.size && (size == 0 || memcmp(text, record->key.data, size) == 0))
        return text;
    char *hex = gb_arena_alloc(arena, 2 * size + 1);
    GB_CHECK(hex != NULL);
    gb_hex_format(record->key.data, size, hex);
    return hex;
}

static const char *type_of(const struct gb_record *record, struct gb_arena *arena)
{
    struct gb_bytes type = gb_record_header(record, "ce_type");
    if (type.size == 0 || type.size > 100)
        return "unknown";
    return plain(type, arena);
}

/* Columns of the call, filled letter by letter. */
struct columns {
    struct gb_bytes *digests, *keys, *values, *headers, *outbox_headers;
    const char **topics, **stages, **codes, **messages, **kafka_keys, **types;
    int32_t *partitions, *attempts;
    int64_t *offsets, *timestamps, *span_ids;
    struct gb_uuid *ids, *trace_ids;
};

static struct columns columns_new(struct gb_arena *arena, size_t count)
{
    return (struct columns){
        .digests = gb_arena_need_array(arena, count, sizeof(struct gb_bytes)),
        .keys = gb_arena_need_array(arena, count, sizeof(struct gb_bytes)),
        .values = gb_arena_need_array(arena, count, sizeof(struct gb_bytes)),
        .headers = gb_arena_need_array(arena, count, sizeof(struct gb_bytes)),
        .outbox_headers = gb_arena_need_array(arena, count, sizeof(struct gb_bytes)),
        .topics = gb_arena_need_array(arena, count, sizeof(char *)),
        .stages = gb_arena_need_array(arena, count, sizeof(char *)),
        .codes = gb_arena_need_array(arena, count, sizeof(char *)),
        .messages = gb_arena_need_array(arena, count, sizeof(char *)),
        .kafka_keys = gb_arena_need_array(arena, count, sizeof(char *)),
        .types = gb_arena_need_array(arena, count, sizeof(char *)),
        .partitions = gb_arena_need_array(arena, count, sizeof(int32_t)),
        .attempts = gb_arena_need_array(arena, count, sizeof(int32_t)),
        .offsets = gb_arena_need_array(arena, count, sizeof(int64_t)),
        .timestamps = gb_arena_need_array(arena, count, sizeof(int64_t)),
        .span_ids = gb_arena_need_array(arena, count, sizeof(int64_t)),
        .ids = gb_arena_need_array(arena, count, sizeof(struct gb_uuid)),
        .trace_ids = gb_arena_need_array(arena, count, sizeof(struct gb_uuid)),
    };
}

static void columns_set(struct columns *columns, size_t i, const struct letter *letter,
                        const char *group, const struct gb_batch *batch)
{
    struct gb_arena *arena = batch->arena;
    const struct gb_item *item = letter->item;
    const struct gb_record *record = item->record;
    columns->digests[i] = (struct gb_bytes){letter->digest, GB_DIGEST_SIZE};
    columns->keys[i] = record->key;
    columns->values[i] = record->value;
    columns->headers[i] = gb_headers_pack(record->headers, record->headers_count, arena);
    columns->outbox_headers[i] = headers_with_errors(letter, group, batch->now_us, arena);
    columns->topics[i] = record->topic;
    columns->stages[i] = item->stage;
    columns->codes[i] = item->err.code;
    columns->messages[i] = plain_text(item->err.message, arena);
    columns->kafka_keys[i] = kafka_key(record, arena);
    columns->types[i] = type_of(record, arena);
    columns->partitions[i] = record->partition;
    columns->attempts[i] = letter->attempts;
    columns->offsets[i] = record->offset;
    columns->timestamps[i] = record->timestamp_ms;
    columns->ids[i] = gb_uuid_v7();
    columns->trace_ids[i] = item->envelope.trace.trace_id;
    columns->span_ids[i] = item->envelope.trace.span_id;
}

static void add_columns(struct gb_params *params, const struct columns *columns, size_t count,
                        const char *dead_letter_topic, int64_t now_us)
{
    gb_params_bytea_array(params, columns->digests, count);
    gb_params_text_array(params, columns->topics, count);
    gb_params_int4_array(params, columns->partitions, NULL, count);
    gb_params_int8_array(params, columns->offsets, NULL, count);
    gb_params_bytea_array(params, columns->keys, count);
    gb_params_bytea_array(params, columns->values, count);
    gb_params_bytea_array(params, columns->headers, count);
    gb_params_int8_array(params, columns->timestamps, NULL, count);
    gb_params_text_array(params, columns->stages, count);
    gb_params_text_array(params, columns->codes, count);
    gb_params_text_array(params, columns->messages, count);
    gb_params_int4_array(params, columns->attempts, NULL, count);
    gb_params_int8(params, now_us);
    gb_params_text(params, dead_letter_topic);
    gb_params_uuid_array(params, columns->ids, count);
    gb_params_text_array(params, columns->kafka_keys, count);
    gb_params_text_array(params, columns->types, count);
    gb_params_bytea_array(params, columns->outbox_headers, count);
    gb_params_uuid_array(params, columns->trace_ids, count);
    gb_params_int8_array(params, columns->span_ids, NULL, count);
}

bool gb_dead_letter_keep(const struct gb_batch *batch, const struct gb_dead_letter_origin *origin,
                         struct gb_call *call)
{
    struct letter *letters = gb_arena_need_array(batch->arena, batch->count + 1, sizeof(*letters));
    size_t count = letters_of(batch, letters);
    if (count == 0)
        return false;
    struct columns columns = columns_new(batch->arena, count);
    for (size_t i = 0; i < count; i++)
        columns_set(&columns, i, &letters[i], origin->group, batch);
    gb_call_init(call, &gb_sql_dead_letter_keep, batch->arena);
    add_columns(&call->params, &columns, count, origin->topic, batch->now_us);
    return true;
}
