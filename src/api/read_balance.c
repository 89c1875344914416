#include <string.h>

#include "api/answer.h"
#include "api/ask_peer.h"
#include "api/balances.h"
#include "api/reservations.h"
#include "api/steps.h"
#include "api/views.h"
#include "bus/record.h"
#include "core/reason.h"
#include "db/sql.h"
#include "runtime/clock.h"

/* The last columns of share_list and replicated_share_list, the latter behind place and dc. */
enum { BALANCE, HELD, VERSION, CREDITS, DEBITS, STATUS };
enum { PLACE, DC, REPLICA_COLUMNS };

enum { CALLS = 5 };

/* What a round trip brought. */
struct read {
    const struct gb_rows *own;      /* one row an account */
    const struct gb_rows *replicas; /* by account */
    const struct gb_rows *ages;     /* peers x partitions */
    size_t next_replica;            /* the first of the account that is being written */
    struct gb_api_reservations reservations;
};

struct share {
    const char *dc;
    bool here;
    int64_t balance, held, version, earned; /* earned: credits less debits */
    int64_t as_of_us;                       /* 0: never heard of */
};

static struct share share_of(const struct gb_rows *rows, size_t row, int first)
{
    return (struct share){
        .balance = gb_rows_int(rows, row, first + BALANCE),
        .held = gb_rows_int(rows, row, first + HELD),
        .version = gb_rows_int(rows, row, first + VERSION),
        .earned = gb_rows_int(rows, row, first + CREDITS) - gb_rows_int(rows, row, first + DEBITS),
    };
}

/* Fills what is missing in `shares`, which the copies begin: a peer without a copy has an empty
 * share. Returns how many. */
static size_t add_peers(const struct gb_api_settings *settings, const struct read *read,
                        int32_t partition, struct share *shares, size_t count)
{
    for (size_t peer = 0; peer < settings->peers_count; peer++) {
        const char *dc = settings->peers[peer].dc.code;
        size_t i = 0, age = peer * (size_t)settings->partitions + (size_t)partition;
        while (i < count && strcmp(shares[i].dc, dc) != 0)
            i++;
        if (i == count)
            shares[count++] = (struct share){.dc = dc};
        if (!gb_rows_null(read->ages, age, 0))
            shares[i].as_of_us = gb_rows_int(read->ages, age, 0);
    }
    return count;
}

static void sort_by_dc(struct share *shares, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct share share = shares[i];
        size_t at = i;
        for (; at > 0 && strcmp(shares[at - 1].dc, share.dc) > 0; at--)
            shares[at] = shares[at - 1];
        shares[at] = share;
    }
}

/* All shares of account `n`, in the order of their datacenters' codes; in the arena. */
static struct share *gather(const struct gb_api_reading *reading, struct read *read, size_t n,
                            const char *account_id, size_t *ret_count)
{
    const struct gb_api_settings *settings = &reading->api->settings;
    size_t first = read->next_replica, count = 0;
    while (read->next_replica < gb_rows_count(read->replicas) &&
           gb_rows_int(read->replicas, read->next_replica, PLACE) == (int64_t)n + 1)
        read->next_replica++;
    size_t room = read->next_replica - first + settings->peers_count + 1;
    struct share *shares = gb_arena_array(reading->arena, room, sizeof(*shares));
    GB_CHECK(shares != NULL);
    for (size_t row = first; row < read->next_replica; row++) {
        shares[count] = share_of(read->replicas, row, REPLICA_COLUMNS);
        shares[count++].dc = gb_rows_text(read->replicas, row, DC);
    }
    struct gb_bytes key = {.data = account_id, .size = strlen(account_id)};
    count = add_peers(settings, read, gb_partition_of(key, settings->partitions), shares, count);
    shares[count] = share_of(read->own, n, 0);
    shares[count].here = true;
    shares[count++].dc = settings->dc.code;
    sort_by_dc(shares, count);
    *ret_count = count;
    return shares;
}

static void view_share(struct gb_json_text *text, const struct share *share, const char *currency,
                       int64_t now_us)
{
    int64_t as_of_us = share->here ? now_us : share->as_of_us;
    gb_json_raw(text, "{");
    gb_json_member_text(text, "dc", share->dc);
    gb_json_member_money(text, "balance", share->balance, currency);
    gb_json_member_money(text, "held", share->held, currency);
    gb_json_member_int(text, "version", share->version);
    if (as_of_us != 0) {
        gb_json_member_time(text, "as_of", as_of_us);
        gb_json_member_int(text, "lag_ms", as_of_us < now_us ? (now_us - as_of_us) / 1000 : 0);
    }
    gb_json_raw(text, "}");
}

/* What all shares say together. */
struct sums {
    int64_t total, in_flight, held, available; /* available: here */
};

static struct sums sum_up(const struct share *shares, size_t count)
{
    struct sums sums = {.total = 0};
    int64_t balances = 0;
    for (size_t i = 0; i < count; i++) {
        GB_CHECK(gb_money_add(sums.total, shares[i].earned, &sums.total) &&
                 gb_money_add(balances, shares[i].balance, &balances) &&
                 gb_money_add(sums.held, shares[i].held, &sums.held));
        if (shares[i].here)
            sums.available = shares[i].balance - shares[i].held;
    }
    /* Shares are of different moments: what one has received another may seem not to have sent yet.
     */
    sums.in_flight = sums.total > balances ? sums.total - balances : 0;
    return sums;
}

