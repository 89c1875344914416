/* engine.h: the one door: the only code that changes own shares. Takes a batch of commands of any
 * kind, locks the shares of all its accounts in order, lets the pure core decide each command in
 * turn in memory, and writes everything as arrays, in two round trips. An engine belongs to one
 * thread and works on one batch at a time. */
#ifndef GB_ENGINE_ENGINE_H
#define GB_ENGINE_ENGINE_H

#include "core/books.h"
#include "core/identity.h"
#include "core/money.h"
#include "db/pg.h"
#include "runtime/config.h"
#include "runtime/trace.h"
#include "runtime/uuid.h"
#include "runtime/wake.h"

#define GB_ENGINE_COMMANDS_MAX 1000
/* Payees of waiting transfers that are locked although no command of the batch is about them. */
#define GB_ENGINE_PAYEES_MAX 1000

enum gb_command_kind {
    GB_COMMAND_PAYIN = 1,     /* book an accepted pay-in: our own, or one relayed to us */
    GB_COMMAND_STATUS = 2,    /* let the own share follow its account's status, confirm a closing */
    GB_COMMAND_OPERATION = 3, /* a client's command that is decided now: `operation` says which */
    GB_COMMAND_ASK = 4,       /* a peer asks for part of the share */
    GB_COMMAND_REPLY = 5,     /* a peer's answer, with what it granted */
    GB_COMMAND_TIME = 6,      /* time has passed: deadlines of what waits, asks to be sent again */
    GB_COMMAND_OPENING = 7, /* a new account's balance, in the transaction that makes the account */
    GB_COMMAND_EXPIRE = 8,  /* time has passed: a hold ends, if it is due and still open */
};

/* What became of a command. */
enum gb_outcome {
    GB_OUTCOME_NONE = 0,
    GB_OUTCOME_APPLIED,  /* decided, heard; of an OPERATION: its answer says what is stored now */
    GB_OUTCOME_REPEATED, /* was decided before; a relayed one gets its RESULT again */
    GB_OUTCOME_OVERDUE,  /* would pass a cap: stays ACCEPTED and listed in `overdue` */
    GB_OUTCOME_REFUSED,  /* relayed, its key has another content here: RESULT REFUSED
                            IDEMPOTENCY_MISMATCH */
    GB_OUTCOME_TURNED_AWAY, /* an OPERATION that cannot be decided here: `turned_away` says why,
                               nothing is stored */
    GB_OUTCOME_MISMATCH,    /* an OPERATION whose key has another content: `mismatch` says where */
    GB_OUTCOME_UNCHANGED,   /* a status that the share obeys already, an account not known yet, news
                               that is old, nothing due */
    GB_OUTCOME_POISON, /* contradicts what is known: changed nothing, the rest of the batch goes on
                        */
};

/* What is stored for an OPERATION: the answer to it and to every repeat. */
struct gb_command_answer {
    enum gb_operation_state state;
    int64_t amount;        /* of a CHARGE the price that it took */
    int64_t price_version; /* of a CHARGE */
    const char *reason;    /* of REFUSED; in the engine's memory until its next batch */
    const char *facts;     /* of REFUSED: what was known, JSON; the same */
    int64_t created_at_us, decided_at_us, deadline_us;
    int64_t expires_at_us;  /* of a HOLD */
    struct gb_uuid hold_id; /* of a HOLD, a CAPTURE, a VOID */
};

struct gb_command {
    enum gb_command_kind kind;
    enum gb_operation_kind operation; /* of an OPERATION; PAYIN only in an atomic batch */
    /* Who it is about. A pair that contradicts what is known is poison. */
    struct gb_account_no account_no;
    const char *account_id;
    struct gb_currency currency;
    /* Of a pay-in and an OPERATION; what account.dc, owner, ... of its message say. */
    struct gb_dc accepted_by; /* another datacenter than ours: relayed (a pay-in, a REFUND). Of an
                                 ask and a reply: who says it */
    struct gb_dc owner;       /* of the key: must be ours */
    struct gb_client_no client_no;
    const char *key;
    int64_t amount;        /* of a CHARGE 0: it takes the price that is known when it is decided */
    const char *reference; /* NULL: none */
    const char *metadata;  /* NULL: none; not looked at unless relayed */
    int64_t accepted_at_us;
    bool awaited; /* somebody waits for the outcome here */
    bool overdue; /* comes from the list of overdue ones, and leaves it once it is decided */
    /* Of an OPERATION. */
    int64_t deadline_us;           /* of what may wait: until when */
    bool impatient;                /* the same: see gb_waiter */
    struct gb_account_no payee_no; /* of a TRANSFER; the payee's currency is the payer's */
    const char *payee_id;          /* the same */
    const char *service_id;        /* of a CHARGE */
    const char *original_key;      /* of a REFUND */
    struct gb_uuid hold_id; /* of a HOLD: what it is to be called; of a CAPTURE, a VOID, an EXPIRE:
                               which */
    int64_t expires_at_us;  /* of a HOLD */
    struct gb_ask ask;
    int64_t received_us; /* of an ask: when it reached this datacenter */
    struct gb_reply reply;
    bool even; /* of an opening: split over all datacenters; else all of it goes to `home` */
    struct gb_dc home;
    struct gb_trace trace;
    /* Out. */
    enum gb_outcome outcome;
    const char *poison_code;    /* GB_OUTCOME_POISON: stable upper-case word, static */
    const char *poison_message; /* and a sentence; in the engine's memory until its next batch */
    struct gb_command_answer answer; /* of an OPERATION, APPLIED or REPEATED */
    const char *mismatch;            /* GB_OUTCOME_MISMATCH: the field; static */
    const char
        *turned_away; /* GB_OUTCOME_TURNED_AWAY: SERVICE_NOT_FOUND, CURRENCY_MISMATCH; static */
};

