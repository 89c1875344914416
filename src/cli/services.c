/* geobill service ...: through the API, as any client. */
#include "cli/call_api.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/resource.h"
#include "core/money.h"
#include "runtime/uuid.h"

static const struct gb_column columns[] = {
    {"service_id", GB_CELL_TEXT}, {"name", GB_CELL_TEXT},      {"price", GB_CELL_TEXT},
    {"status", GB_CELL_TEXT},     {"version", GB_CELL_NUMBER}, {"updated_at", GB_CELL_TEXT},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static void add_row(struct gb_cli *cli, struct gb_table *table, const json_t *service)
{
    const char *cells[COLUMNS] = {
        gb_cli_json_text(service, "service_id", NULL),
        gb_cli_json_text(service, "name", NULL),
        gb_cli_json_money(cli, service, "price"),
        gb_cli_json_text(service, "status", NULL),
        gb_cell_int(cli, gb_cli_json_int(service, "version", NULL)),
        gb_cli_json_text(service, "updated_at", NULL),
    };
    gb_table_row(table, cells);
}

static const struct gb_cli_resource resource = {
    .path = "/v1/services", .columns = columns, .columns_count = COLUMNS, .add_row = add_row};

int gb_cli_service_add(struct gb_cli *cli, int argc, char **argv)
{
    const char *words[3] = {NULL}, *id = NULL, *key = NULL;
    const struct gb_option options[] = {{"id", &id, NULL}, {"key", &key, NULL}};
    const struct gb_syntax syntax = {.command = "service add",
                                     .options = options,
                                     .options_count = 2,
                                     .arguments = words,
                                     .arguments_count = 3};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    int64_t price;
    if (!gb_option_int(words[1], 1, GB_AMOUNT_MAX, &price))
        return gb_cli_usage("service add", "MINOR_UNITS is a whole number from 1 to 10^15");
    char own_key[GB_UUID_TEXT_SIZE];
    gb_uuid_format(gb_uuid_v7(), own_key);
    json_t *body = json_pack("{s:s, s:{s:I, s:s}}", "name", words[0], "price", "minor_units",
                             (json_int_t)price, "currency", words[2]);
    if (!body)
        return gb_cli_usage("service add", "the arguments are not UTF-8");
    if (id)
        json_object_set_new(body, "service_id", json_string(id));
    struct gb_api_call call = {"POST", "/v1/services", body, key ? key : own_key, 0};
    return gb_cli_resource_call(cli, &resource, &call);
}

int gb_cli_service_show(struct gb_cli *cli, int argc, char **argv)
{
    const char *id = NULL;
    const struct gb_syntax syntax = {
        .command = "service show", .arguments = &id, .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct gb_api_call call = {"GET", gb_cli_path(cli, "/v1/services/", id, ""), NULL, NULL, 0};
    return gb_cli_resource_call(cli, &resource, &call);
}

/* The price stays in its currency, which the service knows. */
static int price_of(struct gb_cli *cli, const char *id, int64_t minor_units, json_t *body)
{
    struct gb_api_call call = {"GET", gb_cli_path(cli, "/v1/services/", id, ""), NULL, NULL, 0};
    json_t *answer;
    int code = gb_cli_call_api(cli, &call, &answer);
    if (code != GB_EXIT_FINE)
        return code;
    json_t *price = json_object_get(answer, "price");
    json_object_set_new(price, "minor_units", json_integer((json_int_t)minor_units));
    json_object_set(body, "price", price);
    json_decref(answer);
    return GB_EXIT_FINE;
}

int gb_cli_service_change(struct gb_cli *cli, int argc, char **argv)
{
    const char *id = NULL, *price = NULL, *status = NULL;
    const struct gb_option options[] = {{"price", &price, NULL}, {"status", &status, NULL}};
    const struct gb_syntax syntax = {.command = "service change",
                                     .options = options,
                                     .options_count = 2,
                                     .arguments = &id,
                                     .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    int64_t minor_units;
    if (!price && !status)
        return gb_cli_usage("service change", "say --price, --status, or both");
    if (price && !gb_option_int(price, 1, GB_AMOUNT_MAX, &minor_units))
        return gb_cli_usage("service change", "--price is a whole number from 1 to 10^15");
    json_t *body = json_object();
    int code = price ? price_of(cli, id, minor_units, body) : GB_EXIT_FINE;
    if (status)
        json_object_set_new(body, "status", json_string(status));
    if (code != GB_EXIT_FINE) {
        json_decref(body);
        return code;
    }
    struct gb_api_call call = {"PATCH", gb_cli_path(cli, "/v1/services/", id, ""), body, NULL, 0};
    return gb_cli_resource_call(cli, &resource, &call);
}

int gb_cli_service_list(struct gb_cli *cli, int argc, char **argv)
{
    return gb_cli_resource_list(cli, argc, argv, "service list", &resource);
}
