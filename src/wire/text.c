#include "wire/text.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the character that starts at `at`, 0 when it is none that may be let in. */
static size_t character_size(const unsigned char *at, size_t left)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (size == 1)
        return at[0] >= 0x20 ? 1 : 0;
    if (at[0] < 0xc0 || at[0] > 0xf7 || size > left)
        return 0;
    uint32_t code = at[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    if (code < lowest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return size;
}

/* Eight bytes at a time while all are ASCII, which nearly all text is. */
static bool eight_plain(const unsigned char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    uint64_t below_space = (word - ones * 0x20) & ~word;
    return ((word | below_space) & highs) == 0;
}

bool gb_text_one_line(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    while (at < end) {
        if (end - at >= 8 && eight_plain(at)) {
            at += 8;
            continue;
        }
        size_t step = character_size(at, (size_t)(end - at));
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

bool gb_text_valid(const char *text, size_t size)
{
    return gb_text_one_line(text, size) && memchr(text, 0x7f, size) == NULL;
}

size_t gb_text_characters(const char *text, size_t size)
{
    size_t characters = 0;
    for (size_t i = 0; i < size; i++)
        characters += ((unsigned char)text[i] & 0xc0) != 0x80;
    return characters;
}
