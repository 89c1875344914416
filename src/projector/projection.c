#include "projector/projection.h"

void gb_projection_init(struct gb_projection *projection, struct gb_dc source)
{
    *projection = (struct gb_projection){
        .source = source,
        .known = gb_known_accounts_new(),
        .conflicts = gb_metric_counter("geobill_replica_conflict_total", NULL,
                                       "Records that came again in the same version with other "
                                       "content, or contradict what is known. Must be 0."),
    };
}

void gb_projection_done(struct gb_projection *projection)
{
    gb_known_accounts_free(projection->known);
}

void gb_projected_bury(struct gb_projected *projected)
{
    size_t living = 0;
    for (size_t i = 0; i < projected->count; i++) {
        if (!projected->items[i]->dead)
            projected->items[living++] = projected->items[i];
    }
    projected->count = living;
}

void gb_projection_conflict(struct gb_projection *projection, struct gb_item *item,
                            const char *what)
{
    struct gb_err err;
    (void)gb_err_set(&err, GB_POISON, "REPLICA_CONFLICT", "%s of %s is known with other content",
                     what, projection->source.code);
    gb_item_dead(item, "apply", &err);
    gb_metric_add(projection->conflicts, 1);
}

static enum gb_result apply(void *context, struct gb_batch *batch, struct gb_err *err)
{
    struct gb_projection *projection = context;
    gb_decode_records(projection, batch);
    enum gb_result result = gb_verify_accounts(projection, batch, err);
    if (result != GB_OK)
        return result;
    gb_project_catalogue(projection, batch);
    gb_project_ledger(projection, batch);
    return GB_OK;
}

void gb_projection_conflicts(struct gb_projection *projection, const struct gb_projected *projected,
                             const struct gb_rows *rows, const char *what)
{
    for (size_t row = 0; row < gb_rows_count(rows); row++) {
        int64_t place = gb_rows_int(rows, row, 0);
        GB_CHECK(place >= 1 && (size_t)place <= projected->count);
        gb_projection_conflict(projection, projected->items[place - 1], what);
    }
}

static enum gb_result check(void *context, struct gb_batch *batch, struct gb_err *err)
{
    struct gb_projection *projection = context;
    const struct gb_projected *accounts = &projection->accounts;
    const struct gb_projected *clients = &projection->clients;
    const struct gb_projected *services = &projection->services;
    if (accounts->call != NULL)
        gb_projection_conflicts(projection, accounts, accounts->call->rows,
                                "this version of the account");
    if (clients->call != NULL)
        gb_projection_conflicts(projection, clients, clients->call->rows,
                                "this version of the client");
    if (services->call != NULL)
        gb_projection_conflicts(projection, services, services->call->rows,
                                "this version of the service");
    return gb_compare_ledger(projection, batch, err);
}

struct gb_reader gb_projection_reader(struct gb_projection *projection)
{
    return (struct gb_reader){
        .apply = apply, .check = check, .context = projection, .passes_known = true};
}
