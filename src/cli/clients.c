/* geobill client ...: API clients, at the catalogue datacenter's database (the API needs a client
 * to begin with). */
#include <stdio.h>
#include <string.h>

#include "bus/record.h"
#include "cli/options.h"
#include "cli/output.h"
#include "core/identity.h"
#include "core/kinds.h"
#include "db/sql.h"
#include "runtime/clock.h"
#include "runtime/digest.h"
#include "runtime/uuid.h"
#include "wire/messages.h"

#define TOKEN_BYTES 32
#define TOKEN_TEXT_SIZE (5 + 2 * TOKEN_BYTES)

/* Opens the catalogue's database with the rights of its API, which writes catalogue items. */
static int open_catalogue(struct gb_cli *cli, const char *command, struct gb_pg **ret)
{
    if (strcmp(cli->dc, cli->catalogue) != 0) {
        fprintf(stderr,
                "geobill %s: clients are written at the catalogue datacenter %s, not at %s: use "
                "its configuration\n",
                command, cli->catalogue, cli->dc);
        return GB_EXIT_USAGE;
    }
    struct gb_err err = {0};
    if (gb_cli_open_own(cli, "user_api", ret, &err) != GB_OK)
        return gb_cli_fail("database", &err);
    return GB_EXIT_FINE;
}

/* The outbox row that tells the others of the client, as the row `client` in `rows` now is. */
static enum gb_result add_outbox_call(struct gb_cli *cli, const struct gb_message_client *client,
                                      struct gb_call *call, struct gb_err *err)
{
    struct gb_bytes payload;
    if (gb_wire_client_encode(client, cli->arena, &payload, err) != GB_OK)
        return err->result;
    struct gb_uuid id = gb_uuid_v7();
    struct gb_trace trace = gb_trace_new();
    const char *key = gb_arena_printf(cli->arena, "client:%d", client->client_no.value);
    GB_CHECK(key != NULL);
    gb_call_init(call, &gb_sql_outbox_add, cli->arena);
    gb_params_text(&call->params, "catalogue");
    gb_params_text(&call->params, GB_TOPIC_CATALOGUE);
    gb_params_uuid(&call->params, &id);
    gb_params_text(&call->params, "client");
    gb_params_text(&call->params, key);
    gb_params_text(&call->params, gb_message_type(GB_MESSAGE_CLIENT));
    gb_params_bytea(&call->params, payload);
    gb_params_int8(&call->params, client->updated_at_us);
    gb_params_uuid(&call->params, &trace.trace_id);
    gb_params_int8(&call->params, trace.span_id);
    return GB_OK;
}

/* Begins, takes the catalogue's lock, runs `change` (which returns the client's row), adds the
 * outbox row, commits. */
static enum gb_result change_client(struct gb_cli *cli, struct gb_pg *pg, struct gb_call *change,
                                    struct gb_message_client *ret, struct gb_err *err)
{
    struct gb_call calls[3];
    gb_call_init(&calls[0], &gb_sql_tx_begin, cli->arena);
    gb_call_init(&calls[1], &gb_sql_catalogue_lock, cli->arena);
    calls[2] = *change;
    if (gb_pg_run(pg, calls, 3, NULL, err) != GB_OK)
        return err->result;
    if (gb_rows_count(calls[2].rows) == 0) {
        gb_calls_release(calls, 3);
        gb_pg_rollback(pg);
        return gb_err_set(err, GB_POISON, "CLIENT_NOT_FOUND", "no such client");
    }
    const struct gb_rows *rows = calls[2].rows;
    ret->client_no.value = (int32_t)gb_rows_int(rows, 0, 0);
    ret->name = gb_arena_strdup(cli->arena, gb_rows_text(rows, 0, 1));
    struct gb_bytes hash = gb_rows_bytes(rows, 0, 2);
    GB_CHECK(hash.size == sizeof(ret->token_hash) &&
             gb_dc_parse(gb_rows_text(rows, 0, 4), &ret->home));
    memcpy(ret->token_hash, hash.data, hash.size);
    ret->role = (enum gb_role)gb_rows_int(rows, 0, 3);
    ret->revoked = gb_rows_bool(rows, 0, 5);
    ret->version = gb_rows_int(rows, 0, 6);
    ret->created_at_us = gb_rows_int(rows, 0, 7);
    ret->updated_at_us = gb_rows_int(rows, 0, 8);
    ret->incarnation = (int32_t)gb_rows_int(rows, 0, 9);
    gb_calls_release(calls, 3);
    GB_CHECK(gb_dc_parse(cli->dc, &ret->dc));
    if (add_outbox_call(cli, ret, &calls[0], err) != GB_OK) {
        gb_pg_rollback(pg);
        return err->result;
    }
    gb_call_init(&calls[1], &gb_sql_tx_commit, cli->arena);
    enum gb_result result = gb_pg_run(pg, calls, 2, NULL, err);
    gb_calls_release(calls, 2);
    return result;
}

