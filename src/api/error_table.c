#include "api/error_table.h"

#include <string.h>

#include "runtime/result.h"

/* One row is one error, and its columns are read from top to bottom. clang-format off */
static const struct gb_api_error_row rows[GB_API_ERRORS] = {
    [GB_API_JSON_INVALID] = {"JSON_INVALID", 400, false, "Body is not acceptable JSON",
                             "Send one JSON object, UTF-8, no name twice, at most 8 levels deep."},
    [GB_API_QUERY_INVALID] = {"QUERY_INVALID", 400, false, "Query parameter is wrong",
                              "`field` names the parameter; unknown ones are refused."},
    [GB_API_KEY_MISSING] = {"IDEMPOTENCY_KEY_MISSING", 400, false, "Idempotency-Key is missing",
                            "Every POST needs one: make a UUIDv7 per command and send the same one "
                            "again with every repeat."},
    [GB_API_KEY_INVALID] = {"IDEMPOTENCY_KEY_INVALID", 400, false,
                            "Idempotency-Key is not acceptable",
                            "1 to 200 printable ASCII characters without a space at the ends."},
    [GB_API_UNKNOWN_DATACENTER] = {"UNKNOWN_DATACENTER", 400, false,
                                   "Key names an unknown datacenter",
                                   "`dcN:` at the start of a key names the datacenter that owns "
                                   "it; use one that exists, or another form."},
    [GB_API_KEY_OWNER_MISMATCH] =
        {"KEY_OWNER_MISMATCH", 400, false, "Key and what it is about have different owners",
         "A hold lives at the datacenter its id names, and a refund is decided by the owner of its "
         "original's key: use a key of that datacenter, `dcN:` in front. Nothing was stored."},
    [GB_API_UNAUTHENTICATED] =
        {"UNAUTHENTICATED", 401, false, "No valid token",
         "Send `Authorization: Bearer` with the token of a client that is not revoked."},
    [GB_API_FORBIDDEN] = {"FORBIDDEN", 403, false, "Role is not enough",
                          "Use a client with the role that `detail` names."},
    [GB_API_NOT_FOUND] = {"NOT_FOUND", 404, false, "No such path", "See /openapi.yaml."},
    [GB_API_ACCOUNT_NOT_FOUND] = {"ACCOUNT_NOT_FOUND", 404, false, "No such account",
                                  "Neither this datacenter nor the catalogue knows it."},
    [GB_API_OPERATION_NOT_FOUND] = {"OPERATION_NOT_FOUND", 404, false, "No such operation",
                                    "This client never used that key, as far as its owner knows."},
    [GB_API_HOLD_NOT_FOUND] = {"HOLD_NOT_FOUND", 404, false, "No such hold",
                               "The datacenter that the id names has none of that id."},
    [GB_API_DEAD_LETTER_NOT_FOUND] = {"DEAD_LETTER_NOT_FOUND", 404, false, "No such dead letter",
                                      "Each datacenter has its own; nothing was changed."},
    [GB_API_PROPOSAL_NOT_FOUND] = {"PROPOSAL_NOT_FOUND", 404, false, "No such proposal",
                                   "Each datacenter has its own; nothing was changed."},
    [GB_API_OWN_PROPOSAL] = {"OWN_PROPOSAL", 403, false, "Nobody approves their own proposal",
                             "Another client with the role operate has to."},
    [GB_API_NOTHING_SELECTED] = {"NOTHING_SELECTED", 409, false, "No dead letter is selected",
                                 "Nothing was changed. `detail` says what was looked for."},
    [GB_API_REPLAY_RUNNING] = {"REPLAY_RUNNING", 409, false, "Another replay runs",
                               "One at a time: wait for its end, or stop it."},
    [GB_API_PROPOSAL_EXPIRED] = {"PROPOSAL_EXPIRED", 409, false, "Proposal has expired",
                                 "Nothing was changed. Propose it again."},
    [GB_API_PROPOSAL_STATE] = {"PROPOSAL_STATE", 409, false, "Proposal's state does not allow this",
                               "`detail` has its state; nothing was changed."},
    [GB_API_METHOD_NOT_ALLOWED] = {"METHOD_NOT_ALLOWED", 405, false, "Method not allowed",
                                   "`Allow` lists the methods."},
    [GB_API_NOT_ACCEPTABLE] = {"NOT_ACCEPTABLE", 406, false, "Answers are application/json",
                               "Accept it."},
    [GB_API_UNSUPPORTED_MEDIA_TYPE] = {"UNSUPPORTED_MEDIA_TYPE", 415, false,
                                       "Body must be application/json",
                                       "Send `Content-Type: application/json`."},
    [GB_API_ACCOUNT_CLOSED] = {"ACCOUNT_CLOSED", 409, false, "Account is closing or closed",
                               "A closing account takes no new pay-ins, a closed one pays nothing "
                               "out; the refusal is stored under the key."},
    [GB_API_PAYEE_ACCOUNT_CLOSED] = {"PAYEE_ACCOUNT_CLOSED", 409, false,
                                     "Payee's account is closing or closed",
                                     "It takes no transfers in; nothing was paid and nothing will "
                                     "be, under this key."},
    [GB_API_ACCOUNT_BLOCKED] = {"ACCOUNT_BLOCKED", 409, false, "Account is blocked",
                                "It pays nothing out until it is opened again; the refusal is "
                                "stored under the key."},
    [GB_API_INSUFFICIENT_FUNDS] =
        {"INSUFFICIENT_FUNDS", 409, false, "Too little money",
         "All datacenters have answered, and together have too little. Nothing was paid and "
         "nothing will be, under this key; `facts` says what was known."},
    [GB_API_FUNDS_HELD] = {"FUNDS_HELD", 409, false, "Money is set aside",
                           "Enough is there, but held or reserved for older operations. Nothing "
                           "was paid and nothing will be, under this key."},
    [GB_API_FUNDS_UNREACHABLE] =
        {"FUNDS_UNREACHABLE", 409, false, "Money cannot be reached",
         "Another datacenter did not answer, or its money did not come in time. Nothing was paid "
         "and nothing will be, under this key; `detail` names who was silent, `facts` what was "
         "known."},
    [GB_API_LIMIT_REACHED] = {"LIMIT_REACHED", 409, false, "A total would pass its bound",
                              "Nothing was paid and nothing will be, under this key."},
    [GB_API_WAITING_LIMIT] = {"WAITING_LIMIT", 409, false, "Too many operations wait",
                              "As many as are allowed wait for money of this account here. Try "
                              "again with a new key when some are decided."},
    [GB_API_SERVICE_RETIRED] = {"SERVICE_RETIRED", 409, false, "Service is retired",
                                "It takes no new charges; the refusal is stored under the key."},
    [GB_API_HOLD_CAPTURED] = {"HOLD_CAPTURED", 409, false, "Hold is captured",
                              "It can be captured or voided once; the refusal is stored under "
                              "the key."},
    [GB_API_HOLD_VOIDED] = {"HOLD_VOIDED", 409, false, "Hold is voided",
                            "Its money is available again; the refusal is stored under the key."},
    [GB_API_HOLD_EXPIRED] = {"HOLD_EXPIRED", 409, false, "Hold has expired",
                             "Its money is available again; the refusal is stored under the key. "
                             "Place a new one."},
    [GB_API_CAPTURE_EXCEEDS_HOLD] = {"CAPTURE_EXCEEDS_HOLD", 409, false, "More than is held",
                                     "Capture at most what is set aside; the hold stays open, the "
                                     "refusal is stored under the key."},
    [GB_API_BATCH_ABORTED] = {"BATCH_ABORTED", 409, false, "Atomic batch was refused",
                              "One of its commands was refused, which `detail` and `facts` name: "
                              "none of them had or will have an effect, under its key."},
    [GB_API_BATCH_KEY_USED] = {"BATCH_KEY_USED", 409, false, "Key was used outside of this batch",
                               "An atomic batch has keys that are all new, or all from one atomic "
                               "batch; `field` names the first that is not. Nothing was stored."},
    [GB_API_ORIGINAL_NOT_FOUND] =
        {"ORIGINAL_NOT_FOUND", 409, false, "No such operation to refund",
         "This client has no operation of the account under `original_key`; the refusal is stored "
         "under the key."},
    [GB_API_ORIGINAL_NOT_PAID] =
        {"ORIGINAL_NOT_PAID", 409, false, "Nothing was paid by the original",
         "A pay-out, a charge and a capture give money back once they are PAID, nothing else does; "
         "the refusal is stored under the key."},
    [GB_API_REFUND_EXCEEDS_PAID] =
        {"REFUND_EXCEEDS_PAID", 409, false, "More than is left of what was paid",
         "All refunds of one original together give back at most what it paid: the original shows "
         "what was `refunded`. The refusal is stored under the key."},
    [GB_API_WRONG_DATACENTER] = {"WRONG_DATACENTER", 421, false,
                                 "Key is owned by another datacenter",
                                 "`detail` names it; the command was not executed here, and is to "
                                 "be sent there."},
    [GB_API_SERVICE_NOT_FOUND] = {"SERVICE_NOT_FOUND", 404, false, "No such service",
                                  "Neither this datacenter nor the catalogue knows it."},
    [GB_API_SERVICE_EXISTS] = {"SERVICE_EXISTS", 409, false, "service_id is taken",
                               "Choose another, or leave it out."},
    [GB_API_ACCOUNT_EXISTS] = {"ACCOUNT_EXISTS", 409, false, "account_id is taken",
                               "Choose another, or leave it out."},
    [GB_API_NAME_TAKEN] = {"NAME_TAKEN", 409, false, "Name is taken",
                           "Names of accounts are unique, and so are names of services."},
    [GB_API_STATUS_CONFLICT] = {"STATUS_CONFLICT", 409, false, "Status does not allow this",
                                "A closing account can be opened again, a closed one cannot; a "
                                "closing one cannot be blocked."},
    [GB_API_OPERATION_REFUSED] =
        {"OPERATION_REFUSED", 409, false, "Operation was refused",
         "`detail` has the reason; it had no effect and never will have one."},
    [GB_API_FIELD_UNKNOWN] = {"FIELD_UNKNOWN", 422, false, "Unknown member", "`field` names it."},
    [GB_API_FIELD_MISSING] = {"FIELD_MISSING", 422, false, "Member is missing",
                              "`field` names it."},
    [GB_API_FIELD_INVALID] = {"FIELD_INVALID", 422, false, "Member is wrong",
                              "`field` names it, `detail` says what is allowed."},
    [GB_API_AMOUNT_INVALID] = {"AMOUNT_INVALID", 422, false, "Amount is wrong",
                               "minor_units is a JSON integer from 1 to 1000000000000000."},
    [GB_API_CURRENCY_MISMATCH] = {"CURRENCY_MISMATCH", 422, false, "Account has another currency",
                                  "Nothing was stored; the key is still free."},
    [GB_API_IDEMPOTENCY_MISMATCH] =
        {"IDEMPOTENCY_MISMATCH", 422, false, "Same key, other content",
         "`field` names what differs. The fingerprint is all that the body has but deadline_ms, "
         "and the hold, of a command about money; account_id, name, currency, opening_balance and "
         "policy of a new account; service_id, name and price of a new service. The first command "
         "stands."},
    [GB_API_INTERNAL] = {"INTERNAL", 500, false, "Internal error",
                         "Report it with the trace id of `traceparent`."},
    [GB_API_OVERLOADED] = {"OVERLOADED", 503, true, "Too much at once",
                           "Nothing was stored. Send it again after `Retry-After`."},
    [GB_API_DATABASE_UNAVAILABLE] =
        {"DATABASE_UNAVAILABLE", 503, true, "Database is not available",
         "The outcome may be unknown: the same key again gives the truth."},
    [GB_API_CATALOGUE_UNREACHABLE] = {"CATALOGUE_UNREACHABLE", 503, true,
                                      "Catalogue cannot be asked",
                                      "The account, or the service, is not known here and the "
                                      "catalogue datacenter does not answer. The same key again "
                                      "gives the truth."},
    [GB_API_SERVICE_NOT_HERE_YET] = {"SERVICE_NOT_HERE_YET", 503, true,
                                     "Service is on its way here",
                                     "The catalogue has it, and its price is not known here yet. "
                                     "Nothing was stored: send it again."},
    [GB_API_OWNER_UNREACHABLE] = {"OWNER_UNREACHABLE", 503, true,
                                  "Owner of the key cannot be asked",
                                  "`detail` names the datacenter."},
    [GB_API_STOPPING] = {"STOPPING", 503, true, "Server is stopping",
                         "Send it again; another process takes over."},
};
/* clang-format on */

const struct gb_api_error_row *gb_api_error_row(enum gb_api_error error)
{
    GB_CHECK(error < GB_API_ERRORS);
    return &rows[error];
}

enum gb_api_error gb_api_error_of(const char *code)
{
    for (size_t i = 0; i < GB_API_ERRORS; i++)
        if (strcmp(rows[i].code, code) == 0)
            return (enum gb_api_error)i;
    return GB_API_OPERATION_REFUSED;
}
