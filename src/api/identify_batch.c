/* The accounts of a client's batch, all in one look. */
#include <stdlib.h>
#include <string.h>

#include "api/ask_peer.h"
#include "api/client_batch.h"
#include "db/sql.h"

/* An account that a command names, and where its number goes. */
struct named {
    const char *id, *field;
    struct gb_api_account *account;
    struct gb_api_batched *command;
};

struct accounts {
    struct named *named; /* sorted by id */
    size_t count;
};

static int compare(const void *left, const void *right)
{
    const struct named *a = left, *b = right;
    return strcmp(a->id, b->id);
}

static void add(struct accounts *accounts, struct gb_api_batched *command, const char *field,
                const char *id, struct gb_api_account *account)
{
    if (id != NULL)
        accounts->named[accounts->count++] = (struct named){id, field, account, command};
}

/* The intake looks accounts up in the statement that accepts; what is decided apart has no intake.
 */
static struct accounts accounts_of(struct gb_api_client_batch *batch, struct gb_arena *arena)
{
    struct accounts accounts = {gb_arena_array(arena, 2 * batch->count, sizeof(struct named)), 0};
    GB_CHECK(accounts.named != NULL);
    for (size_t i = 0; i < batch->count; i++) {
        struct gb_api_batched *at = &batch->commands[i];
        struct gb_api_command *command = &at->request.command;
        bool apart = batch->atomic || batch->dry_run;
        if (at->queue == NULL || (at->queue == at->request.api->intake_queue && !apart))
            continue;
        add(&accounts, at, "account_id", command->account_id, &command->known);
        add(&accounts, at, "payee_account_id", command->payee_account_id, &command->payee);
    }
    qsort(accounts.named, accounts.count, sizeof(*accounts.named), compare);
    return accounts;
}

/* How many from `first` on have the same id. */
static size_t run_of(const struct accounts *accounts, size_t first)
{
    size_t next = first + 1;
    while (next < accounts->count &&
           strcmp(accounts->named[next].id, accounts->named[first].id) == 0)
        next++;
    return next - first;
}

static void tell(const struct accounts *accounts, size_t first, size_t count,
                 const struct gb_api_account *account, bool learnt)
{
    for (size_t i = first; i < first + count; i++) {
        *accounts->named[i].account = *account;
        accounts->named[i].command->request.command.learnt |= learnt;
    }
}

/* Those that are known here get their numbers; the others are left over in `accounts`. */
static enum gb_result look(struct gb_api_lane *lane, struct accounts *accounts, struct gb_err *err)
{
    size_t n = 0, left = 0;
    const char **ids = gb_arena_array(lane->arena, accounts->count, sizeof(*ids));
    GB_CHECK(ids != NULL);
    for (size_t i = 0; i < accounts->count; i += run_of(accounts, i))
        ids[n++] = accounts->named[i].id;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_identify, lane->arena);
    gb_params_text_array(&call.params, ids, n);
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0, row = 0, same; i < accounts->count; i += same, row++) {
        struct gb_api_account account = {.status = GB_STATUS_OPEN};
        same = run_of(accounts, i);
        if (gb_rows_null(call.rows, row, 0)) {
            memmove(&accounts->named[left], &accounts->named[i], same * sizeof(struct named));
            left += same;
            continue;
        }
        account.account_no.value = gb_rows_int(call.rows, row, 0);
        account.status = (enum gb_account_status)gb_rows_int(call.rows, row, 2);
        GB_CHECK(gb_currency_parse(gb_rows_text(call.rows, row, 1), &account.currency));
        tell(accounts, i, same, &account, false);
    }
    accounts->count = left;
    gb_calls_release(&call, 1);
    return GB_OK;
}

/* In a batch that is decided apart nothing is looked up later. */
static void refuse(const struct accounts *accounts, size_t first, size_t count,
                   enum gb_api_error error)
{
    for (size_t i = first; i < first + count; i++) {
        struct gb_api_batched *command = accounts->named[i].command;
        bool apart = command->batch->atomic || command->batch->dry_run;
        if (apart && command->status == 0)
            gb_api_refuse(&command->request, error, accounts->named[i].field, NULL);
    }
}

/* Each once, until the catalogue cannot be asked. */
static void ask(struct gb_api_lane *lane, struct gb_api_request *request,
                const struct accounts *accounts)
{
    for (size_t i = 0, same; i < accounts->count; i += same) {
        struct gb_api_account account;
        struct gb_err err;
        same = run_of(accounts, i);
        switch (gb_api_ask_catalogue(lane, request, accounts->named[i].id, &account, &err)) {
        case GB_API_LEARNT:
            tell(accounts, i, same, &account, true);
            break;
        case GB_API_LEARNT_NONE:
            refuse(accounts, i, same, GB_API_ACCOUNT_NOT_FOUND);
            break;
        case GB_API_LEARNT_NOTHING:
            refuse(accounts, i, accounts->count - i, GB_API_CATALOGUE_UNREACHABLE);
            return;
        }
    }
}

enum gb_result gb_api_identify_batch(struct gb_api_lane *lane, struct gb_api_client_batch *batch,
                                     struct gb_err *err)
{
    struct accounts accounts = accounts_of(batch, lane->arena);
    enum gb_result result = accounts.count == 0 ? GB_OK : look(lane, &accounts, err);
    if (result == GB_OK)
        ask(lane, batch->request, &accounts);
    return result;
}
