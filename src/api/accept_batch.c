#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/batch.h"
#include "api/columns.h"
#include "api/intake.h"
#include "api/judge_repeat.h"
#include "api/publish_account.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/fault.h"

enum { ROUNDS_MAX = 3, BYTES_PER_PAYIN = 24 * 1024 };

void gb_api_batch_init(struct gb_api_batch *batch, struct gb_api *api, size_t requests_max)
{
    *batch = (struct gb_api_batch){
        .api = api,
        .arena = gb_arena_new(requests_max * BYTES_PER_PAYIN),
        .requests = calloc(requests_max, sizeof(struct gb_api_request *)),
        .part = calloc(requests_max, sizeof(struct gb_api_request *)),
        .places = calloc(requests_max, sizeof(*batch->places)),
        .commit_time = gb_metric_duration("geobill_intake_commit_seconds", NULL,
                                          "Accepting a batch of pay-ins, its commit included."),
        .accepted = gb_metric_counter("geobill_payins_accepted_total", NULL,
                                      "Pay-ins, and refunds that are decided elsewhere, accepted."),
        .repeated = gb_metric_counter("geobill_payins_not_new_total", NULL,
                                      "Pay-ins that were repeats, or could not be accepted."),
    };
    GB_CHECK(batch->requests != NULL && batch->part != NULL && batch->places != NULL);
}

void gb_api_batch_done(struct gb_api_batch *batch)
{
    gb_arena_free(batch->arena);
    free(batch->requests);
    free(batch->part);
    free(batch->places);
}

static int compare(const void *a, const void *b)
{
    const struct gb_api_request *one = *(struct gb_api_request *const *)a;
    const struct gb_api_request *two = *(struct gb_api_request *const *)b;
    int32_t one_no = one->client.client_no.value, two_no = two->client.client_no.value;
    if (one_no != two_no)
        return one_no < two_no ? -1 : 1;
    return strcmp(one->key, two->key);
}

void gb_api_batch_begin(struct gb_api_batch *batch)
{
    int64_t now_us = gb_clock_wall_us();
    qsort(batch->requests, batch->count, sizeof(batch->requests[0]), compare);
    batch->base_us = now_us > batch->next_us ? now_us : batch->next_us;
    batch->next_us = batch->base_us + (int64_t)batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        GB_CHECK(!batch->requests[i]->command.dry_run);
        batch->requests[i]->command.created_at_us = batch->base_us + (int64_t)i;
    }
}

/* What a statement is about. */
enum part {
    PART_ALL,
    PART_KEPT_HERE,    /* the key is owned here */
    PART_RELAYED,      /* elsewhere */
    PART_LEARNT,       /* the account is known from the catalogue's API only */
    PART_BY_CATALOGUE, /* kept here, account looked up by the statement */
    PART_BY_LEARNT,    /* kept here, account learnt */
    PART_RELAYABLE,    /* relayed, and nothing known speaks against it */
    PART_REFUSED_HERE, /* to be stored as refused */
    PART_REFUSED_RELAYED,
};

/* A refund's money is the account's, whatever its status. */
static bool takes(const struct gb_api_command *payin)
{
    const struct gb_api_account *known = &payin->known;
    bool open = known->status == GB_STATUS_OPEN || known->status == GB_STATUS_BLOCKED ||
                payin->kind == GB_OPERATION_REFUND;
    return open && known->account_no.value != 0 &&
           gb_currency_equal(known->currency, payin->currency);
}

static bool belongs(const struct gb_api_command *payin, enum part part)
{
    switch (part) {
    case PART_ALL:
        return true;
    case PART_KEPT_HERE:
        return !payin->relayed;
    case PART_RELAYED:
        return payin->relayed;
    case PART_LEARNT:
        return payin->learnt;
    case PART_BY_CATALOGUE:
        return !payin->relayed && !payin->learnt;
    case PART_BY_LEARNT:
        return !payin->relayed && payin->learnt && takes(payin);
    case PART_RELAYABLE:
        return payin->relayed && takes(payin);
    case PART_REFUSED_HERE:
        return payin->reason != NULL && !payin->relayed;
    case PART_REFUSED_RELAYED:
        return payin->reason != NULL && payin->relayed;
    }
    return false;
}

