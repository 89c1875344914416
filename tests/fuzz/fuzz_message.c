/* Any bytes as the body of one kind of message (FUZZ_KIND). What our decoder takes must come out
 * the same after encoding, and avro-c, which shares no code with it, must read the same from it. */
#include <jansson.h>
#include <string.h>

#include "unit/wire/reference.h"
#include "wire/messages.h"
#include "wire/print_message.h"
#include "wire/registry.h"

enum { FRAME_BYTES = 5, ARENA_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gb_arena *arena;
static struct reference *reference;

static void open_all(void)
{
    if (arena != NULL)
        return;
    GB_CHECK(gb_wire_init(NULL) == GB_OK);
    const struct gb_schema *schema = gb_schema_by_id(gb_registry_written(FUZZ_KIND)->id);
    reference = reference_open(schema->text, schema->size);
    arena = gb_arena_new(ARENA_BYTES_MAX);
}

static struct gb_bytes framed_of(const uint8_t *data, size_t size)
{
    int32_t id = gb_registry_written(FUZZ_KIND)->id;
    uint8_t *framed = gb_arena_alloc(arena, FRAME_BYTES + size);
    GB_CHECK(framed != NULL);
    framed[3] = (uint8_t)(id >> 8);
    framed[4] = (uint8_t)id;
    if (size > 0)
        memcpy(framed + FRAME_BYTES, data, size);
    return (struct gb_bytes){framed, FRAME_BYTES + size};
}

/* A decoded message is one that may be sent, and says the same when it was. */
static void check_round_trip(const void *message)
{
    struct gb_bytes once, twice;
    void *again = gb_arena_alloc(arena, gb_registry_codec(FUZZ_KIND)->size);
    GB_CHECK(gb_codec_encode(FUZZ_KIND, message, arena, &once, NULL) == GB_OK);
    GB_CHECK(gb_codec_decode(FUZZ_KIND, once, arena, again, NULL) == GB_OK);
    GB_CHECK(gb_codec_encode(FUZZ_KIND, again, arena, &twice, NULL) == GB_OK);
    GB_CHECK(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
}

static void check_reference(struct gb_bytes framed)
{
    enum gb_message_kind kind;
    json_t *ours;
    struct gb_bytes body = {(const uint8_t *)framed.data + FRAME_BYTES, framed.size - FRAME_BYTES};
    GB_CHECK(gb_message_print(framed, arena, &kind, &ours, NULL) == GB_OK && kind == FUZZ_KIND);
    json_t *theirs = reference_read(reference, body);
    GB_CHECK(json_equal(ours, theirs));
    json_decref(theirs);
    json_decref(ours);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gb_err err = {.message = ""};
    open_all();
    gb_arena_reset(arena);
    struct gb_bytes framed = framed_of(data, size);
    void *message = gb_arena_alloc(arena, gb_registry_codec(FUZZ_KIND)->size);
    size_t before = gb_arena_used(arena);
    enum gb_result result = gb_codec_decode(FUZZ_KIND, framed, arena, message, &err);
    /* An item takes four bytes at least, a text one: neither is more than 32 bytes of ours a byte.
     */
    GB_CHECK(gb_arena_used(arena) - before <= 32 * size + 64);
    if (result != GB_OK) {
        GB_CHECK(result == GB_POISON && err.code[0] != '\0' && err.message[0] != '\0');
        return 0;
    }
    check_round_trip(message);
    check_reference(framed);
    return 0;
}
