/* geobill account ...: through the API, as any client. */
#include "cli/call_api.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/resource.h"
#include "cli/views.h"
#include "core/money.h"
#include "runtime/uuid.h"

static const struct gb_column account_columns[] = {
    {"account_id", GB_CELL_TEXT}, {"name", GB_CELL_TEXT},       {"currency", GB_CELL_TEXT},
    {"status", GB_CELL_TEXT},     {"created_at", GB_CELL_TEXT},
};
#define ACCOUNT_COLUMNS (sizeof(account_columns) / sizeof(account_columns[0]))

static void add_account_row(struct gb_cli *cli, struct gb_table *table, const json_t *account)
{
    (void)cli;
    const char *cells[ACCOUNT_COLUMNS];
    for (size_t i = 0; i < ACCOUNT_COLUMNS; i++)
        cells[i] = gb_cli_json_text(account, account_columns[i].name, NULL);
    gb_table_row(table, cells);
}

static const struct gb_cli_resource resource = {.path = "/v1/accounts",
                                                .columns = account_columns,
                                                .columns_count = ACCOUNT_COLUMNS,
                                                .add_row = add_account_row};

int gb_cli_account_open(struct gb_cli *cli, int argc, char **argv)
{
    const char *name = NULL, *currency = NULL, *id = NULL, *key = NULL;
    const char *balance = "0", *policy = NULL;
    const struct gb_option options[] = {
        {"currency", &currency, NULL}, {"id", &id, NULL},         {"key", &key, NULL},
        {"balance", &balance, NULL},   {"policy", &policy, NULL},
    };
    int64_t minor_units;
    const struct gb_syntax syntax = {.command = "account open",
                                     .options = options,
                                     .options_count = sizeof(options) / sizeof(options[0]),
                                     .arguments = &name,
                                     .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    if (!currency)
        return gb_cli_usage("account open", "--currency is missing");
    if (!gb_option_int(balance, 0, GB_AMOUNT_MAX, &minor_units))
        return gb_cli_usage("account open", "--balance is a whole number from 0 to 10^15");
    char own_key[GB_UUID_TEXT_SIZE];
    gb_uuid_format(gb_uuid_v7(), own_key);
    json_t *body = json_pack("{s:s, s:s}", "name", name, "currency", currency);
    if (id)
        json_object_set_new(body, "account_id", json_string(id));
    if (minor_units > 0)
        json_object_set_new(
            body, "opening_balance",
            json_pack("{s:I, s:s}", "minor_units", (json_int_t)minor_units, "currency", currency));
    if (policy)
        json_object_set_new(body, "policy", json_string(policy));
    struct gb_api_call call = {"POST", "/v1/accounts", body, key ? key : own_key, 0};
    return gb_cli_resource_call(cli, &resource, &call);
}

int gb_cli_account_show(struct gb_cli *cli, int argc, char **argv)
{
    const char *id = NULL;
    const struct gb_syntax syntax = {
        .command = "account show", .arguments = &id, .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct gb_api_call account_call = {"GET", gb_cli_path(cli, "/v1/accounts/", id, ""), NULL, NULL,
                                       0};
    struct gb_api_call balance_call = {"GET", gb_cli_path(cli, "/v1/accounts/", id, "/balance"),
                                       NULL, NULL, 0};
    json_t *account, *balance;
    int code = gb_cli_call_api(cli, &account_call, &account);
    if (code != GB_EXIT_FINE)
        return code;
    code = gb_cli_call_api(cli, &balance_call, &balance);
    if (code == GB_EXIT_FINE && cli->json) {
        json_object_set(account, "balance", balance);
        gb_cli_print_json(account);
    } else if (code == GB_EXIT_FINE) {
        struct gb_table *table = gb_table_new(cli, account_columns, ACCOUNT_COLUMNS);
        add_account_row(cli, table, account);
        gb_table_print_one(table);
        gb_cli_print_balance(cli, balance);
    }
    json_decref(account);
    json_decref(balance);
    return code;
}

int gb_cli_balance(struct gb_cli *cli, int argc, char **argv)
{
    const char *id = NULL;
    const struct gb_syntax syntax = {.command = "balance", .arguments = &id, .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct gb_api_call call = {"GET", gb_cli_path(cli, "/v1/accounts/", id, "/balance"), NULL, NULL,
                               0};
    json_t *balance;
    int code = gb_cli_call_api(cli, &call, &balance);
    if (code == GB_EXIT_FINE && cli->json)
        gb_cli_print_json(balance);
    else if (code == GB_EXIT_FINE)
        gb_cli_print_balance(cli, balance);
    json_decref(balance);
    return code;
}

int gb_cli_account_list(struct gb_cli *cli, int argc, char **argv)
{
    return gb_cli_resource_list(cli, argc, argv, "account list", &resource);
}

static int change_status(struct gb_cli *cli, int argc, char **argv, const char *command,
                         const char *method, const char *status)
{
    const char *id = NULL;
    const struct gb_syntax syntax = {.command = command, .arguments = &id, .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    json_t *body = status ? json_pack("{s:s}", "status", status) : NULL;
    struct gb_api_call call = {method, gb_cli_path(cli, "/v1/accounts/", id, ""), body, NULL, 0};
    return gb_cli_resource_call(cli, &resource, &call);
}

int gb_cli_account_block(struct gb_cli *cli, int argc, char **argv)
{
    return change_status(cli, argc, argv, "account block", "PATCH", "BLOCKED");
}

int gb_cli_account_unblock(struct gb_cli *cli, int argc, char **argv)
{
    return change_status(cli, argc, argv, "account unblock", "PATCH", "OPEN");
}

int gb_cli_account_close(struct gb_cli *cli, int argc, char **argv)
{
    return change_status(cli, argc, argv, "account close", "DELETE", NULL);
}
