/* geobill.client.v1 */
#include "wire/fields.h"

enum { NAME_BYTES_MAX = 4 * GB_CLIENT_NAME_CHARACTERS_MAX };

static const struct gb_field FIELDS[] = {
    WIRE_DC(gb_message_client, dc, "dc"),
    WIRE_INT(gb_message_client, incarnation, "incarnation", 1),
    WIRE_INT(gb_message_client, client_no, "client_no", 1),
    WIRE_TEXT(gb_message_client, name, "name", NAME_BYTES_MAX, gb_form_client_name),
    {.name = "token_hash",
     .type = GB_FIELD_FIXED,
     .offset = offsetof(struct gb_message_client, token_hash),
     .size = sizeof(((struct gb_message_client *)NULL)->token_hash)},
    WIRE_ENUM(gb_message_client, role, "role", gb_role_name),
    WIRE_DC(gb_message_client, home, "home"),
    WIRE_BOOL(gb_message_client, revoked, "revoked"),
    WIRE_LONG(gb_message_client, version, "version", 1, INT64_MAX),
    WIRE_TIME(gb_message_client, created_at_us, "created_at_us"),
    WIRE_TIME(gb_message_client, updated_at_us, "updated_at_us"),
};

const struct gb_codec gb_codec_client = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_client),
};

GB_CODEC_DOORS(client, GB_MESSAGE_CLIENT, gb_message_client)
