/* I8: replicas against their sources, by sums over buckets of accounts, then account by account
 * where the sums differ. Every replica is read before its source: what it then has too much can
 * never be right, what it lacks may be under way and must arrive before the deadline. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/stop.h"

#define BUCKETS 256
#define ARENA_BYTES_MAX ((size_t)1024 * 1024)
#define PAUSE_MS 200

/* Sums of one bucket as text: count, versions, content. Empty: no account. */
struct bucket {
    char sums[128];
};

/* What one account's share is at its source, or in a copy: a row of verify_share_bucket. The texts
 * live as long as the rows. */
struct image {
    int64_t account_no, version;
    const char *account_id; /* NULL: not known there yet */
    const char *content;
};

/* One reader's copy of one source. */
struct pair {
    struct gb_cli_dc *reader, *source;
    struct bucket replica[BUCKETS];
    struct bucket share[BUCKETS];
    /* What the copy did not have yet when first looked at: it must reach these versions. By bucket,
     * account_no. */
    struct behind {
        int64_t account_no, version;
    } * behind;
    size_t behind_count;
    size_t behind_more; /* above the bound */
};
#define BEHIND_MAX 100000

static const char check_name[] = "i8_replica_equals_source";

static void note_bucket(struct bucket *buckets, const struct gb_rows *rows, size_t row, int first)
{
    int64_t number = gb_rows_int(rows, row, first);
    GB_CHECK(number >= 0 && number < BUCKETS);
    snprintf(buckets[number].sums, sizeof(buckets[number].sums), "%s",
             gb_rows_text(rows, row, first + 1));
}

static void read_replica_buckets(struct gb_verify *verify, struct pair *pair,
                                 struct gb_arena *arena)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_verify_replica_buckets, arena);
    if (gb_verify_ask(verify, pair->reader, &call) != GB_OK)
        return;
    for (size_t i = 0; i < gb_rows_count(call.rows); i++)
        if (strcmp(gb_rows_text(call.rows, i, 0), pair->source->code) == 0)
            note_bucket(pair->replica, call.rows, i, 1);
    gb_calls_release(&call, 1);
}

static void read_share_buckets(struct gb_verify *verify, struct pair *pair, struct gb_arena *arena)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_verify_share_buckets, arena);
    if (gb_verify_ask(verify, pair->source, &call) != GB_OK)
        return;
    for (size_t i = 0; i < gb_rows_count(call.rows); i++)
        note_bucket(pair->share, call.rows, i, 0);
    gb_calls_release(&call, 1);
}

static struct image image_at(const struct gb_rows *rows, size_t row)
{
    return (struct image){
        .account_no = gb_rows_int(rows, row, 0),
        .version = gb_rows_int(rows, row, 2),
        .account_id = gb_rows_text(rows, row, 1),
        .content = gb_rows_text(rows, row, 3),
    };
}

static const char *image_text(const struct image *image, struct gb_arena *arena)
{
    if (image->version == 0)
        return "nothing";
    return gb_arena_printf(arena, "version=%" PRId64 " %s", image->version, image->content);
}

static void found(struct gb_verify *verify, const struct pair *pair, const char *what,
                  const char *detail)
{
    struct gb_arena *arena = verify->cli->arena;
    detail = gb_arena_printf(
        arena, "copy of %s %s: %s; mends it at %s: geobill replica rebuild %s --execute",
        pair->source->code, what, detail, pair->reader->code, pair->source->code);
    GB_CHECK(detail != NULL);
    gb_verify_found(verify, check_name, pair->reader->code, detail);
}

static void found_account(struct gb_verify *verify, const struct pair *pair, const char *what,
                          const struct image *copy, const struct image *share)
{
    struct gb_arena *arena = verify->cli->arena;
    const struct image *named = share->account_id != NULL ? share : copy;
    found(verify, pair, what,
          gb_arena_printf(arena, "account %s (%" PRId64 "): %s; source: %s",
                          named->account_id == NULL ? "without a name here" : named->account_id,
                          named->account_no, image_text(copy, arena), image_text(share, arena)));
}

static void note_behind(struct pair *pair, const struct image *share)
{
    if (pair->behind_count == BEHIND_MAX)
        pair->behind_more++;
    else
        pair->behind[pair->behind_count++] = (struct behind){share->account_no, share->version};
}

/* The images of one account; version 0: there is none. */
static void compare_account(struct gb_verify *verify, struct pair *pair, const struct image *copy,
                            const struct image *share)
{
    if (copy->version < share->version)
        note_behind(pair, share);
    else if (copy->version > share->version)
        found_account(verify, pair, "is ahead of its source", copy, share);
    else if (strcmp(copy->content, share->content) != 0)
        found_account(verify, pair, "differs at the same version", copy, share);
}

