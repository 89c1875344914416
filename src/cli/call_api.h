/* call_api.h: one call of this datacenter's API, for the commands that go through the front door.
 * One thread. */
#ifndef GB_CLI_CALL_API_H
#define GB_CLI_CALL_API_H

#include <jansson.h>

#include "cli/cli.h"

struct gb_api_call {
    const char *method;
    const char *path; /* "/v1/accounts", with a query if any */
    json_t *body;     /* NULL: none; released by the call */
    const char *key;  /* Idempotency-Key, or NULL */
    int64_t wait_s;   /* Prefer: wait=N when above 0 */
};

/* Makes the call. GB_EXIT_FINE: *ret is the JSON answer (the caller decrefs). Otherwise the problem
 * has been printed and *ret is NULL. */
int gb_cli_call_api(struct gb_cli *cli, struct gb_api_call *call, json_t **ret);

#define GB_CLI_TOKEN_SIZE 512
/* The bearer token: --token-file, else $GEOBILL_TOKEN. False: there is none, which was printed. */
bool gb_cli_token(const struct gb_cli *cli, char ret[GB_CLI_TOKEN_SIZE]);

/* Base URL of a datacenter's API: of this one --api, else [api] listen; of others [peer.*] api.
 * NULL: the configuration does not say. Lives as long as the command. */
const char *gb_cli_api_of(struct gb_cli *cli, const char *dc);

/* A path with one percent-encoded segment put in: ("/v1/accounts/", id, "/balance"). In the
 * command's arena. */
const char *gb_cli_path(struct gb_cli *cli, const char *before, const char *segment,
                        const char *after);

/* Text at a path of object members ("amount", "currency"); NULL when there is none. */
const char *gb_cli_json_text(const json_t *object, const char *member, const char *below);
int64_t gb_cli_json_int(const json_t *object, const char *member, const char *below);
/* "12345 EUR" of a money member. */
const char *gb_cli_json_money(struct gb_cli *cli, const json_t *object, const char *member);

#endif
