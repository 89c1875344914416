/* learnt_accounts.h: accounts that the catalogue's API has told us of and that have not been
 * replicated to here yet, for a few seconds; bounded. Any thread. */
#ifndef GB_API_LEARNT_ACCOUNTS_H
#define GB_API_LEARNT_ACCOUNTS_H

#include "core/identity.h"
#include "core/kinds.h"
#include "core/money.h"

/* What never changes of an account, and its status when asked. account_no 0: none. */
struct gb_api_account {
    struct gb_account_no account_no;
    struct gb_currency currency;
    enum gb_account_status status;
};

struct gb_api_learnt_accounts;

struct gb_api_learnt_accounts *gb_api_learnt_accounts_new(void);
void gb_api_learnt_accounts_free(struct gb_api_learnt_accounts *accounts);

bool gb_api_learnt_accounts_find(struct gb_api_learnt_accounts *accounts, const char *account_id,
                                 int64_t now_us, struct gb_api_account *ret);
void gb_api_learnt_accounts_put(struct gb_api_learnt_accounts *accounts, const char *account_id,
                                struct gb_api_account account, int64_t now_us);

#endif