/* Pays a pay-out here at once, whatever the other datacenters do: what is available, unless the
 * account's status forbids it. */
static int64_t spendable(const struct gb_rows *own, size_t n, int64_t available)
{
    enum gb_account_status status = (enum gb_account_status)gb_rows_int(own, n, STATUS);
    bool allowed = gb_reason_of_status(status, GB_OPERATION_PAYOUT) == GB_REASON_NONE;
    return allowed ? available : 0;
}

/* Of the n-th account. */
static struct gb_bytes write_balance(const struct gb_api_reading *reading, struct read *read,
                                     size_t n, const char *account_id, const char *currency)
{
    size_t count;
    struct share *shares = gather(reading, read, n, account_id, &count);
    struct sums sums = sum_up(shares, count);
    int64_t now_us = gb_clock_wall_us();
    struct gb_json_text text;
    gb_json_init(&text, reading->arena);
    gb_json_raw(&text, "{");
    gb_json_member_text(&text, "account_id", account_id);
    gb_json_member_text(&text, "currency", currency);
    gb_json_member_money(&text, "total", sums.total, currency);
    gb_json_member_money(&text, "in_flight", sums.in_flight, currency);
    gb_json_member_money(&text, "held", sums.held, currency);
    gb_json_member_money(&text, "available_here", sums.available, currency);
    gb_json_member_money(&text, "spendable_here", spendable(read->own, n, sums.available),
                         currency);
    gb_api_view_reservations(&text, &read->reservations, n, currency);
    gb_json_raw(&text, ",\"shares\":[");
    for (size_t i = 0; i < count; i++) {
        gb_json_raw(&text, i == 0 ? "" : ",");
        view_share(&text, &shares[i], currency, now_us);
    }
    gb_json_raw(&text, "]}");
    return gb_json_done(&text);
}

static void prepare_calls(const struct gb_api_reading *reading,
                          const struct gb_api_account *accounts, size_t n,
                          struct gb_call calls[CALLS])
{
    const struct gb_api_settings *settings = &reading->api->settings;
    const char *codes[GB_API_PEERS_MAX];
    int64_t *account_nos = gb_arena_array(reading->arena, n, sizeof(*account_nos));
    GB_CHECK(account_nos != NULL);
    for (size_t i = 0; i < n; i++)
        account_nos[i] = accounts[i].account_no.value;
    for (size_t i = 0; i < settings->peers_count; i++)
        codes[i] = settings->peers[i].dc.code;
    gb_call_init(&calls[0], &gb_sql_share_list, reading->arena);
    gb_params_int8_array(&calls[0].params, account_nos, NULL, n);
    gb_call_init(&calls[1], &gb_sql_replicated_share_list, reading->arena);
    gb_params_int8_array(&calls[1].params, account_nos, NULL, n);
    gb_call_init(&calls[2], &gb_sql_replica_ages, reading->arena);
    gb_params_text_array(&calls[2].params, codes, settings->peers_count);
    gb_params_int4(&calls[2].params, settings->partitions);
    gb_call_init(&calls[3], &gb_sql_reservation_asks, reading->arena);
    gb_params_int8_array(&calls[3].params, account_nos, NULL, n);
    gb_call_init(&calls[4], &gb_sql_reservation_waits, reading->arena);
    gb_params_int8_array(&calls[4].params, account_nos, NULL, n);
}

enum gb_result gb_api_answer_balances(const struct gb_api_reading *reading,
                                      struct gb_api_request *const *requests,
                                      const struct gb_api_account *accounts, size_t n,
                                      struct gb_err *err)
{
    struct gb_call calls[CALLS];
    prepare_calls(reading, accounts, n, calls);
    enum gb_result result = gb_pg_run(reading->pg, calls, CALLS, NULL, err);
    if (result != GB_OK)
        return result;
    struct read read = {.own = calls[0].rows,
                        .replicas = calls[1].rows,
                        .ages = calls[2].rows,
                        .reservations = {.asks = calls[3].rows, .waits = calls[4].rows}};
    for (size_t i = 0; i < n; i++)
        gb_api_answer_ok(requests[i], write_balance(reading, &read, i, requests[i]->subject,
                                                    accounts[i].currency.code));
    gb_calls_release(calls, CALLS);
    return GB_OK;
}

bool gb_api_prepare_balance(struct gb_api_request *request)
{
    gb_api_to_balances(request);
    return false;
}

enum gb_result gb_api_read_balance(struct gb_api_lane *lane, struct gb_api_request *request,
                                   struct gb_err *err)
{
    struct gb_api_account account;
    if (!gb_api_ask_account(lane, request, "account_id", request->subject, &account))
        return GB_OK;
    struct gb_api_reading reading = {.api = lane->api, .pg = lane->pg, .arena = lane->arena};
    return gb_api_answer_balances(&reading, &request, &account, 1, err);
}
