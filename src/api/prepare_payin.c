/* POST /v1/pay-ins, on the server's thread: body and key, then into the intake. */
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/read_body.h"
#include "api/steps.h"
#include "wire/text.h"

static bool refuse(struct gb_api_request *request, enum gb_api_error error, const char *field,
                   const char *detail)
{
    gb_api_refuse(request, error, field, detail);
    return false;
}

static bool read_amount(struct gb_api_request *request, json_t *amount)
{
    struct gb_api_payin *payin = &request->payin;
    json_t *minor_units, *currency;
    const struct gb_api_member members[] = {
        {"minor_units", JSON_INTEGER, true, GB_API_AMOUNT_INVALID, &minor_units},
        {"currency", JSON_STRING, true, GB_API_FIELD_INVALID, &currency},
    };
    if (!gb_api_read_members(request, amount, "amount.", members, 2))
        return false;
    payin->amount = json_integer_value(minor_units);
    if (!gb_amount_valid(payin->amount))
        return refuse(request, GB_API_AMOUNT_INVALID, "amount.minor_units",
                      "from 1 to 1000000000000000");
    if (!gb_currency_parse(json_string_value(currency), &payin->currency))
        return refuse(request, GB_API_FIELD_INVALID, "amount.currency", "three letters A-Z");
    return true;
}

static bool read_reference(struct gb_api_request *request, json_t *reference)
{
    if (reference == NULL)
        return true;
    const char *text = json_string_value(reference);
    size_t size = strlen(text);
    if (size >= GB_REFERENCE_SIZE || !gb_text_valid(text, size))
        return refuse(request, GB_API_FIELD_INVALID, "reference",
                      "at most 256 bytes without control characters");
    request->payin.reference = gb_arena_strdup(request->arena, text);
    return request->payin.reference != NULL ||
           refuse(request, GB_API_FIELD_INVALID, "reference", "too large");
}

/* Canonical: names sorted, no spaces; so the same content in another order is the same pay-in. */
static bool read_metadata(struct gb_api_request *request, json_t *metadata)
{
    if (metadata == NULL)
        return true;
    char *text = json_dumps(metadata, JSON_COMPACT | JSON_SORT_KEYS);
    bool fits = text != NULL && strlen(text) < GB_METADATA_SIZE;
    if (fits)
        request->payin.metadata = gb_arena_strdup(request->arena, text);
    free(text);
    return request->payin.metadata != NULL ||
           refuse(request, GB_API_FIELD_INVALID, "metadata", "an object of at most 4096 bytes");
}

static bool read_payin(struct gb_api_request *request, json_t *body)
{
    json_t *account_id, *amount, *reference, *metadata;
    const struct gb_api_member members[] = {
        {"account_id", JSON_STRING, true, GB_API_FIELD_INVALID, &account_id},
        {"amount", JSON_OBJECT, true, GB_API_FIELD_INVALID, &amount},
        {"reference", JSON_STRING, false, GB_API_FIELD_INVALID, &reference},
        {"metadata", JSON_OBJECT, false, GB_API_FIELD_INVALID, &metadata},
    };
    if (!gb_api_read_members(request, body, "", members, 4))
        return false;
    const char *id = json_string_value(account_id);
    if (!gb_account_id_valid(id))
        return refuse(request, GB_API_FIELD_INVALID, "account_id", "1 to 64 of A-Z a-z 0-9 . _ -");
    request->payin.account_id = gb_arena_strdup(request->arena, id);
    GB_CHECK(request->payin.account_id != NULL);
    return read_amount(request, amount) && read_reference(request, reference) &&
           read_metadata(request, metadata);
}

bool gb_api_prepare_payin(struct gb_api_request *request)
{
    const struct gb_api_settings *settings = &request->api->settings;
    struct gb_api_payin *payin = &request->payin;
    if (!gb_api_key_owner(settings, request->key, request->client.home, &payin->owner))
        return refuse(request, GB_API_UNKNOWN_DATACENTER, NULL,
                      gb_arena_printf(request->arena, "%s is not known here", payin->owner.code));
    payin->relayed = !gb_dc_equal(payin->owner, settings->dc);
    json_t *body;
    if (!gb_api_read_body(request, &body))
        return false;
    bool good = read_payin(request, body);
    json_decref(body);
    if (good)
        gb_api_to_intake(request);
    return false;
}
