#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "projector/projection.h"

static const struct gb_message_catalogue_account *account_of(const struct gb_item *item)
{
    return item->user;
}

static const struct gb_message_client *client_of(const struct gb_item *item)
{
    return item->user;
}

static const struct gb_message_service *service_of(const struct gb_item *item)
{
    return item->user;
}

/* By number, the highest version first; the catalogue has one writer, so equal versions of one
 * batch are repeats. */
static int by_account_newest_first(const void *left, const void *right)
{
    const struct gb_message_catalogue_account *a = account_of(*(const struct gb_item *const *)left);
    const struct gb_message_catalogue_account *b =
        account_of(*(const struct gb_item *const *)right);
    int64_t a_no = a->account.account_no.value;
    int64_t b_no = b->account.account_no.value;
    if (a_no != b_no)
        return a_no < b_no ? -1 : 1;
    return (b->version > a->version) - (b->version < a->version);
}

static int by_client_newest_first(const void *left, const void *right)
{
    const struct gb_message_client *a = client_of(*(const struct gb_item *const *)left);
    const struct gb_message_client *b = client_of(*(const struct gb_item *const *)right);
    if (a->client_no.value != b->client_no.value)
        return a->client_no.value < b->client_no.value ? -1 : 1;
    return (b->version > a->version) - (b->version < a->version);
}

static bool is_same_account(const struct gb_item *a, const struct gb_item *b)
{
    return account_of(a)->account.account_no.value == account_of(b)->account.account_no.value;
}

static bool is_same_client(const struct gb_item *a, const struct gb_item *b)
{
    return client_of(a)->client_no.value == client_of(b)->client_no.value;
}

static int by_service_newest_first(const void *left, const void *right)
{
    const struct gb_message_service *a = service_of(*(const struct gb_item *const *)left);
    const struct gb_message_service *b = service_of(*(const struct gb_item *const *)right);
    int order = strcmp(a->service_id, b->service_id);
    return order != 0 ? order : (b->version > a->version) - (b->version < a->version);
}

static bool is_same_service(const struct gb_item *a, const struct gb_item *b)
{
    return strcmp(service_of(a)->service_id, service_of(b)->service_id) == 0;
}

/* One of each is left: the newest. */
static void leave_newest(struct gb_projected *projected, int (*order)(const void *, const void *),
                         bool (*same)(const struct gb_item *, const struct gb_item *))
{
    size_t left = 0;
    qsort(projected->items, projected->count, sizeof(*projected->items), order);
    for (size_t i = 0; i < projected->count; i++) {
        if (left == 0 || !same(projected->items[left - 1], projected->items[i]))
            projected->items[left++] = projected->items[i];
    }
    projected->count = left;
}

static const struct gb_call *replicate_accounts(struct gb_batch *batch,
                                                const struct gb_projected *accounts)
{
    size_t n = accounts->count;
    int64_t *numbers = gb_arena_need_array(batch->arena, n, sizeof(*numbers));
    int64_t *versions = gb_arena_need_array(batch->arena, n, sizeof(*versions));
    int64_t *created = gb_arena_need_array(batch->arena, n, sizeof(*created));
    int64_t *updated = gb_arena_need_array(batch->arena, n, sizeof(*updated));
    int16_t *statuses = gb_arena_need_array(batch->arena, n, sizeof(*statuses));
    const char **ids = gb_arena_need_array(batch->arena, n, sizeof(*ids));
    const char **names = gb_arena_need_array(batch->arena, n, sizeof(*names));
    const char **currencies = gb_arena_need_array(batch->arena, n, sizeof(*currencies));
    for (size_t i = 0; i < n; i++) {
        const struct gb_message_catalogue_account *account = account_of(accounts->items[i]);
        numbers[i] = account->account.account_no.value;
        versions[i] = account->version;
        created[i] = account->created_at_us;
        updated[i] = account->updated_at_us;
        statuses[i] = (int16_t)account->status;
        ids[i] = account->account.account_id;
        names[i] = account->name;
        currencies[i] = account->account.currency.code;
    }
    struct gb_call *call = gb_batch_call(batch, &gb_sql_account_replicate);
    gb_params_int8_array(&call->params, numbers, NULL, n);
    gb_params_text_array(&call->params, ids, n);
    gb_params_text_array(&call->params, names, n);
    gb_params_text_array(&call->params, currencies, n);
    gb_params_int2_array(&call->params, statuses, NULL, n);
    gb_params_int8_array(&call->params, versions, NULL, n);
    gb_params_int8_array(&call->params, created, NULL, n);
    gb_params_int8_array(&call->params, updated, NULL, n);
    gb_params_int8(&call->params, batch->now_us);
    return call;
}

