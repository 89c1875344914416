#include <string.h>

#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/steps.h"
#include "api/views.h"
#include "bus/record.h"
#include "db/sql.h"
#include "runtime/clock.h"

/* Columns of share_balance. */
enum { ACCOUNT_NO, CURRENCY, DC, BALANCE, HELD, VERSION, CREDITS, DEBITS, AS_OF };

/* `known` NULL: the statement looks the account up. */
static enum gb_result read_shares(struct gb_api_lane *lane, const char *account_id,
                                  const struct gb_api_account *known, struct gb_call *call,
                                  struct gb_err *err)
{
    const struct gb_api_settings *settings = &lane->api->settings;
    const char *codes[GB_API_PEERS_MAX];
    for (size_t i = 0; i < settings->peers_count; i++)
        codes[i] = settings->peers[i].dc.code;
    struct gb_bytes key = {.data = account_id, .size = strlen(account_id)};
    gb_call_init(call, &gb_sql_share_balance, lane->arena);
    gb_params_text(&call->params, account_id);
    if (known == NULL) {
        gb_params_null(&call->params);
        gb_params_null(&call->params);
    } else {
        gb_params_int8(&call->params, known->account_no.value);
        gb_params_text(&call->params, known->currency.code);
    }
    gb_params_int4(&call->params, gb_partition_of(key, settings->partitions));
    gb_params_text_array(&call->params, codes, settings->peers_count);
    gb_params_text(&call->params, settings->dc.code);
    return gb_pg_call(lane->pg, call, err);
}

struct sums {
    int64_t total, balances, available_here;
};

/* Sums may be of different moments: what one has received another may seem not to have sent yet. */
static struct sums sum_up(const struct gb_rows *rows, const char *own)
{
    struct sums sums = {0, 0, 0};
    for (size_t i = 0; i < gb_rows_count(rows); i++) {
        int64_t balance = gb_rows_int(rows, i, BALANCE);
        int64_t earned = gb_rows_int(rows, i, CREDITS) - gb_rows_int(rows, i, DEBITS);
        GB_CHECK(gb_money_add(sums.total, earned, &sums.total) &&
                 gb_money_add(sums.balances, balance, &sums.balances));
        if (strcmp(gb_rows_text(rows, i, DC), own) == 0)
            sums.available_here = balance - gb_rows_int(rows, i, HELD);
    }
    return sums;
}

static void view_share(struct gb_json_text *text, const struct gb_rows *rows, size_t row,
                       const char *own, int64_t now_us)
{
    const char *dc = gb_rows_text(rows, row, DC);
    bool here = strcmp(dc, own) == 0;
    const char *currency = gb_rows_text(rows, row, CURRENCY);
    gb_json_raw(text, row == 0 ? "{" : ",{");
    gb_json_member_text(text, "dc", dc);
    gb_json_member_money(text, "balance", gb_rows_int(rows, row, BALANCE), currency);
    gb_json_member_money(text, "held", gb_rows_int(rows, row, HELD), currency);
    gb_json_member_int(text, "version", gb_rows_int(rows, row, VERSION));
    if (here || !gb_rows_null(rows, row, AS_OF)) { /* else it has never been heard of */
        int64_t as_of_us = here ? now_us : gb_rows_int(rows, row, AS_OF);
        gb_json_member_time(text, "as_of", as_of_us);
        gb_json_member_int(text, "lag_ms", as_of_us < now_us ? (now_us - as_of_us) / 1000 : 0);
    }
    gb_json_raw(text, "}");
}

static struct gb_bytes write_balance(struct gb_api_lane *lane, const char *account_id,
                                     const struct gb_rows *rows)
{
    const char *own = lane->api->settings.dc.code;
    struct sums sums = sum_up(rows, own);
    int64_t in_flight = sums.total - sums.balances, now_us = gb_clock_wall_us();
    const char *currency = gb_rows_text(rows, 0, CURRENCY);
    struct gb_json_text text;
    gb_json_init(&text, lane->arena);
    gb_json_raw(&text, "{");
    gb_json_member_text(&text, "account_id", account_id);
    gb_json_member_text(&text, "currency", currency);
    gb_json_member_money(&text, "total", sums.total, currency);
    gb_json_member_money(&text, "in_flight", in_flight < 0 ? 0 : in_flight, currency);
    gb_json_member_money(&text, "available_here", sums.available_here, currency);
    gb_json_raw(&text, ",\"shares\":[");
    for (size_t i = 0; i < gb_rows_count(rows); i++)
        view_share(&text, rows, i, own, now_us);
    gb_json_raw(&text, "]}");
    return gb_json_done(&text);
}

enum gb_result gb_api_read_balance(struct gb_api_lane *lane, struct gb_api_request *request,
                                   struct gb_err *err)
{
    struct gb_call call;
    enum gb_result result = read_shares(lane, request->subject, NULL, &call, err);
    if (result != GB_OK)
        return result;
    if (gb_rows_count(call.rows) == 0) {
        struct gb_api_account known;
        gb_calls_release(&call, 1);
        if (!gb_api_ask_account(lane, request, request->subject, &known))
            return GB_OK;
        result = read_shares(lane, request->subject, &known, &call, err);
        if (result != GB_OK)
            return result;
    }
    gb_api_answer_ok(request, write_balance(lane, request->subject, call.rows));
    gb_calls_release(&call, 1);
    return GB_OK;
}
