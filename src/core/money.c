#include "core/money.h"

#include <string.h>

bool gb_currency_parse(const char *text, struct gb_currency *ret)
{
    for (int i = 0; i < 3; i++) {
        if (text[i] < 'A' || text[i] > 'Z')
            return false;
    }
    if (text[3] != '\0')
        return false;
    memcpy(ret->code, text, sizeof(ret->code));
    return true;
}

bool gb_currency_equal(struct gb_currency a, struct gb_currency b)
{
    return memcmp(a.code, b.code, sizeof(a.code)) == 0;
}

bool gb_money_add(int64_t a, int64_t b, int64_t *ret)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret = sum;
    return true;
}

bool gb_money_subtract(int64_t a, int64_t b, int64_t *ret)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference))
        return false;
    *ret = difference;
    return true;
}

bool gb_amount_valid(int64_t minor_units)
{
    return minor_units >= 1 && minor_units <= GB_AMOUNT_MAX;
}