static const struct gb_call *replicate_clients(struct gb_batch *batch,
                                               const struct gb_projected *clients)
{
    size_t n = clients->count;
    int32_t *numbers = gb_arena_need_array(batch->arena, n, sizeof(*numbers));
    int64_t *versions = gb_arena_need_array(batch->arena, n, sizeof(*versions));
    int64_t *created = gb_arena_need_array(batch->arena, n, sizeof(*created));
    int64_t *updated = gb_arena_need_array(batch->arena, n, sizeof(*updated));
    int16_t *roles = gb_arena_need_array(batch->arena, n, sizeof(*roles));
    bool *revoked = gb_arena_need_array(batch->arena, n, sizeof(*revoked));
    const char **names = gb_arena_need_array(batch->arena, n, sizeof(*names));
    const char **homes = gb_arena_need_array(batch->arena, n, sizeof(*homes));
    struct gb_bytes *hashes = gb_arena_need_array(batch->arena, n, sizeof(*hashes));
    for (size_t i = 0; i < n; i++) {
        const struct gb_message_client *client = client_of(clients->items[i]);
        numbers[i] = client->client_no.value;
        versions[i] = client->version;
        created[i] = client->created_at_us;
        updated[i] = client->updated_at_us;
        roles[i] = (int16_t)client->role;
        revoked[i] = client->revoked;
        names[i] = client->name;
        homes[i] = client->home.code;
        hashes[i] = (struct gb_bytes){client->token_hash, sizeof(client->token_hash)};
    }
    struct gb_call *call = gb_batch_call(batch, &gb_sql_client_replicate);
    gb_params_int4_array(&call->params, numbers, NULL, n);
    gb_params_text_array(&call->params, names, n);
    gb_params_bytea_array(&call->params, hashes, n);
    gb_params_int2_array(&call->params, roles, NULL, n);
    gb_params_text_array(&call->params, homes, n);
    gb_params_bool_array(&call->params, revoked, n);
    gb_params_int8_array(&call->params, versions, NULL, n);
    gb_params_int8_array(&call->params, created, NULL, n);
    gb_params_int8_array(&call->params, updated, NULL, n);
    return call;
}

static const struct gb_call *replicate_services(struct gb_batch *batch,
                                                const struct gb_projected *services)
{
    size_t n = services->count;
    int64_t *prices = gb_arena_need_array(batch->arena, n, sizeof(*prices));
    int64_t *versions = gb_arena_need_array(batch->arena, n, sizeof(*versions));
    int64_t *created = gb_arena_need_array(batch->arena, n, sizeof(*created));
    int64_t *updated = gb_arena_need_array(batch->arena, n, sizeof(*updated));
    bool *retired = gb_arena_need_array(batch->arena, n, sizeof(*retired));
    const char **ids = gb_arena_need_array(batch->arena, n, sizeof(*ids));
    const char **names = gb_arena_need_array(batch->arena, n, sizeof(*names));
    const char **currencies = gb_arena_need_array(batch->arena, n, sizeof(*currencies));
    for (size_t i = 0; i < n; i++) {
        const struct gb_message_service *service = service_of(services->items[i]);
        ids[i] = service->service_id;
        names[i] = service->name;
        prices[i] = service->price;
        currencies[i] = service->currency.code;
        retired[i] = service->retired;
        versions[i] = service->version;
        created[i] = service->created_at_us;
        updated[i] = service->updated_at_us;
    }
    struct gb_call *call = gb_batch_call(batch, &gb_sql_service_replicate);
    gb_params_text_array(&call->params, ids, n);
    gb_params_text_array(&call->params, names, n);
    gb_params_int8_array(&call->params, prices, NULL, n);
    gb_params_text_array(&call->params, currencies, n);
    gb_params_bool_array(&call->params, retired, n);
    gb_params_int8_array(&call->params, versions, NULL, n);
    gb_params_int8_array(&call->params, created, NULL, n);
    gb_params_int8_array(&call->params, updated, NULL, n);
    return call;
}

void gb_project_catalogue(struct gb_projection *projection, struct gb_batch *batch)
{
    leave_newest(&projection->accounts, by_account_newest_first, is_same_account);
    leave_newest(&projection->clients, by_client_newest_first, is_same_client);
    leave_newest(&projection->services, by_service_newest_first, is_same_service);
    if (projection->accounts.count > 0)
        projection->accounts.call = replicate_accounts(batch, &projection->accounts);
    if (projection->clients.count > 0)
        projection->clients.call = replicate_clients(batch, &projection->clients);
    if (projection->services.count > 0)
        projection->services.call = replicate_services(batch, &projection->services);
}
