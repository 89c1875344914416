#include <string.h>
#include <strings.h>

#include "api/answer.h"
#include "api/authenticate.h"
#include "db/sql.h"
#include "runtime/clock.h"

const char *gb_api_bearer_token(const struct gb_http_request *http)
{
    static const char scheme[] = "Bearer ";
    const char *value = gb_http_header(http, "Authorization");
    if (value == NULL || strncasecmp(value, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    const char *token = value + sizeof(scheme) - 1;
    token += strspn(token, " ");
    return *token == '\0' ? NULL : token;
}

bool gb_api_authenticate(struct gb_api_request *request)
{
    const char *token = gb_api_bearer_token(request->http);
    if (token == NULL) {
        gb_api_refuse(request, GB_API_UNAUTHENTICATED, NULL,
                      "Authorization: Bearer <token> is missing");
        return false;
    }
    uint8_t hash[GB_DIGEST_SIZE];
    gb_sha256(token, strlen(token), hash);
    if (gb_api_client_cache_find(request->api->clients, hash, request->arrived_us,
                                 &request->client) == GB_API_CLIENT_KNOWN)
        return true;
    gb_api_to_lane(request, gb_api_authenticate_in_lane);
    return false;
}

bool gb_api_authorize(struct gb_api_request *request)
{
    if (request->client.client_no.value == 0) {
        gb_api_refuse(request, GB_API_UNAUTHENTICATED, NULL, "the token is nobody's, or revoked");
        return false;
    }
    if (request->client.role < request->route->role) {
        const char *detail = gb_arena_printf(
            request->arena, "this takes the role %s, the client has %s",
            gb_role_name((int)request->route->role), gb_role_name((int)request->client.role));
        gb_api_refuse(request, GB_API_FORBIDDEN, NULL, detail);
        return false;
    }
    return true;
}

static enum gb_result look_up(struct gb_api_lane *lane, const uint8_t hash[GB_DIGEST_SIZE],
                              struct gb_api_client *ret, struct gb_err *err)
{
    struct gb_call call;
    gb_call_init(&call, &gb_sql_client_authenticate, lane->arena);
    gb_params_bytea(&call.params, (struct gb_bytes){.data = hash, .size = GB_DIGEST_SIZE});
    enum gb_result result = gb_pg_call(lane->pg, &call, err);
    if (result != GB_OK)
        return result;
    *ret = (struct gb_api_client){.client_no = {0}};
    if (gb_rows_count(call.rows) == 1) {
        ret->client_no.value = (int32_t)gb_rows_int(call.rows, 0, 0);
        ret->role = (enum gb_role)gb_rows_int(call.rows, 0, 1);
        GB_CHECK(gb_dc_parse(gb_rows_text(call.rows, 0, 2), &ret->home));
    }
    gb_calls_release(&call, 1);
    return GB_OK;
}

enum gb_result gb_api_authenticate_in_lane(struct gb_api_lane *lane, struct gb_api_request *request,
                                           struct gb_err *err)
{
    const char *token = gb_api_bearer_token(request->http);
    uint8_t hash[GB_DIGEST_SIZE];
    gb_sha256(token, strlen(token), hash);
    enum gb_result result = look_up(lane, hash, &request->client, err);
    if (result != GB_OK)
        return result;
    gb_api_client_cache_put(request->api->clients, hash, request->client, gb_clock_mono_us());
    if (!gb_api_continue(request))
        return GB_OK;
    request->work = request->route->work; /* tried again, it is this that is left to do */
    return request->work(lane, request, err);
}
