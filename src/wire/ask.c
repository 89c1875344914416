/* geobill.ask.v1 */
#include <string.h>

#include "wire/fields.h"

/* A day: an ask lives for seconds. */
#define TTL_US_MAX INT64_C(86400000000)

static const struct gb_field FIELDS[] = {
    WIRE_ACCOUNT(gb_message_ask),
    WIRE_DC(gb_message_ask, peer, "peer"),
    WIRE_LONG(gb_message_ask, ask.ask_seq, "ask_seq", 1, INT64_MAX),
    WIRE_LONG(gb_message_ask, ask.ask_target, "ask_target", 0, GB_TOTAL_MAX),
    WIRE_TIME(gb_message_ask, ask.priority.clock_us, "priority_us"),
    WIRE_INT(gb_message_ask, ask.round, "round", 1),
    WIRE_LONG(gb_message_ask, ask.asker_in_total, "asker_in_total", 0, GB_TOTAL_MAX),
    WIRE_LONG(gb_message_ask, ask.ttl_us, "ttl_us", 0, TTL_US_MAX),
    WIRE_TIME(gb_message_ask, ask.clock_us, "clock_us"),
};

static enum gb_result check(const void *message, struct gb_err *err)
{
    const struct gb_message_ask *ask = message;
    if (gb_dc_equal(ask->peer, ask->account.dc))
        return gb_field_refuse("peer", "is the datacenter itself", err);
    return GB_OK;
}

const struct gb_codec gb_codec_ask = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_ask),
    .check = check,
};

enum gb_result gb_wire_ask_encode(const struct gb_message_ask *message, struct gb_arena *arena,
                                  struct gb_bytes *ret_framed, struct gb_err *err)
{
    return gb_codec_encode(GB_MESSAGE_ASK, message, arena, ret_framed, err);
}

enum gb_result gb_wire_ask_decode(struct gb_bytes framed, struct gb_arena *arena,
                                  struct gb_message_ask *ret, struct gb_err *err)
{
    enum gb_result result = gb_codec_decode(GB_MESSAGE_ASK, framed, arena, ret, err);
    if (result == GB_OK)
        ret->ask.priority.dc = ret->account.dc;
    return result;
}
