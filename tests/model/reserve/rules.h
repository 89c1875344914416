/* rules.h: what must hold, said once more and apart from the core: of a node, of one transaction,
 * of one ask. All return NULL, or what is broken: static text. */
#ifndef GB_TEST_MODEL_RESERVE_RULES_H
#define GB_TEST_MODEL_RESERVE_RULES_H

#include "node.h"

/* I2, I2b, I4, and what the protocol promises of one account at rest between two transactions. */
const char *rules_of_account(const struct stored_account *account, int nodes, int number);

/* I3 between two nodes: no more received than granted, nothing believed that was not. */
const char *rules_of_link(const struct gb_link *sender, const struct gb_link *receiver);

/* I3, over one transaction: totals, versions and sequences never go down. */
const char *rules_of_change(const struct stored_account *before,
                            const struct stored_account *after);

/* I6: the entries of a transaction lead from the one state to the other. */
const char *rules_of_entries(const struct node *before, const struct node *after,
                             const struct transaction *tx);

/* Step 5: nobody was paid past an older operation that needed no more. */
const char *rules_of_age(const struct node *after, const struct transaction *tx);

/* Step 3: what an ask about the first account may and must be granted. */
/* Whom asks are for: the oldest that waits, or nobody, and then they are few, small and modest. */
const char *rules_of_asks(const struct node *before, const struct node *after,
                          const struct transaction *tx);

const char *rules_of_grant(const struct node *before, const struct node *after, size_t link,
                           const struct gb_ask *ask, bool stale);

#endif
