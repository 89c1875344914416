/* What the commands of a batch are about, before the engine locks it: numbers of accounts, and the
 * accounts of holds. None of it ever changes. */
#include "api/answer.h"
#include "api/commands.h"
#include "api/steps.h"
#include "db/sql.h"
#include "runtime/clock.h"

/* The currency of a charge is the account's; whether its service's is the same, the engine sees. */
static bool is_known(const struct gb_api_account *account, const struct gb_api_command *command)
{
    bool same =
        command->service_id != NULL || gb_currency_equal(account->currency, command->currency);
    return account->account_no.value != 0 && same;
}

/* Is what is known of it enough to let the engine decide? */
static bool is_identified(const struct gb_api_command *command)
{
    bool payee = command->payee_account_id == NULL || is_known(&command->payee, command);
    return is_known(&command->known, command) && payee;
}

size_t gb_api_commands_part(struct gb_api_command_batch *batch, bool identified)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct gb_api_request *request = batch->taken[i];
        if (request != NULL && is_identified(&request->command) == identified)
            batch->part[n++] = request;
    }
    return n;
}

void gb_api_commands_forget(struct gb_api_command_batch *batch,
                            const struct gb_api_request *request)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->taken[i] == request)
            batch->taken[i] = NULL;
    }
}

/* An account that is wanted: its name, and where its number goes. */
struct wanted {
    const char *id;
    struct gb_api_account *account;
    struct gb_api_command *command;
};

/* Is it left to be looked up? */
static bool is_wanted(const struct gb_api_command_batch *batch, const char *id,
                      struct gb_api_account *account)
{
    return id != NULL && account->account_no.value == 0 &&
           !gb_api_known_accounts_find(batch->known, id, &account->account_no, &account->currency);
}

static size_t list_accounts(struct gb_api_command_batch *batch, size_t n, struct wanted *wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        struct gb_api_command *command = &batch->part[i]->command;
        if (gb_api_command_has_hold(command))
            continue;
        if (is_wanted(batch, command->account_id, &command->known))
            wanted[count++] = (struct wanted){command->account_id, &command->known, command};
        if (is_wanted(batch, command->payee_account_id, &command->payee))
            wanted[count++] = (struct wanted){command->payee_account_id, &command->payee, command};
    }
    return count;
}

static void take_account(const struct gb_api_command_batch *batch, const struct wanted *wanted,
                         const struct gb_rows *rows, size_t row)
{
    struct gb_api_account *account = wanted->account;
    if (gb_rows_null(rows, row, 0)) {
        wanted->command->learnt |= gb_api_learnt_accounts_find(batch->api->learnt, wanted->id,
                                                               gb_clock_mono_us(), account);
        return;
    }
    account->account_no.value = gb_rows_int(rows, row, 0);
    GB_CHECK(gb_currency_parse(gb_rows_text(rows, row, 1), &account->currency));
    gb_api_known_accounts_put(batch->known, wanted->id, account->account_no, account->currency);
}

static enum gb_result identify_accounts(struct gb_api_command_batch *batch, struct gb_err *err)
{
    size_t n = gb_api_commands_part(batch, false);
    struct wanted *wanted = gb_arena_need_array(batch->arena, 2 * n, sizeof(*wanted));
    size_t count = list_accounts(batch, n, wanted);
    if (count == 0)
        return GB_OK;
    const char **ids = gb_arena_need_array(batch->arena, count, sizeof(*ids));
    for (size_t i = 0; i < count; i++)
        ids[i] = wanted[i].id;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_account_identify, batch->arena);
    gb_params_text_array(&call.params, ids, count);
    enum gb_result result = gb_pg_call(batch->pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < count; i++)
        take_account(batch, &wanted[i], call.rows, i);
    gb_calls_release(&call, 1);
    return GB_OK;
}

/* A capture without an amount, and every void, is about the whole hold. */
static void take_hold(struct gb_api_request *request, const struct gb_rows *rows, size_t row)
{
    struct gb_api_command *command = &request->command;
    if (gb_rows_null(rows, row, 0))
        return;
    command->known.account_no.value = gb_rows_int(rows, row, 0);
    command->account_id = gb_arena_strdup(request->arena, gb_rows_text(rows, row, 1));
    GB_CHECK(command->account_id != NULL &&
             gb_currency_parse(gb_rows_text(rows, row, 2), &command->known.currency));
    if (command->amount != 0)
        return;
    command->amount = gb_rows_int(rows, row, 3);
    command->currency = command->known.currency;
}