/* Walks both lists, which are sorted by account_no. */
static void compare_rows(struct gb_verify *verify, struct pair *pair, const struct gb_rows *copies,
                         const struct gb_rows *shares)
{
    const struct image none = {.content = ""};
    const struct image end = {.account_no = INT64_MAX, .content = ""};
    size_t c = 0, s = 0, copies_count = gb_rows_count(copies), shares_count = gb_rows_count(shares);
    while (c < copies_count || s < shares_count) {
        struct image copy = c < copies_count ? image_at(copies, c) : end;
        struct image share = s < shares_count ? image_at(shares, s) : end;
        bool has_copy = copy.account_no <= share.account_no;
        bool has_share = share.account_no <= copy.account_no;
        compare_account(verify, pair, has_copy ? &copy : &none, has_share ? &share : &none);
        c += has_copy;
        s += has_share;
    }
}

static enum gb_result read_replica_bucket(struct gb_verify *verify, const struct pair *pair,
                                          int bucket, struct gb_arena *arena, struct gb_call *call)
{
    gb_call_init(call, &gb_sql_verify_replica_bucket, arena);
    gb_params_text(&call->params, pair->source->code);
    gb_params_int4(&call->params, bucket);
    return gb_verify_ask(verify, pair->reader, call);
}

/* Compares the accounts of one bucket, the copy read first. */
static void compare_bucket(struct gb_verify *verify, struct pair *pair, int bucket,
                           struct gb_arena *arena)
{
    struct gb_call copies, shares;
    gb_arena_reset(arena);
    if (read_replica_bucket(verify, pair, bucket, arena, &copies) != GB_OK)
        return;
    gb_call_init(&shares, &gb_sql_verify_share_bucket, arena);
    gb_params_int4(&shares.params, bucket);
    if (gb_verify_ask(verify, pair->source, &shares) == GB_OK) {
        compare_rows(verify, pair, copies.rows, shares.rows);
        gb_calls_release(&shares, 1);
    }
    gb_calls_release(&copies, 1);
}

/* The version of an account in the rows of a copy, which are sorted; `row` goes on from call to
 * call. */
static int64_t copied_version(const struct gb_rows *rows, size_t *row, int64_t account_no)
{
    while (*row < gb_rows_count(rows) && gb_rows_int(rows, *row, 0) < account_no)
        (*row)++;
    return *row < gb_rows_count(rows) && gb_rows_int(rows, *row, 0) == account_no
               ? gb_rows_int(rows, *row, 2)
               : 0;
}

/* Looks again at what was behind: keeps what still is. */
static void look_again(struct gb_verify *verify, struct pair *pair, struct gb_arena *arena)
{
    size_t kept = 0;
    for (size_t i = 0; i < pair->behind_count;) {
        struct gb_call copies;
        int bucket = (int)(pair->behind[i].account_no % BUCKETS);
        gb_arena_reset(arena);
        if (read_replica_bucket(verify, pair, bucket, arena, &copies) != GB_OK)
            return;
        size_t row = 0;
        for (; i < pair->behind_count && (int)(pair->behind[i].account_no % BUCKETS) == bucket; i++)
            if (copied_version(copies.rows, &row, pair->behind[i].account_no) <
                pair->behind[i].version)
                pair->behind[kept++] = pair->behind[i];
        gb_calls_release(&copies, 1);
    }
    pair->behind_count = kept;
}

static void verify_pair(struct gb_verify *verify, struct pair *pair, struct gb_arena *arena)
{
    gb_arena_reset(arena);
    read_replica_buckets(verify, pair, arena);
    read_share_buckets(verify, pair, arena);
    for (int bucket = 0; bucket < BUCKETS; bucket++)
        if (strcmp(pair->replica[bucket].sums, pair->share[bucket].sums) != 0)
            compare_bucket(verify, pair, bucket, arena);
    while (pair->behind_count > 0 && pair->reader->pg && gb_clock_mono_us() < verify->deadline_us) {
        if (gb_stop_wait(PAUSE_MS))
            break;
        look_again(verify, pair, arena);
    }
    for (size_t i = 0; i < pair->behind_count; i++)
        found(verify, pair, "is behind",
              gb_arena_printf(verify->cli->arena,
                              "account_no=%" PRId64 " has not come to version=%" PRId64,
                              pair->behind[i].account_no, pair->behind[i].version));
    verify->findings_dropped += pair->behind_more;
}

void gb_verify_replicas(struct gb_verify *verify)
{
    struct gb_arena *arena = gb_arena_new(ARENA_BYTES_MAX);
    struct pair *pair = calloc(1, sizeof(*pair));
    struct behind *behind = calloc(BEHIND_MAX, sizeof(*behind));
    GB_CHECK(pair != NULL && behind != NULL);
    for (size_t r = 0; r < verify->dcs_count; r++)
        for (size_t s = 0; s < verify->dcs_count; s++) {
            if (r == s || !verify->dcs[r].pg || !verify->dcs[s].pg)
                continue;
            *pair = (struct pair){
                .reader = &verify->dcs[r], .source = &verify->dcs[s], .behind = behind};
            verify_pair(verify, pair, arena);
        }
    free(behind);
    free(pair);
    gb_arena_free(arena);
}
