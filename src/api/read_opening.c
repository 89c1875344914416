/* The bodies of POST /v1/accounts and /v1/services, on the server's thread. */
#include <string.h>

#include "api/answer.h"
#include "api/catalogue_command.h"
#include "api/read_body.h"
#include "api/steps.h"
#include "wire/text.h"

enum { NAME_LENGTH_MAX = 200 }; /* characters */

static bool refuse(struct gb_api_request *request, const char *field, const char *allowed)
{
    gb_api_refuse(request, GB_API_FIELD_INVALID, field, allowed);
    return false;
}

static const char *keep(struct gb_api_request *request, json_t *text)
{
    const char *kept = gb_arena_strdup(request->arena, json_string_value(text));
    GB_CHECK(kept != NULL);
    return kept;
}

static bool name_valid(const char *name)
{
    size_t size = strlen(name);
    if (!gb_text_valid(name, size))
        return false;
    size_t length = gb_text_characters(name, size);
    return length >= 1 && length <= NAME_LENGTH_MAX;
}

static bool read_balance(struct gb_api_request *request, json_t *money, struct gb_api_asked *ret)
{
    json_t *minor_units, *currency;
    const struct gb_api_member members[] = {
        {"minor_units", JSON_INTEGER, true, GB_API_AMOUNT_INVALID, &minor_units},
        {"currency", JSON_STRING, true, GB_API_FIELD_INVALID, &currency},
    };
    if (money == NULL)
        return true;
    if (!gb_api_read_members(request, money, "opening_balance.", members, 2))
        return false;
    ret->amount = json_integer_value(minor_units);
    if (ret->amount != 0 && !gb_amount_valid(ret->amount)) {
        gb_api_refuse(request, GB_API_AMOUNT_INVALID, "opening_balance.minor_units",
                      "from 0 to 1000000000000000");
        return false;
    }
    if (strcmp(json_string_value(currency), ret->currency) != 0) {
        gb_api_refuse(request, GB_API_CURRENCY_MISMATCH, "opening_balance.currency",
                      gb_arena_printf(request->arena, "the account is in %s", ret->currency));
        return false;
    }
    return true;
}

static bool read_policy(struct gb_api_request *request, json_t *policy, struct gb_api_asked *ret)
{
    const char *word = policy == NULL ? "even" : json_string_value(policy);
    ret->even = strcmp(word, "even") == 0;
    return ret->even || strcmp(word, "home") == 0 || refuse(request, "policy", "even or home");
}

static bool read_opening(struct gb_api_request *request, json_t *body, struct gb_api_asked *ret)
{
    json_t *account_id, *name, *currency, *balance, *policy;
    struct gb_currency code;
    const struct gb_api_member members[] = {
        {"account_id", JSON_STRING, false, GB_API_FIELD_INVALID, &account_id},
        {"name", JSON_STRING, true, GB_API_FIELD_INVALID, &name},
        {"currency", JSON_STRING, true, GB_API_FIELD_INVALID, &currency},
        {"opening_balance", JSON_OBJECT, false, GB_API_FIELD_INVALID, &balance},
        {"policy", JSON_STRING, false, GB_API_FIELD_INVALID, &policy},
    };
    if (!gb_api_read_members(request, body, "", members, sizeof(members) / sizeof(members[0])))
        return false;
    if (account_id != NULL && !gb_account_id_valid(json_string_value(account_id)))
        return refuse(request, "account_id", "1 to 64 of A-Z a-z 0-9 . _ -");
    if (!name_valid(json_string_value(name)))
        return refuse(request, "name", "1 to 200 characters without control characters");
    if (!gb_currency_parse(json_string_value(currency), &code))
        return refuse(request, "currency", "three letters A-Z");
    if (account_id != NULL)
        ret->id = keep(request, account_id);
    ret->name = keep(request, name);
    ret->currency = keep(request, currency);
    return read_policy(request, policy, ret) && read_balance(request, balance, ret);
}

bool gb_api_read_price(struct gb_api_request *request, json_t *money, int64_t *ret_price,
                       struct gb_currency *ret_currency)
{
    json_t *minor_units, *currency;
    const struct gb_api_member members[] = {
        {"minor_units", JSON_INTEGER, true, GB_API_AMOUNT_INVALID, &minor_units},
        {"currency", JSON_STRING, true, GB_API_FIELD_INVALID, &currency},
    };
    if (!gb_api_read_members(request, money, "price.", members, 2))
        return false;
    *ret_price = json_integer_value(minor_units);
    if (!gb_amount_valid(*ret_price)) {
        gb_api_refuse(request, GB_API_AMOUNT_INVALID, "price.minor_units",
                      "from 1 to 1000000000000000");
        return false;
    }
    return gb_currency_parse(json_string_value(currency), ret_currency) ||
           refuse(request, "price.currency", "three letters A-Z");
}

static bool read_service(struct gb_api_request *request, json_t *body, struct gb_api_asked *ret)
{
    json_t *service_id, *name, *price;
    struct gb_currency currency;
    const struct gb_api_member members[] = {
        {"service_id", JSON_STRING, false, GB_API_FIELD_INVALID, &service_id},
        {"name", JSON_STRING, true, GB_API_FIELD_INVALID, &name},
        {"price", JSON_OBJECT, true, GB_API_FIELD_INVALID, &price},
    };
    if (!gb_api_read_members(request, body, "", members, 3))
        return false;
    if (service_id != NULL && !gb_account_id_valid(json_string_value(service_id)))
        return refuse(request, "service_id", "1 to 64 of A-Z a-z 0-9 . _ -");
    if (!name_valid(json_string_value(name)))
        return refuse(request, "name", "1 to 200 characters without control characters");
    if (!gb_api_read_price(request, price, &ret->amount, &currency))
        return false;
    if (service_id != NULL)
        ret->id = keep(request, service_id);
    ret->name = keep(request, name);
    ret->currency = gb_arena_strdup(request->arena, currency.code);
    GB_CHECK(ret->currency != NULL);
    return true;
}

static bool prepare(struct gb_api_request *request, enum gb_asked_kind kind,
                    bool (*read)(struct gb_api_request *, json_t *, struct gb_api_asked *))
{
    json_t *body;
    if (!gb_api_read_body(request, &body))
        return false;
    struct gb_api_asked *asked = gb_arena_alloc(request->arena, sizeof(*asked));
    GB_CHECK(asked != NULL);
    *asked = (struct gb_api_asked){.kind = kind, .even = true};
    bool good = read(request, body, asked);
    json_decref(body);
    request->body = asked;
    return good;
}

bool gb_api_prepare_opening(struct gb_api_request *request)
{
    return prepare(request, GB_ASKED_ACCOUNT, read_opening);
}

bool gb_api_prepare_service(struct gb_api_request *request)
{
    return prepare(request, GB_ASKED_SERVICE, read_service);
}
