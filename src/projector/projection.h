/* projection.h: what one lane of the projector makes of a batch: replicas of another datacenter's
 * shares, links and ledger, and of the catalogue's items. The highest version wins, everything else
 * changes nothing; the same version with other content is an alarm and a dead letter, never
 * applied. One thread. */
#ifndef GB_PROJECTOR_PROJECTION_H
#define GB_PROJECTOR_PROJECTION_H

#include "runtime/metrics.h"
#include "stream/batch.h"
#include "wire/messages.h"

struct gb_known_accounts;

/* Items of one kind that a call writes: the call's rows name those in conflict by their place
 * from 1. */
struct gb_projected {
    struct gb_item **items;
    size_t count;
    const struct gb_call *call; /* NULL: none */
};

struct gb_projection {
    struct gb_dc source;
    struct gb_known_accounts *known;
    struct gb_metric *conflicts;
    /* Of the batch in work, in its arena. */
    struct gb_projected entries;
    struct gb_projected accounts;
    struct gb_projected clients;
    struct gb_projected services;
};

/* For the lane that reads datacenter `source`. The caller's storage; gb_projection_done frees what
 * is inside. */
void gb_projection_init(struct gb_projection *projection, struct gb_dc source);
void gb_projection_done(struct gb_projection *projection);
/* The reader of its lane; *projection must outlive the lane. */
struct gb_reader gb_projection_reader(struct gb_projection *projection);

/* --- its steps, one file each --- */

/* Decodes the living items into gb_item.user and sorts them out by kind; what cannot be read, or
 * speaks for another datacenter than its envelope, dies at stage "decode". */
void gb_decode_records(struct gb_projection *projection, struct gb_batch *batch);
/* Items whose account number, id and currency contradict what is known here die at stage "apply".
 * Reads the database for those not seen lately. */
enum gb_result gb_verify_accounts(struct gb_projection *projection, struct gb_batch *batch,
                                  struct gb_err *err) GB_MUST_USE;
/* Add their calls to the batch; of what comes twice in the batch one is left. */
void gb_project_ledger(struct gb_projection *projection, struct gb_batch *batch);
void gb_project_catalogue(struct gb_projection *projection, struct gb_batch *batch);
/* After the calls: entries that were there already and have other content die. Asks the database
 * only when there were any. */
enum gb_result gb_compare_ledger(struct gb_projection *projection, struct gb_batch *batch,
                                 struct gb_err *err) GB_MUST_USE;

/* --- for the steps --- */

/* Takes the dead out of the list. */
void gb_projected_bury(struct gb_projected *projected);
/* The same version with other content: kills the item and counts it. `what` names it. */
void gb_projection_conflict(struct gb_projection *projection, struct gb_item *item,
                            const char *what);

/* The same for every place (from 1) that the first column of `rows` names. */
void gb_projection_conflicts(struct gb_projection *projection, const struct gb_projected *projected,
                             const struct gb_rows *rows, const char *what);

struct gb_known_accounts *gb_known_accounts_new(void);
void gb_known_accounts_free(struct gb_known_accounts *known);

#endif
