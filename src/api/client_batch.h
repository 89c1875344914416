/* client_batch.h: POST /v1/batches: up to 1,000 commands of any kind in one request. Each is a
 * request of its own that goes the way of all others of its kind; only its answer is kept until
 * all are there. */
#ifndef GB_API_CLIENT_BATCH_H
#define GB_API_CLIENT_BATCH_H

#include <jansson.h>

#include "api/answer.h"
#include "api/api.h"
#include "http/problem.h"

#define GB_API_BATCH_MAX 1000

/* A command of a batch. */
struct gb_api_batched {
    struct gb_api_client_batch *batch;
    size_t index; /* from 0 */
    json_t *body; /* while the batch is read: what the command alone would be the body of */
    struct gb_queue *queue; /* once it is read: where it is to go; NULL: it is answered */
    int status;             /* of its answer; 0: none yet */
    struct gb_bytes answer; /* JSON */
    bool replayed;
    /* Of a refusal, for the batch that is refused with it. */
    enum gb_api_error error;
    const char *field, *detail;
    struct gb_api_request request; /* with the batch's arena */
};

struct gb_api_client_batch {
    struct gb_api *api;
    struct gb_api_request *request; /* the batch's own; gone once it is answered */
    struct gb_arena *arena;         /* of all commands, whatever threads they are in */
    struct gb_api_batched *commands;
    size_t count;
    bool atomic;            /* all of it or none */
    bool dry_run;           /* nothing of it is written */
    bool reading;           /* nothing goes anywhere yet */
    _Atomic size_t awaited; /* answers that are missing, and one while it is read and sent */
};

/* Reads the request's body into a batch whose commands are read, too: each has its `queue`, or its
 * answer. False: the request was refused. */
bool gb_api_read_batch(struct gb_api_request *request, struct gb_api_client_batch **ret);

/* Looks up the accounts of all its commands, at the catalogue too, so that they need not go there
 * one by one, out of order. What remains unknown is looked up on its way; in one that is decided
 * apart it is refused. On failure nothing was. */
enum gb_result gb_api_identify_batch(struct gb_api_lane *lane, struct gb_api_client_batch *batch,
                                     struct gb_err *err) GB_MUST_USE;

/* The answer of a command in a batch; gives it away. Any thread. `problem` is that of `refusal`. */
void gb_api_batched_answer(struct gb_api_request *request, const struct gb_api_answer *answer);
void gb_api_batched_refuse(struct gb_api_request *request, const struct gb_api_refusal *refusal,
                           const struct gb_problem *problem);
/* True: the request's batch is still being read, and it goes into that queue later. */
bool gb_api_batched_keep(struct gb_api_request *request, struct gb_queue *queue);

/* One answer less is missing; the last one answers the batch, and the batch is gone. Any thread. */
void gb_api_batch_answered(struct gb_api_client_batch *batch);
/* Refuses an atomic batch with the refusal of the first of its commands that has one, named as that
 * one's; nothing was stored. The batch is gone. False: none has one. */
bool gb_api_refuse_batch(struct gb_api_client_batch *batch);
/* Gives back the batch's memory and its place among those in work. */
void gb_api_batch_free(struct gb_api_client_batch *batch);

#endif
