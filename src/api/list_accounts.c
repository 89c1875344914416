#include "api/steps.h"
#include "api/views.h"
#include "db/sql.h"

static const char *view(struct gb_json_text *text, const struct gb_rows *rows, size_t row)
{
    struct gb_api_account_row account = gb_api_account_of(rows, row);
    gb_api_view_account(text, &account);
    return account.account_id;
}

enum gb_result gb_api_list_accounts(struct gb_api_lane *lane, struct gb_api_request *request,
                                    struct gb_err *err)
{
    return gb_api_list_catalogue(lane, request, &gb_sql_account_list, view, err);
}
