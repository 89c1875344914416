/* geobill.result.v1 */
#include "wire/fields.h"

enum { REASON_BYTES_MAX = 48 };

/* The states that version 1 of the schema has a symbol for. */
static const char *state_symbol(int state)
{
    return state <= GB_STATE_REFUSED ? gb_operation_state_name(state) : NULL;
}

static const struct gb_field FIELDS[] = {
    WIRE_ACCOUNT(gb_message_result),
    WIRE_INT(gb_message_result, client_no, "client_no", 1),
    WIRE_TEXT(gb_message_result, key, "key", GB_KEY_SIZE - 1, gb_form_key),
    WIRE_ENUM(gb_message_result, state, "state", state_symbol),
    WIRE_OPTIONAL_TEXT(gb_message_result, reason, "reason", REASON_BYTES_MAX, gb_form_reason),
    WIRE_TIME(gb_message_result, decided_at_us, "decided_at_us"),
};

static enum gb_result check(const void *message, struct gb_err *err)
{
    const struct gb_message_result *result = message;
    if (result->state != GB_STATE_BOOKED && result->state != GB_STATE_REFUSED)
        return gb_field_refuse("state", "is not one of a decided pay-in or refund", err);
    if ((result->reason != NULL) != (result->state == GB_STATE_REFUSED))
        return gb_field_refuse("reason", "is given for REFUSED and for nothing else", err);
    return GB_OK;
}

const struct gb_codec gb_codec_result = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_result),
    .check = check,
};

GB_CODEC_DOORS(result, GB_MESSAGE_RESULT, gb_message_result)
