#include "api/json_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http/problem.h"
#include "runtime/clock.h"

enum { ROOM_FIRST = 512, NUMBER_SIZE = 24 };

void gb_json_init(struct gb_json_text *text, struct gb_arena *arena)
{
    *text = (struct gb_json_text){.arena = arena};
}

struct gb_bytes gb_json_done(const struct gb_json_text *text)
{
    if (text->full)
        return (struct gb_bytes){.data = NULL, .size = 0};
    return (struct gb_bytes){.data = text->data, .size = text->used};
}

static bool make_room(struct gb_json_text *text, size_t size)
{
    if (text->full || text->room - text->used >= size)
        return !text->full;
    size_t room = text->room == 0 ? ROOM_FIRST : text->room * 2;
    while (room < text->used + size)
        room *= 2;
    char *data = gb_arena_alloc(text->arena, room);
    if (data == NULL) {
        text->full = true;
        return false;
    }
    if (text->used > 0)
        memcpy(data, text->data, text->used);
    text->data = data;
    text->room = room;
    return true;
}

void gb_json_raw_bytes(struct gb_json_text *text, struct gb_bytes json)
{
    if (json.size == 0 || !make_room(text, json.size))
        return;
    memcpy(text->data + text->used, json.data, json.size);
    text->used += json.size;
}

void gb_json_raw(struct gb_json_text *text, const char *json)
{
    gb_json_raw_bytes(text, (struct gb_bytes){.data = json, .size = strlen(json)});
}

/* True when the text needs no escapes: most do not, and then it is copied at once. */
static bool plain(const char *value)
{
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++)
        if (*at < 0x20 || *at >= 0x7f || *at == '"' || *at == '\\')
            return false;
    return true;
}

void gb_json_string(struct gb_json_text *text, const char *value)
{
    if (plain(value)) {
        gb_json_raw(text, "\"");
        gb_json_raw(text, value);
        gb_json_raw(text, "\"");
        return;
    }
    const char *quoted = gb_json_quote(value, text->arena);
    if (quoted == NULL)
        text->full = true;
    else
        gb_json_raw(text, quoted);
}

void gb_json_int(struct gb_json_text *text, int64_t value)
{
    char digits[NUMBER_SIZE];
    char *at = digits + sizeof(digits);
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        *--at = '-';
    gb_json_raw_bytes(text, (struct gb_bytes){at, (size_t)(digits + sizeof(digits) - at)});
}

void gb_json_name(struct gb_json_text *text, const char *name)
{
    if (text->used > 0 && text->data[text->used - 1] != '{')
        gb_json_raw(text, ",");
    gb_json_raw(text, "\"");
    gb_json_raw(text, name);
    gb_json_raw(text, "\":");
}

void gb_json_member_text(struct gb_json_text *text, const char *name, const char *value)
{
    if (value == NULL)
        return;
    gb_json_name(text, name);
    gb_json_string(text, value);
}

void gb_json_member_int(struct gb_json_text *text, const char *name, int64_t value)
{
    gb_json_name(text, name);
    gb_json_int(text, value);
}

void gb_json_member_bool(struct gb_json_text *text, const char *name, bool value)
{
    gb_json_name(text, name);
    gb_json_raw(text, value ? "true" : "false");
}

void gb_json_member_time(struct gb_json_text *text, const char *name, int64_t wall_us)
{
    char time[GB_CLOCK_TEXT_SIZE];
    if (wall_us == 0)
        return;
    gb_clock_format(wall_us, time);
    gb_json_member_text(text, name, time);
}

void gb_json_member_money(struct gb_json_text *text, const char *name, int64_t minor_units,
                          const char *currency)
{
    gb_json_name(text, name);
    gb_json_raw(text, "{");
    gb_json_member_int(text, "minor_units", minor_units);
    gb_json_member_text(text, "currency", currency);
    gb_json_raw(text, "}");
}
