#include "node.h"

#include <string.h>

struct gb_dc dc_of(int number)
{
    struct gb_dc dc = {.code = {'d', 'c', (char)('1' + number)}};
    return dc;
}

int number_of(struct gb_dc dc)
{
    return dc.code[2] - '1';
}

int peer_of(int number, size_t at)
{
    int peer = (int)at;
    return peer < number ? peer : peer + 1;
}

size_t link_to(int number, int peer)
{
    return (size_t)(peer < number ? peer : peer - 1);
}

void node_init(struct node *node, int number, int nodes)
{
    memset(node, 0, sizeof(*node));
    node->number = number;
    for (int a = 0; a < ACCOUNTS_MAX; a++) {
        node->accounts[a].share = gb_share_new();
        for (int i = 0; i < nodes - 1; i++)
            node->accounts[a].links[i].peer = dc_of(peer_of(number, (size_t)i));
    }
}

void transaction_begin(struct transaction *tx, struct node *node, int nodes, int first, int count)
{
    for (int a = 0; a < count; a++) {
        struct stored_account *stored = &node->accounts[first + a];
        tx->accounts[a] = (struct gb_account){.no = {first + a + 1},
                                              .currency = {"EUR"},
                                              .share = stored->share,
                                              .links = stored->links,
                                              .links_count = (size_t)nodes - 1,
                                              .waiters = stored->waiters,
                                              .waiters_count = stored->waiters_count,
                                              .waiters_max = WAITERS_MAX};
    }
    tx->books.dc = dc_of(node->number);
    tx->books.accounts = tx->accounts;
    tx->books.accounts_count = (size_t)count;
    tx->books.effects = (struct gb_effects){.entries = tx->entries,
                                            .entries_max = ENTRIES_MAX,
                                            .decisions = tx->decisions,
                                            .decisions_max = DECISIONS_MAX,
                                            .messages = tx->messages,
                                            .messages_max = EFFECT_MESSAGES_MAX};
    gb_books_begin(&tx->books);
}

void transaction_finish(struct transaction *tx, struct node *node)
{
    gb_books_finish(&tx->books);
    for (size_t a = 0; a < tx->books.accounts_count; a++) {
        struct stored_account *stored = &node->accounts[tx->accounts[a].no.value - 1];
        stored->share = tx->accounts[a].share;
        stored->waiters_count = tx->accounts[a].waiters_count;
    }
}