struct gb_engine;

struct gb_engine_options {
    struct gb_dc dc; /* our own */
    struct gb_dc peers[GB_PEERS_MAX];
    size_t peers_count;
    struct gb_reserve_settings reserve;
    size_t waiting_max;          /* operations that wait for one account here */
    struct gb_wake_sender *wake; /* the publisher's, may be NULL; outlives the engine */
};

/* Datacenters, [peer.*] and [reserve] of the configuration. GB_FATAL with the setting's name. */
enum gb_result gb_engine_settings_read(const struct gb_config *config, struct gb_wake_sender *wake,
                                       struct gb_engine_options *ret,
                                       struct gb_err *err) GB_MUST_USE;

/* The options are copied. The caller frees. */
struct gb_engine *gb_engine_new(const struct gb_engine_options *options);
void gb_engine_free(struct gb_engine *engine); /* NULL is fine */

/* First half: opens a transaction on `pg`, or goes on in the one that is open, whose accounts
 * nobody else can know yet; locks, reads and decides `count` commands (1 ..
 * GB_ENGINE_COMMANDS_MAX), whose outcomes are filled in. The transaction stays open. The commands
 * and what they point to must live until gb_engine_committed or the next batch. On failure nothing
 * is open: GB_RETRY (a race, or the database is away), GB_FATAL (also when the database is another
 * datacenter's). */
enum gb_result gb_engine_decide(struct gb_engine *engine, struct gb_pg *pg,
                                struct gb_command *commands, size_t count, int64_t now_us,
                                struct gb_err *err) GB_MUST_USE;

/* Second half: the calls that write what was decided; to be run in this order in the same
 * transaction, before the COMMIT; their rows are of no interest. Returns how many were filled in.
 * They fail with 40001 (GB_RETRY) when somebody was faster. */
#define GB_ENGINE_CALLS_MAX 17
size_t gb_engine_write(struct gb_engine *engine, struct gb_call calls[GB_ENGINE_CALLS_MAX]);

/* After COMMIT: wakes the publisher, counts. */
void gb_engine_committed(struct gb_engine *engine);

/* All of it or none: each command is an OPERATION that is decided now (a PAYIN is booked), none
 * waits. When one is refused, each is stored as REFUSED with BATCH_ABORTED, and with facts that
 * name the one that was. */
struct gb_engine_atomic {
    struct gb_uuid batch_id; /* what its operations are stored under */
    /* Out, when the batch has run. */
    enum gb_atomic_outcome {
        GB_ATOMIC_DONE = 1,
        GB_ATOMIC_ABORTED,  /* commands[at] was refused: the answers say so */
        GB_ATOMIC_REPEATED, /* all were decided in one atomic batch before: the stored answers */
        GB_ATOMIC_KEY_USED, /* commands[at] has a key that others of the batch were not decided
                               with; nothing was written, and no answer counts; as below */
        GB_ATOMIC_MISMATCH, /* commands[at] has a key with other content, see its `mismatch` */
        GB_ATOMIC_POISON,   /* commands[at] is, or was turned away */
    } outcome;
    size_t at;
};

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
    struct gb_engine_atomic *atomic; /* NULL: each command for itself */
    bool dry_run;                    /* decided, and nothing is written */
};
#define GB_ENGINE_EXTRA_MAX 8

/* GB_RETRY with err->outcome_unknown when the connection died at COMMIT: the same batch again gives
 * the truth. */
enum gb_result gb_engine_run(struct gb_engine *engine, struct gb_pg *pg,
                             const struct gb_engine_batch *batch, struct gb_err *err) GB_MUST_USE;

#endif
