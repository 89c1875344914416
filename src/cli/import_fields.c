#include "cli/import_fields.h"

#include <string.h>

#include "core/identity.h"
#include "core/money.h"

const char *const gb_import_columns[GB_IMPORT_FIELDS] = {
    "reference", "date", "account", "kind", "amount_minor", "balance_after_minor"};

enum { REFERENCE, DATE, ACCOUNT, KIND, AMOUNT, BALANCE_AFTER };

/* How much of a wrong field is shown. */
#define SHOWN_MAX 48

/* `field` as it is shown, cut to SHOWN_MAX. */
static const char *shown(const char *field, char text[SHOWN_MAX + 4])
{
    size_t size = 0;
    for (; size < SHOWN_MAX && field[size]; size++)
        if (field[size] >= ' ' && field[size] <= '~')
            text[size] = field[size];
        else
            text[size] = '?';
    memcpy(text + size, field[size] ? "..." : "", field[size] ? 4 : 1);
    return text;
}

/* Two digits, or four. -1: other characters. */
static int digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static bool date_valid(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

/* The key is "<dc>:<prefix><reference>" with a datacenter's code of at most GB_DC_SIZE - 1. */
static bool reference_valid(const char *text, const char *prefix)
{
    char key[GB_KEY_SIZE];
    size_t size = strlen(text), before = GB_DC_SIZE + strlen(prefix);
    if (size == 0 || text[0] == ' ' || size + before >= sizeof(key))
        return false;
    memset(key, 'x', before);
    memcpy(key + before, text, size + 1);
    return gb_key_valid(key);
}

static bool account_valid(const char *text, const char *prefix)
{
    char id[GB_ACCOUNT_ID_SIZE];
    size_t size = strlen(text), before = strlen(prefix);
    if (size == 0 || size + before >= sizeof(id))
        return false;
    memcpy(id, prefix, before);
    memcpy(id + before, text, size + 1);
    return gb_account_id_valid(id);
}

/* NULL, or why `text` is no whole number 0 .. max in plain digits. */
static const char *read_number(const char *text, int64_t max, int64_t *ret)
{
    const char *at = text + (*text == '-');
    if (strspn(at, "0123456789") != strlen(at) || *at == '\0')
        return "is not a whole number";
    if (*text == '-')
        return "is negative";
    int64_t value = 0;
    for (; *at; at++) {
        value = value * 10 + (*at - '0');
        if (value > max)
            return "is too large";
    }
    *ret = value;
    return NULL;
}

static bool read_kind(const char *text, enum gb_import_kind *ret)
{
    for (int kind = 0; kind < GB_IMPORT_KINDS; kind++)
        if (strcmp(text, gb_import_kinds[kind].name) == 0) {
            *ret = (enum gb_import_kind)kind;
            return true;
        }
    return false;
}

/* What is wrong with one field; NULL: nothing. */
static const char *read_field(int column, const char *text, const char *prefix,
                              struct gb_import_fields *ret)
{
    const char *wrong = NULL;
    switch (column) {
    case REFERENCE:
        ret->reference = reference_valid(text, prefix) ? text : NULL;
        return ret->reference ? NULL
                              : "cannot be part of a key: printable ASCII without a space at the "
                                "ends, with datacenter and prefix at most 200";
    case DATE:
        ret->date = date_valid(text) ? text : NULL;
        return ret->date ? NULL : "is not a date YYYY-MM-DD";
    case ACCOUNT:
        ret->account = account_valid(text, prefix) ? text : NULL;
        return ret->account ? NULL
                            : "cannot be an account_id: A-Z a-z 0-9 . _ -, with prefix at most 64";
    case KIND:
        return read_kind(text, &ret->kind) ? NULL : "is neither credit nor debit";
    case AMOUNT:
        wrong = read_number(text, GB_AMOUNT_MAX, &ret->amount);
        return wrong || ret->amount > 0 ? wrong : "is zero";
    default:
        return read_number(text, GB_BALANCE_MAX, &ret->balance_after);
    }
}

size_t gb_import_read_fields(char *const texts[GB_IMPORT_FIELDS], const char *prefix,
                             struct gb_import_fields *ret,
                             char wrongs[GB_IMPORT_FIELDS][GB_IMPORT_WRONG_SIZE])
{
    size_t count = 0;
    char text[SHOWN_MAX + 4];
    *ret = (struct gb_import_fields){0};
    for (int column = 0; column < GB_IMPORT_FIELDS; column++) {
        const char *wrong = read_field(column, texts[column], prefix, ret);
        if (wrong)
            snprintf(wrongs[count++], GB_IMPORT_WRONG_SIZE, "%s \"%s\" %s",
                     gb_import_columns[column], shown(texts[column], text), wrong);
    }
    return count;
}
