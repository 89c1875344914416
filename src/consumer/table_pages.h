/* table_pages.h: stored pages of the own stream of pay-ins, read from the tables as the records
 * that Kafka would have brought. Inside read_table. */
#ifndef GB_CONSUMER_TABLE_PAGES_H
#define GB_CONSUMER_TABLE_PAGES_H

#include "bus/record.h"
#include "core/identity.h"
#include "db/pg.h"

struct gb_table_wanted {
    struct gb_dc dc;
    int32_t incarnation;
    const char *stream, *topic;
    const int32_t *partitions;
    const int64_t *from; /* of each partition: the first page that is wanted */
    size_t count;
    size_t records_max; /* pages are added until they have so many */
};

struct gb_table_pages {
    struct gb_record *records; /* those of one partition in order; offset -1 */
    size_t count;
    struct gb_call *calls; /* hold the rows that the records point into */
    size_t calls_count;
};

/* Reads the next pages that are wanted, of the wanted partitions only; none: count is 0. Memory of
 * the arena; release it, whatever the outcome. GB_RETRY PAGE_CHANGED when the rows are not those
 * that were counted when the page was cut. */
enum gb_result gb_table_pages_read(const struct gb_table_wanted *wanted, struct gb_pg *pg,
                                   struct gb_arena *arena, struct gb_table_pages *ret,
                                   struct gb_err *err) GB_MUST_USE;
void gb_table_pages_release(struct gb_table_pages *pages);

#endif
