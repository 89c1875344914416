/* engine.h: the one door: the only code that changes own shares. Takes a batch of commands of any
 * kind, locks the shares of all its accounts in order, lets the pure core decide each command in
 * turn in memory, and writes everything as arrays, in two round trips. An engine belongs to one
 * thread and works on one batch at a time. */
#ifndef GB_ENGINE_ENGINE_H
#define GB_ENGINE_ENGINE_H

#include "core/decide.h"
#include "core/identity.h"
#include "core/money.h"
#include "db/pg.h"
#include "runtime/trace.h"
#include "runtime/wake.h"

#define GB_ENGINE_COMMANDS_MAX 1000

enum gb_command_kind {
    GB_COMMAND_PAYIN = 1,  /* book an accepted pay-in: our own, or one relayed to us */
    GB_COMMAND_STATUS = 2, /* let the own share follow its account's status, confirm a closing */
};

/* What became of a command. */
enum gb_outcome {
    GB_OUTCOME_NONE = 0,
    GB_OUTCOME_APPLIED,   /* an entry in the ledger */
    GB_OUTCOME_REPEATED,  /* was decided before; a relayed one gets its RESULT again */
    GB_OUTCOME_OVERDUE,   /* would pass a cap: stays ACCEPTED and listed in `overdue` */
    GB_OUTCOME_REFUSED,   /* relayed, its key has another content here: RESULT REFUSED
                             IDEMPOTENCY_MISMATCH */
    GB_OUTCOME_UNCHANGED, /* a status that the share obeys already, or an account not known yet */
    GB_OUTCOME_POISON, /* contradicts what is known: changed nothing, the rest of the batch goes on
                        */
};

struct gb_command {
    enum gb_command_kind kind;
    /* Who it is about. A pair that contradicts what is known is poison. */
    struct gb_account_no account_no;
    const char *account_id;
    struct gb_currency currency;
    /* Of a pay-in; what account.dc, owner, ... of its message say. */
    struct gb_dc accepted_by; /* another datacenter than ours: relayed */
    struct gb_dc owner;       /* of the key: must be ours */
    struct gb_client_no client_no;
    const char *key;
    int64_t amount;
    const char *reference; /* NULL: none */
    const char *metadata;  /* NULL: none; not looked at unless relayed */
    int64_t accepted_at_us;
    bool awaited; /* somebody waits for the outcome here */
    bool overdue; /* comes from the list of overdue ones, and leaves it once it is decided */
    struct gb_trace trace;
    /* Out. */
    enum gb_outcome outcome;
    const char *poison_code;    /* GB_OUTCOME_POISON: stable upper-case word, static */
    const char *poison_message; /* and a sentence; in the engine's memory until its next batch */
};

struct gb_engine;

/* `dc`: our own datacenter. `wake`: the publisher's, may be NULL; the caller's, must outlive the
 * engine. The caller frees. */
struct gb_engine *gb_engine_new(struct gb_dc dc, struct gb_wake_sender *wake);
void gb_engine_free(struct gb_engine *engine); /* NULL is fine */

/* First half: opens a transaction on `pg` (which must not be in one), locks, reads and decides
 * `count` commands (1 .. GB_ENGINE_COMMANDS_MAX), whose outcomes are filled in. The transaction
 * stays open. The commands and what they point to must live until gb_engine_committed or the next
 * batch. On failure nothing is open: GB_RETRY (a race, or the database is away), GB_FATAL (also
 * when the database is another datacenter's). */
enum gb_result gb_engine_decide(struct gb_engine *engine, struct gb_pg *pg,
                                struct gb_command *commands, size_t count, int64_t now_us,
                                struct gb_err *err) GB_MUST_USE;

/* Second half: the calls that write what was decided; to be run in this order in the same
 * transaction, before the COMMIT; their rows are of no interest. Returns how many were filled in.
 * They fail with 40001 (GB_RETRY) when somebody was faster. */
#define GB_ENGINE_CALLS_MAX 10
size_t gb_engine_write(struct gb_engine *engine, struct gb_call calls[GB_ENGINE_CALLS_MAX]);

/* After COMMIT: wakes the publisher, counts. */
void gb_engine_committed(struct gb_engine *engine);

/* A batch of its own: both halves, the caller's own calls (in the same transaction, after the
 * engine's) and COMMIT; repeated when it lost a race, a bounded number of times. */
struct gb_engine_batch {
    struct gb_command *commands;
    size_t count;
    /* NULL: none. Fills in at most `max` calls and returns how many; once an attempt, when the
     * outcomes are known. `arena` is the engine's. */
    size_t (*extra)(void *context, const struct gb_engine_batch *batch, struct gb_arena *arena,
                    struct gb_call *calls, size_t max);
    void *context;
};
#define GB_ENGINE_EXTRA_MAX 8

/* GB_RETRY with err->outcome_unknown when the connection died at COMMIT: the same batch again gives
 * the truth. */
enum gb_result gb_engine_run(struct gb_engine *engine, struct gb_pg *pg,
                             const struct gb_engine_batch *batch, struct gb_err *err) GB_MUST_USE;

#endif
