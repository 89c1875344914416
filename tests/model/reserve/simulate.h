/* simulate.h: one random history of datacenters with the real core, determined by its seed. */
#ifndef GB_TEST_MODEL_RESERVE_SIMULATE_H
#define GB_TEST_MODEL_RESERVE_SIMULATE_H

#include "node.h"

enum { COMMANDS_MAX = 24, MAIL_MAX = 512, BATCH_MAX = 4 };

struct policy {
    bool even; /* the opening balance is split; else it stays at home */
    bool prefetch;
    bool low_water; /* shares are topped up before anybody waits */
};

/* What a client asked for, what the database says of it, and what the client was told. */
struct command {
    enum gb_operation_kind kind;
    int node;
    size_t account, payee;
    int64_t amount;
    int64_t starts_at_us, deadline_us;
    bool impatient;
    int about; /* index of the hold (CAPTURE, VOID) or the original (REFUND) */
    enum gb_operation_state state;
    enum gb_reason reason;
    bool had_money; /* refused although the money was somewhere */
    bool local;     /* decided at once */
    int64_t decided_at_us;
    struct gb_hold hold;
    int64_t refunded;
    enum gb_operation_state told; /* the client's journal; NEW: not told yet */
    int64_t tries_again_at_us;
};

/* A message on its way. Replies stay with their stream until they are acknowledged, asks do not. */
struct mail {
    int from, to;
    size_t account;
    bool is_reply;
    bool acknowledged; /* replies: applied, and the sender knows */
    int64_t arrives_at_us, resend_at_us;
    int64_t received_us; /* by the receiver's clock, when it came into its log */
    struct gb_ask ask;
    struct gb_reply reply;
};

struct figures {
    int64_t payouts, paid, local, refused, wrong, messages, top_ups, histories, commands,
        transactions;
    int64_t waits[64]; /* paid after waiting: how many by log2 of microseconds */
};

struct history {
    uint64_t random, seed;
    struct policy policy;
    bool calm; /* no faults at all: then the promises of liveness hold, too */
    bool duel; /* all want nearly all in the same instant */
    bool healed;
    bool prints;
    int64_t now_us, faults_end_us;
    int64_t skew_us[NODES_MAX];
    int slow; /* a node whose messages take ten times as long; -1: none */
    int64_t cut_until_us[NODES_MAX];
    int64_t sweep_at_us[NODES_MAX];
    int64_t credited_at_us[ACCOUNTS_MAX]; /* last time that money came in from outside, or was
                                             released */
    int64_t opening[ACCOUNTS_MAX];
    struct node nodes[NODES_MAX];
    /* What each node has of the others' ledgers, and of what they received from it. */
    struct gb_share copies[NODES_MAX][ACCOUNTS_MAX][LINKS_MAX];
    int64_t copied_in[NODES_MAX][ACCOUNTS_MAX][LINKS_MAX];
    struct command commands[COMMANDS_MAX];
    int commands_count;
    struct mail mail[MAIL_MAX];
    int mail_count;
    struct gb_reserve_settings settings;
    struct transaction tx;
    struct node before;
    struct figures *figures;
    const char *broken; /* NULL: nothing is */
};

/* Runs it; NULL, or what was broken. Adds to figures[0], or to figures[1] of a calm one. */
const char *run_history(uint64_t seed, struct policy policy, bool prints,
                        struct figures figures[2]);

/* Random, the same everywhere. */
uint64_t draw(struct history *h, uint64_t below);
bool chance(struct history *h, uint64_t one_in); /* of a fault: never once healed, or when calm */
void say(const struct history *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
void breaks(struct history *h, const char *what);

/* plan.c: what the history will be. */
void plan_history(struct history *h);
void open_accounts(struct history *h);

/* steps.c: one transaction each, or none when the node died before its commit. */
void start_commands(struct history *h, int first);
void hear_mail(struct history *h, int at);
void sweep(struct history *h, int node);
int64_t clock_of_node(const struct history *h, int node);

/* network.c */
void post_effects(struct history *h, int node);
int next_mail(const struct history *h);
void take_mail(struct history *h, int at, bool applied);
bool is_cut(const struct history *h, int a, int b);

/* journal.c: what must hold after each transaction, and at rest. */
void check_transaction(struct history *h, int node);
void check_refusal(struct history *h, struct command *command, const struct gb_refusal *refusal);
void check_rest(struct history *h);
bool is_at_rest(const struct history *h);

#endif
