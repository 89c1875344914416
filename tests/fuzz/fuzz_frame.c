/* Any bytes as a record's value: frame, schema id, message. */
#include <jansson.h>

#include "wire/messages.h"
#include "wire/print_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gb_arena *arena;
    struct gb_err err = {.message = ""};
    enum gb_message_kind kind;
    json_t *body;
    if (arena == NULL) {
        GB_CHECK(gb_wire_init(NULL) == GB_OK);
        arena = gb_arena_new(1 << 20);
    }
    gb_arena_reset(arena);
    enum gb_result result =
        gb_message_print((struct gb_bytes){data, size}, arena, &kind, &body, &err);
    if (result != GB_OK) {
        GB_CHECK(result == GB_POISON && err.code[0] != '\0' && err.message[0] != '\0');
        return 0;
    }
    char *text = json_dumps(body, 0);
    GB_CHECK(text != NULL);
    free(text);
    json_decref(body);
    return 0;
}
