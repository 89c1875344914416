/* The kinds of message and their names on the wire. */
#include <string.h>

#include "wire/envelope.h"

static const char *const TYPES[] = {
    [GB_MESSAGE_PAYIN] = "geobill.payin.v1",
    [GB_MESSAGE_LEDGER_ENTRY] = "geobill.ledger_entry.v1",
    [GB_MESSAGE_ACCOUNT] = "geobill.account.v1",
    [GB_MESSAGE_CLIENT] = "geobill.client.v1",
    [GB_MESSAGE_RESULT] = "geobill.result.v1",
    [GB_MESSAGE_STATUS] = "geobill.status.v1",
    [GB_MESSAGE_ASK] = "geobill.ask.v1",
    [GB_MESSAGE_REPLY] = "geobill.reply.v1",
    [GB_MESSAGE_SERVICE] = "geobill.service.v1",
    [GB_MESSAGE_REFUND] = "geobill.refund.v1",
};
enum { TYPES_COUNT = sizeof(TYPES) / sizeof(TYPES[0]) };

const char *gb_message_type(enum gb_message_kind kind)
{
    return TYPES[kind];
}

bool gb_message_parse_type(const char *type, enum gb_message_kind *ret)
{
    for (unsigned kind = GB_MESSAGE_PAYIN; kind < TYPES_COUNT; kind++) {
        if (strcmp(TYPES[kind], type) == 0) {
            *ret = (enum gb_message_kind)kind;
            return true;
        }
    }
    return false;
}
