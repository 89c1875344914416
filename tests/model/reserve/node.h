/* node.h: the database of one simulated datacenter, as far as reservations go, and one transaction
 * of the real core on it. */
#ifndef GB_TEST_MODEL_RESERVE_NODE_H
#define GB_TEST_MODEL_RESERVE_NODE_H

#include "core/ask.h"
#include "core/books.h"
#include "core/credit.h"
#include "core/deadline.h"
#include "core/hold.h"
#include "core/reply.h"
#include "core/spend.h"
#include "core/wish.h"

enum { NODES_MAX = 3, LINKS_MAX = NODES_MAX - 1, WAITERS_MAX = 6, ACCOUNTS_MAX = 2 };

struct stored_account {
    struct gb_share share;
    struct gb_link links[LINKS_MAX];
    struct gb_waiter waiters[WAITERS_MAX];
    size_t waiters_count;
};

struct node {
    int number; /* 0 .. nodes - 1 */
    struct stored_account accounts[ACCOUNTS_MAX];
};

/* One transaction: books over all accounts of the node; its memory. */
enum { ENTRIES_MAX = 64, DECISIONS_MAX = 32, EFFECT_MESSAGES_MAX = 16 };
struct transaction {
    struct gb_books books;
    struct gb_account accounts[ACCOUNTS_MAX];
    struct gb_effect_entry entries[ENTRIES_MAX];
    struct gb_effect_decision decisions[DECISIONS_MAX];
    struct gb_effect_message messages[EFFECT_MESSAGES_MAX];
};

struct gb_dc dc_of(int number);
int number_of(struct gb_dc dc);

/* Link `at` of node `number` leads to this node; and the other way round. */
int peer_of(int number, size_t at);
size_t link_to(int number, int peer);

void node_init(struct node *node, int number, int nodes);

/* The transaction works on the node's storage itself: `count` accounts from the `first` on. */
void transaction_begin(struct transaction *tx, struct node *node, int nodes, int first, int count);
void transaction_finish(struct transaction *tx, struct node *node);

#endif
