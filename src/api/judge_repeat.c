#include "api/judge_repeat.h"

#include <string.h>

#include "api/answer.h"
#include "api/intake.h"
#include "api/steps.h"
#include "core/decide.h"
#include "runtime/clock.h"

/* Columns of operation_repeats and relay_repeats. */
enum {
    KIND,
    STATE,
    ACCOUNT_NO,
    AMOUNT,
    CREATED_AT,
    DECIDED_AT,
    REASON,
    REFERENCE,
    METADATA,
    ACCOUNT_ID,
    CURRENCY,
    KNOWN_ACCOUNT_NO,
    KNOWN_CURRENCY,
    KNOWN_STATUS,
    FACTS,
    ORIGINAL_KEY,
};

/* The first field in which the request differs from what is stored; NULL: none. Both of an amount
 * are one field. */
static const char *difference(const struct gb_api_command *payin, const struct gb_rows *rows,
                              size_t row)
{
    const char *account_id = gb_rows_text(rows, row, ACCOUNT_ID);
    const char *currency = gb_rows_text(rows, row, CURRENCY);
    if (account_id == NULL || strcmp(account_id, payin->account_id) != 0)
        return "account_id";
    struct gb_account_no account_no = {gb_rows_int(rows, row, ACCOUNT_NO)};
    struct gb_request stored = {
        .kind = (enum gb_operation_kind)gb_rows_int(rows, row, KIND),
        .account_no = account_no,
        .amount = gb_rows_int(rows, row, AMOUNT),
        .reference = gb_rows_text(rows, row, REFERENCE),
        .metadata = gb_rows_text(rows, row, METADATA),
        .original_key = gb_rows_text(rows, row, ORIGINAL_KEY),
    };
    struct gb_request asked = {
        .kind = payin->kind,
        .account_no = account_no,
        .amount = payin->amount,
        .reference = payin->reference,
        .metadata = payin->metadata,
        .original_key = payin->original_key,
    };
    const char *field = gb_request_difference(&stored, &asked);
    if (field == NULL && strcmp(currency, payin->currency.code) != 0)
        return "amount";
    return field;
}

static void repeat(struct gb_api_request *request, const struct gb_rows *rows, size_t row)
{
    struct gb_api_command *payin = &request->command;
    const char *field = difference(payin, rows, row);
    if (field != NULL) {
        gb_api_refuse(request, GB_API_IDEMPOTENCY_MISMATCH, field,
                      "the key was used before with other content");
        return;
    }
    int64_t created_at_us = gb_rows_int(rows, row, CREATED_AT);
    /* Our own row: its commit had not been confirmed to us. Then this is the first answer. */
    payin->replayed = created_at_us != payin->created_at_us;
    payin->created_at_us = created_at_us;
    payin->state = (enum gb_operation_state)gb_rows_int(rows, row, STATE);
    payin->decided_at_us =
        gb_rows_null(rows, row, DECIDED_AT) ? 0 : gb_rows_int(rows, row, DECIDED_AT);
    const char *reason = gb_rows_text(rows, row, REASON);
    payin->reason = reason == NULL ? "" : gb_arena_strdup(request->arena, reason);
    const char *facts = gb_rows_text(rows, row, FACTS);
    payin->facts = facts == NULL ? NULL : gb_arena_strdup(request->arena, facts);
    GB_CHECK(payin->reason != NULL && (payin->facts == NULL) == (facts == NULL));
    gb_api_settle_payin(request);
}

static enum gb_api_verdict judge_unknown(struct gb_api_request *request)
{
    struct gb_api *api = request->api;
    struct gb_api_command *payin = &request->command;
    if (gb_dc_equal(api->settings.dc, api->settings.catalogue)) {
        gb_api_refuse(request, GB_API_ACCOUNT_NOT_FOUND, "account_id", NULL);
        return GB_API_DONE;
    }
    payin->learnt = gb_api_learnt_accounts_find(api->learnt, payin->account_id, gb_clock_mono_us(),
                                                &payin->known);
    if (payin->learnt)
        return GB_API_AGAIN;
    gb_api_to_lane(request, gb_api_learn_account);
    return GB_API_DONE;
}

enum gb_api_verdict gb_api_judge_repeat(struct gb_api_request *request, const struct gb_rows *rows,
                                        size_t row)
{
    struct gb_api_command *payin = &request->command;
    if (!gb_rows_null(rows, row, KIND)) {
        repeat(request, rows, row);
        return GB_API_DONE;
    }
    if (!gb_rows_null(rows, row, KNOWN_ACCOUNT_NO)) {
        payin->known.account_no.value = gb_rows_int(rows, row, KNOWN_ACCOUNT_NO);
        payin->known.status = (enum gb_account_status)gb_rows_int(rows, row, KNOWN_STATUS);
        payin->learnt = false;
        GB_CHECK(
            gb_currency_parse(gb_rows_text(rows, row, KNOWN_CURRENCY), &payin->known.currency));
    }
    if (payin->known.account_no.value == 0)
        return judge_unknown(request);
    if (!gb_currency_equal(payin->known.currency, payin->currency)) {
        const char *detail =
            gb_arena_printf(request->arena, "the account is in %s", payin->known.currency.code);
        gb_api_refuse(request, GB_API_CURRENCY_MISMATCH, "amount.currency", detail);
        return GB_API_DONE;
    }
    bool closing =
        payin->known.status == GB_STATUS_CLOSING || payin->known.status == GB_STATUS_CLOSED;
    if (closing && payin->kind == GB_OPERATION_PAYIN) {
        payin->reason = gb_api_error_row(GB_API_ACCOUNT_CLOSED)->code;
        return GB_API_STORE_REFUSAL;
    }
    return GB_API_AGAIN;
}
