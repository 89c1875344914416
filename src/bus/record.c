#include "bus/record.h"

#include <stdio.h>
#include <string.h>

struct gb_bytes gb_record_header(const struct gb_record *record, const char *name)
{
    for (size_t i = 0; i < record->headers_count; i++) {
        if (strcmp(record->headers[i].name, name) == 0)
            return record->headers[i].value;
    }
    return (struct gb_bytes){NULL, 0};
}

static uint32_t word_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* murmur2 with Java's seed (org.apache.kafka.common.utils.Utils.murmur2). */
static uint32_t murmur2(const uint8_t *data, size_t size)
{
    const uint32_t mix = 0x5bd1e995;
    uint32_t hash = 0x9747b28cu ^ (uint32_t)size;
    for (; size >= 4; data += 4, size -= 4) {
        uint32_t word = word_at(data) * mix;
        word ^= word >> 24;
        hash = hash * mix ^ word * mix;
    }
    if (size > 0) {
        uint8_t tail[4] = {0};
        memcpy(tail, data, size);
        hash = (hash ^ word_at(tail)) * mix;
    }
    hash = (hash ^ hash >> 13) * mix;
    return hash ^ hash >> 15;
}

int32_t gb_partition_of(struct gb_bytes key, int32_t partitions)
{
    GB_CHECK(partitions > 0);
    uint32_t hash = murmur2(key.data, key.size);
    return (int32_t)(hash & 0x7fffffffu) % partitions;
}

void gb_topic_name(char ret_topic[GB_TOPIC_SIZE], const char *dc, const char *family)
{
    int size = snprintf(ret_topic, GB_TOPIC_SIZE, "geobill.%s.%s.v1", dc, family);
    GB_CHECK(size > 0 && size < GB_TOPIC_SIZE);
}
