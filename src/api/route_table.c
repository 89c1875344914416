#include "api/route_table.h"

#include "api/steps.h"

#define READ GB_ROLE_READ
#define WRITE GB_ROLE_WRITE
#define OPERATE GB_ROLE_OPERATE
#define SELECTOR "state code topic account_id failed_from failed_to"

/* clang-format off */
const struct gb_api_route gb_api_routes[] = {
    {"POST", "/v1/pay-ins", WRITE, GB_OPERATION_PAYIN, gb_api_prepare_payin, NULL, ""},
    {"POST", "/v1/pay-outs", WRITE, GB_OPERATION_PAYOUT, gb_api_prepare_command, NULL, ""},
    {"POST", "/v1/charges", WRITE, GB_OPERATION_CHARGE, gb_api_prepare_command, NULL, ""},
    {"POST", "/v1/refunds", WRITE, GB_OPERATION_REFUND, gb_api_prepare_refund, NULL, ""},
    {"POST", "/v1/transfers", WRITE, GB_OPERATION_TRANSFER, gb_api_prepare_command, NULL, ""},
    {"POST", "/v1/holds", WRITE, GB_OPERATION_HOLD, gb_api_prepare_command, NULL, ""},
    {"POST", "/v1/holds/{id}/capture", WRITE, GB_OPERATION_CAPTURE, gb_api_prepare_command, NULL,
     ""},
    {"POST", "/v1/holds/{id}/void", WRITE, GB_OPERATION_VOID, gb_api_prepare_command, NULL, ""},
    {"POST", "/v1/batches", WRITE, 0, NULL, gb_api_take_batch, ""},
    {"GET", "/v1/holds/{id}", READ, 0, NULL, gb_api_read_hold, ""},
    {"POST", "/v1/accounts", WRITE, 0, gb_api_prepare_opening, gb_api_open_account, ""},
    {"GET", "/v1/accounts", READ, 0, NULL, gb_api_list_accounts, "limit cursor"},
    {"GET", "/v1/accounts/{id}", READ, 0, NULL, gb_api_read_account, ""},
    {"PATCH", "/v1/accounts/{id}", WRITE, 0, gb_api_prepare_change, gb_api_change_account, ""},
    {"DELETE", "/v1/accounts/{id}", WRITE, 0, NULL, gb_api_close_account, ""},
    {"GET", "/v1/accounts/{id}/balance", READ, 0, gb_api_prepare_balance, NULL, ""},
    {"GET", "/v1/accounts/{id}/entries", READ, 0, NULL, gb_api_list_entries, "limit cursor dc"},
    {"POST", "/v1/services", WRITE, 0, gb_api_prepare_service, gb_api_add_service, ""},
    {"GET", "/v1/services", READ, 0, NULL, gb_api_list_services, "limit cursor"},
    {"GET", "/v1/services/{id}", READ, 0, NULL, gb_api_read_service, ""},
    {"PATCH", "/v1/services/{id}", WRITE, 0, gb_api_prepare_service_change, gb_api_change_service,
     ""},
    {"GET", "/v1/operations", READ, 0, NULL, gb_api_list_operations,
     "account_id state limit cursor scope"},
    {"GET", "/v1/operations/{key}", READ, 0, NULL, gb_api_read_operation, "scope"},
    {"GET", "/v1/dead-letters", OPERATE, 0, NULL, gb_api_list_dead_letters,
     SELECTOR " limit cursor"},
    {"GET", "/v1/dead-letters/counts", OPERATE, 0, NULL, gb_api_count_dead_letters, SELECTOR},
    {"GET", "/v1/dead-letters/{id}", OPERATE, 0, NULL, gb_api_read_dead_letter, ""},
    {"POST", "/v1/proposals", OPERATE, 0, gb_api_prepare_proposal, gb_api_propose, ""},
    {"GET", "/v1/proposals", OPERATE, 0, NULL, gb_api_list_proposals, "state limit cursor"},
    {"GET", "/v1/proposals/{id}", OPERATE, 0, NULL, gb_api_read_proposal, ""},
    {"PATCH", "/v1/proposals/{id}", OPERATE, 0, gb_api_prepare_decision, gb_api_decide_proposal,
     ""},
};
/* clang-format on */

const size_t gb_api_routes_count = sizeof(gb_api_routes) / sizeof(gb_api_routes[0]);
_Static_assert(sizeof(gb_api_routes) / sizeof(gb_api_routes[0]) <= GB_API_ROUTES_MAX,
               "raise the bound");