/* Fills batch->part and ->places; returns how many. */
static size_t take_part(struct gb_api_batch *batch, enum part part)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->requests[i] == NULL || !belongs(&batch->requests[i]->command, part))
            continue;
        batch->part[n] = batch->requests[i];
        batch->places[n++] = i;
    }
    return n;
}

/* The messages to the owners carry the accounts' numbers, so those are looked up first. */
static enum gb_result identify(struct gb_api_batch *batch, struct gb_pg *pg, struct gb_err *err)
{
    size_t n = take_part(batch, PART_RELAYED);
    if (n == 0)
        return GB_OK;
    struct gb_api_columns columns = gb_api_columns_of(batch->part, n, batch->arena);
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_identify, batch->arena);
    gb_params_text_array(&call.params, columns.account_id, n);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        struct gb_api_command *payin = &batch->part[i]->command;
        if (gb_rows_null(call.rows, i, 0))
            continue;
        payin->learnt = false;
        payin->known.account_no.value = gb_rows_int(call.rows, i, 0);
        payin->known.status = (enum gb_account_status)gb_rows_int(call.rows, i, 2);
        GB_CHECK(gb_currency_parse(gb_rows_text(call.rows, i, 1), &payin->known.currency));
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}

/* What rows of created_at_us say has been stored is answered. */
static void settle(struct gb_api_batch *batch, const struct gb_rows *rows,
                   enum gb_operation_state state)
{
    size_t count = gb_rows_count(rows);
    for (size_t i = 0; i < count; i++) {
        int64_t place = gb_rows_int(rows, i, 0) - batch->base_us;
        GB_CHECK(place >= 0 && (size_t)place < batch->count);
        struct gb_api_request *request = batch->requests[place];
        batch->requests[place] = NULL;
        request->command.state = state;
        request->command.decided_at_us =
            state == GB_STATE_REFUSED ? request->command.created_at_us : 0;
        gb_api_settle_payin(request);
    }
}

/* The calls of one commit; *ret_first is the first that accepts, *ret_count how many there are. */
static enum gb_result accepting_calls(struct gb_api_batch *batch, struct gb_call *calls,
                                      size_t *ret_first, size_t *ret_count, struct gb_err *err)
{
    struct gb_api_columns columns;
    size_t count = 0, n = take_part(batch, PART_LEARNT);
    int32_t epoch = atomic_load(&batch->api->epoch);
    enum gb_result result = GB_OK;
    if (n > 0) {
        columns = gb_api_columns_of(batch->part, n, batch->arena);
        gb_api_call_identities(&calls[count++], &columns, batch->arena);
    }
    *ret_first = count;
    if ((n = take_part(batch, PART_BY_CATALOGUE)) > 0) {
        columns = gb_api_columns_of(batch->part, n, batch->arena);
        gb_api_call_accept(&calls[count++], &columns, epoch, batch->arena);
    }
    if ((n = take_part(batch, PART_BY_LEARNT)) > 0) {
        columns = gb_api_columns_of(batch->part, n, batch->arena);
        gb_api_call_accept_learnt(&calls[count++], &columns, epoch, batch->arena);
    }
    if ((n = take_part(batch, PART_RELAYABLE)) > 0) {
        columns = gb_api_columns_of(batch->part, n, batch->arena);
        result = gb_api_call_relay(batch->api, &calls[count++], batch->part, &columns, batch->arena,
                                   err);
    }
    *ret_count = count;
    return result;
}

