#include "db/sql.h"
#include "engine/work.h"

/* Was this operation made, or decided, in this batch, and is a hold with that? */
static bool places_hold(const struct gb_work_operation *operation)
{
    return operation->request.kind == GB_OPERATION_HOLD && operation->state == GB_STATE_HELD &&
           (operation->inserted_by != NULL || operation->decided);
}

static void add_hold_insert(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t max = work->operations_all, n = 0;
    struct gb_uuid *ids = gb_work_array(work->arena, max, sizeof(*ids));
    int64_t *numbers = gb_work_array(work->arena, 3 * max, sizeof(*numbers));
    int64_t *accounts = numbers, *amounts = numbers + max, *expiries = numbers + 2 * max;
    int32_t *clients = gb_work_array(work->arena, max, sizeof(*clients));
    const char **keys = gb_work_array(work->arena, max, sizeof(*keys));
    for (size_t i = 0; i < max; i++) {
        const struct gb_work_operation *operation = &work->operations[i];
        if (!places_hold(operation))
            continue;
        ids[n] = operation->hold_id;
        accounts[n] = operation->request.account_no.value;
        amounts[n] = operation->request.amount;
        expiries[n] = operation->expires_at_us;
        clients[n] = operation->client_no.value;
        keys[n++] = operation->key;
    }
    if (n == 0)
        return;
    struct gb_params *params = gb_writing_add(writing, &gb_sql_hold_insert);
    gb_params_uuid_array(params, ids, n);
    gb_params_int8_array(params, accounts, NULL, n);
    gb_params_int8_array(params, amounts, NULL, n);
    gb_params_int8_array(params, expiries, NULL, n);
    gb_params_int4_array(params, clients, NULL, n);
    gb_params_text_array(params, keys, n);
    gb_params_int8(params, work->now_us);
}

static void add_hold_end(struct gb_writing *writing)
{
    const struct gb_work *work = writing->work;
    size_t max = work->holds_count, n = 0;
    struct gb_uuid *ids = gb_work_array(work->arena, max, sizeof(*ids));
    int16_t *states = gb_work_array(work->arena, max, sizeof(*states));
    int64_t *captured = gb_work_array(work->arena, max, sizeof(*captured));
    for (size_t i = 0; i < max; i++) {
        const struct gb_work_hold *hold = &work->holds[i];
        if (!hold->ended)
            continue;
        ids[n] = hold->id;
        states[n] = (int16_t)hold->hold.state;
        captured[n++] = hold->hold.captured;
    }
    if (n == 0)
        return;
    struct gb_params *params = gb_writing_add(writing, &gb_sql_hold_end);
    gb_params_uuid_array(params, ids, n);
    gb_params_int2_array(params, states, NULL, n);
    gb_params_int8_array(params, captured, NULL, n);
    gb_params_int8(params, work->now_us);
}

void gb_write_holds(struct gb_writing *writing)
{
    add_hold_insert(writing);
    add_hold_end(writing);
}
