/* What one message costs on its way out and in, in CPU nanoseconds: our codec, avro-c's value
 * interface on the same bytes, and the headers.
 *
 *     bench-wire [ROUNDS]
 */
#include <avro.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wire/messages.h"
#include "wire/schema.h"

enum { ROUNDS = 500000, ARENA_BYTES_MAX = 1 << 20, AVRO_BYTES_MAX = 4096 };

static const struct gb_message_payin PAYIN = {
    .account = {.dc = {"dc1"},
                .incarnation = 1,
                .account_id = "0198c8e2-1111-7aaa-8bbb-123456789abc",
                .account_no = {1099511627777},
                .currency = {"EUR"}},
    .owner = {"dc1"},
    .client_no = {3},
    .key = "0198c8e2-2222-7aaa-8bbb-123456789abc",
    .amount = 1234500,
    .reference = "invoice 4711",
    .accepted_at_us = 1795397935123456,
};
static const struct gb_message_ledger_entry ENTRY = {
    .account = {.dc = {"dc1"},
                .incarnation = 1,
                .account_id = "0198c8e2-1111-7aaa-8bbb-123456789abc",
                .account_no = {1099511627777},
                .currency = {"EUR"}},
    .version = 77,
    .kind = GB_ENTRY_PAYIN,
    .status = GB_STATUS_OPEN,
    .amount = 1234500,
    .balance_after = 99887766,
    .credits_total = 199887766,
    .debits_total = 100000000,
    .account_version = 1,
    .created_at_us = 1795397935123456,
    .client_no = {3},
    .key = "0198c8e2-2222-7aaa-8bbb-123456789abc",
    .reference = "invoice 4711",
};
static const struct gb_envelope ENVELOPE = {
    .kind = GB_MESSAGE_LEDGER_ENTRY,
    .id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
    .source = {"dc1"},
    .time_us = 1795397935123456,
    .trace = {.trace_id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}, .span_id = 77},
    .stream = "ledger",
    .mark = {.page = 4711,
             .previous = 4710,
             .index = 17,
             .count = 250,
             .incarnation = 1,
             .cut_at_us = 1795397935123456},
};

struct bench {
    struct gb_arena *arena;
    struct gb_bytes payin, entry;
    struct gb_header headers[GB_ENVELOPE_HEADERS_MAX];
    size_t headers_count;
    avro_schema_t schema;
    avro_value_iface_t *class;
    avro_value_t value;
    avro_reader_t reader;
    avro_writer_t writer;
    char written[AVRO_BYTES_MAX];
};

static void must(bool went_well)
{
    if (!went_well) {
        fprintf(stderr, "bench-wire: a step failed\n");
        exit(1);
    }
}

static void encode_payin(struct bench *bench)
{
    must(gb_wire_payin_encode(&PAYIN, bench->arena, &bench->payin, NULL) == GB_OK);
}

static void decode_payin(struct bench *bench)
{
    struct gb_message_payin payin;
    must(gb_wire_payin_decode(bench->payin, bench->arena, &payin, NULL) == GB_OK);
}

static void encode_entry(struct bench *bench)
{
    must(gb_wire_ledger_entry_encode(&ENTRY, bench->arena, &bench->entry, NULL) == GB_OK);
}

static void decode_entry(struct bench *bench)
{
    struct gb_message_ledger_entry entry;
    must(gb_wire_ledger_entry_decode(bench->entry, bench->arena, &entry, NULL) == GB_OK);
}

/* Without the checks before and the copies after it that our own decoder has in it. */
static void decode_entry_avro_c(struct bench *bench)
{
    struct gb_bytes body;
    int32_t id;
    must(gb_frame_open(bench->entry, &id, &body, NULL) == GB_OK);
    avro_reader_memory_set_source(bench->reader, body.data, (int64_t)body.size);
    avro_value_reset(&bench->value);
    must(avro_value_read(bench->reader, &bench->value) == 0);
}

static void encode_entry_avro_c(struct bench *bench)
{
    avro_writer_reset(bench->writer);
    must(avro_value_write(bench->writer, &bench->value) == 0);
}

static void write_headers(struct bench *bench)
{
    bench->headers_count = gb_envelope_write(&ENVELOPE, bench->arena, bench->headers);
}

static void read_headers(struct bench *bench)
{
    struct gb_envelope envelope;
    must(gb_envelope_read(bench->headers, bench->headers_count, &envelope, NULL) == GB_OK);
}

static int64_t cpu_ns(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void measure(struct bench *bench, const char *what, int64_t rounds, bool keep,
                    void (*step)(struct bench *bench))
{
    int64_t start = cpu_ns();
    for (int64_t i = 0; i < rounds; i++) {
        if (!keep)
            gb_arena_reset(bench->arena);
        step(bench);
    }
    printf("%-34s %6" PRId64 " ns\n", what, (cpu_ns() - start) / rounds);
}

static void open_avro_c(struct bench *bench)
{
    const struct gb_schema *schema = gb_schema_by_id(102);
    must(schema != NULL &&
         avro_schema_from_json_length(schema->text, schema->size, &bench->schema) == 0);
    bench->class = avro_generic_class_from_schema(bench->schema);
    must(bench->class != NULL && avro_generic_value_new(bench->class, &bench->value) == 0);
    bench->reader = avro_reader_memory(bench->written, 0);
    bench->writer = avro_writer_memory(bench->written, AVRO_BYTES_MAX);
}

int main(int argc, char **argv)
{
    int64_t rounds = argc > 1 ? strtoll(argv[1], NULL, 10) : ROUNDS;
    struct bench bench = {.arena = gb_arena_new(ARENA_BYTES_MAX)};
    must(rounds > 0 && gb_wire_init(NULL) == GB_OK);
    open_avro_c(&bench);
    struct gb_arena *kept = gb_arena_new(ARENA_BYTES_MAX), *scratch = bench.arena;
    measure(&bench, "pay-in: encode", rounds, false, encode_payin);
    measure(&bench, "entry: encode", rounds, false, encode_entry);
    bench.arena = kept; /* what is decoded below must outlive the resets */
    encode_payin(&bench);
    encode_entry(&bench);
    write_headers(&bench);
    bench.arena = scratch;
    printf("pay-in: %zu bytes, entry: %zu bytes\n", bench.payin.size, bench.entry.size);
    measure(&bench, "pay-in: decode and check", rounds, false, decode_payin);
    measure(&bench, "entry: decode and check", rounds, false, decode_entry);
    measure(&bench, "entry: avro_value_read alone", rounds, true, decode_entry_avro_c);
    measure(&bench, "entry: avro_value_write alone", rounds, true, encode_entry_avro_c);
    measure(&bench, "headers: read", rounds, true, read_headers);
    measure(&bench, "headers: write", rounds, false, write_headers);
    return 0;
}
