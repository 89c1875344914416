/* What queued up while the last balances were being read is read next, together. */
#include <pthread.h>
#include <stdlib.h>

#include "api/answer.h"
#include "api/balances.h"
#include "api/link.h"
#include "api/steps.h"
#include "db/sql.h"
#include "runtime/log.h"

enum { TOGETHER_MAX = 256, TRIES = 2, IDLE_MS = 500, ARENA_BYTES = 16 * 1024 * 1024 };

struct gb_api_balances {
    struct gb_api *api;
    struct gb_api_link link;
    struct gb_arena *arena;
    pthread_t thread;
    struct gb_api_request *known[TOGETHER_MAX];
    struct gb_api_account accounts[TOGETHER_MAX];
};

/* Which of the accounts are known here; the requests for the others are given to lanes. */
static enum gb_result identify(struct gb_api_balances *balances, struct gb_api_request **requests,
                               size_t n, size_t *ret_known, struct gb_err *err)
{
    const char *account_ids[TOGETHER_MAX];
    for (size_t i = 0; i < n; i++)
        account_ids[i] = requests[i]->subject;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_identify, balances->arena);
    gb_params_text_array(&call.params, account_ids, n);
    enum gb_result result = gb_pg_call(balances->link.pg, &call, err);
    if (result != GB_OK)
        return result;
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        if (gb_rows_null(call.rows, i, 0)) {
            gb_api_to_lane(requests[i], gb_api_read_balance);
            continue;
        }
        struct gb_api_account *account = &balances->accounts[known];
        account->account_no.value = gb_rows_int(call.rows, i, 0);
        GB_CHECK(gb_currency_parse(gb_rows_text(call.rows, i, 1), &account->currency));
        balances->known[known++] = requests[i];
    }
    gb_calls_release(&call, 1);
    *ret_known = known;
    return GB_OK;
}

/* With the connection that there is. */
static enum gb_result try_once(struct gb_api_balances *balances, struct gb_api_request **requests,
                               size_t *n, struct gb_err *err)
{
    enum gb_result result = gb_api_link_ensure(&balances->link, err);
    if (result != GB_OK)
        return result;
    gb_arena_reset(balances->arena);
    size_t known;
    result = identify(balances, requests, *n, &known, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < known; i++) /* the others are given away: not to be tried again */
        requests[i] = balances->known[i];
    *n = known;
    struct gb_api_reading reading = {
        .api = balances->api, .pg = balances->link.pg, .arena = balances->arena};
    return known == 0 ? GB_OK
                      : gb_api_answer_balances(&reading, requests, balances->accounts, known, err);
}

static void answer(struct gb_api_balances *balances, struct gb_api_request **requests, size_t n)
{
    struct gb_err err = {.result = GB_OK};
    enum gb_result result = GB_RETRY;
    for (int tries = 0; result == GB_RETRY && tries < TRIES; tries++)
        result = try_once(balances, requests, &n, &err);
    if (result == GB_OK)
        return;
    gb_log(GB_LOG_WARNING, "balances not read", GB_F_INT("count", n), GB_F_ERR(&err));
    enum gb_api_error error = result == GB_RETRY ? GB_API_DATABASE_UNAVAILABLE : GB_API_INTERNAL;
    for (size_t i = 0; i < n; i++)
        gb_api_refuse(requests[i], error, NULL, NULL);
}

static void *run(void *context)
{
    struct gb_api_balances *balances = context;
    struct gb_api *api = balances->api;
    struct gb_api_request *requests[TOGETHER_MAX];
    void *taken[TOGETHER_MAX];
    for (;;) {
        struct gb_err err;
        (void)!gb_api_link_ensure(&balances->link, &err); /* while idle, too */
        size_t n = gb_queue_take(api->balance_queue, taken, TOGETHER_MAX, IDLE_MS);
        for (size_t i = 0; i < n; i++)
            requests[i] = taken[i];
        if (n > 0)
            answer(balances, requests, n);
        else if (atomic_load(&api->closed))
            return NULL;
    }
}

struct gb_api_balances *gb_api_balances_open(struct gb_api *api)
{
    struct gb_api_balances *balances = calloc(1, sizeof(*balances));
    GB_CHECK(balances != NULL);
    balances->api = api;
    balances->arena = gb_arena_new(ARENA_BYTES);
    gb_api_link_init(&balances->link, api, "balances");
    GB_CHECK(pthread_create(&balances->thread, NULL, run, balances) == 0);
    return balances;
}

void gb_api_balances_close(struct gb_api_balances *balances)
{
    if (balances == NULL)
        return;
    (void)pthread_join(balances->thread, NULL);
    gb_api_link_done(&balances->link);
    gb_arena_free(balances->arena);
    free(balances);
}

bool gb_api_balances_ready(const struct gb_api_balances *balances)
{
    return atomic_load(&balances->link.connected);
}
