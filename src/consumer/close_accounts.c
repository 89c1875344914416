#include "bus/record.h"
#include "consumer/sweep_round.h"
#include "core/decide.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "wire/messages.h"

/* An account, and the status that it must have. */
struct closing {
    int64_t account_no;
    int64_t version;
    enum gb_account_status status;
    enum gb_account_status next;
};

static void init_list(const struct gb_sweeper *sweeper, const int64_t *account_nos, size_t count,
                      struct gb_call *ret_call)
{
    gb_call_init(ret_call, &gb_sql_account_list_closing, sweeper->arena);
    gb_params_int8_array(&ret_call->params, account_nos, NULL, count);
    gb_params_text_array(&ret_call->params, sweeper->peers, sweeper->peers_count);
}

/* What must change, of the rows of account_list_closing. */
static size_t judge(const struct gb_sweeper *sweeper, const struct gb_rows *rows,
                    struct closing *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        int64_t in_flight;
        bool fits = gb_money_subtract(gb_rows_int(rows, i, 5), gb_rows_int(rows, i, 6), &in_flight);
        GB_CHECK(fits);
        /* A receiver's news may be younger than its sender's: what looks received and not sent is
         * as much a reason to wait. */
        struct gb_closing known = {
            .datacenters = (int)sweeper->peers_count + 1,
            .closed = (int)gb_rows_int(rows, i, 3),
            .confirmed = (int)gb_rows_int(rows, i, 4),
            .in_flight = in_flight,
        };
        struct closing closing = {
            .account_no = gb_rows_int(rows, i, 0),
            .status = (enum gb_account_status)gb_rows_int(rows, i, 1),
            .version = gb_rows_int(rows, i, 2),
        };
        closing.next = gb_decide_account(closing.status, known);
        if (closing.next != closing.status)
            ret[count++] = closing;
    }
    return count;
}

static enum gb_result read_incarnation(struct gb_sweeper *sweeper, struct gb_pg *pg,
                                       struct gb_err *err)
{
    if (sweeper->incarnation != 0)
        return GB_OK;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_local_datacenter_get, sweeper->arena);
    enum gb_result result = gb_pg_call(pg, &call, err);
    if (result == GB_OK)
        sweeper->incarnation = (int32_t)gb_rows_int(call.rows, 0, 2);
    gb_calls_release(&call, 1);
    return result;
}

/* The outbox row that tells everybody. */
static enum gb_result init_tell(struct gb_sweeper *sweeper, const struct closing *closing,
                                const struct gb_rows *rows, struct gb_call *ret_call,
                                struct gb_err *err)
{
    struct gb_message_catalogue_account message = {
        .account = {.dc = sweeper->dc,
                    .incarnation = sweeper->incarnation,
                    .account_id = gb_rows_text(rows, 0, 0),
                    .account_no = {closing->account_no}},
        .name = gb_rows_text(rows, 0, 1),
        .status = closing->next,
        .version = gb_rows_int(rows, 0, 3),
        .created_at_us = gb_rows_int(rows, 0, 4),
        .updated_at_us = gb_rows_int(rows, 0, 5),
    };
    GB_CHECK(gb_currency_parse(gb_rows_text(rows, 0, 2), &message.account.currency));
    struct gb_bytes framed;
    enum gb_result result = gb_wire_account_encode(&message, sweeper->arena, &framed, err);
    if (result != GB_OK)
        return result;
    struct gb_uuid id = gb_uuid_v7();
    struct gb_trace trace = gb_trace_new();
    const char *key = gb_arena_printf(sweeper->arena, "account:%s", message.account.account_id);
    GB_CHECK(key != NULL);
    gb_call_init(ret_call, &gb_sql_outbox_add, sweeper->arena);
    gb_params_text(&ret_call->params, "catalogue");
    gb_params_text(&ret_call->params, GB_TOPIC_CATALOGUE);
    gb_params_uuid(&ret_call->params, &id);
    gb_params_text(&ret_call->params, "account");
    gb_params_text(&ret_call->params, key);
    gb_params_text(&ret_call->params, gb_message_type(GB_MESSAGE_ACCOUNT));
    gb_params_bytea(&ret_call->params, framed);
    gb_params_int8(&ret_call->params, message.updated_at_us);
    gb_params_uuid(&ret_call->params, &trace.trace_id);
    gb_params_int8(&ret_call->params, trace.span_id);
    return GB_OK;
}

