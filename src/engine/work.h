/* work.h: one batch inside the engine: its shares and operations, each once, and what is to be
 * written. Everything lies in the engine's arena and lives until its next batch. Private to the
 * engine. */
#ifndef GB_ENGINE_WORK_H
#define GB_ENGINE_WORK_H

#include "core/books.h"
#include "core/hold.h"
#include "core/spend.h"
#include "engine/engine.h"
#include "runtime/arena.h"
#include "wire/envelope.h"

/* An account of the batch; its share stands in books.accounts, at the same place. */
struct gb_work_share {
    struct gb_account_no account_no;
    const char *said_id; /* what its first command says; NULL: only a waiting transfer wants it */
    struct gb_currency said_currency;
    bool locked;  /* the row is there and ours; the next three and the share are filled in */
    bool engaged; /* as stored */
    const char *account_id;
    struct gb_currency currency;
    bool known; /* to the catalogue, as far as it came here; the next three are filled in */
    const char *known_id;
    struct gb_currency known_currency;
    struct gb_account_says says;
    bool status_wanted; /* has a STATUS command */
    bool open;          /* something is still to come for it here; looked up when status_wanted */
    bool asked;         /* has a command that is about its links: an ask, a reply, ... */
    bool reserves;      /* has a command that may ask or be asked: with all peers, then */
    bool involved;      /* what waits for it and its links are read */
    size_t commands;    /* of the batch, those that it is the payee of, too */
    size_t spends;      /* of those, the ones that may wait */
    int64_t spent_max;  /* what those take at most, all together */
    struct gb_trace trace; /* of its first command */
};

/* An operation of the batch. */
struct gb_work_operation {
    struct gb_client_no client_no;
    const char *key;
    bool stored;               /* has a row */
    struct gb_uuid batch_id;   /* of the row: the atomic batch that it was decided in */
    bool metadata_wanted;      /* a command of the batch has to be compared with it */
    struct gb_request request; /* of the row, or of the first command when there is none */
    int64_t amount;            /* that moves */
    int64_t price_version;     /* of a CHARGE */
    int64_t refunded;          /* of what was paid, by all refunds */
    enum gb_operation_state state;
    int64_t created_at_us, decided_at_us, deadline_us;
    int64_t expires_at_us;  /* of a HOLD */
    struct gb_uuid hold_id; /* of a HOLD, a CAPTURE, a VOID */
    bool awaited;
    const char *reason;
    const char *facts;
    struct gb_trace trace; /* of the command that made it, or that books it */
    const struct gb_command
        *inserted_by; /* not NULL: the row is to be made, as this command says */
    bool booked;      /* the row is there and becomes BOOKED */
    bool decided;     /* the row is there, was WAITING, and becomes what `state` says */
    bool gives_back;  /* `refunded` was raised in this batch */
    bool denied;      /* refused in this batch, for want of money */
};

/* A hold that a command of the batch is about. */
struct gb_work_hold {
    struct gb_uuid id;
    bool stored; /* has a row; the rest is filled in */
    bool ended;  /* in this batch */
    struct gb_account_no account_no;
    struct gb_hold hold;
};

/* The price of the service that a command charges for. */
struct gb_work_price {
    bool known; /* here; the rest is filled in */
    struct gb_price price;
    int64_t version;
};

/* A RESULT owed to the datacenter that relayed the command. */
struct gb_work_result {
    const struct gb_command *command;
    enum gb_operation_state state;
    const char *reason;
    int64_t decided_at_us;
};

