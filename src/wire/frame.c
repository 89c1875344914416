/* The frame around an Avro body. */
#include "wire/envelope.h"

enum { FRAME_BYTES = 5 };

enum gb_result gb_frame_open(struct gb_bytes framed, int32_t *ret_schema_id,
                             struct gb_bytes *ret_body, struct gb_err *err)
{
    const uint8_t *bytes = framed.data;
    if (framed.size < FRAME_BYTES)
        return gb_err_set(err, GB_POISON, "FRAME_INVALID", "%zu bytes are no frame", framed.size);
    if (bytes[0] != 0)
        return gb_err_set(err, GB_POISON, "FRAME_INVALID", "starts with byte %u, not 0", bytes[0]);
    uint32_t id =
        (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
    *ret_schema_id = (int32_t)id;
    *ret_body = (struct gb_bytes){bytes + FRAME_BYTES, framed.size - FRAME_BYTES};
    return GB_OK;
}
