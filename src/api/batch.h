/* batch.h: pay-ins that are accepted together, in one commit. One thread: the intake's. */
#ifndef GB_API_BATCH_H
#define GB_API_BATCH_H

#include "api/api.h"

struct gb_api_batch {
    struct gb_api *api;
    struct gb_arena *arena;
    struct gb_api_request **requests; /* sorted by client and key; NULL: answered or given away */
    size_t count;
    int64_t base_us; /* created_at of requests[i] is base_us + i: how a returned row finds its
                        request */
    int64_t next_us; /* the earliest base of the next batch */
    /* Room for the part that a statement is about, and where in `requests` its members are. */
    struct gb_api_request **part;
    size_t *places;
    struct gb_metric *commit_time, *accepted, *repeated;
};

/* Room for `requests_max` pay-ins. */
void gb_api_batch_init(struct gb_api_batch *batch, struct gb_api *api, size_t requests_max);
void gb_api_batch_done(struct gb_api_batch *batch);

/* Sorts batch->requests (count of them) and gives each its created_at. */
void gb_api_batch_begin(struct gb_api_batch *batch);

/* Goes on with what is not answered yet: accepts, answers repeats, stores refusals, sends pay-ins
 * of unknown accounts to a lane. GB_OK: all are answered or given away. After a failure it may be
 * called again, on another connection, too: the keys tell what was done. */
enum gb_result gb_api_batch_accept(struct gb_api_batch *batch, struct gb_pg *pg,
                                   struct gb_err *err) GB_MUST_USE;

/* Refuses what is not answered yet. */
void gb_api_batch_refuse(struct gb_api_batch *batch, enum gb_api_error error);

#endif
