#include "wire/packed_headers.h"

#include <string.h>

#include "runtime/result.h"

static uint8_t *put_number(uint8_t *at, uint32_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

static uint8_t *put_bytes(uint8_t *at, const void *data, size_t size)
{
    if (size > 0)
        memcpy(at, data, size);
    return at + size;
}

static size_t name_size(const struct gb_header *header)
{
    return strnlen(header->name, UINT16_MAX);
}

struct gb_bytes gb_headers_pack(const struct gb_header *headers, size_t count,
                                struct gb_arena *arena)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += 2 + name_size(&headers[i]) + 4 + headers[i].value.size;
    uint8_t *packed = gb_arena_alloc(arena, size + 1);
    GB_CHECK(packed != NULL);
    uint8_t *at = packed;
    for (size_t i = 0; i < count; i++) {
        at = put_number(at, (uint32_t)name_size(&headers[i]), 2);
        at = put_bytes(at, headers[i].name, name_size(&headers[i]));
        at = put_number(at, (uint32_t)headers[i].value.size, 4);
        at = put_bytes(at, headers[i].value.data, headers[i].value.size);
    }
    return (struct gb_bytes){packed, size};
}

/* Reads a big-endian number of `size` bytes and moves on; false at the end. */
static bool read_number(struct gb_bytes *left, size_t size, size_t *ret)
{
    const uint8_t *bytes = left->data;
    if (left->size < size)
        return false;
    *ret = 0;
    for (size_t i = 0; i < size; i++)
        *ret = *ret << 8 | bytes[i];
    *left = (struct gb_bytes){bytes + size, left->size - size};
    return true;
}

static bool read_bytes(struct gb_bytes *left, size_t size, struct gb_bytes *ret)
{
    if (left->size < size)
        return false;
    *ret = (struct gb_bytes){left->data, size};
    *left = (struct gb_bytes){(const uint8_t *)left->data + size, left->size - size};
    return true;
}

static bool read_header(struct gb_bytes *left, struct gb_bytes *ret_name, struct gb_bytes *ret)
{
    size_t size;
    return read_number(left, 2, &size) && read_bytes(left, size, ret_name) &&
           read_number(left, 4, &size) && read_bytes(left, size, ret);
}

bool gb_headers_unpack(struct gb_bytes packed, struct gb_arena *arena, struct gb_header **ret,
                       size_t *ret_count)
{
    struct gb_bytes name, value, left = packed;
    size_t count = 0;
    for (; left.size > 0; count++)
        if (!read_header(&left, &name, &value))
            return false;
    struct gb_header *headers = gb_arena_array(arena, count, sizeof(*headers));
    GB_CHECK(headers != NULL || count == 0);
    left = packed;
    for (size_t i = 0; i < count; i++) {
        GB_CHECK(read_header(&left, &name, &headers[i].value));
        headers[i].name = gb_arena_strndup(arena, name.data, name.size);
        GB_CHECK(headers[i].name != NULL);
    }
    *ret = headers;
    *ret_count = count;
    return true;
}