static enum gb_result accept_all(struct gb_api_batch *batch, struct gb_pg *pg, struct gb_err *err)
{
    struct gb_call calls[4];
    size_t first, count;
    enum gb_result result = accepting_calls(batch, calls, &first, &count, err);
    if (result != GB_OK || first == count)
        return result;
    int64_t start_us = gb_clock_mono_us();
    gb_fault_point("intake.before_commit");
    result = gb_pg_run(pg, calls, count, NULL, err);
    gb_fault_point("intake.after_commit");
    if (result != GB_OK)
        return result;
    gb_metric_observe(batch->commit_time, gb_clock_mono_us() - start_us);
    unsigned committed = 0;
    for (size_t i = first; i < count; i++)
        committed |= calls[i].statement == &gb_sql_relay_accept ? GB_WAKE_OUTBOX : GB_WAKE_PAYINS;
    gb_api_wake_publisher(batch->api, committed);
    for (size_t i = first; i < count; i++) {
        gb_metric_add(batch->accepted, (int64_t)gb_rows_count(calls[i].rows));
        settle(batch, calls[i].rows, GB_STATE_ACCEPTED);
    }
    gb_calls_release(calls, count);
    return GB_OK;
}

/* Looks up why the others were not accepted, in a statement of its own: the one that met them need
 * not see them. */
static enum gb_result judge_all(struct gb_api_batch *batch, enum part part,
                                const struct gb_statement *statement, struct gb_pg *pg,
                                struct gb_err *err)
{
    size_t n = take_part(batch, part);
    if (n == 0)
        return GB_OK;
    struct gb_api_columns columns = gb_api_columns_of(batch->part, n, batch->arena);
    struct gb_call call;
    gb_api_call_repeats(&call, statement, &columns, batch->arena);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        struct gb_api_request *request = batch->part[i];
        request->command.reason = NULL;
        if (gb_api_judge_repeat(request, call.rows, i) == GB_API_DONE)
            batch->requests[batch->places[i]] = NULL;
    }
    gb_metric_add(batch->repeated, (int64_t)n);
    gb_calls_release(&call, 1);
    return GB_OK;
}

/* Stores the refusals, so that their keys give the same answer again. */
static enum gb_result refuse_all(struct gb_api_batch *batch, struct gb_pg *pg, struct gb_err *err)
{
    struct gb_call calls[2];
    struct gb_api_columns columns;
    size_t count = 0, n = take_part(batch, PART_REFUSED_HERE);
    if (n > 0) {
        columns = gb_api_columns_of(batch->part, n, batch->arena);
        gb_api_call_refuse(&calls[count++], &columns, atomic_load(&batch->api->epoch),
                           batch->arena);
    }
    if ((n = take_part(batch, PART_REFUSED_RELAYED)) > 0) {
        columns = gb_api_columns_of(batch->part, n, batch->arena);
        gb_api_call_refuse_relayed(&calls[count++], &columns, batch->arena);
    }
    if (count == 0)
        return GB_OK;
    enum gb_result result = gb_pg_run(pg, calls, count, NULL, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < count; i++)
        settle(batch, calls[i].rows, GB_STATE_REFUSED);
    gb_calls_release(calls, count);
    return GB_OK;
}

enum gb_result gb_api_batch_accept(struct gb_api_batch *batch, struct gb_pg *pg, struct gb_err *err)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        gb_arena_reset(batch->arena);
        enum gb_result result = identify(batch, pg, err);
        if (result == GB_OK)
            result = accept_all(batch, pg, err);
        if (result == GB_OK)
            result = judge_all(batch, PART_KEPT_HERE, &gb_sql_operation_repeats, pg, err);
        if (result == GB_OK)
            result = judge_all(batch, PART_RELAYED, &gb_sql_relay_repeats, pg, err);
        if (result == GB_OK)
            result = refuse_all(batch, pg, err);
        if (result != GB_OK || take_part(batch, PART_ALL) == 0)
            return result;
    }
    return gb_err_set(err, GB_RETRY, "UNDECIDED",
                      "keys or accounts changed while they were looked at");
}

void gb_api_batch_refuse(struct gb_api_batch *batch, enum gb_api_error error)
{
    size_t n = take_part(batch, PART_ALL);
    for (size_t i = 0; i < n; i++) {
        batch->requests[batch->places[i]] = NULL;
        gb_api_refuse(batch->part[i], error, NULL, NULL);
    }
}