/* A row of the outbox. */
struct gb_work_message {
    const char *dc;     /* whom it goes to */
    const char *family; /* of its topic */
    const char *account_id;
    const char *about;
    enum gb_message_kind kind;
    struct gb_trace trace;
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
    size_t *share_of;      /* command -> share */
    size_t *payee_of;      /* command -> share of the payee; GB_NO_ACCOUNT: has none */
    const int64_t *payees; /* accounts to be locked, too; the engine's */
    size_t payees_count;
    bool last_round;         /* no more of them will be locked */
    struct gb_uuid batch_id; /* of an atomic batch; zero: none */
    const char *aborted;     /* facts that an atomic batch is refused with; NULL: it is decided */
    const struct gb_engine_options *options;
    struct gb_books books;
    /* Those of commands in (client, key) order; after them what else waits for the accounts. */
    struct gb_work_operation *operations;
    size_t operations_count; /* of commands */
    size_t operations_all;
    size_t *operation_of;       /* command -> operation; meaningless for those that have none */
    size_t *original_of;        /* the same of what a REFUND is of */
    struct gb_work_hold *holds; /* in the order of their ids */
    size_t holds_count;
    size_t *hold_of;              /* command -> hold; meaningless for those that have none */
    struct gb_work_price *prices; /* command -> the price, of those that have one */
    bool *voided;                 /* share -> a confirmed closing was voided by money */
    struct gb_work_result *results;
    size_t results_count;
    struct gb_work_message *messages;
    size_t messages_count;
    int64_t impossible; /* messages of peers that cannot be */
    bool notify;        /* one that somebody waits for was decided */
};

/* Groups the commands by account, by key and by hold. Fills in all but dc, incarnation, epoch, the
 * options and the payees. */
void gb_work_init(struct gb_work *work, struct gb_arena *arena, struct gb_command *commands,
                  size_t count, int64_t now_us);

/* First round trip(s): opens the transaction, locks the shares (making the missing ones), reads
 * operations and statuses. A share that is still missing then contradicts the catalogue. On failure
 * nothing is open. */
enum gb_result gb_work_read(struct gb_work *work, struct gb_pg *pg, struct gb_err *err) GB_MUST_USE;

/* Decides all commands in turn. GB_FATAL only when a message cannot be encoded. */
enum gb_result gb_work_decide(struct gb_work *work, struct gb_err *err) GB_MUST_USE;

/* Where a command stands in the batch. */
struct gb_turn {
    struct gb_command *command;
    size_t at; /* of its share, and of its account in the books */
    struct gb_work_share *share;
    size_t payee;                        /* the same of a transfer's payee, or GB_NO_ACCOUNT */
    struct gb_work_operation *operation; /* of a pay-in, of an OPERATION */
    struct gb_work_operation *original;  /* of a REFUND: what it is of */
    struct gb_work_hold *hold;           /* of a CAPTURE, a VOID, an EXPIRE */
    const struct gb_work_price *price;   /* of a CHARGE */
};

/* What kinds of commands have. */
bool gb_command_has_operation(const struct gb_command *command);
bool gb_command_may_wait(const struct gb_command *command);
bool gb_command_has_hold(const struct gb_command *command); /* that is there already */
bool gb_command_has_price(const struct gb_command *command);
bool gb_command_has_original(const struct gb_command *command);

/* `message`: static, or in the batch's arena. */
void gb_work_poison(struct gb_command *command, const char *code, const char *message);
bool gb_work_owned_here(const struct gb_work *work, const struct gb_command *command);
struct gb_request gb_work_request_of(const struct gb_work *work, const struct gb_command *command);
/* As it is compared, in the arena. */
const char *gb_work_hold_text(struct gb_uuid hold_id, struct gb_arena *arena);
bool gb_work_hold_is_here(struct gb_turn turn); /* and is of the command's account */

/* A client's command: its stored answer, or a decision by its kind. */
void gb_work_decide_operation(struct gb_work *work, struct gb_turn turn);
/* Of a command that nothing is stored for: fills in turn.operation. */
void gb_work_spend(struct gb_work *work, struct gb_turn turn);
void gb_work_end_hold(struct gb_work *work, struct gb_turn turn);
void gb_work_refund(struct gb_work *work, struct gb_turn turn);
/* The datacenter that relayed the command is told what became of it. */
void gb_work_owe_result(struct gb_work *work, const struct gb_command *command,
                        enum gb_operation_state state, const char *reason, int64_t decided_at_us);
/* What was known when it was decided; of one that could be paid the reason is NONE, without a name.
 */
