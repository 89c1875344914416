#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "projector/projection.h"

/* Number, id and currency of an account never change, so what agreed once with the catalogue agrees
 * for ever. A place for each account, found by its number; two that share one push each other out.
 */
#define PLACES 32768

struct known {
    int64_t account_no; /* 0: empty */
    char account_id[GB_ACCOUNT_ID_SIZE];
    struct gb_currency currency;
};

struct gb_known_accounts {
    struct known places[PLACES];
};

struct gb_known_accounts *gb_known_accounts_new(void)
{
    struct gb_known_accounts *known = calloc(1, sizeof(*known));
    GB_CHECK(known != NULL);
    return known;
}

void gb_known_accounts_free(struct gb_known_accounts *known)
{
    free(known);
}

static struct known *place_of(struct gb_known_accounts *known, int64_t account_no)
{
    return &known->places[(uint64_t)account_no % PLACES];
}

static bool is_known(struct gb_known_accounts *known, const struct gb_message_account *account)
{
    const struct known *place = place_of(known, account->account_no.value);
    return place->account_no == account->account_no.value &&
           strcmp(place->account_id, account->account_id) == 0 &&
           gb_currency_equal(place->currency, account->currency);
}

static void keep(struct gb_known_accounts *known, const struct gb_message_account *account)
{
    struct known *place = place_of(known, account->account_no.value);
    size_t size = strlen(account->account_id);
    if (size >= sizeof(place->account_id))
        return;
    memset(place, 0, sizeof(*place));
    place->account_no = account->account_no.value;
    memcpy(place->account_id, account->account_id, size);
    place->currency = account->currency;
}

/* The items to ask about, and what they say. */
struct question {
    struct gb_item **items;
    const struct gb_message_account **says;
    size_t count;
};

static void ask_about(struct question *question, struct gb_item *item,
                      const struct gb_message_account *says)
{
    question->items[question->count] = item;
    question->says[question->count] = says;
    question->count++;
}

static struct question question_of(struct gb_projection *projection, struct gb_batch *batch)
{
    struct question question = {
        .items = gb_arena_array(batch->arena, batch->count, sizeof(*question.items)),
        .says = gb_arena_array(batch->arena, batch->count, sizeof(*question.says)),
    };
    GB_CHECK(question.items != NULL && question.says != NULL);
    for (size_t i = 0; i < projection->entries.count; i++) {
        const struct gb_message_ledger_entry *entry = projection->entries.items[i]->user;
        if (!is_known(projection->known, &entry->account))
            ask_about(&question, projection->entries.items[i], &entry->account);
    }
    for (size_t i = 0; i < projection->accounts.count; i++) {
        const struct gb_message_catalogue_account *account = projection->accounts.items[i]->user;
        if (!is_known(projection->known, &account->account))
            ask_about(&question, projection->accounts.items[i], &account->account);
    }
    return question;
}

static void fill(struct gb_call *call, const struct question *question, struct gb_arena *arena)
{
    int64_t *numbers = gb_arena_array(arena, question->count, sizeof(*numbers));
    const char **ids = gb_arena_array(arena, question->count, sizeof(*ids));
    const char **currencies = gb_arena_array(arena, question->count, sizeof(*currencies));
    GB_CHECK(numbers != NULL && ids != NULL && currencies != NULL);
    for (size_t i = 0; i < question->count; i++) {
        numbers[i] = question->says[i]->account_no.value;
        ids[i] = question->says[i]->account_id;
        currencies[i] = question->says[i]->currency.code;
    }
    gb_call_init(call, &gb_sql_account_compare, arena);
    gb_params_int8_array(&call->params, numbers, NULL, question->count);
    gb_params_text_array(&call->params, ids, question->count);
    gb_params_text_array(&call->params, currencies, question->count);
}

static void contradict(struct gb_projection *projection, struct gb_item *item,
                       const struct gb_message_account *says)
{
    struct gb_err err;
    (void)gb_err_set(&err, GB_POISON, "ACCOUNT_CONTRADICTED",
                     "account %s with number %lld in %s is known otherwise", says->account_id,
                     (long long)says->account_no.value, says->currency.code);
    if (!item->dead)
        gb_metric_add(projection->conflicts, 1);
    gb_item_dead(item, "apply", &err);
}

enum gb_result gb_verify_accounts(struct gb_projection *projection, struct gb_batch *batch,
                                  struct gb_err *err)
{
    struct question question = question_of(projection, batch);
    if (question.count == 0)
        return GB_OK;
    struct gb_call call;
    fill(&call, &question, batch->arena);
    enum gb_result result = gb_pg_call(batch->pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t row = 0; row < gb_rows_count(call.rows); row++) {
        size_t i = (size_t)gb_rows_int(call.rows, row, 0) - 1;
        GB_CHECK(i < question.count);
        if (gb_rows_bool(call.rows, row, 1))
            keep(projection->known, question.says[i]);
        else
            contradict(projection, question.items[i], question.says[i]);
    }
    gb_calls_release(&call, 1);
    gb_projected_bury(&projection->entries);
    gb_projected_bury(&projection->accounts);
    return GB_OK;
}
