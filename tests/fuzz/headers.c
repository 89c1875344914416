#include "fuzz/headers.h"

#include <string.h>

enum { VALUE_BYTES_MAX = 255 };

static const char *const NAMES[] = {
    "ce_specversion", "ce_id",          "ce_source",           "ce_type",
    "ce_time",        "content-type",   "traceparent",         "geobill-source",
    "geobill-stream", "geobill-page",   "geobill-incarnation", "geobill-index",
    "geobill-count",  "geobill-cut-at", "geobill-previous",    "someone-elses",
};
enum { NAMES_COUNT = sizeof(NAMES) / sizeof(NAMES[0]) };

size_t fuzz_headers_read(struct gb_bytes bytes, struct gb_header headers[FUZZ_HEADERS_MAX])
{
    const uint8_t *at = bytes.data;
    size_t left = bytes.size, count = 0;
    while (left >= 2 && count < FUZZ_HEADERS_MAX) {
        size_t size = at[1] < left - 2 ? at[1] : left - 2;
        headers[count++] = (struct gb_header){NAMES[at[0] % NAMES_COUNT], {at + 2, size}};
        at += 2 + size;
        left -= 2 + size;
    }
    return count;
}

static uint8_t number_of(const char *name)
{
    uint8_t number = 0;
    while (number < NAMES_COUNT && strcmp(NAMES[number], name) != 0)
        number++;
    GB_CHECK(number < NAMES_COUNT);
    return number;
}

struct gb_bytes fuzz_headers_write(const struct gb_header *headers, size_t count,
                                   struct gb_arena *arena)
{
    uint8_t *start = gb_arena_array(arena, count, 2 + VALUE_BYTES_MAX), *at = start;
    GB_CHECK(start != NULL);
    for (size_t i = 0; i < count; i++) {
        GB_CHECK(headers[i].value.size <= VALUE_BYTES_MAX);
        *at++ = number_of(headers[i].name);
        *at++ = (uint8_t)headers[i].value.size;
        memcpy(at, headers[i].value.data, headers[i].value.size);
        at += headers[i].value.size;
    }
    return (struct gb_bytes){start, (size_t)(at - start)};
}
