/* avro-c reads what we write, and we read what avro-c writes. */
#include "unit/wire/cm.h"

#include "unit/wire/reference.h"
#include "unit/wire/samples.h"
#include "wire/print_message.h"
#include "wire/registry.h"

enum { ARENA_BYTES_MAX = 4 << 20 };

static struct gb_arena *arena;

static struct reference *reference_of(enum gb_message_kind kind)
{
    const struct gb_schema *schema = gb_schema_by_id(gb_registry_written(kind)->id);
    return reference_open(schema->text, schema->size);
}

static void avro_c_reads_what_we_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        struct reference *reference = reference_of(SAMPLES[i].kind);
        struct gb_bytes framed, body;
        int32_t id;
        assert_int_equal(gb_codec_encode(SAMPLES[i].kind, SAMPLES[i].message, arena, &framed, NULL),
                         GB_OK);
        assert_int_equal(gb_frame_open(framed, &id, &body, NULL), GB_OK);
        json_t *seen = reference_read(reference, body);
        json_t *expected = json_loads(SAMPLES[i].json, 0, NULL);
        assert_non_null(expected);
        assert_true(json_equal(seen, expected));
        json_decref(seen);
        json_decref(expected);
        reference_close(reference);
    }
}

static void we_read_what_avro_c_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        struct reference *reference = reference_of(SAMPLES[i].kind);
        int32_t id = gb_registry_written(SAMPLES[i].kind)->id;
        json_t *written = json_loads(SAMPLES[i].json, 0, NULL), *seen;
        struct gb_bytes framed = reference_write(reference, id, written, arena);
        enum gb_message_kind kind;
        assert_int_equal(gb_message_print(framed, arena, &kind, &seen, NULL), GB_OK);
        assert_int_equal(kind, SAMPLES[i].kind);
        assert_true(json_equal(seen, written));
        json_decref(seen);
        json_decref(written);
        reference_close(reference);
    }
}

static int open_all(void **state)
{
    (void)state;
    arena = gb_arena_new((size_t)ARENA_BYTES_MAX * 16);
    return gb_wire_init(NULL) == GB_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    gb_arena_free(arena);
    gb_wire_done();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(avro_c_reads_what_we_write),
        cmocka_unit_test(we_read_what_avro_c_writes),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
