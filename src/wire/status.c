/* geobill.status.v1 */
#include "wire/fields.h"

enum { STREAM_BYTES_MAX = 15, TOPIC_BYTES_MAX = 63 };

static const struct gb_field PAGE_FIELDS[] = {
    WIRE_TEXT(gb_message_stream_page, stream, "stream", STREAM_BYTES_MAX, gb_form_stream),
    WIRE_TEXT(gb_message_stream_page, topic, "topic", TOPIC_BYTES_MAX, gb_form_topic),
    WIRE_INT(gb_message_stream_page, partition, "partition", 0),
    WIRE_LONG(gb_message_stream_page, page, "page", 0, INT64_MAX),
    WIRE_LATER_INT(gb_message_stream_page, records, "records", 0),
};
static const struct gb_field_table PAGE = GB_FIELD_TABLE(PAGE_FIELDS);

static const struct gb_field FIELDS[] = {
    WIRE_DC(gb_message_status, dc, "dc"),
    WIRE_INT(gb_message_status, incarnation, "incarnation", 1),
    WIRE_TIME(gb_message_status, sent_at_us, "sent_at_us"),
    {.name = "acks",
     .type = GB_FIELD_ARRAY,
     .offset = offsetof(struct gb_message_status, acks),
     .count_offset = offsetof(struct gb_message_status, acks_count),
     .size = sizeof(struct gb_message_stream_page),
     .table = &PAGE},
    {.name = "heads",
     .type = GB_FIELD_ARRAY,
     .offset = offsetof(struct gb_message_status, heads),
     .count_offset = offsetof(struct gb_message_status, heads_count),
     .size = sizeof(struct gb_message_stream_page),
     .table = &PAGE},
};

static enum gb_result check(const void *message, struct gb_err *err)
{
    const struct gb_message_status *status = message;
    if (status->acks_count + status->heads_count > GB_WIRE_ITEMS_MAX)
        return gb_field_refuse("heads", "more than 4096 with the acks", err);
    return GB_OK;
}

const struct gb_codec gb_codec_status = {
    .table = GB_FIELD_TABLE(FIELDS),
    .size = sizeof(struct gb_message_status),
    .check = check,
};

GB_CODEC_DOORS(status, GB_MESSAGE_STATUS, gb_message_status)
