/* work.h: one batch inside the engine: its shares and operations, each once, and what is to be
 * written. Everything lies in the engine's arena and lives until its next batch. Private to the
 * engine. */
#ifndef GB_ENGINE_WORK_H
#define GB_ENGINE_WORK_H

#include "engine/engine.h"
#include "runtime/arena.h"

/* An account of the batch, with its own share. */
struct gb_work_share {
    struct gb_account_no account_no;
    const char *said_id; /* what its first command says */
    struct gb_currency said_currency;
    bool locked; /* the row is there and ours; the next three are filled in */
    const char *account_id;
    struct gb_currency currency;
    struct gb_share share;
    bool known; /* to the catalogue, as far as it came here; the next three are filled in */
    const char *known_id;
    struct gb_currency known_currency;
    struct gb_account_says says;
    bool status_wanted; /* has a STATUS command */
    bool open;          /* something is still to come for it here; looked up when status_wanted */
    bool changed;
    bool voided; /* a confirmed closing was voided by money */
};

/* An operation of the batch. */
struct gb_work_operation {
    struct gb_client_no client_no;
    const char *key;
    bool stored;  /* has a row */
    bool relayed; /* a command of the batch says so */
    bool metadata_read;
    struct gb_request request; /* of the row, or of the first command when there is none */
    enum gb_operation_state state;
    int64_t decided_at_us;
    bool awaited;
    const char *reason;
    const struct gb_command
        *inserted_by; /* not NULL: the row is to be made, as this command says */
    bool booked;      /* the row is there and becomes BOOKED */
};

/* An entry, the command it comes from (NULL for one of the share's status alone), and its share. */
struct gb_work_entry {
    struct gb_entry entry;
    const struct gb_command *command;
    const struct gb_work_share *share;
};

/* A RESULT owed to the datacenter that relayed the command. */
struct gb_work_result {
    const struct gb_command *command;
    enum gb_operation_state state;
    const char *reason;
    int64_t decided_at_us;
    struct gb_bytes framed;
};

struct gb_work {
    struct gb_arena *arena;
    struct gb_dc dc;
    int32_t incarnation;
    int32_t epoch;
    int64_t now_us;
    struct gb_command *commands;
    size_t count;
    struct gb_work_share *shares; /* in account order */
    size_t shares_count;
    size_t *share_of;                     /* command -> share */
    struct gb_work_operation *operations; /* in (client, key) order */
    size_t operations_count;
    size_t *operation_of;          /* command -> operation; meaningless for those that have none */
    struct gb_work_entry *entries; /* in the order they were decided */
    size_t entries_count;
    struct gb_work_result *results;
    size_t results_count;
    bool notify; /* one that somebody waits for was decided */
};

/* Groups the commands by account and by key. Fills in all but dc, incarnation, epoch. */
void gb_work_init(struct gb_work *work, struct gb_arena *arena, struct gb_command *commands,
                  size_t count, int64_t now_us);

/* First round trip(s): opens the transaction, locks the shares (making the missing ones), reads
 * operations and statuses. A share that is still missing then contradicts the catalogue. On failure
 * nothing is open. */
enum gb_result gb_work_read(struct gb_work *work, struct gb_pg *pg, struct gb_err *err) GB_MUST_USE;

/* Decides all commands in turn. GB_FATAL only when a RESULT cannot be encoded. */
enum gb_result gb_work_decide(struct gb_work *work, struct gb_err *err) GB_MUST_USE;

/* The calls that write it. */
size_t gb_work_write(const struct gb_work *work, struct gb_call calls[GB_ENGINE_CALLS_MAX]);

/* An array of n zeroed things in the batch's arena; never NULL. */
void *gb_work_array(struct gb_arena *arena, size_t n, size_t size);

#endif
