#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/cursor.h"
#include "api/read_body.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const char *gb_api_cursor_encode(const json_t *object, struct gb_arena *arena)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    GB_CHECK(text != NULL);
    size_t size = strlen(text);
    char *cursor = gb_arena_alloc(arena, size * 4 / 3 + 4);
    char *to = cursor;
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < size && cursor != NULL; i++) {
        bits = bits << 8 | (unsigned char)text[i];
        for (count += 8; count >= 6; count -= 6)
            *to++ = alphabet[bits >> (count - 6) & 63];
    }
    if (cursor != NULL && count > 0)
        *to++ = alphabet[bits << (6 - count) & 63];
    free(text);
    return cursor;
}

/* The bytes of a base64url text; data NULL when it is none. */
static struct gb_bytes decode(const char *cursor, struct gb_arena *arena)
{
    unsigned char *bytes = gb_arena_alloc(arena, strlen(cursor) * 3 / 4 + 1);
    size_t size = 0;
    uint32_t bits = 0;
    int count = 0;
    for (; *cursor != '\0'; cursor++) {
        const char *digit = strchr(alphabet, *cursor);
        if (bytes == NULL || digit == NULL)
            return (struct gb_bytes){NULL, 0};
        bits = bits << 6 | (uint32_t)(digit - alphabet);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes[size++] = (unsigned char)(bits >> count);
        }
    }
    return (struct gb_bytes){bytes, size};
}

bool gb_api_read_cursor(struct gb_api_request *request, struct gb_arena *arena, json_t **ret)
{
    const char *cursor = gb_http_query(request->http, "cursor");
    if (cursor == NULL) {
        *ret = json_object();
        return true;
    }
    struct gb_bytes text = decode(cursor, arena);
    if (text.data != NULL && gb_api_json_parse(text, arena, ret) == NULL)
        return true;
    gb_api_refuse(request, GB_API_QUERY_INVALID, "cursor", "not a cursor of ours");
    return false;
}