static void print_client(struct gb_cli *cli, const struct gb_message_client *client,
                         const char *token)
{
    static const struct gb_column columns[] = {
        {"name", GB_CELL_TEXT}, {"client_no", GB_CELL_NUMBER}, {"role", GB_CELL_TEXT},
        {"home", GB_CELL_TEXT}, {"status", GB_CELL_TEXT},      {"token", GB_CELL_TEXT},
    };
    const char *cells[] = {
        client->name,
        gb_cell_int(cli, client->client_no.value),
        gb_role_name((int)client->role),
        client->home.code,
        client->revoked ? "revoked" : "active",
        token,
    };
    struct gb_table *table = gb_table_new(cli, columns, token ? 6 : 5);
    gb_table_row(table, cells);
    gb_table_print_one(table);
}

int gb_cli_client_add(struct gb_cli *cli, int argc, char **argv)
{
    const char *name = NULL, *role_name = NULL, *home = cli->dc;
    const struct gb_option options[] = {{"role", &role_name, NULL}, {"home", &home, NULL}};
    const struct gb_syntax syntax = {.command = "client add",
                                     .options = options,
                                     .options_count = 2,
                                     .arguments = &name,
                                     .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    enum gb_role role;
    struct gb_dc dc;
    if (!role_name || !gb_role_parse(role_name, &role))
        return gb_cli_usage("client add", "--role takes read, write, operate or admin");
    if (!gb_dc_parse(home, &dc))
        return gb_cli_usage("client add", "--home takes a datacenter's code, such as dc1");
    struct gb_pg *pg;
    int code = open_catalogue(cli, "client add", &pg);
    if (code != GB_EXIT_FINE)
        return code;
    uint8_t secret[TOKEN_BYTES], hash[32];
    char token[TOKEN_TEXT_SIZE] = "gbt_";
    gb_random(secret, sizeof(secret));
    gb_hex_format(secret, sizeof(secret), token + 4);
    gb_sha256(token, strlen(token), hash);
    struct gb_call call;
    gb_call_init(&call, &gb_sql_client_add, cli->arena);
    gb_params_text(&call.params, name);
    gb_params_bytea(&call.params, (struct gb_bytes){hash, sizeof(hash)});
    gb_params_int2(&call.params, (int16_t)role);
    gb_params_text(&call.params, dc.code);
    gb_params_int8(&call.params, gb_clock_wall_us());
    struct gb_message_client client = {0};
    struct gb_err err = {0};
    enum gb_result result = change_client(cli, pg, &call, &client, &err);
    gb_pg_close(pg);
    if (result != GB_OK)
        return gb_cli_fail("client add", &err);
    print_client(cli, &client, token);
    return GB_EXIT_FINE;
}

int gb_cli_client_revoke(struct gb_cli *cli, int argc, char **argv)
{
    const char *name = NULL;
    const struct gb_syntax syntax = {
        .command = "client revoke", .arguments = &name, .arguments_count = 1};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct gb_pg *pg;
    int code = open_catalogue(cli, "client revoke", &pg);
    if (code != GB_EXIT_FINE)
        return code;
    struct gb_call call;
    gb_call_init(&call, &gb_sql_client_revoke, cli->arena);
    gb_params_text(&call.params, name);
    gb_params_int8(&call.params, gb_clock_wall_us());
    struct gb_message_client client = {0};
    struct gb_err err = {0};
    enum gb_result result = change_client(cli, pg, &call, &client, &err);
    gb_pg_close(pg);
    if (result != GB_OK)
        return gb_cli_fail("client revoke", &err);
    print_client(cli, &client, NULL);
    return GB_EXIT_FINE;
}

int gb_cli_client_list(struct gb_cli *cli, int argc, char **argv)
{
    const struct gb_syntax syntax = {.command = "client list"};
    if (!gb_options_read(argc, argv, &syntax))
        return GB_EXIT_USAGE;
    struct gb_pg *pg;
    struct gb_err err = {0};
    if (gb_cli_open_own(cli, "user_operator", &pg, &err) != GB_OK)
        return gb_cli_fail("database", &err);
    struct gb_call call;
    gb_call_init(&call, &gb_sql_client_list, cli->arena);
    if (gb_pg_call(pg, &call, &err) != GB_OK) {
        gb_pg_close(pg);
        return gb_cli_fail("client list", &err);
    }
    static const struct gb_column columns[] = {
        {"name", GB_CELL_TEXT}, {"client_no", GB_CELL_NUMBER}, {"role", GB_CELL_TEXT},
        {"home", GB_CELL_TEXT}, {"status", GB_CELL_TEXT},
    };
    struct gb_table *table = gb_table_new(cli, columns, 5);
    for (size_t i = 0; i < gb_rows_count(call.rows); i++) {
        const char *cells[] = {
            gb_rows_text(call.rows, i, 0),
            gb_cell_int(cli, gb_rows_int(call.rows, i, 1)),
            gb_role_name((int)gb_rows_int(call.rows, i, 2)),
            gb_rows_text(call.rows, i, 3),
            gb_rows_bool(call.rows, i, 4) ? "revoked" : "active",
        };
        gb_table_row(table, cells);
    }
    gb_table_print(table, NULL);
    gb_calls_release(&call, 1);
    gb_pg_close(pg);
    return GB_EXIT_FINE;
}
