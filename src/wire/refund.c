/* geobill.refund.v1 */
#include "wire/fields.h"

static const struct gb_field FIELDS[] = {
    WIRE_ACCOUNT(gb_message_refund),
    WIRE_DC(gb_message_refund, owner, "owner"),
    WIRE_INT(gb_message_refund, client_no, "client_no", 1),
    WIRE_TEXT(gb_message_refund, key, "key", GB_KEY_SIZE - 1, gb_form_key),
    WIRE_TEXT(gb_message_refund, original_key, "original_key", GB_KEY_SIZE - 1, gb_form_key),
    WIRE_LONG(gb_message_refund, amount, "amount", 1, GB_AMOUNT_MAX),
    WIRE_OPTIONAL_TEXT(gb_message_refund, reference, "reference", GB_REFERENCE_SIZE - 1,
                       gb_form_words),
    WIRE_OPTIONAL_TEXT(gb_message_refund, metadata, "metadata", GB_METADATA_SIZE - 1,
                       gb_form_metadata),
    WIRE_TIME(gb_message_refund, accepted_at_us, "accepted_at_us"),
};

const struct gb_codec gb_codec_refund = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_refund),
};

GB_CODEC_DOORS(refund, GB_MESSAGE_REFUND, gb_message_refund)
