/* cost.h: what a connection's work costs: time, and CPU of the server's process and of ours. */
#ifndef GB_BENCH_DB_COST_H
#define GB_BENCH_DB_COST_H

#include "db/pg.h"

struct bench_span {
    int64_t wall_us, backend_ns, own_ns;
};

struct bench_span bench_begin(struct gb_pg *pg);
/* Prints one line: items a second, microseconds a batch, CPU nanoseconds an item. */
void bench_end(struct gb_pg *pg, const struct bench_span *since, const char *what, int64_t items,
               int64_t batches);

#endif
