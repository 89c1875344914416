#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

int gb_cli_fail(const char *what, const struct gb_err *err)
{
    fprintf(stderr, "geobill: %s: %s (%s)\n", what, err->message, err->code);
    switch (err->result) {
    case GB_RETRY:
        return GB_EXIT_UNREACHABLE;
    case GB_POISON:
        return GB_EXIT_FOUND;
    case GB_OK:
    case GB_FATAL:
        break;
    }
    return GB_EXIT_USAGE;
}

int gb_cli_usage(const char *command, const char *problem)
{
    for (size_t i = 0; i < gb_commands_count; i++)
        if (strcmp(gb_commands[i].name, command) == 0) {
            fprintf(stderr, "geobill %s: %s\nusage: geobill %s %s\n", command, problem, command,
                    gb_commands[i].usage);
            return GB_EXIT_USAGE;
        }
    fprintf(stderr, "geobill %s: %s\n", command, problem);
    return GB_EXIT_USAGE;
}

static enum gb_result open_database(struct gb_cli *cli, const char *conninfo, const char *user_key,
                                    struct gb_pg **ret, struct gb_err *err)
{
    char *password = NULL;
    if (gb_config_text(cli->config, "postgres", "password_file") &&
        gb_config_secret(cli->config, "postgres", "password_file", &password, err) != GB_OK)
        return err->result;
    struct gb_pg_options options = {
        .conninfo = conninfo,
        .user = gb_config_text(cli->config, "postgres", user_key),
        .password = password,
        .application_name = "geobill",
        .connect_timeout_ms = gb_config_int(cli->config, "postgres", "connect_timeout_ms"),
        .statement_timeout_ms = 10 * 60 * 1000, /* verify and migrate read or move whole tables */
    };
    enum gb_result result = gb_pg_open(&options, ret, err);
    free(password);
    return result;
}

enum gb_result gb_cli_open_own(struct gb_cli *cli, const char *user_key, struct gb_pg **ret,
                               struct gb_err *err)
{
    const char *conninfo;
    if (gb_config_need(cli->config, "postgres", "conninfo", &conninfo, err) != GB_OK)
        return err->result;
    return open_database(cli, conninfo, user_key, ret, err);
}

/* The one place that knows where the list of datacenters comes from. */
size_t gb_cli_list_dcs(struct gb_cli *cli, struct gb_cli_place places[GB_CLI_DCS_MAX])
{
    places[0] = (struct gb_cli_place){cli->dc, gb_config_text(cli->config, "postgres", "conninfo"),
                                      "[postgres]"};
    size_t count = 1;
    const char *peers[GB_CLI_DCS_MAX];
    size_t peers_count = gb_config_sections(cli->config, "peer", peers, GB_CLI_DCS_MAX);
    for (size_t i = 0; i < peers_count && count < GB_CLI_DCS_MAX; i++) {
        if (strcmp(peers[i], cli->dc) == 0)
            continue;
        char *section = gb_arena_printf(cli->arena, "peer.%s", peers[i]);
        char *origin = gb_arena_printf(cli->arena, "[%s]", section);
        GB_CHECK(section != NULL && origin != NULL);
        places[count++] = (struct gb_cli_place){
            peers[i], gb_config_text(cli->config, section, "conninfo"), origin};
    }
    return count;
}

enum gb_result gb_cli_open_place(struct gb_cli *cli, const struct gb_cli_place *place,
                                 const char *user_key, struct gb_pg **ret, struct gb_err *err)
{
    *ret = NULL;
    if (place->conninfo == NULL)
        return gb_err_set(err, GB_RETRY, "NOT_CONFIGURED", "%s: %s has no conninfo", place->code,
                          place->origin);
    return open_database(cli, place->conninfo, user_key, ret, err);
}

enum gb_result gb_cli_open_peer(struct gb_cli *cli, const char *code, struct gb_pg **ret,
                                struct gb_err *err)
{
    struct gb_cli_place places[GB_CLI_DCS_MAX];
    size_t count = gb_cli_list_dcs(cli, places);
    for (size_t i = 0; i < count; i++)
        if (strcmp(places[i].code, code) == 0)
            return gb_cli_open_place(cli, &places[i], "user_operator", ret, err);
    *ret = NULL;
    return gb_err_set(err, GB_RETRY, "NOT_CONFIGURED", "%s is none of the datacenters known here",
                      code);
}

size_t gb_cli_open_all(struct gb_cli *cli, struct gb_cli_dc dcs[GB_CLI_DCS_MAX])
{
    struct gb_cli_place places[GB_CLI_DCS_MAX];
    size_t count = gb_cli_list_dcs(cli, places);
    for (size_t i = 0; i < count; i++) {
        dcs[i] = (struct gb_cli_dc){.code = places[i].code};
        if (gb_cli_open_place(cli, &places[i], "user_operator", &dcs[i].pg, &dcs[i].err) != GB_OK)
            dcs[i].pg = NULL;
    }
    return count;
}

void gb_cli_close_all(struct gb_cli_dc *dcs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gb_pg_close(dcs[i].pg);
}
