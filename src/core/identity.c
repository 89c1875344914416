#include "core/identity.h"

#include <string.h>

enum { DC_DIGITS_MAX = 4, ACCOUNT_ID_LENGTH_MAX = GB_ACCOUNT_ID_SIZE - 1 };
enum { KEY_LENGTH_MAX = GB_KEY_SIZE - 1 };

/* The length of a code (dc1 .. dc9999) at the start of `text`, 0 when there is none. */
static size_t code_length(const char *text)
{
    if (text[0] != 'd' || text[1] != 'c' || text[2] < '1' || text[2] > '9')
        return 0;
    size_t length = 3;
    while (text[length] >= '0' && text[length] <= '9') {
        length++;
        if (length > 2 + DC_DIGITS_MAX)
            return 0;
    }
    return length;
}

static void code_copy(const char *text, size_t length, struct gb_dc *ret)
{
    *ret = (struct gb_dc){.code = ""};
    memcpy(ret->code, text, length);
}

bool gb_dc_parse(const char *text, struct gb_dc *ret)
{
    size_t length = code_length(text);
    if (length == 0 || text[length] != '\0')
        return false;
    code_copy(text, length, ret);
    return true;
}

bool gb_dc_equal(struct gb_dc a, struct gb_dc b)
{
    return strncmp(a.code, b.code, sizeof(a.code)) == 0;
}

static bool account_id_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool gb_account_id_valid(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        if (length == ACCOUNT_ID_LENGTH_MAX || !account_id_character(text[length]))
            return false;
        length++;
    }
    return length > 0;
}

bool gb_key_valid(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        if (length == KEY_LENGTH_MAX || text[length] < ' ' || text[length] > '~')
            return false;
        length++;
    }
    return length > 0 && text[0] != ' ' && text[length - 1] != ' ';
}

bool gb_key_prefix(const char *key, struct gb_dc *ret)
{
    size_t length = code_length(key);
    if (length == 0 || key[length] != ':')
        return false;
    code_copy(key, length, ret);
    return true;
}
