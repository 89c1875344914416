#include "cli/views.h"

#include <stdio.h>

#include "cli/call_api.h"
#include "cli/output.h"

void gb_cli_print_json(const json_t *answer)
{
    json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
}

static void print_shares(struct gb_cli *cli, const json_t *balance)
{
    static const struct gb_column columns[] = {
        {"dc", GB_CELL_TEXT},        {"balance", GB_CELL_NUMBER}, {"held", GB_CELL_NUMBER},
        {"version", GB_CELL_NUMBER}, {"as_of", GB_CELL_TEXT},     {"lag_ms", GB_CELL_NUMBER},
    };
    struct gb_table *table = gb_table_new(cli, columns, 6);
    size_t i;
    const json_t *share;
    json_array_foreach(json_object_get(balance, "shares"), i, share)
    {
        const char *cells[] = {
            gb_cli_json_text(share, "dc", NULL),
            gb_cell_int(cli, gb_cli_json_int(share, "balance", "minor_units")),
            gb_cell_int(cli, gb_cli_json_int(share, "held", "minor_units")),
            gb_cell_int(cli, gb_cli_json_int(share, "version", NULL)),
            gb_cli_json_text(share, "as_of", NULL),
            gb_cell_int(cli, gb_cli_json_int(share, "lag_ms", NULL)),
        };
        gb_table_row(table, cells);
    }
    gb_table_print(table, "Shares");
}

static void print_asks(struct gb_cli *cli, const json_t *asks)
{
    static const struct gb_column columns[] = {
        {"dc", GB_CELL_TEXT},       {"asked", GB_CELL_NUMBER},  {"came", GB_CELL_NUMBER},
        {"rounds", GB_CELL_NUMBER}, {"asked_at", GB_CELL_TEXT},
    };
    struct gb_table *table = gb_table_new(cli, columns, 5);
    size_t i;
    const json_t *ask;
    json_array_foreach(asks, i, ask)
    {
        const char *cells[] = {
            gb_cli_json_text(ask, "dc", NULL),
            gb_cell_int(cli, gb_cli_json_int(ask, "asked", "minor_units")),
            gb_cell_int(cli, gb_cli_json_int(ask, "came", "minor_units")),
            gb_cell_int(cli, gb_cli_json_int(ask, "rounds", NULL)),
            gb_cli_json_text(ask, "asked_at", NULL),
        };
        gb_table_row(table, cells);
    }
    gb_table_print(table, "Open asks");
}

static void print_reservations(struct gb_cli *cli, const json_t *reservations)
{
    const json_t *waiting = json_object_get(reservations, "waiting");
    const json_t *asks = json_object_get(reservations, "asks");
    int64_t operations = gb_cli_json_int(waiting, "operations", NULL);
    printf("%-16s %lld", "waiting", (long long)operations);
    if (operations > 0)
        printf(", %s, since %s, next deadline %s", gb_cli_json_money(cli, waiting, "amount"),
               gb_cli_json_text(waiting, "since", NULL),
               gb_cli_json_text(waiting, "next_deadline", NULL));
    printf("\n\n");
    if (json_array_size(asks) > 0)
        print_asks(cli, asks);
}

void gb_cli_print_balance(struct gb_cli *cli, const json_t *balance)
{
    static const char *const sums[] = {"total", "in_flight", "held", "available_here",
                                       "spendable_here"};
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
        printf("%-16s %s\n", sums[i], gb_cli_json_money(cli, balance, sums[i]));
    print_reservations(cli, json_object_get(balance, "reservations"));
    print_shares(cli, balance);
}

/* Text, a number, or money; NULL: there is none. */
static const char *cell_of(struct gb_cli *cli, const json_t *value)
{
    if (json_is_integer(value))
        return gb_cell_int(cli, json_integer_value(value));
    if (json_is_object(value))
        return gb_cell_money(cli, gb_cli_json_int(value, "minor_units", NULL),
                             gb_cli_json_text(value, "currency", NULL));
    return json_string_value(value);
}

void gb_cli_print_operation(struct gb_cli *cli, const json_t *operation)
{
    static const struct gb_column columns[] = {
        {"key", GB_CELL_TEXT},
        {"owner", GB_CELL_TEXT},
        {"kind", GB_CELL_TEXT},
        {"state", GB_CELL_TEXT},
        {"account_id", GB_CELL_TEXT},
        {"payee_account_id", GB_CELL_TEXT},
        {"amount", GB_CELL_TEXT},
        {"service_id", GB_CELL_TEXT},
        {"price_version", GB_CELL_NUMBER},
        {"original_key", GB_CELL_TEXT},
        {"refunded", GB_CELL_TEXT},
        {"hold_id", GB_CELL_TEXT},
        {"expires_at", GB_CELL_TEXT},
        {"reason", GB_CELL_TEXT},
        {"deadline", GB_CELL_TEXT},
        {"created_at", GB_CELL_TEXT},
        {"decided_at", GB_CELL_TEXT},
    };
    enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };
    const char *cells[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = cell_of(cli, json_object_get(operation, columns[i].name));
    struct gb_table *table = gb_table_new(cli, columns, COLUMNS);
    gb_table_row(table, cells);
    gb_table_print_one(table);
}
