#include "wire/fields.h"

#include <string.h>

#include "wire/text.h"

bool gb_form_account_id(const char *text, size_t size)
{
    (void)size;
    return gb_account_id_valid(text);
}

bool gb_form_key(const char *text, size_t size)
{
    (void)size;
    return gb_key_valid(text);
}

bool gb_form_dc(const char *text, size_t size)
{
    struct gb_dc dc;
    (void)size;
    return gb_dc_parse(text, &dc);
}

bool gb_form_words(const char *text, size_t size)
{
    return gb_text_valid(text, size);
}

static bool is_name(const char *text, size_t size, size_t characters_max)
{
    return size > 0 && gb_text_valid(text, size) &&
           gb_text_characters(text, size) <= characters_max;
}

bool gb_form_account_name(const char *text, size_t size)
{
    return is_name(text, size, GB_ACCOUNT_NAME_CHARACTERS_MAX);
}

bool gb_form_client_name(const char *text, size_t size)
{
    return is_name(text, size, GB_CLIENT_NAME_CHARACTERS_MAX);
}

static bool only(const char *text, size_t size, const char *allowed)
{
    return size > 0 && strspn(text, allowed) == size;
}

bool gb_form_reason(const char *text, size_t size)
{
    return only(text, size, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* Whether it is JSON was found out where it was accepted; here it only must not hurt. */
bool gb_form_metadata(const char *text, size_t size)
{
    return size >= 2 && text[0] == '{' && text[size - 1] == '}' && gb_text_one_line(text, size);
}

bool gb_form_stream(const char *text, size_t size)
{
    return only(text, size, "abcdefghijklmnopqrstuvwxyz0123456789");
}

bool gb_form_topic(const char *text, size_t size)
{
    return only(text, size, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}
