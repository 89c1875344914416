#include "wire/registry.h"

#include "wire/messages.h"

enum { VERSIONS_MAX = 64, PLANS_BYTES_MAX = 4 * 1024 * 1024, KINDS = GB_MESSAGE_REFUND + 1 };

static const struct gb_codec *const CODECS[KINDS] = {
    [GB_MESSAGE_PAYIN] = &gb_codec_payin,     [GB_MESSAGE_LEDGER_ENTRY] = &gb_codec_ledger_entry,
    [GB_MESSAGE_ACCOUNT] = &gb_codec_account, [GB_MESSAGE_CLIENT] = &gb_codec_client,
    [GB_MESSAGE_RESULT] = &gb_codec_result,   [GB_MESSAGE_STATUS] = &gb_codec_status,
    [GB_MESSAGE_ASK] = &gb_codec_ask,         [GB_MESSAGE_REPLY] = &gb_codec_reply,
    [GB_MESSAGE_SERVICE] = &gb_codec_service, [GB_MESSAGE_REFUND] = &gb_codec_refund,
};

static struct {
    struct gb_arena *plans; /* NULL before gb_wire_init */
    struct gb_version versions[VERSIONS_MAX];
    size_t count;
    const struct gb_version *written[KINDS];
} known;

const struct gb_codec *gb_registry_codec(enum gb_message_kind kind)
{
    return CODECS[kind];
}

const struct gb_version *gb_registry_version(int32_t id)
{
    for (size_t i = 0; i < known.count; i++) {
        if (known.versions[i].id == id)
            return &known.versions[i];
    }
    return NULL;
}

const struct gb_version *gb_registry_written(enum gb_message_kind kind)
{
    GB_CHECK(known.written[kind] != NULL);
    return known.written[kind];
}

static enum gb_result refuse(const struct gb_schema *schema, const char *why, struct gb_err *err)
{
    return gb_err_set(err, GB_FATAL, "SCHEMA_INVALID", "%s version %d: %s", schema->type,
                      schema->version, why);
}

enum gb_result gb_registry_add(const struct gb_schema *schema, struct gb_err *err)
{
    struct gb_version version = {.id = schema->id};
    struct gb_err why = {.message = ""};
    if (!gb_message_parse_type(schema->type, &version.kind))
        return refuse(schema, "not a message of ours", err);
    if (gb_registry_version(schema->id) != NULL || known.count == VERSIONS_MAX)
        return refuse(schema, "its id is taken, or there are too many", err);
    const struct gb_field_table *table = &CODECS[version.kind]->table;
    if (gb_plan_make(schema->text, schema->size, table, known.plans, &version.plan, &why) != GB_OK)
        return refuse(schema, why.message, err);
    if (schema->written && !gb_plan_complete(&version.plan, table))
        return refuse(schema, "cannot be written from the C struct", err);
    if (schema->written && known.written[version.kind] != NULL)
        return refuse(schema, "another version is written", err);
    known.versions[known.count] = version;
    if (schema->written)
        known.written[version.kind] = &known.versions[known.count];
    known.count++;
    return GB_OK;
}

static enum gb_result add_all(struct gb_err *err)
{
    size_t count;
    const struct gb_schema *schemas = gb_schemas(&count);
    enum gb_result result = GB_OK;
    for (size_t i = 0; i < count && result == GB_OK; i++)
        result = gb_registry_add(&schemas[i], err);
    for (unsigned kind = GB_MESSAGE_PAYIN; kind < KINDS && result == GB_OK; kind++) {
        if (known.written[kind] == NULL)
            result = gb_err_set(err, GB_FATAL, "SCHEMA_INVALID", "no version of %s is written",
                                gb_message_type((enum gb_message_kind)kind));
    }
    return result;
}

enum gb_result gb_wire_init(struct gb_err *err)
{
    if (known.plans != NULL)
        return GB_OK;
    known.plans = gb_arena_new(PLANS_BYTES_MAX);
    enum gb_result result = add_all(err);
    if (result != GB_OK)
        gb_wire_done();
    return result;
}

void gb_wire_done(void)
{
    gb_arena_free(known.plans);
    known.plans = NULL;
    known.count = 0;
    for (size_t i = 0; i < KINDS; i++)
        known.written[i] = NULL;
}
