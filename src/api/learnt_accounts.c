#include "api/learnt_accounts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/digest.h"
#include "runtime/result.h"

enum { SLOTS = 1024, USABLE_US = 5000000 };

struct slot {
    char account_id[GB_ACCOUNT_ID_SIZE];
    struct gb_api_account account;
    int64_t learnt_at_us;
};

struct gb_api_learnt_accounts {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

struct gb_api_learnt_accounts *gb_api_learnt_accounts_new(void)
{
    struct gb_api_learnt_accounts *accounts = calloc(1, sizeof(*accounts));
    GB_CHECK(accounts != NULL && pthread_mutex_init(&accounts->lock, NULL) == 0);
    return accounts;
}

void gb_api_learnt_accounts_free(struct gb_api_learnt_accounts *accounts)
{
    if (accounts == NULL)
        return;
    (void)pthread_mutex_destroy(&accounts->lock);
    free(accounts);
}

/* Two accounts that share a slot only push each other out. */
static struct slot *slot_of(struct gb_api_learnt_accounts *accounts, const char *account_id)
{
    return &accounts->slots[gb_text_hash(account_id) % SLOTS];
}

bool gb_api_learnt_accounts_find(struct gb_api_learnt_accounts *accounts, const char *account_id,
                                 int64_t now_us, struct gb_api_account *ret)
{
    (void)pthread_mutex_lock(&accounts->lock);
    const struct slot *slot = slot_of(accounts, account_id);
    bool found = slot->account.account_no.value != 0 && now_us - slot->learnt_at_us < USABLE_US &&
                 strcmp(slot->account_id, account_id) == 0;
    if (found)
        *ret = slot->account;
    (void)pthread_mutex_unlock(&accounts->lock);
    return found;
}

void gb_api_learnt_accounts_put(struct gb_api_learnt_accounts *accounts, const char *account_id,
                                struct gb_api_account account, int64_t now_us)
{
    (void)pthread_mutex_lock(&accounts->lock);
    struct slot *slot = slot_of(accounts, account_id);
    *slot = (struct slot){.account = account, .learnt_at_us = now_us};
    (void)snprintf(slot->account_id, sizeof(slot->account_id), "%s", account_id);
    (void)pthread_mutex_unlock(&accounts->lock);
}
