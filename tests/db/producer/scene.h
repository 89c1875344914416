/* scene.h: what the tests of cutting share: a database with accounts, a publisher's memory over it,
 * writers that make ledger entries as the engine does, and the judge of what was cut. Whatever goes
 * wrong outside of what is tested ends the test. */
#ifndef GB_TEST_PRODUCER_SCENE_H
#define GB_TEST_PRODUCER_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "producer/page.h"
#include "support/postgres.h"

enum { SCENE_ACCOUNTS = 8, SCENE_HASH_SIZE = 32 };

/* Empties database "dc1" of `server` (made by the caller) and fills in accounts 1 .. SCENE_ACCOUNTS
 * with their shares. */
void scene_reset(struct gb_test_postgres *server);

/* A publisher that has just started: a connection, and the stream ledger, loaded. */
struct publisher {
    struct gb_source source;
    struct gb_stream stream;
};
void publisher_start(struct publisher *publisher, struct gb_test_postgres *server,
                     const char *holder, int32_t page_records_max);
void publisher_stop(struct publisher *publisher);

/* What was cut, in order. */
struct cut_row {
    int64_t seq;
    int64_t account;
    int64_t version;
    int64_t page;
};
struct cut_rows {
    struct cut_row *rows; /* heap */
    size_t count, size;
};
void cut_rows_free(struct cut_rows *cut);

/* Cuts once. */
enum gb_result publisher_cut(struct publisher *publisher, struct gb_err *err) GB_MUST_USE;
/* Reads all stored pages, as they would be sent again. */
void publisher_read_all(struct publisher *publisher, struct cut_rows *ret);
/* Adds a page's records to a digest (SCENE_HASH_SIZE bytes). */
void digest_window(struct publisher *publisher, const struct gb_window *window, void *digest);
/* SHA-256 over topic, partition, key, headers and value of all records of all pages. */
void publisher_digest(struct publisher *publisher, uint8_t ret[SCENE_HASH_SIZE]);

/* NULL when every entry of the table was cut exactly once, each account's in version order, pages
 * without gap; else what is wrong (static storage). `owner` sees the table. */
const char *judge(const struct cut_rows *cut, struct gb_pg *owner);

/* Makes the next entry of an account inside the writer's transaction (its share is locked until the
 * end), as the engine does: version and seq are drawn under the lock. */
void write_entry(struct gb_pg *writer, int64_t account);

#endif