/* In the open transaction, under the catalogue's lock. */
static enum gb_result change_one(struct gb_sweeper *sweeper, struct gb_pg *pg,
                                 const struct closing *closing, struct gb_err *err)
{
    struct gb_call change, tell;
    int64_t now_us = gb_clock_wall_us();
    gb_call_init(&change, &gb_sql_account_set_status, sweeper->arena);
    gb_params_int8(&change.params, closing->account_no);
    gb_params_int8(&change.params, closing->version);
    gb_params_int2(&change.params, (int16_t)closing->next);
    gb_params_int8(&change.params, now_us);
    enum gb_result result = gb_pg_call(pg, &change, err);
    if (result != GB_OK)
        return result;
    GB_CHECK(gb_rows_count(change.rows) == 1); /* it was read under the lock */
    result = init_tell(sweeper, closing, change.rows, &tell, err);
    gb_calls_release(&change, 1);
    if (result != GB_OK)
        return result;
    result = gb_pg_call(pg, &tell, err);
    gb_calls_release(&tell, 1);
    return result;
}

/* Once more under the lock, where nobody else changes accounts, and then for good. */
static enum gb_result change_all(struct gb_sweeper *sweeper, struct gb_pg *pg,
                                 const int64_t *account_nos, size_t count, struct gb_err *err)
{
    struct gb_call calls[3];
    struct closing *closings = gb_arena_need_array(sweeper->arena, count, sizeof(*closings));
    gb_call_init(&calls[0], &gb_sql_tx_begin, sweeper->arena);
    gb_call_init(&calls[1], &gb_sql_catalogue_lock, sweeper->arena);
    init_list(sweeper, account_nos, count, &calls[2]);
    enum gb_result result = gb_pg_run(pg, calls, 3, NULL, err);
    if (result != GB_OK)
        return result;
    size_t changes = judge(sweeper, calls[2].rows, closings);
    gb_calls_release(calls, 3);
    for (size_t i = 0; i < changes && result == GB_OK; i++)
        result = change_one(sweeper, pg, &closings[i], err);
    if (result == GB_OK) {
        gb_call_init(&calls[0], &gb_sql_tx_commit, sweeper->arena);
        result = gb_pg_run(pg, calls, 1, NULL, err);
        gb_calls_release(calls, 1);
    }
    gb_pg_rollback(pg);
    if (result == GB_OK && changes > 0 && sweeper->wake != NULL)
        gb_wake_send(sweeper->wake, GB_WAKE_OUTBOX);
    return result;
}

enum gb_result gb_close_accounts(struct gb_sweeper *sweeper, struct gb_pg *pg,
                                 const int64_t *account_nos, size_t count, struct gb_err *err)
{
    /* First a look without the lock: most accounts that close are waiting for somebody. */
    struct gb_call look;
    struct closing *closings = gb_arena_need_array(sweeper->arena, count, sizeof(*closings));
    enum gb_result result = read_incarnation(sweeper, pg, err);
    if (result != GB_OK)
        return result;
    init_list(sweeper, account_nos, count, &look);
    result = gb_pg_call(pg, &look, err);
    if (result != GB_OK)
        return result;
    size_t changes = judge(sweeper, look.rows, closings);
    gb_calls_release(&look, 1);
    return changes == 0 ? GB_OK : change_all(sweeper, pg, account_nos, count, err);
}
