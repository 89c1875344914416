#include "cli/call_api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "http/client.h"

#define TIMEOUT_MS 10000
#define ANSWER_BYTES_MAX ((size_t)16 * 1024 * 1024)

bool gb_cli_token(const struct gb_cli *cli, char ret[GB_CLI_TOKEN_SIZE])
{
    const char *token = getenv("GEOBILL_TOKEN");
    if (!cli->token_file) {
        if (!token || strlen(token) >= GB_CLI_TOKEN_SIZE) {
            fputs("geobill: no token: give --token-file FILE or set GEOBILL_TOKEN\n", stderr);
            return false;
        }
        snprintf(ret, GB_CLI_TOKEN_SIZE, "%s", token);
        return true;
    }
    FILE *file = fopen(cli->token_file, "re");
    if (!file || !fgets(ret, GB_CLI_TOKEN_SIZE, file)) {
        fprintf(stderr, "geobill: cannot read a token from %s\n", cli->token_file);
        if (file)
            fclose(file);
        return false;
    }
    fclose(file);
    ret[strcspn(ret, "\r\n")] = '\0';
    return true;
}

const char *gb_cli_api_of(struct gb_cli *cli, const char *dc)
{
    char section[64];
    if (strcmp(dc, cli->dc) != 0) {
        snprintf(section, sizeof(section), "peer.%s", dc);
        return gb_config_text(cli->config, section, "api");
    }
    if (cli->api)
        return cli->api;
    const char *listen = gb_config_text(cli->config, "api", "listen"), *url = NULL;
    if (listen) {
        url = gb_arena_printf(cli->arena, "http://%s", listen);
        GB_CHECK(url != NULL);
    }
    return url;
}

/* Prints a problem+json answer for people; the whole of it for programs. */
static int print_problem(const struct gb_cli *cli, int status, json_t *problem)
{
    if (cli->json && problem) {
        json_dumpf(problem, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    }
    const char *code = problem ? gb_cli_json_text(problem, "code", NULL) : NULL;
    const char *detail = problem ? gb_cli_json_text(problem, "detail", NULL) : NULL;
    fprintf(stderr, "geobill: the API answered %d %s: %s\n", status, code ? code : "",
            detail ? detail : "no detail");
    json_decref(problem);
    return status == 503 ? GB_EXIT_UNREACHABLE : GB_EXIT_FOUND;
}

int gb_cli_call_api(struct gb_cli *cli, struct gb_api_call *call, json_t **ret)
{
    *ret = NULL;
    char token[GB_CLI_TOKEN_SIZE], bearer[GB_CLI_TOKEN_SIZE + 16], prefer[48];
    if (!gb_cli_token(cli, token)) {
        json_decref(call->body);
        return GB_EXIT_USAGE;
    }
    snprintf(bearer, sizeof(bearer), "Bearer %s", token);
    const char *api = gb_cli_api_of(cli, cli->dc);
    if (!api) {
        json_decref(call->body);
        fputs("geobill: no API: give --api URL or set [api] listen\n", stderr);
        return GB_EXIT_USAGE;
    }
    const char *url = gb_arena_printf(cli->arena, "%s%s", api, call->path);
    GB_CHECK(url != NULL);
    struct gb_http_field fields[4] = {{"Authorization", bearer}};
    size_t count = 1;
    if (call->body)
        fields[count++] = (struct gb_http_field){"Content-Type", "application/json"};
    if (call->key)
        fields[count++] = (struct gb_http_field){"Idempotency-Key", call->key};
    if (call->wait_s > 0) {
        snprintf(prefer, sizeof(prefer), "wait=%" PRId64, call->wait_s);
        fields[count++] = (struct gb_http_field){"Prefer", prefer};
    }
    char *text = call->body ? json_dumps(call->body, JSON_COMPACT) : NULL;
    struct gb_bytes body = {text, text ? strlen(text) : 0};
    struct gb_http_client *client = gb_http_client_new("geobill/" GB_VERSION);
    struct gb_http_answer answer;
    struct gb_err err = {0};
    struct gb_http_call request = {
        .method = call->method,
        .url = url,
        .fields = fields,
        .fields_count = count,
        .body = body,
        .timeout_ms = TIMEOUT_MS + call->wait_s * 1000,
        .bytes_max = ANSWER_BYTES_MAX,
    };
    enum gb_result result = gb_http_call(client, &request, cli->arena, &answer, &err);
    gb_http_client_free(client);
    free(text);
    json_decref(call->body);
    if (result != GB_OK)
        return gb_cli_fail("API", &err);
    json_t *json = json_loadb(answer.body.data, answer.body.size, 0, NULL);
    if (answer.status >= 300 || !json)
        return print_problem(cli, answer.status, json);
    *ret = json;
    return GB_EXIT_FINE;
}

const char *gb_cli_path(struct gb_cli *cli, const char *before, const char *segment,
                        const char *after)
{
    char *encoded = gb_arena_array(cli->arena, strlen(segment) + 1, 3);
    GB_CHECK(encoded != NULL);
    char *out = encoded;
    for (const unsigned char *c = (const unsigned char *)segment; *c; c++) {
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", *c))
            *out++ = (char)*c;
        else
            out += snprintf(out, 4, "%%%02X", *c);
    }
    *out = '\0';
    const char *path = gb_arena_printf(cli->arena, "%s%s%s", before, encoded, after);
    GB_CHECK(path != NULL);
    return path;
}

static const json_t *json_at(const json_t *object, const char *member, const char *below)
{
    const json_t *value = json_object_get(object, member);
    return below ? json_object_get(value, below) : value;
}

const char *gb_cli_json_text(const json_t *object, const char *member, const char *below)
{
    return json_string_value(json_at(object, member, below));
}

int64_t gb_cli_json_int(const json_t *object, const char *member, const char *below)
{
    return json_integer_value(json_at(object, member, below));
}

const char *gb_cli_json_money(struct gb_cli *cli, const json_t *object, const char *member)
{
    const char *currency = gb_cli_json_text(object, member, "currency");
    return gb_cell_money(cli, gb_cli_json_int(object, member, "minor_units"),
                         currency ? currency : "?");
}
