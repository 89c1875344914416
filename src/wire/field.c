/* One member of a message: is it right by itself? */
#include <string.h>

#include "core/identity.h"
#include "core/money.h"
#include "wire/codec.h"

enum gb_result gb_field_refuse(const char *name, const char *why, struct gb_err *err)
{
    return gb_err_set(err, GB_POISON, "FIELD_INVALID", "%s: %s", name, why);
}

enum gb_result gb_field_within(const struct gb_field *outer, enum gb_result result,
                               struct gb_err *err)
{
    if (result != GB_POISON || outer == NULL || err == NULL)
        return result;
    return gb_err_set(err, result, err->code, "%s.%s", outer->name, err->message);
}

static enum gb_result check_text(const struct gb_field *field, const char *text, struct gb_err *err)
{
    if (text == NULL && field->optional)
        return GB_OK;
    if (text == NULL)
        return gb_field_refuse(field->name, "is missing", err);
    size_t size = strnlen(text, field->size + 1);
    if (size > field->size)
        return gb_field_refuse(field->name, "is too long", err);
    if (!field->form(text, size))
        return gb_field_refuse(field->name, "does not have its form", err);
    return GB_OK;
}

static enum gb_result check_number(const struct gb_field *field, int64_t number, struct gb_err *err)
{
    if (number < field->min || number > field->max)
        return gb_field_refuse(field->name, "is out of range", err);
    return GB_OK;
}

static enum gb_result check_code(const struct gb_field *field, const char *code, size_t size,
                                 struct gb_err *err)
{
    struct gb_dc dc;
    struct gb_currency currency;
    bool right =
        memchr(code, '\0', size) != NULL &&
        (field->type == GB_FIELD_DC ? gb_dc_parse(code, &dc) : gb_currency_parse(code, &currency));
    return right ? GB_OK : gb_field_refuse(field->name, "does not have its form", err);
}

static enum gb_result check_symbol(const struct gb_field *field, int number, struct gb_err *err)
{
    if (field->symbol(number) == NULL)
        return gb_field_refuse(field->name, "is of a kind not known here", err);
    return GB_OK;
}

enum gb_result gb_field_check(const struct gb_field *field, const void *message, struct gb_err *err)
{
    const char *member = (const char *)message + field->offset;
    switch (field->type) {
    case GB_FIELD_TEXT: {
        const char *text;
        memcpy(&text, member, sizeof(text));
        return check_text(field, text, err);
    }
    case GB_FIELD_DC:
        return check_code(field, member, GB_DC_SIZE, err);
    case GB_FIELD_CURRENCY:
        return check_code(field, member, sizeof(struct gb_currency), err);
    case GB_FIELD_INT: {
        int32_t number;
        memcpy(&number, member, sizeof(number));
        return check_number(field, number, err);
    }
    case GB_FIELD_LONG: {
        int64_t number;
        memcpy(&number, member, sizeof(number));
        return check_number(field, number, err);
    }
    case GB_FIELD_ENUM: {
        int number;
        memcpy(&number, member, sizeof(number));
        return check_symbol(field, number, err);
    }
    case GB_FIELD_BOOL:
    case GB_FIELD_FIXED:
    case GB_FIELD_RECORD:
    case GB_FIELD_ARRAY:
        break;
    }
    return GB_OK;
}
