#include <string.h>

#include "projector/projection.h"

/* Who says it must be who sent it: in the envelope, in the message, and the one this lane reads. */
static enum gb_result check_speaker(const struct gb_projection *projection,
                                    const struct gb_item *item, struct gb_dc dc,
                                    int32_t incarnation, struct gb_err *err)
{
    if (!gb_dc_equal(dc, projection->source))
        return gb_err_set(err, GB_POISON, "SOURCE_MISMATCH", "field dc: %s in a record of %s",
                          dc.code, projection->source.code);
    if (incarnation != item->envelope.mark.incarnation)
        return gb_err_set(err, GB_POISON, "SOURCE_MISMATCH",
                          "field incarnation: %d in a record of incarnation %d", incarnation,
                          item->envelope.mark.incarnation);
    return GB_OK;
}

static void *message_in(struct gb_batch *batch, struct gb_item *item, size_t size)
{
    item->user = gb_arena_alloc(batch->arena, size);
    GB_CHECK(item->user != NULL);
    return item->user;
}

static enum gb_result decode_entry(struct gb_projection *projection, struct gb_batch *batch,
                                   struct gb_item *item, struct gb_err *err)
{
    struct gb_message_ledger_entry *entry = message_in(batch, item, sizeof(*entry));
    enum gb_result result =
        gb_wire_ledger_entry_decode(item->record->value, batch->arena, entry, err);
    if (result == GB_OK)
        result =
            check_speaker(projection, item, entry->account.dc, entry->account.incarnation, err);
    if (result == GB_OK)
        projection->entries.items[projection->entries.count++] = item;
    return result;
}

static enum gb_result decode_account(struct gb_projection *projection, struct gb_batch *batch,
                                     struct gb_item *item, struct gb_err *err)
{
    struct gb_message_catalogue_account *account = message_in(batch, item, sizeof(*account));
    enum gb_result result = gb_wire_account_decode(item->record->value, batch->arena, account, err);
    if (result == GB_OK)
        result =
            check_speaker(projection, item, account->account.dc, account->account.incarnation, err);
    if (result == GB_OK)
        projection->accounts.items[projection->accounts.count++] = item;
    return result;
}

static enum gb_result decode_client(struct gb_projection *projection, struct gb_batch *batch,
                                    struct gb_item *item, struct gb_err *err)
{
    struct gb_message_client *client = message_in(batch, item, sizeof(*client));
    enum gb_result result = gb_wire_client_decode(item->record->value, batch->arena, client, err);
    if (result == GB_OK)
        result = check_speaker(projection, item, client->dc, client->incarnation, err);
    if (result == GB_OK)
        projection->clients.items[projection->clients.count++] = item;
    return result;
}

static enum gb_result decode_service(struct gb_projection *projection, struct gb_batch *batch,
                                     struct gb_item *item, struct gb_err *err)
{
    struct gb_message_service *service = message_in(batch, item, sizeof(*service));
    enum gb_result result = gb_wire_service_decode(item->record->value, batch->arena, service, err);
    if (result == GB_OK)
        result = check_speaker(projection, item, service->dc, service->incarnation, err);
    if (result == GB_OK)
        projection->services.items[projection->services.count++] = item;
    return result;
}

static enum gb_result decode(struct gb_projection *projection, struct gb_batch *batch,
                             struct gb_item *item, struct gb_err *err)
{
    bool catalogue = strcmp(item->envelope.stream, "catalogue") == 0;
    enum gb_message_kind kind = item->envelope.kind;
    if (kind == GB_MESSAGE_LEDGER_ENTRY && !catalogue)
        return decode_entry(projection, batch, item, err);
    if (kind == GB_MESSAGE_ACCOUNT && catalogue)
        return decode_account(projection, batch, item, err);
    if (kind == GB_MESSAGE_CLIENT && catalogue)
        return decode_client(projection, batch, item, err);
    if (kind == GB_MESSAGE_SERVICE && catalogue)
        return decode_service(projection, batch, item, err);
    return gb_err_set(err, GB_POISON, "TYPE_UNEXPECTED", "%s does not belong in stream %s",
                      gb_message_type(kind), item->envelope.stream);
}

static struct gb_projected room_for(struct gb_batch *batch)
{
    struct gb_projected projected = {
        .items = gb_arena_array(batch->arena, batch->count, sizeof(struct gb_item *))};
    GB_CHECK(projected.items != NULL);
    return projected;
}

void gb_decode_records(struct gb_projection *projection, struct gb_batch *batch)
{
    projection->entries = room_for(batch);
    projection->accounts = room_for(batch);
    projection->clients = room_for(batch);
    projection->services = room_for(batch);
    for (size_t i = 0; i < batch->count; i++) {
        struct gb_err err;
        if (!batch->items[i].dead && decode(projection, batch, &batch->items[i], &err) != GB_OK)
            gb_item_dead(&batch->items[i], "decode", &err);
    }
}