void gb_work_keep_facts(struct gb_work *work, struct gb_work_operation *operation,
                        const struct gb_refusal *refusal);
/* Time and the peers. Before its deadline refuses a transfer, it is paid if it can be. */
void gb_work_pass_deadlines(struct gb_work *work, size_t at);
void gb_work_expire_hold(struct gb_work *work, struct gb_turn turn);
void gb_work_hear_ask(struct gb_work *work, struct gb_turn turn);
void gb_work_hear_reply(struct gb_work *work, struct gb_turn turn);
void gb_work_pass_time(struct gb_work *work, struct gb_turn turn);
/* A pay-in that is booked at once. */
void gb_work_pay_in(struct gb_work *work, struct gb_turn turn);
/* What has become of an atomic batch: fills in `outcome` and `at`. */
void gb_work_judge(const struct gb_work *work, struct gb_engine_atomic *atomic);
/* What is stored with each command of it when commands[at] was refused, JSON in the arena. */
const char *gb_work_abort_facts(const struct gb_work *work, size_t at, struct gb_arena *arena);
/* After gb_books_finish: takes over what was decided on waiting operations, fills in the answers.
 */
void gb_work_settle_decisions(struct gb_work *work);
/* What was known at a refusal, JSON in the arena. */
const char *gb_work_facts(const struct gb_refusal *refusal, int64_t now_us, struct gb_arena *arena);

/* Encodes results, asks and replies. */
enum gb_result gb_work_encode(struct gb_work *work, struct gb_err *err) GB_MUST_USE;

/* A number, 0 for null. */
int64_t gb_work_int(const struct gb_rows *rows, size_t row, int column);
/* What only some kinds have: the columns payee_no, hold_id, expires_at_us from `column` on. Kind
 * and created_at are in place. */
void gb_work_take_more(struct gb_work *work, struct gb_work_operation *operation,
                       const struct gb_rows *rows, size_t row, int column);

/* Makes room for the books of the batch and takes what was read. `waiting`, `links`, `hints`,
 * `holds`: rows of waiting_read, share_link_read, hint_read, hold_find; NULL: none. The shares are
 * in place. */
struct gb_work_read {
    const struct gb_rows *waiting, *links, *hints, *holds;
};
void gb_work_books_new(struct gb_work *work);
void gb_work_books_fill(struct gb_work *work, const struct gb_work_read *read);
size_t gb_work_find_share(const struct gb_work *work, int64_t account_no);
/* Does something wait for the account, or is something open with a peer? False where nothing of it
 * was read. */
bool gb_work_engages(const struct gb_account *account);

/* The numbers of a link as columns: share_link_read and share_link_save have them in this order. */
#define GB_LINK_NUMBERS 29
void gb_link_numbers_set(struct gb_link *link, const int64_t numbers[GB_LINK_NUMBERS]);
void gb_link_numbers_get(const struct gb_link *link, int64_t ret[GB_LINK_NUMBERS]);

/* The calls of the second round trip, as they are put together. */
struct gb_writing {
    const struct gb_work *work;
    struct gb_call *calls;
    size_t count;
};
struct gb_params *gb_writing_add(struct gb_writing *writing, const struct gb_statement *statement);
/* Operations made and decided, what waits and waits no more. */
void gb_write_operations(struct gb_writing *writing);
/* Holds that are placed and that end. */
void gb_write_holds(struct gb_writing *writing);
void gb_write_links(struct gb_writing *writing);
void gb_write_outbox(struct gb_writing *writing);

/* Payees of waiting transfers that could be paid, and that are not locked: adds those that are not
 * among *count of `ret` yet, as far as there is room for GB_ENGINE_PAYEES_MAX. */
void gb_work_missing_payees(const struct gb_work *work, int64_t *ret, size_t *count);

/* The calls that write it. */
size_t gb_work_write(const struct gb_work *work, struct gb_call calls[GB_ENGINE_CALLS_MAX]);

/* An array of n zeroed things in the batch's arena; never NULL. */
void *gb_work_array(struct gb_arena *arena, size_t n, size_t size);

#endif
