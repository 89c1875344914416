#include "bus/received.h"

#include <stdlib.h>

#define BYTES_MAX                                                                                  \
    ((size_t)4 << 20)               /* keys and values of one batch, passed by one record at most  \
                                     */
#define RECORDS_MAX ((size_t)10000) /* of one batch */
#define ARENA_BYTES_MAX ((size_t)64 << 20)

void gb_received_init(struct gb_received *received)
{
    *received = (struct gb_received){.arena = gb_arena_new(ARENA_BYTES_MAX)};
}

void gb_received_done(struct gb_received *received)
{
    gb_received_drop(received);
    free(received->messages);
    gb_arena_free(received->arena);
}

void gb_received_add(struct gb_received *received, rd_kafka_message_t *message)
{
    if (received->count == received->room) {
        received->room = received->room == 0 ? 1024 : received->room * 2;
        received->messages =
            realloc(received->messages, received->room * sizeof(rd_kafka_message_t *));
        GB_CHECK(received->messages != NULL);
    }
    received->messages[received->count++] = message;
    received->bytes += message->len + message->key_len;
}

void gb_received_drop(struct gb_received *received)
{
    for (size_t i = 0; i < received->count; i++)
        rd_kafka_message_destroy(received->messages[i]);
    received->count = 0;
    received->bytes = 0;
    gb_arena_reset(received->arena);
}

size_t gb_received_count(const struct gb_received *received)
{
    return received->count;
}

bool gb_received_full(const struct gb_received *received, size_t max)
{
    return received->count >= max || received->count >= RECORDS_MAX || received->bytes >= BYTES_MAX;
}

static size_t header_count(const rd_kafka_message_t *message, rd_kafka_headers_t **ret_headers)
{
    *ret_headers = NULL;
    if (rd_kafka_message_headers(message, ret_headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    size_t count = rd_kafka_header_cnt(*ret_headers);
    return count < GB_RECEIVED_HEADERS_MAX ? count : GB_RECEIVED_HEADERS_MAX;
}

struct gb_record gb_received_record(const rd_kafka_message_t *message, struct gb_arena *arena)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *raw;
    size_t count = header_count(message, &raw);
    struct gb_header *headers = gb_arena_array(arena, count, sizeof(*headers));
    GB_CHECK(headers != NULL); /* RECORDS_MAX times GB_RECEIVED_HEADERS_MAX fit */
    for (size_t i = 0; i < count; i++)
        (void)rd_kafka_header_get_all(raw, i, &headers[i].name, &headers[i].value.data,
                                      &headers[i].value.size);
    return (struct gb_record){
        .topic = rd_kafka_topic_name(message->rkt),
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &type),
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
        .headers = headers,
        .headers_count = count,
    };
}

const struct gb_record *gb_received_records(struct gb_received *received)
{
    struct gb_record *records = gb_arena_array(received->arena, received->count, sizeof(*records));
    GB_CHECK(records != NULL);
    for (size_t i = 0; i < received->count; i++)
        records[i] = gb_received_record(received->messages[i], received->arena);
    return records;
}
