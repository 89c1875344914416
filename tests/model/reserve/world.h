/* world.h: one state of the small world that is searched to the end: two or three datacenters, one
 * account, every message that was ever sent, and the operations of a scenario. */
#ifndef GB_TEST_MODEL_RESERVE_WORLD_H
#define GB_TEST_MODEL_RESERVE_WORLD_H

#include "node.h"

enum { OPERATIONS_MAX = 5, SENT_MAX = 48 };

struct planned { /* an operation that some client may send at any time, or never */
    int node;
    enum gb_operation_kind kind; /* PAYIN, PAYOUT, HOLD, and CAPTURE, VOID of the hold before it */
    int64_t amount;
    bool impatient;
};

struct scenario {
    const char *name;
    int nodes;
    int64_t balances[NODES_MAX]; /* at first */
    struct planned planned[OPERATIONS_MAX];
    int planned_count;
    int64_t prefetch_max;
    int64_t low_water;
    int64_t ask_seq_max; /* asks beyond are not followed: the bound of the search */
    bool quick;          /* in the short test, too */
    bool stale;          /* asks may also arrive after their time to live */
};

extern const struct scenario SCENARIOS[];
extern const int SCENARIOS_COUNT;

struct world {
    struct node nodes[NODES_MAX]; /* account 0 of each */
    enum gb_operation_state states[OPERATIONS_MAX];
    struct gb_hold holds[OPERATIONS_MAX];
    uint32_t sent[SENT_MAX]; /* numbers of messages, sorted; any may arrive any number of times */
    int sent_count;
};

/* Messages, each kept once; its number stays. */
struct message {
    int from, to;
    bool is_reply;
    struct gb_ask ask;
    struct gb_reply reply;
};
struct post;
struct post *post_new(void);
void post_free(struct post *post);
uint32_t post_number(struct post *post, const struct message *message);
const struct message *post_message(const struct post *post, uint32_t number);

enum event_kind { START, DELIVER, DELIVER_STALE, REASK, PASS_DEADLINE, EXPIRE };
struct event {
    uint8_t kind;
    uint8_t at; /* operation (START, EXPIRE), place in sent[] (DELIVER), node (the others) */
};
enum { EVENTS_MAX = OPERATIONS_MAX * 2 + SENT_MAX * 2 + NODES_MAX * 2 };

/* The state in which a scenario begins. */
void world_init(struct world *world, const struct scenario *scenario);

/* What may happen next. */
int world_events(const struct world *world, const struct scenario *scenario,
                 struct event events[EVENTS_MAX]);

/* Follows one event. NULL, or what it broke; static text
 */
struct step {
    const struct scenario *scenario;
    struct post *post;

    int node;    /* out: whose database changed */
    bool beyond; /* out: outside of the search's bounds */
};
const char *world_follow(struct world *world, struct event event, struct step *step);

/* I1 to I5, and what the protocol promises in every state. NULL, or what is broken. */
const char *world_check(const struct world *world, const struct scenario *scenario);

/* No more faults, nothing new: the oldest waiting operation is paid when the money suffices. NULL,
 * or what is broken; *world is spent. */
const char *world_heal(struct world *world, struct step *step);

/* The same event, but the commit fails after the messages have left: only a spoilt engine does
 * that. */
struct event world_crashed(struct event event);

void world_print_event(const struct world *world, const struct scenario *scenario,
                       const struct post *post, struct event event);
void world_print(const struct world *world, const struct scenario *scenario);

#endif
