/* Catalogue items at every datacenter against the catalogue's own, by buckets, then item by item
 * where the sums differ. As with shares, the copy is read before its source: what it then has too
 * much, or otherwise in the same version, can never be right; what it lacks may be under way and
 * must arrive before the deadline. */
#include <inttypes.h>
#include <string.h>

#include "cli/verify.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

#define BUCKETS 258
#define ARENA_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define PAUSE_MS 200

static const char check_name[] = "catalogue_equals_source";

/* One datacenter's copy and the catalogue itself. */
struct copy {
    struct gb_verify *verify;
    struct gb_cli_dc *reader, *source;
    struct gb_arena *arena;
    bool last;   /* what is behind now is a finding */
    bool behind; /* something was */
};

enum { NUMBER, NAME, VERSION, CONTENT };

static void say(struct copy *copy, const struct gb_rows *rows, size_t row, const char *what)
{
    const char *detail =
        gb_arena_printf(copy->verify->cli->arena, "%s version=%" PRId64 " %s",
                        gb_rows_text(rows, row, NAME), gb_rows_int(rows, row, VERSION), what);
    GB_CHECK(detail != NULL);
    gb_verify_found(copy->verify, check_name, copy->reader->code, detail);
}

static void lacks(struct copy *copy, const struct gb_rows *source, size_t row)
{
    copy->behind = true;
    if (copy->last)
        say(copy, source, row, "of the catalogue has not come");
}

/* The same item in the copy and in the source. */
static void compare_item(struct copy *copy, const struct gb_rows *copies, size_t c,
                         const struct gb_rows *source, size_t s)
{
    int64_t here = gb_rows_int(copies, c, VERSION), there = gb_rows_int(source, s, VERSION);
    if (here < there)
        lacks(copy, source, s);
    else if (here > there)
        say(copy, copies, c, "is ahead of the catalogue");
    else if (strcmp(gb_rows_text(copies, c, CONTENT), gb_rows_text(source, s, CONTENT)) != 0)
        say(copy, copies, c, "differs from the catalogue at the same version");
}

/* Walks both lists, which are sorted by number. */
static void compare_items(struct copy *copy, const struct gb_rows *copies,
                          const struct gb_rows *source)
{
    size_t c = 0, s = 0, copies_count = gb_rows_count(copies), source_count = gb_rows_count(source);
    while (c < copies_count || s < source_count) {
        int64_t here = c < copies_count ? gb_rows_int(copies, c, NUMBER) : INT64_MAX;
        int64_t there = s < source_count ? gb_rows_int(source, s, NUMBER) : INT64_MAX;
        if (here == there)
            compare_item(copy, copies, c, source, s);
        else if (here < there)
            say(copy, copies, c, "is not in the catalogue");
        else
            lacks(copy, source, s);
        c += here <= there;
        s += there <= here;
    }
}

static void compare_bucket(struct copy *copy, int bucket)
{
    struct gb_call copies, source;
    gb_call_init(&copies, &gb_sql_verify_catalogue_bucket, copy->arena);
    gb_params_int4(&copies.params, bucket);
    if (gb_verify_ask(copy->verify, copy->reader, &copies) != GB_OK)
        return;
    gb_call_init(&source, &gb_sql_verify_catalogue_bucket, copy->arena);
    gb_params_int4(&source.params, bucket);
    if (gb_verify_ask(copy->verify, copy->source, &source) == GB_OK) {
        compare_items(copy, copies.rows, source.rows);
        gb_calls_release(&source, 1);
    }
    gb_calls_release(&copies, 1);
}

static const char *sums_of(const struct gb_rows *rows, size_t *row, int bucket)
{
    if (*row == gb_rows_count(rows) || gb_rows_int(rows, *row, 0) != bucket)
        return "";
    return gb_rows_text(rows, (*row)++, 1);
}

/* One look; what is found, or behind, is in `copy`. */
static void compare_buckets(struct copy *copy)
{
    struct gb_call copies, source;
    gb_arena_reset(copy->arena);
    gb_call_init(&copies, &gb_sql_verify_catalogue_buckets, copy->arena);
    if (gb_verify_ask(copy->verify, copy->reader, &copies) != GB_OK)
        return;
    gb_call_init(&source, &gb_sql_verify_catalogue_buckets, copy->arena);
    if (gb_verify_ask(copy->verify, copy->source, &source) == GB_OK) {
        size_t c = 0, s = 0;
        for (int bucket = 0; bucket < BUCKETS && copy->reader->pg && copy->source->pg; bucket++) {
            const char *here = sums_of(copies.rows, &c, bucket);
            if (strcmp(here, sums_of(source.rows, &s, bucket)) != 0)
                compare_bucket(copy, bucket);
        }
        gb_calls_release(&source, 1);
    }
    gb_calls_release(&copies, 1);
}

/* Looks until nothing is behind, something can never be right, or the time is over. */
static void verify_copy(struct copy *copy)
{
    struct gb_verify *verify = copy->verify;
    size_t found = gb_table_rows(verify->findings);
    do {
        copy->last = gb_clock_mono_us() >= verify->deadline_us;
        copy->behind = false;
        compare_buckets(copy);
    } while (copy->behind && !copy->last && gb_table_rows(verify->findings) == found &&
             !gb_stop_wait(PAUSE_MS));
}

void gb_verify_catalogue(struct gb_verify *verify)
{
    struct copy copy = {.verify = verify, .arena = gb_arena_new(ARENA_BYTES_MAX)};
    for (size_t i = 0; i < verify->dcs_count; i++)
        if (strcmp(verify->dcs[i].code, verify->cli->catalogue) == 0)
            copy.source = &verify->dcs[i];
    for (size_t i = 0; i < verify->dcs_count && copy.source; i++) {
        copy.reader = &verify->dcs[i];
        if (copy.reader != copy.source && copy.reader->pg && copy.source->pg)
            verify_copy(&copy);
    }
    gb_arena_free(copy.arena);
}
