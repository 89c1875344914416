/* geobill.payin.v1 */
#include "wire/fields.h"

static const struct gb_field FIELDS[] = {
    WIRE_ACCOUNT(gb_message_payin),
    WIRE_DC(gb_message_payin, owner, "owner"),
    WIRE_INT(gb_message_payin, client_no, "client_no", 1),
    WIRE_TEXT(gb_message_payin, key, "key", GB_KEY_SIZE - 1, gb_form_key),
    WIRE_LONG(gb_message_payin, amount, "amount", 1, GB_AMOUNT_MAX),
    WIRE_OPTIONAL_TEXT(gb_message_payin, reference, "reference", GB_REFERENCE_SIZE - 1,
                       gb_form_words),
    WIRE_OPTIONAL_TEXT(gb_message_payin, metadata, "metadata", GB_METADATA_SIZE - 1,
                       gb_form_metadata),
    WIRE_TIME(gb_message_payin, accepted_at_us, "accepted_at_us"),
    WIRE_BOOL(gb_message_payin, awaited, "awaited"),
};

const struct gb_codec gb_codec_payin = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_payin),
};

GB_CODEC_DOORS(payin, GB_MESSAGE_PAYIN, gb_message_payin)
