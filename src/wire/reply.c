/* geobill.reply.v1 */
#include <string.h>

#include "wire/fields.h"

static const struct gb_field LINK_FIELDS[] = {
    WIRE_TEXT(gb_message_reply, peer, "peer", GB_DC_SIZE - 1, gb_form_dc),
    WIRE_LONG(gb_message_reply, reply.link_out_total, "out_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_reply, reply.link_in_total, "in_total", 0, GB_TOTAL_MAX),
};
static const struct gb_field_table LINK = GB_FIELD_TABLE(LINK_FIELDS);

static const struct gb_field FIELDS[] = {
    WIRE_ACCOUNT(gb_message_reply),
    WIRE_LONG(gb_message_reply, reply.ask_seq, "ask_seq", 0, INT64_MAX),
    WIRE_INT(gb_message_reply, reply.round, "round", 0),
    WIRE_LONG(gb_message_reply, reply.share.version, "version", 0, INT64_MAX),
    WIRE_ENUM(gb_message_reply, reply.share.status, "status", gb_account_status_name),
    WIRE_LONG(gb_message_reply, reply.share.balance, "balance", 0, GB_BALANCE_MAX),
    WIRE_LONG(gb_message_reply, reply.share.held, "held", 0, GB_BALANCE_MAX),
    WIRE_LONG(gb_message_reply, reply.share.credits_total, "credits_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_reply, reply.share.debits_total, "debits_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_reply, reply.share.out_total, "out_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_reply, reply.share.in_total, "in_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_reply, reply.share.account_version, "account_version", 0, INT64_MAX),
    WIRE_TIME(gb_message_reply, reply.share.updated_at_us, "updated_at_us"),
    {.name = "link",
     .type = GB_FIELD_RECORD,
     .offset = offsetof(struct gb_message_reply, peer),
     .table = &LINK},
    WIRE_LONG(gb_message_reply, available, "available", 0, GB_BALANCE_MAX),
    WIRE_LONG(gb_message_reply, in_flight, "in_flight", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_reply, reply.reserved, "reserved", 0, GB_BALANCE_MAX),
    WIRE_TIME(gb_message_reply, reply.clock_us, "clock_us"),
};

static enum gb_result check(const void *message, struct gb_err *err)
{
    const struct gb_message_reply *reply = message;
    if (!gb_share_sound(&reply->reply.share))
        return gb_field_refuse("balance", "is not credits - debits - out + in, or too little", err);
    if (reply->available != gb_share_available(&reply->reply.share))
        return gb_field_refuse("available", "is not balance - held", err);
    if (reply->reply.reserved > reply->available)
        return gb_field_refuse("reserved", "is more than what is available", err);
    if (strcmp(reply->peer, reply->account.dc.code) == 0)
        return gb_field_refuse("link.peer", "is the datacenter itself", err);
    return GB_OK;
}

const struct gb_codec gb_codec_reply = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_reply),
    .check = check,
};

GB_CODEC_DOORS(reply, GB_MESSAGE_REPLY, gb_message_reply)
