#include "api/read_command.h"

#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/read_body.h"
#include "wire/text.h"

enum { DEADLINE_MS = 2000, DEADLINE_MS_MAX = 86400000 };
enum { EXPIRES_IN_S = 7 * 86400, EXPIRES_IN_S_MAX = 31 * 86400 };

static bool refuse(struct gb_api_request *request, enum gb_api_error error, const char *field,
                   const char *detail)
{
    gb_api_refuse(request, error, field, detail);
    return false;
}

static bool read_id(struct gb_api_request *request, json_t *id, const char *field, const char **ret)
{
    const char *text = json_string_value(id);
    if (!gb_account_id_valid(text))
        return refuse(request, GB_API_FIELD_INVALID, field, "1 to 64 of A-Z a-z 0-9 . _ -");
    *ret = gb_arena_strdup(request->arena, text);
    GB_CHECK(*ret != NULL);
    return true;
}

static bool read_account(struct gb_api_request *request, json_t *id)
{
    return read_id(request, id, "account_id", &request->command.account_id);
}

static bool read_payee(struct gb_api_request *request, json_t *id)
{
    struct gb_api_command *command = &request->command;
    if (!read_id(request, id, "payee_account_id", &command->payee_account_id))
        return false;
    return strcmp(command->account_id, command->payee_account_id) != 0 ||
           refuse(request, GB_API_FIELD_INVALID, "payee_account_id", "another account");
}

static bool read_service(struct gb_api_request *request, json_t *id)
{
    return read_id(request, id, "service_id", &request->command.service_id);
}

/* One database must know both keys. */
static bool read_original(struct gb_api_request *request, json_t *key)
{
    struct gb_api_command *command = &request->command;
    const char *text = json_string_value(key);
    struct gb_dc owner;
    if (!gb_key_valid(text))
        return refuse(request, GB_API_FIELD_INVALID, "original_key",
                      "1 to 200 printable ASCII characters without a space at the ends");
    (void)gb_api_key_owner(&request->api->settings, text, request->client.home, &owner);
    if (!gb_dc_equal(owner, command->owner))
        return refuse(request, GB_API_KEY_OWNER_MISMATCH, "original_key",
                      gb_arena_printf(request->arena,
                                      "the original is owned by %s, the refund's key by %s",
                                      owner.code, command->owner.code));
    command->original_key = gb_arena_strdup(request->arena, text);
    GB_CHECK(command->original_key != NULL);
    return true;
}

