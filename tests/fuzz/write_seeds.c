/* Writes what the fuzzers start from: the frozen samples and real headers. For each fuzzer a file
 * with its name that lists its seeds, separated by commas.
 *
 *     fuzz_write_seeds FOLDER */
#include <stdio.h>
#include <string.h>

#include "fuzz/headers.h"
#include "unit/wire/samples.h"

enum { FRAME_BYTES = 5 };

struct seeds {
    const char *folder;
    struct gb_arena *arena;
    int count;
};

static void append(const char *path, const char *mode, const void *bytes, size_t size)
{
    FILE *file = fopen(path, mode);
    GB_CHECK(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

/* Lists of an earlier run are emptied. */
static void start_lists(struct seeds *seeds)
{
    static const char *const fuzzers[] = {"payin",  "ledger_entry", "account",  "client",  "result",
                                          "status", "ask",          "reply",    "service", "refund",
                                          "frame",  "envelope",     "json_body"};
    for (size_t i = 0; i < sizeof(fuzzers) / sizeof(fuzzers[0]); i++) {
        char *list = gb_arena_printf(seeds->arena, "%s/%s", seeds->folder, fuzzers[i]);
        append(list, "wb", "", 0);
    }
}

static void add(struct seeds *seeds, const char *fuzzer, struct gb_bytes bytes)
{
    char *seed = gb_arena_printf(seeds->arena, "%s/%s.%d", seeds->folder, fuzzer, ++seeds->count);
    char *list = gb_arena_printf(seeds->arena, "%s/%s", seeds->folder, fuzzer);
    GB_CHECK(seed != NULL && list != NULL);
    append(seed, "wb", bytes.data, bytes.size);
    append(list, "ab", seed, strlen(seed));
    append(list, "ab", ",", 1);
}

/* "geobill.payin.v1" -> "payin" */
static const char *fuzzer_of(struct seeds *seeds, enum gb_message_kind kind)
{
    const char *name = strchr(gb_message_type(kind), '.') + 1;
    return gb_arena_strndup(seeds->arena, name, strcspn(name, "."));
}

static void add_messages(struct seeds *seeds)
{
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        struct gb_bytes framed = sample_bytes(SAMPLES[i].hex, seeds->arena);
        add(seeds, "frame", framed);
        add(seeds, fuzzer_of(seeds, SAMPLES[i].kind),
            (struct gb_bytes){(const char *)framed.data + FRAME_BYTES, framed.size - FRAME_BYTES});
    }
}

static void add_envelope(struct seeds *seeds, const struct gb_envelope *envelope)
{
    struct gb_header headers[GB_ENVELOPE_HEADERS_MAX];
    size_t count = gb_envelope_write(envelope, seeds->arena, headers);
    add(seeds, "envelope", fuzz_headers_write(headers, count, seeds->arena));
}

int main(int argc, char **argv)
{
    GB_CHECK(argc == 2);
    struct seeds seeds = {.folder = argv[1], .arena = gb_arena_new(1 << 20)};
    start_lists(&seeds);
    add_messages(&seeds);
    static const char payin[] =
        "{\"account_id\":\"a\",\"amount\":{\"minor_units\":1},\"metadata\":{\"\\u00e9\":[1.5e3]}}";
    add(&seeds, "json_body", (struct gb_bytes){payin, sizeof(payin) - 1});
    struct gb_envelope envelope = {
        .kind = GB_MESSAGE_STATUS, .source = {"dc1"}, .time_us = 1795397935123456};
    add_envelope(&seeds, &envelope);
    envelope = (struct gb_envelope){
        .kind = GB_MESSAGE_LEDGER_ENTRY,
        .id = {{1, 2, 3}},
        .source = {"dc9999"},
        .time_us = 1795397935000000,
        .trace = {{{4, 5, 6}}, 7},
        .stream = "ledger",
        .mark = {.page = 9, .previous = 8, .index = 1, .count = 2, .incarnation = 1},
    };
    add_envelope(&seeds, &envelope);
    gb_arena_free(seeds.arena);
    return 0;
}
