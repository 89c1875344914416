/* geobill.service.v1 */
#include "wire/fields.h"

enum { NAME_BYTES_MAX = 4 * GB_ACCOUNT_NAME_CHARACTERS_MAX };

static const struct gb_field FIELDS[] = {
    WIRE_DC(gb_message_service, dc, "dc"),
    WIRE_INT(gb_message_service, incarnation, "incarnation", 1),
    WIRE_TEXT(gb_message_service, service_id, "service_id", GB_ACCOUNT_ID_SIZE - 1,
              gb_form_account_id),
    WIRE_TEXT(gb_message_service, name, "name", NAME_BYTES_MAX, gb_form_account_name),
    WIRE_LONG(gb_message_service, price, "price", 1, GB_AMOUNT_MAX),
    {.name = "currency",
     .type = GB_FIELD_CURRENCY,
     .offset = offsetof(struct gb_message_service, currency)},
    WIRE_BOOL(gb_message_service, retired, "retired"),
    WIRE_LONG(gb_message_service, version, "version", 1, INT64_MAX),
    WIRE_TIME(gb_message_service, created_at_us, "created_at_us"),
    WIRE_TIME(gb_message_service, updated_at_us, "updated_at_us"),
};

const struct gb_codec gb_codec_service = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_service),
};

GB_CODEC_DOORS(service, GB_MESSAGE_SERVICE, gb_message_service)
