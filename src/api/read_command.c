#include "api/read_command.h"

#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/read_body.h"
#include "wire/text.h"

enum { DEADLINE_MS = 2000, DEADLINE_MS_MAX = 86400000 };

static bool refuse(struct gb_api_request *request, enum gb_api_error error, const char *field,
                   const char *detail)
{
    gb_api_refuse(request, error, field, detail);
    return false;
}

static bool read_amount(struct gb_api_request *request, json_t *amount)
{
    struct gb_api_command *payin = &request->command;
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
    request->command.reference = gb_arena_strdup(request->arena, text);
    return request->command.reference != NULL ||
           refuse(request, GB_API_FIELD_INVALID, "reference", "too large");
}

/* Canonical: names sorted, no spaces; so the same content in another order is the same command. */
static bool read_metadata(struct gb_api_request *request, json_t *metadata)
{
    if (metadata == NULL)
        return true;
    char *text = json_dumps(metadata, JSON_COMPACT | JSON_SORT_KEYS);
    bool fits = text != NULL && strlen(text) < GB_METADATA_SIZE;
    if (fits)
        request->command.metadata = gb_arena_strdup(request->arena, text);
    free(text);
    return request->command.metadata != NULL ||
           refuse(request, GB_API_FIELD_INVALID, "metadata", "an object of at most 4096 bytes");
}

/* Left out, the pay-out is refused as soon as too little is known to be anywhere. */
static bool read_deadline(struct gb_api_request *request, json_t *deadline_ms)
{
    struct gb_api_command *command = &request->command;
    command->patient = deadline_ms != NULL;
    command->deadline_ms = deadline_ms == NULL ? DEADLINE_MS : json_integer_value(deadline_ms);
    return (command->deadline_ms >= 0 && command->deadline_ms <= DEADLINE_MS_MAX) ||
           refuse(request, GB_API_FIELD_INVALID, "deadline_ms", "from 0 to 86400000");
}

static bool read_members(struct gb_api_request *request, json_t *body, bool waits)
{
    json_t *account_id, *amount, *reference, *metadata, *deadline_ms = NULL;
    const struct gb_api_member members[] = {
        {"account_id", JSON_STRING, true, GB_API_FIELD_INVALID, &account_id},
        {"amount", JSON_OBJECT, true, GB_API_FIELD_INVALID, &amount},
        {"reference", JSON_STRING, false, GB_API_FIELD_INVALID, &reference},
        {"metadata", JSON_OBJECT, false, GB_API_FIELD_INVALID, &metadata},
        {"deadline_ms", JSON_INTEGER, false, GB_API_FIELD_INVALID, &deadline_ms},
    };
    if (!gb_api_read_members(request, body, "", members, waits ? 5 : 4))
        return false;
    const char *id = json_string_value(account_id);
    if (!gb_account_id_valid(id))
        return refuse(request, GB_API_FIELD_INVALID, "account_id", "1 to 64 of A-Z a-z 0-9 . _ -");
    request->command.account_id = gb_arena_strdup(request->arena, id);
    GB_CHECK(request->command.account_id != NULL);
    return read_amount(request, amount) && read_reference(request, reference) &&
           read_metadata(request, metadata) && (!waits || read_deadline(request, deadline_ms));
}

bool gb_api_read_owner(struct gb_api_request *request)
{
    const struct gb_api_settings *settings = &request->api->settings;
    struct gb_api_command *command = &request->command;
    if (!gb_api_key_owner(settings, request->key, request->client.home, &command->owner))
        return refuse(request, GB_API_UNKNOWN_DATACENTER, NULL,
                      gb_arena_printf(request->arena, "%s is not known here", command->owner.code));
    command->relayed = !gb_dc_equal(command->owner, settings->dc);
    return true;
}

bool gb_api_read_command(struct gb_api_request *request, bool waits)
{
    json_t *body;
    if (!gb_api_read_body(request, &body))
        return false;
    bool good = read_members(request, body, waits);
    json_decref(body);
    return good;
}