/* Left out of a capture, it is the whole hold's. */
static bool read_amount(struct gb_api_request *request, json_t *amount)
{
    struct gb_api_command *command = &request->command;
    json_t *minor_units, *currency;
    if (amount == NULL)
        return true;
    const struct gb_api_member members[] = {
        {"minor_units", JSON_INTEGER, true, GB_API_AMOUNT_INVALID, &minor_units},
        {"currency", JSON_STRING, true, GB_API_FIELD_INVALID, &currency},
    };
    if (!gb_api_read_members(request, amount, "amount.", members, 2))
        return false;
    command->amount = json_integer_value(minor_units);
    if (!gb_amount_valid(command->amount))
        return refuse(request, GB_API_AMOUNT_INVALID, "amount.minor_units",
                      "from 1 to 1000000000000000");
    if (!gb_currency_parse(json_string_value(currency), &command->currency))
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

/* Left out, the command is refused as soon as too little is known to be anywhere. */
static bool read_deadline(struct gb_api_request *request, json_t *deadline_ms)
{
    struct gb_api_command *command = &request->command;
    command->patient = deadline_ms != NULL;
    command->deadline_ms = deadline_ms == NULL ? DEADLINE_MS : json_integer_value(deadline_ms);
    return (command->deadline_ms >= 0 && command->deadline_ms <= DEADLINE_MS_MAX) ||
           refuse(request, GB_API_FIELD_INVALID, "deadline_ms", "from 0 to 86400000");
}

static bool read_expiry(struct gb_api_request *request, json_t *expires_in_s)
{
    struct gb_api_command *command = &request->command;
    command->expires_in_s = expires_in_s == NULL ? EXPIRES_IN_S : json_integer_value(expires_in_s);
    return (command->expires_in_s >= 1 && command->expires_in_s <= EXPIRES_IN_S_MAX) ||
           refuse(request, GB_API_FIELD_INVALID, "expires_in_s", "from 1 to 2678400");
}

static bool read_dry_run(struct gb_api_request *request, json_t *dry_run)
{
    request->command.dry_run = json_is_true(dry_run);
    return true;
}

/* All members there are; each is read, NULL where it is left out, in this order. */
enum member {
    ACCOUNT,
    PAYEE,
    SERVICE,
    ORIGINAL,
    AMOUNT,
    EXPIRY,
    DEADLINE,
    REFERENCE,
    METADATA,
    DRY_RUN,
    MEMBERS
};
static const struct {
    const char *name;
    json_type type;
    bool (*read)(struct gb_api_request *request, json_t *value);
} members[MEMBERS] = {
    [ACCOUNT] = {"account_id", JSON_STRING, read_account},
    [PAYEE] = {"payee_account_id", JSON_STRING, read_payee},
    [SERVICE] = {"service_id", JSON_STRING, read_service},
    [ORIGINAL] = {"original_key", JSON_STRING, read_original},
    [AMOUNT] = {"amount", JSON_OBJECT, read_amount},
    [EXPIRY] = {"expires_in_s", JSON_INTEGER, read_expiry},
    [DEADLINE] = {"deadline_ms", JSON_INTEGER, read_deadline},
    [REFERENCE] = {"reference", JSON_STRING, read_reference},
    [METADATA] = {"metadata", JSON_OBJECT, read_metadata},
    [DRY_RUN] = {"dry_run", JSON_TRUE, read_dry_run},
};

/* Which a command of each kind has, in the same order. */
enum has { NO = 0, MAY, MUST };
static const enum has FORMS[][MEMBERS] = {
    [GB_OPERATION_PAYIN] = {MUST, NO, NO, NO, MUST, NO, NO, MAY, MAY, MAY},
    [GB_OPERATION_PAYOUT] = {MUST, NO, NO, NO, MUST, NO, MAY, MAY, MAY, MAY},
    [GB_OPERATION_HOLD] = {MUST, NO, NO, NO, MUST, MAY, MAY, MAY, MAY, MAY},
    [GB_OPERATION_CAPTURE] = {NO, NO, NO, NO, MAY, NO, NO, MAY, MAY, MAY},
    [GB_OPERATION_VOID] = {NO, NO, NO, NO, NO, NO, NO, MAY, MAY, MAY},
    [GB_OPERATION_TRANSFER] = {MUST, MUST, NO, NO, MUST, NO, MAY, MAY, MAY, MAY},
    [GB_OPERATION_CHARGE] = {MUST, NO, MUST, NO, NO, NO, MAY, MAY, MAY, MAY},
    [GB_OPERATION_REFUND] = {MUST, NO, NO, MUST, MUST, NO, NO, MAY, MAY, MAY},
};

/* A batch is a dry run as a whole. */
static bool has_member(const struct gb_api_request *request, enum member member)
{
    if (member == DRY_RUN && request->batched != NULL)
        return false;
    return FORMS[request->command.kind][member] != NO;
}

static bool read_all(struct gb_api_request *request, json_t *body)
{
    const enum has *form = FORMS[request->command.kind];
    struct gb_api_member wanted[MEMBERS];
    json_t *values[MEMBERS];
    size_t n = 0;
    for (size_t i = 0; i < MEMBERS; i++) {
        if (has_member(request, (enum member)i))
            wanted[n++] = (struct gb_api_member){members[i].name, members[i].type, form[i] == MUST,
                                                 GB_API_FIELD_INVALID, &values[i]};
    }
    if (!gb_api_read_members(request, body, "", wanted, n))
        return false;
    for (size_t i = 0; i < MEMBERS; i++) {
        if (has_member(request, (enum member)i) && !members[i].read(request, values[i]))
            return false;
    }
    return true;
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

bool gb_api_read_command(struct gb_api_request *request)
{
    json_t *body;
    if (!gb_api_read_body(request, &body))
        return false;
    bool good = read_all(request, body);
    json_decref(body);
    return good;
}
