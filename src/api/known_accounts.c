#include "api/known_accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/digest.h"
#include "runtime/result.h"

enum { SLOTS = 65536 }; /* about 6 MB once all are used */

struct slot {
    char account_id[GB_ACCOUNT_ID_SIZE];
    struct gb_account_no account_no; /* 0: empty */
    struct gb_currency currency;
};

struct gb_api_known_accounts {
    struct slot slots[SLOTS];
};

struct gb_api_known_accounts *gb_api_known_accounts_new(void)
{
    struct gb_api_known_accounts *accounts = calloc(1, sizeof(*accounts));
    GB_CHECK(accounts != NULL);
    return accounts;
}

void gb_api_known_accounts_free(struct gb_api_known_accounts *accounts)
{
    free(accounts);
}

bool gb_api_known_accounts_find(const struct gb_api_known_accounts *accounts,
                                const char *account_id, struct gb_account_no *ret_account_no,
                                struct gb_currency *ret_currency)
{
    const struct slot *slot = &accounts->slots[gb_text_hash(account_id) % SLOTS];
    if (slot->account_no.value == 0 || strcmp(slot->account_id, account_id) != 0)
        return false;
    *ret_account_no = slot->account_no;
    *ret_currency = slot->currency;
    return true;
}

void gb_api_known_accounts_put(struct gb_api_known_accounts *accounts, const char *account_id,
                               struct gb_account_no account_no, struct gb_currency currency)
{
    struct slot *slot = &accounts->slots[gb_text_hash(account_id) % SLOTS];
    *slot = (struct slot){.account_no = account_no, .currency = currency};
    (void)snprintf(slot->account_id, sizeof(slot->account_id), "%s", account_id);
}
