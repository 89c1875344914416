/* print_message.h: any message as one JSON object, for `geobill topic cat` and logs of a dead
 * letter. Any thread. */
#ifndef GB_WIRE_PRINT_MESSAGE_H
#define GB_WIRE_PRINT_MESSAGE_H

#include <jansson.h>

#include "wire/envelope.h"

/* Decodes framed bytes by the schema id in their frame. *ret_body is a new reference the caller
 * decrefs; *ret_kind tells what it is. Failures as the decoders say. */
enum gb_result gb_message_print(struct gb_bytes framed, struct gb_arena *arena,
                                enum gb_message_kind *ret_kind, json_t **ret_body,
                                struct gb_err *err) GB_MUST_USE;

#endif
