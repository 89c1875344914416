/* Any headers as those of a record. What is read must be written to the same again; what is refused
 * must leave a mark that is right or none. */
#include <string.h>

#include "fuzz/headers.h"
#include "wire/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool all_zero(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0 && *at == 0) {
        at++;
        size--;
    }
    return size == 0;
}

static void check_mark(const struct gb_envelope *envelope)
{
    if (envelope->stream[0] == '\0')
        GB_CHECK(all_zero(&envelope->mark, sizeof(envelope->mark)));
    else
        GB_CHECK(gb_stream_mark_valid(&envelope->mark) && envelope->source.code[0] != '\0' &&
                 memchr(envelope->stream, '\0', sizeof(envelope->stream)) != NULL);
}

static void check_round_trip(const struct gb_envelope *envelope, struct gb_arena *arena)
{
    struct gb_header headers[GB_ENVELOPE_HEADERS_MAX];
    struct gb_envelope again;
    size_t count = gb_envelope_write(envelope, arena, headers);
    GB_CHECK(gb_envelope_read(headers, count, &again, NULL) == GB_OK);
    GB_CHECK(again.kind == envelope->kind && again.time_us == envelope->time_us &&
             again.trace.span_id == envelope->trace.span_id &&
             gb_dc_equal(again.source, envelope->source));
    GB_CHECK(memcmp(&again.id, &envelope->id, sizeof(again.id)) == 0);
    GB_CHECK(memcmp(&again.trace.trace_id, &envelope->trace.trace_id, sizeof(struct gb_uuid)) == 0);
    GB_CHECK(strcmp(again.stream, envelope->stream) == 0);
    GB_CHECK(memcmp(&again.mark, &envelope->mark, sizeof(again.mark)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gb_arena *arena;
    struct gb_header headers[FUZZ_HEADERS_MAX];
    struct gb_envelope envelope;
    struct gb_err err = {.message = ""};
    if (arena == NULL)
        arena = gb_arena_new(1 << 16);
    gb_arena_reset(arena);
    size_t count = fuzz_headers_read((struct gb_bytes){data, size}, headers);
    enum gb_result result = gb_envelope_read(headers, count, &envelope, &err);
    check_mark(&envelope);
    if (result == GB_OK)
        check_round_trip(&envelope, arena);
    else
        GB_CHECK(result == GB_POISON && strcmp(err.code, "HEADER_INVALID") == 0);
    return 0;
}