static enum gb_result identify_holds(struct gb_api_command_batch *batch, struct gb_err *err)
{
    size_t n = gb_api_commands_part(batch, false), count = 0;
    struct gb_uuid *ids = gb_arena_need_array(batch->arena, n, sizeof(*ids));
    for (size_t i = 0; i < n; i++) {
        if (!gb_api_command_has_hold(&batch->part[i]->command))
            continue;
        ids[count] = batch->part[i]->command.hold_id;
        batch->part[count++] = batch->part[i];
    }
    if (count == 0)
        return GB_OK;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_hold_identify, batch->arena);
    gb_params_uuid_array(&call.params, ids, count);
    enum gb_result result = gb_pg_call(batch->pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < count; i++)
        take_hold(batch->part[i], call.rows, i);
    gb_calls_release(&call, 1);
    return GB_OK;
}

void gb_api_refuse_mismatch(struct gb_api_request *request, const char *field)
{
    gb_api_refuse(request, GB_API_IDEMPOTENCY_MISMATCH, field,
                  "the key was used before with other content");
}

/* What is stored under the key is about something that is known, so it differs there. */
static const char *difference(const struct gb_api_command *command, const struct gb_rows *rows,
                              size_t row)
{
    if (gb_rows_int(rows, row, 0) != (int64_t)command->kind)
        return "kind";
    if (gb_api_command_has_hold(command))
        return command->known.account_no.value == 0 ? "hold_id" : "amount";
    if (gb_rows_int(rows, row, 2) != command->known.account_no.value)
        return "account_id";
    return is_known(&command->known, command) ? "payee_account_id" : "amount";
}

static void refuse_currency(struct gb_api_request *request)
{
    const struct gb_api_command *command = &request->command;
    bool payee = is_known(&command->known, command);
    const struct gb_api_account *account = payee ? &command->payee : &command->known;
    gb_api_refuse(request, GB_API_CURRENCY_MISMATCH, payee ? "payee_account_id" : "amount.currency",
                  gb_arena_printf(request->arena, "the account is in %s", account->currency.code));
}

/* The columns are those of operation_repeats: what is stored under the key comes first. */
static void turn_away(struct gb_api_request *request, const struct gb_rows *rows, size_t row)
{
    const struct gb_api_command *command = &request->command;
    bool unknown = command->known.account_no.value == 0 ||
                   (command->payee_account_id != NULL && command->payee.account_no.value == 0);
    if (!gb_rows_null(rows, row, 0))
        gb_api_refuse_mismatch(request, difference(command, rows, row));
    else if (!unknown)
        refuse_currency(request);
    else if (gb_api_command_has_hold(command))
        gb_api_refuse(request, GB_API_HOLD_NOT_FOUND, NULL, NULL);
    else
        gb_api_to_lane(request, gb_api_learn_account);
}

static enum gb_result turn_away_all(struct gb_api_command_batch *batch, struct gb_err *err)
{
    size_t n = gb_api_commands_part(batch, false);
    if (n == 0)
        return GB_OK;
    int32_t *clients = gb_arena_need_array(batch->arena, n, sizeof(*clients));
    const char **keys = gb_arena_need_array(batch->arena, n, sizeof(*keys));
    const char **ids = gb_arena_need_array(batch->arena, n, sizeof(*ids));
    for (size_t i = 0; i < n; i++) {
        clients[i] = batch->part[i]->client.client_no.value;
        keys[i] = batch->part[i]->key;
        ids[i] = batch->part[i]->command.account_id;
    }
    struct gb_call call;
    gb_call_init(&call, &gb_sql_operation_repeats, batch->arena);
    gb_params_int4_array(&call.params, clients, NULL, n);
    gb_params_text_array(&call.params, keys, n);
    gb_params_text_array(&call.params, ids, n);
    enum gb_result result = gb_pg_call(batch->pg, &call, err);
    if (result != GB_OK)
        return result;
    for (size_t i = 0; i < n; i++) {
        gb_api_commands_forget(batch, batch->part[i]);
        turn_away(batch->part[i], call.rows, i);
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}

enum gb_result gb_api_identify_commands(struct gb_api_command_batch *batch, struct gb_err *err)
{
    enum gb_result result = identify_accounts(batch, err);
    if (result == GB_OK)
        result = identify_holds(batch, err);
    return result == GB_OK ? turn_away_all(batch, err) : result;
}
