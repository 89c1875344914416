/* known_accounts.h: numbers and currencies of accounts that have been looked up in our own
 * database; they never change. Bounded: two that share a slot push each other out. One thread. */
#ifndef GB_API_KNOWN_ACCOUNTS_H
#define GB_API_KNOWN_ACCOUNTS_H

#include "core/identity.h"
#include "core/money.h"

struct gb_api_known_accounts;

struct gb_api_known_accounts *gb_api_known_accounts_new(void);
void gb_api_known_accounts_free(struct gb_api_known_accounts *accounts); /* NULL is fine */

bool gb_api_known_accounts_find(const struct gb_api_known_accounts *accounts,
                                const char *account_id, struct gb_account_no *ret_account_no,
                                struct gb_currency *ret_currency);
/* `account_id`: a valid one. */
void gb_api_known_accounts_put(struct gb_api_known_accounts *accounts, const char *account_id,
                               struct gb_account_no account_no, struct gb_currency currency);

#endif
