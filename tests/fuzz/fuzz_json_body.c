/* Any bytes as the JSON body of a request to the API: read_body.c alone, with what it calls played
 * here. */
#include <string.h>

#include "api/answer.h"
#include "api/read_body.h"
#include "api/route_table.h"
#include "api/steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gb_bytes body;
static int refused;

struct gb_bytes gb_http_body(const struct gb_http_request *request)
{
    (void)request;
    return body;
}

void gb_api_refuse(struct gb_api_request *request, enum gb_api_error error, const char *field,
                   const char *detail)
{
    (void)request;
    GB_CHECK(field == NULL || strlen(field) <= 200);
    GB_CHECK(error != GB_API_JSON_INVALID || detail != NULL);
    refused++;
}

/* Only its address is looked at: the body of a batch may be nested deeper. */
enum gb_result gb_api_take_batch(struct gb_api_lane *lane, struct gb_api_request *request,
                                 struct gb_err *err)
{
    (void)lane;
    (void)request;
    (void)err;
    GB_CHECK(false);
    return GB_FATAL;
}

/* The members of a pay-in; a body that has them all right must hold what it says. */
static bool read_members(struct gb_api_request *request, json_t *root)
{
    json_t *account_id, *amount, *metadata, *minor_units;
    const struct gb_api_member of_payin[] = {
        {"account_id", JSON_STRING, true, GB_API_FIELD_INVALID, &account_id},
        {"amount", JSON_OBJECT, true, GB_API_FIELD_INVALID, &amount},
        {"metadata", JSON_OBJECT, false, GB_API_FIELD_INVALID, &metadata},
    };
    const struct gb_api_member of_amount[] = {
        {"minor_units", JSON_INTEGER, true, GB_API_FIELD_INVALID, &minor_units},
    };
    if (!gb_api_read_members(request, root, "", of_payin, 3) ||
        !gb_api_read_members(request, amount, "amount.", of_amount, 1))
        return false;
    GB_CHECK(json_is_string(account_id) && json_is_integer(minor_units));
    GB_CHECK(metadata == NULL || json_is_object(metadata));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gb_arena *arena;
    if (arena == NULL)
        arena = gb_arena_new(1 << 14);
    gb_arena_reset(arena);
    const struct gb_api_route route = {.work = size % 2 == 0 ? gb_api_take_batch : NULL};
    struct gb_api_request request = {.arena = arena, .route = &route};
    json_t *root = NULL;
    body = (struct gb_bytes){data, size};
    refused = 0;
    bool fine = gb_api_read_body(&request, &root);
    GB_CHECK(fine == json_is_object(root));
    if (fine)
        fine = read_members(&request, root);
    GB_CHECK(refused == !fine);
    json_decref(root);
    return 0;
}
