/* geobill.account.v1 */
#include "wire/fields.h"

enum { NAME_BYTES_MAX = 4 * GB_ACCOUNT_NAME_CHARACTERS_MAX };

static const struct gb_field FIELDS[] = {
    WIRE_ACCOUNT(gb_message_catalogue_account),
    WIRE_TEXT(gb_message_catalogue_account, name, "name", NAME_BYTES_MAX, gb_form_account_name),
    WIRE_ENUM(gb_message_catalogue_account, status, "status", gb_account_status_name),
    WIRE_LONG(gb_message_catalogue_account, version, "version", 1, INT64_MAX),
    WIRE_TIME(gb_message_catalogue_account, created_at_us, "created_at_us"),
    WIRE_TIME(gb_message_catalogue_account, updated_at_us, "updated_at_us"),
};

const struct gb_codec gb_codec_account = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_catalogue_account),
};

GB_CODEC_DOORS(account, GB_MESSAGE_ACCOUNT, gb_message_catalogue_account)
