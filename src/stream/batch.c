#include "stream/batch.h"

void gb_item_dead(struct gb_item *item, const char *stage, const struct gb_err *err)
{
    if (item->dead)
        return;
    item->dead = true;
    item->stage = stage;
    item->err = *err;
}

struct gb_call *gb_batch_call(struct gb_batch *batch, const struct gb_statement *statement)
{
    GB_CHECK(batch->calls_count <= GB_BATCH_CALLS_MAX);
    struct gb_call *call = &batch->calls[batch->calls_count++];
    gb_call_init(call, statement, batch->arena);
    return call;
}
